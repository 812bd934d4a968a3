"""Ballistic truth: the flight of one missile and of everything it releases.

The asked apogee and impact point are those of the missile flying as one re-entry vehicle, without
failure, release or pull-up. Then:

- ``separates_s``: vehicles and decoys leave the body in a ring across the direction of flight, the
  decoys half again as fast. The spent body itself flies on, tumbling, to its own impact.
- ``fails_s``: the engine stops at that moment and the vehicle tumbles; ``fragments`` fly off it in all
  directions. It releases nothing more.
- ``pull_up_g``: vehicles (without a release: the missile) pull up in the atmosphere while they fall.

All masses, areas and speeds are representative inventions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np

from fusion.constants import MODELLED, OPERATION, Chosen
from fusion.physics.geodesy import Float, ecef2geodetic, enu_axes, geodetic2ecef
from nodes.errors import BadInput
from nodes.simulation.aim import BETA_ASCENT_KGPM2, aim, default_ascent
from nodes.simulation.knots import Trajectory
from nodes.simulation.spec import Ballistic
from nodes.simulation.trajectory import Leg, ascend, fall, knots_s

BETA_SPENT_KGPM2: Final[
    Annotated[float, Chosen("kg/m²", "ballistic coefficient of a spent stage", MODELLED)]
] = 1_500.0
BETA_DECOY_KGPM2: Final[Annotated[float, Chosen("kg/m²", "ballistic coefficient of a decoy", MODELLED)]] = (
    600.0
)
BETA_FRAGMENT_KGPM2: Final[
    Annotated[float, Chosen("kg/m²", "ballistic coefficient of a fragment", MODELLED)]
] = 300.0
DECOY_SPEED: Final[
    Annotated[
        float, Chosen("1", "speed at which a decoy leaves, in multiples of ``separation_mps``", MODELLED)
    ]
] = 1.5
FRAGMENT_SPEED: Final[
    Annotated[
        float, Chosen("1", "speed at which a fragment leaves, in multiples of ``separation_mps``", MODELLED)
    ]
] = 4.0
_TOLERANCE: Final[Annotated[float, Chosen("1", "relative error of integration", OPERATION)]] = 1e-9


@dataclass(frozen=True, slots=True)
class Body:
    """One body's flight; times are scenario seconds."""

    object_id: str
    parent_object_id: str
    path: Trajectory
    burnout_s: float
    impact_s: float
    impact_lat_deg: float
    impact_lon_deg: float


def fly_missile(spec: Ballistic) -> list[Body]:
    """The missile and, after it, whatever it releases.

    Raises BadInput, beginning with the key, for a flight that is impossible.
    """
    asked = (spec.launch_lat_deg, spec.launch_lon_deg, spec.azimuth_deg, spec.apogee_km, spec.range_km)
    beta = spec.ballistic_kgpm2
    drive = default_ascent(*asked, beta) if spec.burn_s is None else aim(*asked, spec.burn_s, beta)
    if spec.fails_s is not None and spec.fails_s >= drive.burn_s:
        raise BadInput(f"fails_s: expected less than the burn time of {drive.burn_s:.1f} s")
    start = geodetic2ecef(spec.launch_lat_deg, spec.launch_lon_deg, 0.0)
    axes = enu_axes(spec.launch_lat_deg, spec.launch_lon_deg)
    burnout_s = drive.burn_s if spec.fails_s is None else spec.fails_s
    up = ascend(start, axes, drive, burnout_s, BETA_ASCENT_KGPM2, _TOLERANCE)
    if spec.fails_s is not None:
        body = fall(up.end_state, burnout_s, BETA_SPENT_KGPM2, 0.0, _TOLERANCE)
        return [
            _body(spec, spec.id, "", [up, body], burnout_s),
            *_released(spec, up.end_state, burnout_s, burnout_s, _fragments(spec)),
        ]
    if spec.separates_s is None:
        body = fall(up.end_state, burnout_s, beta, spec.pull_up_g, _TOLERANCE)
        return [_body(spec, spec.id, "", [up, body], burnout_s)]
    whole = fall(up.end_state, burnout_s, beta, 0.0, _TOLERANCE)
    if not burnout_s < spec.separates_s < whole.end_s:
        raise BadInput(
            f"separates_s: expected between burnout at {burnout_s:.1f} s and impact at {whole.end_s:.1f} s"
        )
    together = Leg(burnout_s, spec.separates_s, whole.at, whole.at(spec.separates_s))
    body = fall(together.end_state, spec.separates_s, BETA_SPENT_KGPM2, 0.0, _TOLERANCE)
    return [
        _body(spec, spec.id, "", [up, together, body], burnout_s),
        *_released(
            spec, together.end_state, spec.separates_s, burnout_s, _vehicles(spec, together.end_state)
        ),
    ]


@dataclass(frozen=True, slots=True)
class _Release:
    """One thing that leaves the missile."""

    name: str
    velocity_mps: Float
    """(3,) ECEF, on top of the missile's own."""
    beta_kgpm2: float
    pull_up_g: float


def _vehicles(spec: Ballistic, state: Float) -> list[_Release]:
    """Vehicles and decoys, evenly around a ring across the velocity."""
    along = state[3:] / np.linalg.norm(state[3:])
    side = np.cross(along, state[:3])
    side /= np.linalg.norm(side)
    other = np.cross(side, along)
    count = spec.vehicles + spec.decoys
    releases = []
    for i in range(count):
        angle = 2.0 * np.pi * i / count
        way = spec.separation_mps * (np.cos(angle) * side + np.sin(angle) * other)
        if i < spec.vehicles:
            releases.append(_Release(f"V{i + 1}", way, spec.ballistic_kgpm2, spec.pull_up_g))
        else:
            name = f"D{i + 1 - spec.vehicles}"
            releases.append(_Release(name, DECOY_SPEED * way, BETA_DECOY_KGPM2, 0.0))
    return releases


def _fragments(spec: Ballistic) -> list[_Release]:
    """Pieces in directions spread evenly over the sphere (a Fibonacci lattice)."""
    releases = []
    for i in range(spec.fragments):
        z = 1.0 - (2.0 * i + 1.0) / spec.fragments
        turn = np.pi * (1.0 + np.sqrt(5.0)) * i
        rho = np.sqrt(1.0 - z * z)
        way = np.array([rho * np.cos(turn), rho * np.sin(turn), z])
        velocity = FRAGMENT_SPEED * spec.separation_mps * way
        releases.append(_Release(f"F{i + 1}", velocity, BETA_FRAGMENT_KGPM2, 0.0))
    return releases


def _released(
    spec: Ballistic, state: Float, time_s: float, burnout_s: float, releases: list[_Release]
) -> list[Body]:
    bodies = []
    for one in releases:
        away = np.concatenate([state[:3], state[3:] + one.velocity_mps])
        leg = fall(away, time_s, one.beta_kgpm2, one.pull_up_g, _TOLERANCE)
        bodies.append(_body(spec, f"{spec.id}-{one.name}", spec.id, [leg], burnout_s))
    return bodies


def _body(spec: Ballistic, object_id: str, parent: str, legs: list[Leg], burnout_s: float) -> Body:
    """Join the legs into one path, in scenario time."""
    times = [knots_s(leg) for leg in legs]
    states = [leg.at(t).T for leg, t in zip(legs, times, strict=True)]
    time_s = np.concatenate([t[:-1] for t in times[:-1]] + [times[-1]])
    state = np.concatenate([s[:-1] for s in states[:-1]] + [states[-1]])
    lat, lon, _ = ecef2geodetic(state[-1, :3])
    return Body(
        object_id,
        parent,
        Trajectory(spec.launch_s + time_s, state),
        spec.launch_s + burnout_s,
        spec.launch_s + float(time_s[-1]),
        float(lat),
        float(lon),
    )
