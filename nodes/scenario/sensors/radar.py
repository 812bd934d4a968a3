"""Radar: slant range, azimuth and elevation of what is in its coverage and above its horizon."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fusion.geodesy import Float
from nodes.scenario.sensors.view import View, horizon_dip_rad, over_horizon, width_deg, within_azimuth
from nodes.scenario.spec import Radar


def visible(spec: Radar, view: View) -> NDArray[np.bool_]:
    """(n,) which objects the radar could detect."""
    seen: NDArray[np.bool_] = (
        (view.range_m <= spec.range_km * 1e3)
        & (view.range_m >= spec.min_range_km * 1e3)
        & (view.elevation_rad >= np.radians(spec.min_elevation_deg))
        & (view.elevation_rad <= np.radians(spec.max_elevation_deg))
        & (view.target_alt_m >= spec.min_target_alt_m)
        & (view.target_alt_m <= spec.max_target_alt_m)
        & within_azimuth(view.azimuth_rad, spec.azimuth_limits_deg)
        & over_horizon(view, spec.refraction)
    )
    return seen


def quantities(view: View) -> Float:
    """(n, 3) range m, azimuth rad, elevation rad."""
    return np.stack([view.range_m, view.azimuth_rad, view.elevation_rad], axis=1)


def sigma(spec: Radar) -> Float:
    """(3,) standard deviations."""
    return np.array([spec.sigma_range_m, spec.sigma_azimuth_mrad * 1e-3, spec.sigma_elevation_mrad * 1e-3])


def bias(spec: Radar) -> Float:
    """(3,) constant errors that nobody but the scenario knows."""
    return np.array([spec.bias_range_m, spec.bias_azimuth_mrad * 1e-3, 0.0])


def false_alarms(spec: Radar, view: View, count: int, rng: Generator) -> Float:
    """(count, 3) uniform in the volume between the radar's limits and above its horizon."""
    low = max(np.radians(spec.min_elevation_deg), -horizon_dip_rad(view.alt_m))
    high = max(low, np.radians(spec.max_elevation_deg))
    u = rng.random((count, 3))
    near, far = (spec.min_range_km * 1e3) ** 3, (spec.range_km * 1e3) ** 3
    range_m = np.cbrt(near + u[:, 0] * (far - near))
    start = 0.0 if spec.azimuth_limits_deg is None else spec.azimuth_limits_deg[0]
    azimuth = np.radians(start + u[:, 1] * width_deg(spec.azimuth_limits_deg)) % (2.0 * np.pi)
    elevation = np.arcsin(np.sin(low) + u[:, 2] * (np.sin(high) - np.sin(low)))
    return np.stack([range_m, azimuth, elevation], axis=1)
