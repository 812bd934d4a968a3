"""One ballistic truth trajectory in a few numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from fusion.physics.geodesy import Float, ecef2geodetic, enu_axes
from nodes.simulation.ballistic import fly_missile
from nodes.simulation.check import check_ballistic
from nodes.simulation.dynamics import G0_MPS2
from nodes.simulation.ground import ground_range_m
from nodes.simulation.spec import Ballistic


def fly(
    apogee_km: float,
    range_km: float,
    burn_s: float | None = None,
    azimuth_deg: float = 90.0,
    lat_deg: float = 39.2,
    lon_deg: float = 125.7,
) -> dict[str, Any]:
    """Fly one missile from a launch point to the ground.

    Speeds and flight path angles are relative to the Earth. ``peak_g`` is the greatest acceleration,
    gravity included, before and after burnout. Raises BadInput where no such flight exists.
    """
    spec = Ballistic(
        id="M1",
        launch_s=0.0,
        launch_lat_deg=lat_deg,
        launch_lon_deg=lon_deg,
        azimuth_deg=azimuth_deg,
        apogee_km=apogee_km,
        range_km=range_km,
        burn_s=burn_s,
    )
    check_ballistic(spec)
    body = fly_missile(spec)[0]
    time_s, state = body.path.time_s, body.path.state
    burnout = int(np.searchsorted(time_s, body.burnout_s))
    height_km = ecef2geodetic(state[:, :3])[2] / 1e3
    felt_g = np.linalg.norm(np.diff(state[:, 3:], axis=0), axis=1) / np.diff(time_s) / G0_MPS2
    reached_m = ground_range_m(lat_deg, lon_deg, body.impact_lat_deg, body.impact_lon_deg)
    return {
        "flight_time_s": body.impact_s,
        "apogee_km": float(height_km.max()),
        "range_km": reached_m / 1e3,
        "burnout": {
            "time_s": body.burnout_s,
            "altitude_km": float(height_km[burnout]),
            "speed_mps": float(np.linalg.norm(state[burnout, 3:])),
            "flight_path_deg": _flight_path_deg(state[burnout]),
        },
        "launch": {"lat_deg": lat_deg, "lon_deg": lon_deg, "azimuth_deg": azimuth_deg},
        "impact": {
            "lat_deg": body.impact_lat_deg,
            "lon_deg": body.impact_lon_deg,
            "speed_mps": float(np.linalg.norm(state[-1, 3:])),
            "flight_path_deg": _flight_path_deg(state[-1]),
        },
        "peak_g": {"ascent": float(felt_g[:burnout].max()), "reentry": float(felt_g[burnout:].max())},
    }


def _flight_path_deg(state: Float) -> float:
    """Of the velocity above the local horizontal."""
    lat, lon, _ = ecef2geodetic(state[:3])
    up = enu_axes(lat, lon)[2]
    return float(np.degrees(np.arcsin(up @ state[3:] / np.linalg.norm(state[3:]))))
