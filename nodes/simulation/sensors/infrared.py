"""Infrared: azimuth and elevation of burning vehicles above the clouds; nothing else shows.

A satellite's axes are east, north and up at its sub-point, so its targets have negative elevations.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fusion.physics.geodesy import Float
from nodes.sensing.sector import width_deg, within
from nodes.simulation.sensors.view import View, horizon_dip_rad, unblocked
from nodes.simulation.spec import InfraredSpec

_ORBIT_M = 100_000.0


def visible(spec: InfraredSpec, view: View) -> NDArray[np.bool_]:
    """(n,) which objects the sensor could detect."""
    seen: NDArray[np.bool_] = (
        view.snapshot.boosting
        & (view.range_m <= spec.range_km * 1e3)
        & (view.target_alt_m >= spec.min_target_alt_m)
        & (view.elevation_rad >= np.radians(spec.min_elevation_deg))
        & (view.elevation_rad <= np.radians(spec.max_elevation_deg))
        & within(view.azimuth_rad, spec.azimuth_limits_deg)
        & unblocked(view)
    )
    return seen


def quantities(view: View) -> Float:
    """(n, 2) azimuth rad, elevation rad."""
    return np.stack([view.azimuth_rad, view.elevation_rad], axis=1)


def bias(spec: InfraredSpec) -> Float:
    """(2,) constant errors that nobody but the scenario knows, mrad."""
    return np.array([spec.bias_azimuth_mrad, spec.bias_elevation_mrad])


def false_alarms(spec: InfraredSpec, view: View, count: int, rng: Generator) -> Float:
    """(count, 2) uniform in solid angle: from orbit over the Earth's disc, else over the sky."""
    low, high = np.radians(spec.min_elevation_deg), np.radians(spec.max_elevation_deg)
    rim = -horizon_dip_rad(view.alt_m)
    low, high = (low, min(high, rim)) if view.alt_m > _ORBIT_M else (max(low, rim), high)
    u = rng.random((count, 2))
    start = 0.0 if spec.azimuth_limits_deg is None else spec.azimuth_limits_deg[0]
    azimuth = np.radians(start + u[:, 0] * width_deg(spec.azimuth_limits_deg)) % (2.0 * np.pi)
    elevation = np.arcsin(np.sin(low) + u[:, 1] * (np.sin(max(low, high)) - np.sin(low)))
    return np.stack([azimuth, elevation], axis=1)
