"""How a filter models the motion of each environment: its modes, and how they change.

Densities: a civil aircraft mostly flies straight and turns with 0.2 g for ten seconds or more, a
military one with 1 g and more; a ship turns over a minute; a burning stage pulls 10 to 60 m/s2; a
reentering body brakes with hundreds of m/s2 where the air is dense, and falls undisturbed where there
is none. Rates are one over how long each lasts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion.geodesy import Float
from nodes.national.environment import AIR, SPACE, SUBSURFACE, SURFACE
from nodes.national.motion import CONSTANT_VELOCITY, FREE_FLIGHT, Mode


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Modes of one mean motion and, where they are mixed, the rates (m, m) 1/s of changing."""

    modes: tuple[Mode, ...]
    rates_hz: Float | None


def _modes(model: int, *densities: float) -> tuple[Mode, ...]:
    return tuple(Mode(model, q) for q in densities)


_LEVELS = {
    AIR: Behaviour(_modes(CONSTANT_VELOCITY, 1.0, 10.0, 100.0, 500.0), None),
    SURFACE: Behaviour(_modes(CONSTANT_VELOCITY, 0.02, 0.3, 3.0), None),
    SUBSURFACE: Behaviour(_modes(CONSTANT_VELOCITY, 0.002), None),
}
_MIXTURE = {
    AIR: Behaviour(
        _modes(CONSTANT_VELOCITY, 0.1, 5.0, 400.0),
        np.array([[0.0, 0.005, 0.0003], [0.05, 0.0, 0.005], [0.02, 0.1, 0.0]]),
    ),
    SURFACE: Behaviour(
        _modes(CONSTANT_VELOCITY, 0.005, 0.1, 3.0),
        np.array([[0.0, 0.003, 0.0003], [0.02, 0.0, 0.003], [0.02, 0.05, 0.0]]),
    ),
    SUBSURFACE: _LEVELS[SUBSURFACE],
}

FREE_M2PS3 = 0.01
BURN_M2PS3 = 3_000.0
BURN_UNRANGED_M2PS3 = 10_000.0
"""While only angles are measured nothing corrects the thrust along the line of sight: it adds up."""
BRAKE_M2PS3 = 100_000.0
STOP_HZ = 0.02
START_HZ = ((60_000.0, 0.03), (100_000.0, 0.003), (np.inf, 0.0001))
"""Rate at which free flight ends, below each height: air brakes, engines seldom start again in space."""
BRAKE_ALTITUDE_M = 60_000.0
FREE_MODE, THRUST_MODE = 0, 1
"""Of SPACE: no force but gravity; an engine's or the air's as well."""


def behaviour(kind: str, environment: int, altitude_m: float, climb_mps: float, ranged: bool) -> Behaviour:
    """How a national filter of ``kind`` models a target of ``environment`` at that height and climb.

    ``ranged``: whether any sensor measures its range. Missiles are mixed by all kinds, as no single
    innovation tells that an engine stopped.
    """
    if environment != SPACE:
        return (_MIXTURE if kind == "imm" else _LEVELS)[environment]
    if climb_mps < 0.0 and altitude_m < BRAKE_ALTITUDE_M:
        force = BRAKE_M2PS3
    else:
        force = BURN_M2PS3 if ranged else BURN_UNRANGED_M2PS3
    start_hz = next(rate for below, rate in START_HZ if altitude_m < below)
    return Behaviour(_modes(FREE_FLIGHT, FREE_M2PS3, force), np.array([[0.0, start_hz], [STOP_HZ, 0.0]]))
