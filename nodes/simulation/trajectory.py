"""Integration of one body: the powered ascent and the fall to the ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from fusion.physics.geodesy import Float, ecef2geodetic
from nodes.simulation.atmosphere import TOP_M
from nodes.simulation.dynamics import ascent_rate, coast_rate, height_m

LONGEST_S = 50_000.0
"""A fall that lasts longer than this never ends."""
_ABSOLUTE = np.array([1e-3, 1e-3, 1e-3, 1e-6, 1e-6, 1e-6])


@dataclass(frozen=True, slots=True)
class Ascent:
    """How the engine drives: see ``dynamics.ascent_rate``."""

    burn_s: float
    thrust_mps2: float
    tilt_east: float
    tilt_north: float


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch of flight under one law; times are seconds from launch."""

    start_s: float
    end_s: float
    at: Any
    """Dense solution, where one was asked for: times (k,) -> states (6, k)."""
    end_state: Float
    apogee_state: Float | None = None
    """(6,) where the height was greatest, for a fall that rose first."""
    lands: bool = False


def ascend(
    start: Float,
    axes: Float,
    drive: Ascent,
    until_s: float,
    beta_kgpm2: float,
    tolerance: float,
    dense: bool = True,
) -> Leg:
    """From rest at ``start`` (3,) ECEF m to ``until_s`` after launch; ``tolerance`` is relative."""
    solution = solve_ivp(
        ascent_rate,
        (0.0, until_s),
        np.concatenate([start, np.zeros(3)]),
        method="DOP853",
        rtol=tolerance,
        atol=_ABSOLUTE,
        dense_output=dense,
        args=(drive.burn_s, drive.thrust_mps2, drive.tilt_east, drive.tilt_north, axes, beta_kgpm2),
    )
    return Leg(0.0, until_s, solution.sol, solution.y[:, -1])


def fall(
    state: Float, start_s: float, beta_kgpm2: float, pull_up_g: float, tolerance: float, dense: bool = True
) -> Leg:
    """From ``state`` (6,) ECEF m, m/s at ``start_s`` without thrust, to the ground."""
    solution = solve_ivp(
        _fall_rate,
        (start_s, start_s + LONGEST_S),
        state,
        method="DOP853",
        rtol=tolerance,
        atol=_ABSOLUTE,
        dense_output=dense,
        events=(_ground, _apogee),
        args=(beta_kgpm2, pull_up_g),
    )
    tops = solution.y_events[1]
    top = max(tops, key=lambda s: height_m(s[0], s[1], s[2])) if len(tops) else None
    return Leg(start_s, float(solution.t[-1]), solution.sol, solution.y[:, -1], top, solution.status == 1)


def knots_s(leg: Leg) -> Float:
    """Times at which to sample ``leg``: 5 s apart above the air, 0.25 s within it."""
    rough = np.linspace(leg.start_s, leg.end_s, 2 + int((leg.end_s - leg.start_s) / 5.0))
    height = ecef2geodetic(leg.at(rough)[:3].T)[2]
    fine = (height[:-1] < TOP_M) | (height[1:] < TOP_M)
    pieces = [
        np.linspace(a, b, 21 if close else 2)[:-1]
        for a, b, close in zip(rough[:-1], rough[1:], fine, strict=True)
    ]
    return np.concatenate([*pieces, [leg.end_s]])


def _fall_rate(_t_s: float, state: Float, beta_kgpm2: float, pull_up_g: float) -> Any:
    return coast_rate(state, beta_kgpm2, pull_up_g)


def _ground(_t_s: float, state: Float, _beta_kgpm2: float, _pull_up_g: float) -> float:
    return float(height_m(state[0], state[1], state[2]))


_ground.terminal = True  # type: ignore[attr-defined]
_ground.direction = -1.0  # type: ignore[attr-defined]


def _apogee(_t_s: float, state: Float, _beta_kgpm2: float, _pull_up_g: float) -> float:
    return float(state[:3] @ state[3:])


_apogee.direction = -1.0  # type: ignore[attr-defined]
