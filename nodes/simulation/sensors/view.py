"""What lies where, seen from a sensor: geometry shared by all kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray

from fusion.constants import MODELLED, Chosen
from fusion.physics.geodesy import WGS84_A_M, WGS84_B_M, Float, ecef2geodetic
from nodes.simulation.truth import Snapshot

MEAN_RADIUS_M = 6_371_008.8
REFRACTION: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "radio waves near the ground bend as if the Earth were larger by this factor",
            "ITU-R P.834-9",
        ),
    ]
] = 4.0 / 3.0
_AIR_TOP_M: Final[
    Annotated[float, Chosen("m", "height over which practically all of the bending happens", MODELLED)]
] = 12_000.0


@dataclass(frozen=True, slots=True)
class View:
    """The n objects of a snapshot in a sensor's polar coordinates."""

    snapshot: Snapshot
    position_m: Float
    """(3,) ECEF of the sensor."""
    axes: Float
    """(3, 3) rows east, north, up."""
    alt_m: float
    """Of the sensor above the ellipsoid."""
    range_m: Float
    azimuth_rad: Float
    """In [0, 2 pi), clockwise from true north."""
    elevation_rad: Float
    target_alt_m: Float


def look(snapshot: Snapshot, position_m: Float, axes: Float, alt_m: float) -> View:
    """Polar coordinates of everything in the snapshot."""
    target = snapshot.state[:, :3]
    enu = (target - position_m) @ axes.T
    ground = np.hypot(enu[:, 0], enu[:, 1])
    return View(
        snapshot,
        position_m,
        axes,
        alt_m,
        np.hypot(ground, enu[:, 2]),
        np.arctan2(enu[:, 0], enu[:, 1]) % (2.0 * np.pi),
        np.arctan2(enu[:, 2], ground),
        ecef2geodetic(target)[2],
    )


def over_horizon(view: View, refraction: bool) -> NDArray[np.bool_]:
    """(n,) whether a radar near the ground has a free line of sight.

    A target is seen when it is nearer than the radar's own horizon, or above the ray that grazes the
    ground. With refraction that ray bends down as over an Earth of 4/3 the radius, but only within the
    lowest 12 km of air. Source: Skolnik, *Introduction to Radar Systems*, 2001, section 8.5.
    """
    k = REFRACTION if refraction else 1.0
    own = np.sqrt(max(0.0, view.alt_m))
    theirs = np.sqrt(np.clip(view.target_alt_m, 0.0, _AIR_TOP_M))
    lowest = -(theirs * (np.sqrt(k) - 1.0 / np.sqrt(k)) + own * (np.sqrt(k) + 1.0 / np.sqrt(k)))
    near: NDArray[np.bool_] = view.range_m <= np.sqrt(2.0 * k * MEAN_RADIUS_M) * own
    above: NDArray[np.bool_] = view.elevation_rad >= lowest / np.sqrt(2.0 * MEAN_RADIUS_M)
    return near | above


def unblocked(view: View) -> NDArray[np.bool_]:
    """(n,) whether the straight line from sensor to target misses the ellipsoid.

    In coordinates scaled so that the ellipsoid is the unit sphere, the line's nearest point to the
    centre must be outside it or beyond either end.
    """
    scale = np.array([1.0 / WGS84_A_M, 1.0 / WGS84_A_M, 1.0 / WGS84_B_M])
    a = view.position_m * scale
    d = view.snapshot.state[:, :3] * scale - a
    length2 = np.sum(d * d, axis=1)
    u = np.clip(-(d @ a) / np.where(length2 > 0.0, length2, 1.0), 0.0, 1.0)
    nearest = a + u[:, None] * d
    free: NDArray[np.bool_] = np.sum(nearest * nearest, axis=1) >= 1.0 - 1e-12
    return free


def horizon_dip_rad(alt_m: float) -> float:
    """How far below the horizontal the Earth's rim is seen from a height."""
    return float(np.arccos(MEAN_RADIUS_M / (MEAN_RADIUS_M + max(0.0, alt_m))))
