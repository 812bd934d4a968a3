"""Ballistic truth: the flight of one missile and of what it releases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion.geodesy import Float, ecef2geodetic, enu_axes, geodetic2ecef
from nodes.scenario.aim import BETA_ASCENT_KGPM2, BETA_VEHICLE_KGPM2, aim, default_burn_s
from nodes.scenario.path import Path
from nodes.scenario.spec import Ballistic
from nodes.scenario.trajectory import Leg, ascend, fall, knots_s

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Body:
    """One body's flight; times are scenario seconds."""

    object_id: str
    parent_object_id: str
    path: Path
    burnout_s: float
    impact_s: float
    impact_lat_deg: float
    impact_lon_deg: float


def fly_missile(spec: Ballistic) -> list[Body]:
    """The missile and, after it, whatever it releases. Raises BadInput for an impossible flight."""
    burn_s = spec.burn_s or default_burn_s(spec.apogee_km, spec.range_km)
    drive = aim(
        spec.launch_lat_deg, spec.launch_lon_deg, spec.azimuth_deg, spec.apogee_km, spec.range_km, burn_s
    )
    start = geodetic2ecef(spec.launch_lat_deg, spec.launch_lon_deg, 0.0)
    axes = enu_axes(spec.launch_lat_deg, spec.launch_lon_deg)
    up = ascend(start, axes, drive, burn_s, BETA_ASCENT_KGPM2, _TOLERANCE)
    down = fall(up.end_state, burn_s, BETA_VEHICLE_KGPM2, 0.0, _TOLERANCE)
    return [_body(spec, spec.id, "", [up, down], burn_s)]


def _body(spec: Ballistic, object_id: str, parent: str, legs: list[Leg], burnout_s: float) -> Body:
    times = [knots_s(leg) for leg in legs]
    states = [leg.at(t).T for leg, t in zip(legs, times, strict=True)]
    time_s = np.concatenate([t[:-1] for t in times[:-1]] + [times[-1]])
    state: Float = np.concatenate([s[:-1] for s in states[:-1]] + [states[-1]])
    lat, lon, _ = ecef2geodetic(state[-1, :3])
    return Body(
        object_id,
        parent,
        Path(spec.launch_s + time_s, state),
        spec.launch_s + burnout_s,
        spec.launch_s + float(time_s[-1]),
        float(lat),
        float(lon),
    )
