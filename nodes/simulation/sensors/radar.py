"""Radar: slant range, azimuth and elevation of what is in its coverage and above its horizon."""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fusion.constants import OPERATION, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.sector import width_deg, within
from nodes.simulation.sensors.view import (
    MEAN_RADIUS_M,
    View,
    horizon_dip_rad,
    over_horizon,
)
from nodes.simulation.spec import RadarSpec
from triwatch.v1.track_pb2 import ENVIRONMENT_SUBSURFACE

_DRAWS: Final[
    Annotated[
        int,
        Chosen("1", "rounds of rejection sampling after which the limits leave next to no volume", OPERATION),
    ]
] = 100


def visible(spec: RadarSpec, view: View) -> NDArray[np.bool_]:
    """(n,) which objects the radar could detect."""
    seen: NDArray[np.bool_] = (
        (view.range_m <= spec.range_km * 1e3)
        & (view.range_m >= spec.min_range_km * 1e3)
        & (view.elevation_rad >= np.radians(spec.min_elevation_deg))
        & (view.elevation_rad <= np.radians(spec.max_elevation_deg))
        & (view.target_alt_m >= spec.min_target_alt_m)
        & (view.target_alt_m <= spec.max_target_alt_m)
        & within(view.azimuth_rad, spec.azimuth_limits_deg)
        & (view.snapshot.environment != ENVIRONMENT_SUBSURFACE)
        & over_horizon(view, spec.refraction)
    )
    return seen


def quantities(view: View) -> Float:
    """(n, 3) range m, azimuth rad, elevation rad."""
    return np.stack([view.range_m, view.azimuth_rad, view.elevation_rad], axis=1)


def bias(spec: RadarSpec) -> Float:
    """(3,) constant errors that nobody but the scenario knows, m and mrad."""
    return np.array([spec.bias_range_m, spec.bias_azimuth_mrad, spec.bias_elevation_mrad])


def false_alarms(spec: RadarSpec, view: View, count: int, rng: Generator) -> Float:
    """(count, 3) uniform in the volume between the radar's limits, above its horizon and within the
    heights that it lets through."""
    low = max(np.radians(spec.min_elevation_deg), -horizon_dip_rad(view.alt_m))
    high = max(low, np.radians(spec.max_elevation_deg))
    near, far = (spec.min_range_km * 1e3) ** 3, (spec.range_km * 1e3) ** 3
    start = 0.0 if spec.azimuth_limits_deg is None else spec.azimuth_limits_deg[0]
    found = np.zeros((0, 3))
    for _ in range(_DRAWS if count else 0):
        u = rng.random((max(16, 2 * count), 3))
        range_m = np.cbrt(near + u[:, 0] * (far - near))
        azimuth = np.radians(start + u[:, 1] * width_deg(spec.azimuth_limits_deg)) % (2.0 * np.pi)
        elevation = np.arcsin(np.sin(low) + u[:, 2] * (np.sin(high) - np.sin(low)))
        height = np.sqrt(
            (MEAN_RADIUS_M + view.alt_m) ** 2
            + range_m**2
            + 2.0 * (MEAN_RADIUS_M + view.alt_m) * range_m * np.sin(elevation)
        )
        height -= MEAN_RADIUS_M
        inside = (height >= spec.min_target_alt_m) & (height <= spec.max_target_alt_m)
        found = np.concatenate([found, np.stack([range_m, azimuth, elevation], axis=1)[inside]])
        if len(found) >= count:
            return found[:count]
    return found
