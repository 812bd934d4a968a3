"""How a filter models the motion of each environment: its modes, and how they change.

Densities: a civil aircraft mostly flies straight and turns with 0.2 g for ten seconds or more, a
military one with 1 g and more; a ship lies at anchor, makes way, or turns over a minute; a burning
stage pulls 10 to 60 m/s2; a reentering body brakes with hundreds of m/s2 where the air is dense, and
falls undisturbed where there is none. Rates are one over how long each lasts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.tracking.environment import AIR, SPACE, SUBSURFACE, SURFACE, Kinematics
from nodes.tracking.motion import CONSTANT_VELOCITY, FREE_FLIGHT, Mode


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Modes of one mean motion and, where they are mixed, the rates (m, m) 1/s of changing."""

    modes: tuple[Mode, ...]
    rates_hz: Float | None


def _modes(model: int, *densities: float) -> tuple[Mode, ...]:
    return tuple(Mode(model, q) for q in densities)


LEVELS_M2PS3: Final[
    Annotated[
        dict[int, tuple[float, ...]],
        Chosen("m²/s³", "white accelerations a filter steps between, by environment", JUDGED),
    ]
] = {AIR: (1.0, 10.0, 100.0, 500.0), SUBSURFACE: (0.002,)}
MIXTURE_M2PS3: Final[
    Annotated[
        dict[int, tuple[float, ...]],
        Chosen("m²/s³", "white accelerations of the modes that are mixed, by environment", JUDGED),
    ]
] = {AIR: (0.1, 5.0, 400.0), SURFACE: (0.0001, 0.01, 1.0), SUBSURFACE: (0.002,)}
MIXTURE_HZ: Final[
    Annotated[
        dict[int, tuple[tuple[float, ...], ...]],
        Chosen("1/s", "rates at which they change, from row to column, by environment", JUDGED),
    ]
] = {
    AIR: ((0.0, 0.005, 0.0003), (0.05, 0.0, 0.005), (0.02, 0.1, 0.0)),
    SURFACE: ((0.0, 0.0005, 0.00002), (0.003, 0.0, 0.0003), (0.01, 0.05, 0.0)),
}
_LEVELS = {
    environment: Behaviour(_modes(CONSTANT_VELOCITY, *q), None) for environment, q in LEVELS_M2PS3.items()
}
_MIXTURE = {
    where: Behaviour(
        _modes(CONSTANT_VELOCITY, *q), np.array(MIXTURE_HZ[where]) if where in MIXTURE_HZ else None
    )
    for where, q in MIXTURE_M2PS3.items()
}

FREE_M2PS3: Final[Annotated[float, Chosen("m²/s³", "white acceleration in free flight", JUDGED)]] = 0.001
BURN_M2PS3: Final[Annotated[float, Chosen("m²/s³", "white acceleration while an engine burns", JUDGED)]] = (
    3_000.0
)
BURN_UNRANGED_M2PS3: Final[
    Annotated[
        float,
        Chosen(
            "m²/s³",
            "the same while only angles are measured: nothing corrects the thrust along the line of "
            "sight, which adds up",
            JUDGED,
        ),
    ]
] = 10_000.0
STOP_HZ: Final[
    Annotated[
        float,
        Chosen(
            "1/s", "rate at which an engine burns out", "one burn lasts some 50 to 180 s; the value is judged"
        ),
    ]
] = 0.02
RESTART_HZ: Final[
    Annotated[float, Chosen("1/s", "rate at which an engine starts again in free flight: seldom", JUDGED)]
] = 1e-8
START_HZ: Final[
    Annotated[
        tuple[tuple[float, float], ...],
        Chosen(
            "m, 1/s",
            "rate at which free flight ends, or turns out to have been none, below each height",
            JUDGED,
        ),
    ]
] = ((60_000.0, 0.03), (100_000.0, 0.003), (np.inf, RESTART_HZ))
BRAKE_ALTITUDE_M: Final[Annotated[float, Chosen("m", "below this height air brakes what falls", JUDGED)]] = (
    60_000.0
)
BRAKE_LEAST_M2PS3: Final[
    Annotated[float, Chosen("m²/s³", "least white acceleration of what the air brakes", JUDGED)]
] = 10.0
SEA_LEVEL_KGPM3: Final[
    Annotated[
        float,
        Chosen(
            "kg/m³",
            "density of an exponential atmosphere at sea level",
            "International Standard Atmosphere, ISO 2533",
        ),
    ]
] = 1.225
SCALE_HEIGHT_M: Final[
    Annotated[float, Chosen("m", "height over which its density falls to 1/e", "fit to ISO 2533 below 60 km")]
] = 7_200.0
DEBRIS_KGPM2: Final[
    Annotated[
        float,
        Chosen(
            "kg/m²",
            "mass over drag area of the lightest that comes down; a reentry vehicle's is ten times that",
            JUDGED,
        ),
    ]
] = 300.0
BRAKE_MOST_M2PS3: Final[
    Annotated[float, Chosen("m²/s³", "greatest white acceleration of what the air brakes", JUDGED)]
] = 300_000.0
FREE_MODE, THRUST_MODE = 0, 1
"""Of SPACE: no force but gravity; an engine's or the air's as well."""


def steady(kind: str, environment: int) -> Behaviour:
    """How a national filter of ``kind`` models an aircraft, a ship or a submarine.

    Ships are mixed by all kinds: one that gets under way does not contradict any single innovation.
    """
    return (_MIXTURE if kind.endswith("imm") or environment == SURFACE else _LEVELS)[environment]


def braked(altitude_m: float, climb_mps: float) -> bool:
    """Whether what flies there in SPACE is falling into the air."""
    return climb_mps < 0.0 and altitude_m < BRAKE_ALTITUDE_M


def behaviour(kind: str, environment: int, k: Kinematics, row: int, ranged: bool) -> Behaviour:
    """How a national filter of ``kind`` models a target of ``environment`` that moves as ``k`` says.

    ``ranged``: whether any sensor measures its range. Missiles are mixed by all kinds, as no single
    innovation tells that an engine stopped.
    """
    if environment != SPACE:
        return steady(kind, environment)
    altitude_m = float(k.altitude_m[row])
    if braked(altitude_m, float(k.climb_mps[row])):
        force = _brake_m2ps3(altitude_m, float(k.speed_mps[row]))
    else:
        force = BURN_M2PS3 if ranged else BURN_UNRANGED_M2PS3
    return missile(force, next(rate for below, rate in START_HZ if altitude_m < below))


def missile(force_m2ps3: float, start_hz: float) -> Behaviour:
    """Free flight, and a force of that density that sets in at that rate."""
    rates_hz = np.array([[0.0, start_hz], [STOP_HZ, 0.0]])
    return Behaviour(_modes(FREE_FLIGHT, FREE_M2PS3, force_m2ps3), rates_hz)


IGNITION = missile(BURN_UNRANGED_M2PS3, START_HZ[0][1])
"""Of a missile of which nothing is known yet."""


def _brake_m2ps3(altitude_m: float, speed_mps: float) -> float:
    """Density of a brake that is known by its size alone: its square, over a second."""
    air_kgpm3 = SEA_LEVEL_KGPM3 * math.exp(-max(altitude_m, 0.0) / SCALE_HEIGHT_M)
    brake_mps2 = 0.5 * air_kgpm3 * speed_mps**2 / DEBRIS_KGPM2
    return min(max(BRAKE_LEAST_M2PS3, brake_mps2**2), BRAKE_MOST_M2PS3)
