"""Where a target is, from its first detections alone.

A radar's detection is a position. Lines of sight give one where two of them pass, or where a single
one meets the height at which a burning vehicle first shows. A bearing gives a strip as long as the
sonar reaches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Annotated, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float, ecef2geodetic, enu_axes
from fusion.physics.rays import reach_m
from nodes.sensing.echoes import distance_m
from nodes.sensing.measurement import AZIMUTH_COLUMN, SONAR, Look, measure, residual

ITERATIONS: Final[Annotated[int, Chosen("1", "steps of Gauss-Newton at most", JUDGED)]] = 12
CONVERGED_M: Final[Annotated[float, Chosen("m", "a step shorter than this ends them", JUDGED)]] = 1.0
RANGE_RATIO: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "of the edges of a bearing's intervals of range: each interval's sigma is a tenth of its range",
            "nine intervals for 1 to 25 km; python -m benchmarks.undersea, seeds 2,000 to 2,199",
        ),
    ]
] = 1.44


@dataclass(frozen=True, slots=True)
class Fix:
    """A position (3,) ECEF m and its covariance (3, 3)."""

    position_m: Float
    covariance: Float


@dataclass(frozen=True, slots=True)
class Sighting:
    """One detection: its look and what was measured (k,)."""

    look: Look
    z: Float


@dataclass(frozen=True, slots=True)
class Height:
    """What is assumed of a target's height above the ellipsoid."""

    mean_m: float
    sigma_m: float


def direction(sighting: Sighting) -> Float:
    """Unit vector (3,) in ECEF along a sighting; a bearing's is level."""
    look, z = sighting.look, sighting.z
    azimuth = z[AZIMUTH_COLUMN[look.code]]
    elevation = 0.0 if look.code == SONAR else z[-1]
    level = math.cos(elevation)
    enu = np.array([level * math.sin(azimuth), level * math.cos(azimuth), math.sin(elevation)])
    return enu @ look.axes


def radar_fix(sighting: Sighting) -> Fix:
    """The position that range, azimuth and elevation say."""
    position = sighting.look.position_m + sighting.z[0] * direction(sighting)
    back = np.linalg.inv(measure(sighting.look, position)[1])
    return Fix(position, back @ sighting.look.noise @ back.T)


def echo_fix(sighting: Sighting, height: Height) -> Fix | None:
    """Where an echo's way and bearing meet at a height; None where they do not."""
    look, z = sighting.look, sighting.z
    assert look.more is not None
    line = Sighting(replace(look, code=SONAR, noise=look.noise[1:2, 1:2], more=None), z[1:2])
    along = direction(line)
    reach = distance_m(float(z[0]), look.more[:3] - look.position_m, along)
    return None if reach is None else locate((sighting,), look.position_m + reach * along, height)


def line_fix(sighting: Sighting, height: Height) -> Fix | None:
    """Where a line of sight first meets a height; None where it passes over it.

    The covariance is long along the line: the height's uncertainty over the sine of the angle at which
    the line meets it.
    """
    along, origin = direction(sighting), sighting.look.position_m
    reach = reach_m(origin, along, height.mean_m)
    if reach is None:
        return None
    return locate((sighting,), origin + reach * along, height)


def crossing_fix(first: Sighting, second: Sighting) -> Fix | None:
    """Where two lines of sight pass closest; None where they do not meet ahead."""
    o1, o2, u1, u2 = first.look.position_m, second.look.position_m, direction(first), direction(second)
    cosine, between = float(u1 @ u2), o2 - o1
    sine2 = 1.0 - cosine * cosine
    if sine2 < 1e-8:
        return None
    t1 = float((between @ u1) - (between @ u2) * cosine) / sine2
    t2 = float((between @ u1) * cosine - (between @ u2)) / sine2
    if t1 <= 0.0 or t2 <= 0.0:
        return None
    return locate((first, second), 0.5 * (o1 + t1 * u1 + o2 + t2 * u2), None)


def locate(sightings: tuple[Sighting, ...], guess_m: Float, height: Height | None) -> Fix | None:
    """Least squares position from several sightings and, where given, an assumed height.

    Gauss and Newton from ``guess_m`` (3,); None where it does not converge or nothing fixes the position.
    Source: Bar-Shalom, Li, Kirubarajan 2001, ch. 3.7 (iterated least squares).
    """
    position = np.array(guess_m, dtype=np.float64)
    information = np.zeros((3, 3))
    for _ in range(ITERATIONS):
        information, vector = np.zeros((3, 3)), np.zeros(3)
        for sighting in sightings:
            expected, jacobian = measure(sighting.look, position)
            weighted = jacobian.T / np.diag(sighting.look.noise)
            information += weighted @ jacobian
            vector += weighted @ residual(sighting.look, sighting.z, expected)
        if height is not None:
            lat, lon, alt = ecef2geodetic(position)
            up = enu_axes(lat, lon)[2]
            information += np.outer(up, up) / height.sigma_m**2
            vector += up * float(height.mean_m - alt) / height.sigma_m**2
        try:
            step = np.linalg.solve(information, vector)
        except np.linalg.LinAlgError:
            return None
        position += step
        if not np.isfinite(position).all():
            return None
        if float(step @ step) < CONVERGED_M**2:
            return Fix(position, np.linalg.inv(information).astype(np.float64))
    return None


def bearing_fix(sighting: Sighting, near_m: float, far_m: float, height: Height) -> Fix:
    """Halfway between two ranges along a bearing, as uncertain as they are apart, at an assumed height."""
    distance = 0.5 * (near_m + far_m)
    along = direction(sighting)
    lat, lon, alt = ecef2geodetic(sighting.look.position_m + distance * along)
    up = enu_axes(lat, lon)[2]
    position = sighting.look.position_m + distance * along + (height.mean_m - float(alt)) * up
    across = np.cross(up, along)
    spread_m = (far_m - near_m) / math.sqrt(12.0)
    covariance = (
        np.outer(along, along) * spread_m**2
        + np.outer(across, across) * (distance * math.sqrt(float(sighting.look.noise[0, 0]))) ** 2
        + np.outer(up, up) * height.sigma_m**2
    )
    return Fix(position, covariance)


def range_edges_m(near_m: float, far_m: float) -> Float:
    """Edges of the intervals of range between two, each `RANGE_RATIO` times the one before, or less.

    Source: Ristic, Arulampalam, Gordon 2004, ch. 6.4.2: so every interval is as narrow beside its own range.
    """
    count = max(1, math.ceil(math.log(far_m / near_m) / math.log(RANGE_RATIO)))
    return np.geomspace(near_m, far_m, count + 1)
