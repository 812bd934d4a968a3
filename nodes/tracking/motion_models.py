"""How a filter models the motion of each environment: its modes, and how they change.

An airliner flies straight for minutes and turns with 0.3 to 0.5 g for ten seconds or more, a fighter with
several g; a ship turns over a minute, on a circle of some lengths; a burning stage pulls 10 to 60 m/s2; what
reenters brakes with hundreds of m/s2 where the air is dense, and falls undisturbed where there is none.
Rates are one over how long each lasts. A turn, a burn and a brake are forces that last (`filters.force`), not
white noise: a white one as large as the turn is too wide for what flies straight and never follows the turn.
"""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from fusion.physics.reentry import LIGHTEST_KGPM2, SCALE_HEIGHT_M
from nodes.tracking.environment import AIR, SPACE, SUBSURFACE, SURFACE, Kinematics
from nodes.tracking.motion import CONSTANT_VELOCITY, FREE_FLIGHT, Mode


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Modes of one mean motion and, where they are mixed, the rates (m, m) 1/s of changing."""

    modes: tuple[Mode, ...]
    rates_hz: Float | None
    long_so: bool = False
    """Whether what is first seen has been changing at these rates for long."""

    @property
    def first(self) -> Float:
        """(m,) how likely each mode is at first: as long as a target spends in it, or all alike.

        Shares of time s with s Q = 0 that add up to 1, Q the generator of the rates.
        """
        m = len(self.modes)
        if self.rates_hz is None or not self.long_so:
            return np.full(m, 1.0 / m)
        generator = self.rates_hz - np.diag(self.rates_hz.sum(axis=1))
        generator[:, 0] = 1.0
        shares: Float = np.linalg.solve(generator.T, np.eye(m)[0])
        return shares


def _modes(model: int, *densities: float) -> tuple[Mode, ...]:
    return tuple(Mode(model, q) for q in densities)


LEVELS_M2PS3: Final[
    Annotated[
        dict[int, tuple[float, ...]],
        Chosen("m²/s³", "white accelerations a filter steps between, by environment", JUDGED),
    ]
] = {AIR: (1.0, 10.0, 100.0, 500.0), SUBSURFACE: (1e-6,)}
MIXTURE_M2PS3: Final[
    Annotated[
        dict[int, tuple[float, ...]],
        Chosen("m²/s³", "white accelerations of the modes that are mixed, by environment", JUDGED),
    ]
] = {AIR: (0.1, 5.0, 400.0), SURFACE: (0.0001, 0.01, 1.0), SUBSURFACE: (1e-6,)}
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
"""Of filters that work at one level at a time."""
_WHITE = {
    where: Behaviour(
        _modes(CONSTANT_VELOCITY, *q), np.array(MIXTURE_HZ[where]) if where in MIXTURE_HZ else None, True
    )
    for where, q in MIXTURE_M2PS3.items()
}
"""Of filterpy's mixtures, whose modes know no acceleration that lasts."""
STRAIGHT_M2PS3: Final[
    Annotated[
        dict[int, float],
        Chosen("m²/s³", "white acceleration beside any turn, by environment", JUDGED),
    ]
] = {AIR: 0.05, SURFACE: 0.0001}
TURN_MPS2: Final[
    Annotated[
        dict[int, tuple[float, ...]],
        Chosen(
            "m/s²",
            "sigma by axis of the acceleration in each kind of turn, by environment",
            "airliners bank by 20 to 25 degrees (ICAO Doc 8168): 0.35 to 0.45 g; fighters pull several g; "
            "0.02 g gets a ship under way, a turn adds `SHIP_TURN_RADPS` times its speed",
        ),
    ]
] = {AIR: (3.0, 25.0), SURFACE: (0.02,)}
SHIP_TURN_RADPS: Final[
    Annotated[
        float,
        Chosen(
            "rad/s",
            "sigma by axis of a ship's acceleration in a turn, over its speed",
            "a tactical diameter is at most five lengths (IMO MSC.137(76)): 0.02 rad/s for 200 m at 10 m/s",
        ),
    ]
] = 0.02
SHIP_SPEEDS_MPS: Final[
    Annotated[
        tuple[float, ...],
        Chosen("m/s", "speeds up to which a ship's turns are modelled alike, the last without end", JUDGED),
    ]
] = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
TURN_LASTS_S: Final[
    Annotated[
        dict[int, tuple[float, ...]], Chosen("s", "how long a turn keeps its acceleration, by kind", JUDGED)
    ]
] = {AIR: (20.0, 10.0), SURFACE: (40.0,)}
TURN_RISE: Final[
    Annotated[dict[int, float], Chosen("1", "acceleration upwards beside that sideways", JUDGED)]
] = {AIR: 0.3, SURFACE: 0.01}
TURN_MOMENTS: Final[
    Annotated[
        dict[int, tuple[int, ...]], Chosen("1", "moments at which a turn may have begun, held apart", JUDGED)
    ]
] = {AIR: (4, 2), SURFACE: (4,)}
TURN_HZ: Final[
    Annotated[
        dict[int, tuple[tuple[float, ...], ...]],
        Chosen("1/s", "rates from straight flight and each kind of turn to each, from row to column", JUDGED),
    ]
] = {
    AIR: ((0.0, 0.006, 0.001), (0.04, 0.0, 0.004), (0.08, 0.04, 0.0)),
    SURFACE: ((0.0, 0.0025), (0.03, 0.0)),
}


def _turning(environment: int, more_mps2: float = 0.0) -> Behaviour:
    """Straight, and turns that last."""
    q, rise = STRAIGHT_M2PS3[environment], TURN_RISE[environment]
    kinds = zip(TURN_MPS2[environment], TURN_LASTS_S[environment], TURN_MOMENTS[environment], strict=True)
    turns = (
        Mode(CONSTANT_VELOCITY, q, force + more_mps2, lasts, rise, moments) for force, lasts, moments in kinds
    )
    return Behaviour((Mode(CONSTANT_VELOCITY, q), *turns), np.array(TURN_HZ[environment]), long_so=True)


_AIRCRAFT = _turning(AIR)
_SHIPS = tuple(_turning(SURFACE, SHIP_TURN_RADPS * speed) for speed in SHIP_SPEEDS_MPS)
"""By speed: what lies at anchor does not turn."""

FREE_M2PS3: Final[
    Annotated[
        float,
        Chosen(
            "m²/s³",
            "white acceleration in free flight",
            "what gravity with J2 alone leaves out: 1e-4 m/s² for some 1,000 s, 3e-4 m/s² for some 100 s",
        ),
    ]
] = 1e-5
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
BRAKE_LEAST_MPS2: Final[
    Annotated[float, Chosen("m/s²", "least acceleration of what the air brakes", JUDGED)]
] = 3.0
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
BRAKE_MOST_MPS2: Final[
    Annotated[float, Chosen("m/s²", "greatest acceleration of what the air brakes", JUDGED)]
] = 550.0
THRUST_M2PS3: Final[
    Annotated[float, Chosen("m²/s³", "white acceleration of a thrust, beside what of it lasts", JUDGED)]
] = 10.0
THRUST_MPS2: Final[
    Annotated[
        float,
        Chosen("m/s²", "sigma by axis of a thrust", "a stage pulls 10 to 60 m/s², more as it empties"),
    ]
] = 35.0
THRUST_LASTS_S: Final[
    Annotated[float, Chosen("s", "how long a thrust keeps its size and direction", JUDGED)]
] = 30.0
BURNOUTS: Final[
    Annotated[int, Chosen("1", "moments at which an engine may have stopped, held apart", JUDGED)]
] = 12
BRAKE_M2PS3: Final[
    Annotated[float, Chosen("m²/s³", "white acceleration of a brake, beside what of it lasts", JUDGED)]
] = 10.0
BRAKE_LASTS_S: Final[
    Annotated[
        float,
        Chosen("s", "how long a brake keeps its size", "a fall through the scale height, at 1.5 km/s"),
    ]
] = 5.0
BURNING = Mode(FREE_FLIGHT, THRUST_M2PS3, THRUST_MPS2, THRUST_LASTS_S)
FREE_MODE, THRUST_MODE = 0, 1
"""Of SPACE: no force but gravity; an engine's or the air's as well."""


def steady(kind: str, environment: int, speed_mps: float = math.inf) -> Behaviour:
    """How a national filter of ``kind`` models an aircraft, a ship or a submarine of at most that speed.

    Ships are mixed by all kinds: one that gets under way does not contradict any single innovation.
    """
    if environment == SUBSURFACE:
        return _LEVELS[environment]
    if not kind.startswith("filterpy-"):
        slow = bisect.bisect_left(SHIP_SPEEDS_MPS[:-1], speed_mps)
        return _SHIPS[slow] if environment == SURFACE else _AIRCRAFT
    return (_WHITE if kind.endswith("imm") or environment == SURFACE else _LEVELS)[environment]


def braked(altitude_m: float, climb_mps: float) -> bool:
    """Whether what flies there in SPACE is falling into the air."""
    return climb_mps < 0.0 and altitude_m < BRAKE_ALTITUDE_M


def behaviour(kind: str, environment: int, k: Kinematics, row: int, ranged: bool) -> Behaviour:
    """How a national filter of ``kind`` models a target of ``environment`` that moves as ``k`` says.

    ``ranged``: whether any sensor measures its range. Missiles are mixed by all kinds, as no single
    innovation tells that an engine stopped.
    """
    if environment != SPACE:
        return steady(kind, environment, float(k.speed_mps[row] + k.speed_sigma_mps[row]))
    altitude_m = float(k.altitude_m[row])
    start_hz = next(rate for below, rate in START_HZ if altitude_m < below)
    white = kind.startswith("filterpy-")
    if braked(altitude_m, float(k.climb_mps[row])):
        # the brake that a fall has not met yet grows by e in each scale height
        start_hz = max(start_hz, -float(k.climb_mps[row]) / SCALE_HEIGHT_M)
        brake_mps2 = _brake_mps2(altitude_m, float(k.speed_mps[row]))
        if white:
            return missile(brake_mps2**2, start_hz)
        return _missile(Mode(FREE_FLIGHT, BRAKE_M2PS3, brake_mps2, BRAKE_LASTS_S), start_hz)
    if white:
        return missile(BURN_M2PS3 if ranged else BURN_UNRANGED_M2PS3, start_hz)
    return _missile(BURNING, start_hz)


def missile(force_m2ps3: float, start_hz: float) -> Behaviour:
    """Free flight, and a white force of that density that sets in at that rate."""
    return _missile(Mode(FREE_FLIGHT, force_m2ps3), start_hz)


def _missile(force: Mode, start_hz: float) -> Behaviour:
    rates_hz = np.array([[0.0, start_hz], [STOP_HZ, 0.0]])
    return Behaviour((Mode(FREE_FLIGHT, FREE_M2PS3, moments=BURNOUTS), force), rates_hz)


def unlit(how: Behaviour) -> Behaviour:
    """A missile's behaviour, its engine no more to be started."""
    return _missile(how.modes[THRUST_MODE], RESTART_HZ)


def ignition(kind: str) -> Behaviour:
    """Of a missile of which nothing is known yet."""
    if kind.startswith("filterpy-"):
        return missile(BURN_UNRANGED_M2PS3, START_HZ[0][1])
    return _missile(BURNING, START_HZ[0][1])


def _brake_mps2(altitude_m: float, speed_mps: float) -> float:
    """A brake that is known by its size alone."""
    air_kgpm3 = SEA_LEVEL_KGPM3 * math.exp(-max(altitude_m, 0.0) / SCALE_HEIGHT_M)
    brake_mps2 = 0.5 * air_kgpm3 * speed_mps**2 / LIGHTEST_KGPM2
    return min(max(BRAKE_LEAST_MPS2, brake_mps2), BRAKE_MOST_MPS2)
