"""Which places a sensor can see, by what its owner declares of it: the tracker's own model.

It shares no line with the simulated world, which decides for itself what shows.
"""

from __future__ import annotations

import math
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import WGS84_A_M, WGS84_B_M, Float
from nodes.sensing.measurement import Look
from nodes.sensing.sector import within
from nodes.sensing.sensors import Infrared, Multistatic, Radar, Sensor

Mask = NDArray[np.bool_]

EARTH_RADIUS_M = 6_371_000.0
EFFECTIVE_EARTH: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "a radar's ray bends through the lower air as if the Earth were larger by so much",
            "ITU-R P.834-9",
        ),
    ]
] = 4.0 / 3.0
BENDING_AIR_M: Final[Annotated[float, Chosen("m", "above this height a ray is straight", JUDGED)]] = 12_000.0


def sees(spec: Sensor, look: Look, position_m: Float, altitude_m: Float) -> Mask:
    """(n,) whether places (n, 3) ECEF at heights (n,) over the ellipsoid are in a sensor's limits and sight.

    Whether what is there shows, for a plume must burn and a hull be in the water, is not asked.
    """
    east, north, up = look.axes @ (position_m - look.position_m).T
    level = np.sqrt(east**2 + north**2)
    range_m, elevation = np.sqrt(level**2 + up**2), np.degrees(np.arctan2(up, level))
    seen = within(np.arctan2(east, north), spec.azimuth_limits_deg)
    if isinstance(spec, Multistatic):
        assert look.more is not None
        out_m = np.linalg.norm(position_m - look.more[:3], axis=1)
        own_m = float(np.linalg.norm(look.position_m - look.more[:3]))
        seen &= (range_m + out_m <= 2e3 * spec.range_km) & (
            range_m + out_m - own_m >= 2e3 * spec.min_range_km
        )
        return seen
    seen &= range_m <= 1e3 * spec.range_km
    if not isinstance(spec, Infrared):
        seen &= range_m >= 1e3 * spec.min_range_km
    if isinstance(spec, Radar | Infrared):
        seen &= (elevation >= spec.min_elevation_deg) & (elevation <= spec.max_elevation_deg)
        seen &= altitude_m >= spec.min_target_alt_m
    if isinstance(spec, Radar):
        earth = EFFECTIVE_EARTH if spec.refraction else 1.0
        seen &= altitude_m <= spec.max_target_alt_m
        seen &= over_the_ground(spec.alt_m, altitude_m, range_m, np.radians(elevation), earth)
    elif isinstance(spec, Infrared):
        seen &= ~behind_the_earth(look.position_m, position_m)
    return seen


def over_the_ground(
    height_m: float, altitude_m: Float, range_m: Float, elevation_rad: Float, earth: float
) -> Mask:
    """(n,) whether the rays from a radar at ``height_m`` to targets clear the ground.

    Over an Earth ``earth`` times as large a ray is straight. Its lowest point is the horizon, seen at an
    elevation of -sqrt(2 h / (k a)); a target is in sight that is nearer than it or apparently above it.
    A target appears above where it is by half the ray's curvature times its way through the air, a way no
    longer than that of the ray that grazes the ground.
    Source: Skolnik, *Introduction to Radar Systems*, 2001, section 8.5.
    """
    effective = earth * EARTH_RADIUS_M
    horizon_m = math.sqrt(2.0 * effective * max(height_m, 0.0))
    air_m = horizon_m + np.sqrt(2.0 * effective * np.clip(altitude_m, 0.0, BENDING_AIR_M))
    lifted = elevation_rad + 0.5 * (1.0 / EARTH_RADIUS_M - 1.0 / effective) * np.minimum(range_m, air_m)
    clear: Mask = (range_m <= horizon_m) | (lifted >= -horizon_m / effective)
    return clear


def behind_the_earth(origin_m: Float, position_m: Float) -> Mask:
    """(n,) whether the ellipsoid stands between a sensor and places (n, 3)."""
    scale = np.array([WGS84_A_M, WGS84_A_M, WGS84_B_M])
    start, way = origin_m / scale, (position_m - origin_m) / scale
    # |start + s way| = 1 has its smaller root where the line enters the ellipsoid
    a, b, c = np.einsum("ni,ni->n", way, way), way @ start, float(start @ start) - 1.0
    root = b * b - a * c
    enters = -b - np.sqrt(np.maximum(root, 0.0))
    behind: Mask = (root > 0.0) & (b < 0.0) & (enters < a)
    return behind


def rim_rad(height_m: float) -> float:
    """The elevation, negative, of the Earth's rim from a height: where the ground ends and the sky begins."""
    return -math.acos(EARTH_RADIUS_M / (EARTH_RADIUS_M + max(height_m, 0.0)))
