"""Which part of its flight a missile is in, from how its track departs from falling freely.

What a body does that gravity and the air do not explain is thrust, or lift. It shows as the difference
between the velocity of the track now and the velocity that its own state of some seconds ago would have
fallen to; the covariances of both say how much of that is noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np

from fusion.arrays import Float
from fusion.constants import WARNED, Chosen
from fusion.dense import carried, dot, norm, solved, spread_along
from fusion.elementary import exp_any
from fusion.physics.ground import axes_at, latitude
from fusion.warning.impact import BALLISTIC_KGPM2, BALLISTIC_LOG_SIGMA, vary_in_flight
from triwatch.v1 import picture_pb2

BOOST = picture_pb2.FLIGHT_PHASE_BOOST
FREE_FLIGHT = picture_pb2.FLIGHT_PHASE_FREE_FLIGHT
REENTRY = picture_pb2.FLIGHT_PHASE_REENTRY
UNKNOWN = picture_pb2.FLIGHT_PHASE_UNSPECIFIED

AIR_TOP_M: Final[Annotated[float, Chosen("m", "below this height, falling: reentry", WARNED)]] = 100e3
THRUST_MPS2: Final[Annotated[float, Chosen("m/s²", "less than this is not taken for an engine", WARNED)]] = (
    4.0
)
BASE_NS: Final[
    Annotated[
        int,
        Chosen(
            "ns",
            "time over which thrust is measured: long beside the tracks' noise, short beside a burn",
            WARNED,
        ),
    ]
] = 4_000_000_000
MEMORY_NS: Final[Annotated[int, Chosen("ns", "states kept of a flight go back so far", WARNED)]] = (
    12_000_000_000
)
BURNING_DENSITY: Final[
    Annotated[
        float,
        Chosen(
            "m²/s³",
            "white acceleration above which the reporting trackers themselves allow for an engine",
            "between free flight and thrust of nodes/tracking/motion_models.py",
        ),
    ]
] = 300.0
ESTABLISHED_NS: Final[
    Annotated[int, Chosen("ns", "free flight is established by states over so long a time ...", WARNED)]
] = 4_000_000_000
ESTABLISHED_STATES: Final[
    Annotated[
        int,
        Chosen(
            "1", "... by so many that exclude the least engine by the standard deviations below ...", WARNED
        ),
    ]
] = 3
FALLS_CHI2: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "... and from the first of which the newest follows by falling",
            "chi-square, 99 %, 6 degrees of freedom",
        ),
    ]
] = 16.812
KNOWN_MPS2: Final[
    Annotated[float, Chosen("m/s²", "a thrust known no better than to this is not known to be none", WARNED)]
] = 8.0
SIGNIFICANT: Final[
    Annotated[float, Chosen("1", "standard deviations from which a difference counts", WARNED)]
] = 3.0
STRONG: Final[Annotated[float, Chosen("1", "standard deviations from which it counts at once", WARNED)]] = 6.0
ENGINE_MPS2: Final[
    Annotated[
        float, Chosen("m/s²", "thrust per mass less drag of burning stages: mean over their burns", WARNED)
    ]
] = 30.0
ENGINE_SIGMA_MPS2: Final[Annotated[float, Chosen("m/s²", "its deviation", WARNED)]] = 15.0
ENGINE_LEAST_MPS2: Final[Annotated[float, Chosen("m/s²", "less lifts none", WARNED)]] = 15.0
NO_DRAG: Final[Annotated[float, Chosen("kg/m²", "ballistic coefficient of what no air brakes", WARNED)]] = (
    1e12
)
_PRIOR = 1.0 / (BALLISTIC_LOG_SIGMA * BALLISTIC_LOG_SIGMA)
STRANGE_CHI2: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "drag does not explain a reentry whose state is so far from any that drag leads to, in "
            "squared sigmas (6 degrees of freedom) ...",
            WARNED,
        ),
    ]
] = 40.0
ASIDE_M: Final[Annotated[float, Chosen("m", "... and so far aside of the path ...", WARNED)]] = 300.0
STRANGE_COUNT: Final[Annotated[int, Chosen("1", "... so many times in a row", WARNED)]] = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """A track at one moment."""

    time_ns: int
    state: Float
    covariance: Float
    """(6, 6) of what changes from moment to moment."""
    process_noise: float
    bias: Float | None = None
    """(6, 6) what it may be off by as a whole beside that; None for nothing."""

    @property
    def spread(self) -> Float:
        """(6, 6) both: how far from the truth it may be where it is carried far ahead."""
        return self.covariance if self.bias is None else self.covariance + self.bias


@dataclass(slots=True)
class Flightpath:
    """What one track's recent past says of its flight."""

    samples: tuple[Sample, ...] = ()
    phase: picture_pb2.FlightPhase = UNKNOWN
    thrust_mps2: float = 0.0
    """Along the velocity; negative where it is braked more than the air explains."""
    thrust_sigma_mps2: float = math.inf
    boosted: bool = False
    """Whether it was ever seen burning."""
    pushed_since_ns: int = 0
    """Since when every state has shown thrust; 0 where the newest does not."""
    came_off: bool = False
    """Whether it came off another missile: it has no stage yet to burn, and nothing drives it that is not
    seen to."""
    entry: Sample | None = None
    """The newest state above the air or on the way up."""
    strange_count: int = 0
    """For how many states in a row drag has not explained the reentry."""
    manoeuvring: bool = False
    ballistic_kgpm2: float = BALLISTIC_KGPM2
    ballistic_log_sigma: float = BALLISTIC_LOG_SIGMA
    quiet_since_ns: int = 0
    """Since when it has been falling freely; 0 while burning."""
    established: bool = False
    """Whether more than one moment shows that it falls freely: only then can be told where it comes down."""

    @property
    def last(self) -> Sample:
        """The newest sample."""
        return self.samples[-1]

    def extend(self, sample: Sample) -> None:
        """Take in the track's newest state; one that revises the past takes the place of what it revises."""
        samples = [s for s in self.samples if s.time_ns < sample.time_ns] + [sample]
        while len(samples) > ESTABLISHED_STATES and sample.time_ns - samples[0].time_ns > MEMORY_NS:
            del samples[0]
        self.samples = tuple(samples)
        falling = _surely_falls(sample)
        before = self._base(sample.time_ns)
        if before is not None:
            # on the way up the engine's thrust less drag is what counts, so the air is left out there
            seen = _unexplained(before, sample, self.ballistic_kgpm2 if falling else NO_DRAG)
            self.thrust_mps2, self.thrust_sigma_mps2 = seen
        self._decide(sample, falling)
        if self.phase in (BOOST, UNKNOWN):
            self.quiet_since_ns, self.established = 0, False
        else:
            self.quiet_since_ns = self.quiet_since_ns or sample.time_ns
            self.established = self.established or self._establishes()

    def engine_mps2(self, sigmas: float = 0.0) -> float:
        """Thrust per mass less drag, over all that is remembered, drawn to what engines usually do; with
        so many standard deviations on top."""
        along, sigma = ENGINE_MPS2, math.inf
        if self.samples[0].time_ns < self.last.time_ns:
            along, sigma = _unexplained(self.samples[0], self.last, NO_DRAG)
        weight = 1.0 / (1.0 + sigma / ENGINE_SIGMA_MPS2 * (sigma / ENGINE_SIGMA_MPS2))
        left = ENGINE_SIGMA_MPS2 * math.sqrt(1.0 - weight)
        return max(ENGINE_LEAST_MPS2, ENGINE_MPS2 + weight * (along - ENGINE_MPS2)) + sigmas * left

    def _establishes(self) -> bool:
        """Whether the states since it went quiet show that it falls, and would show an engine that does not
        rest."""
        quiet = [s for s in self.samples if s.time_ns >= self.quiet_since_ns]
        now, base = self.last, quiet[0]
        if len(quiet) < ESTABLISHED_STATES or now.time_ns - base.time_ns < ESTABLISHED_NS:
            return False
        dt = (now.time_ns - base.time_ns) * 1e-9
        fallen, variation = np.array(base.state, dtype=float), np.empty((6, 7))
        vary_in_flight(fallen, self.ballistic_kgpm2, dt, variation)
        flown, drag = variation[:, :6], self.ballistic_log_sigma * variation[:, 6]
        spread = now.covariance + carried(flown, base.covariance) + drag[:, None] * drag
        residual = now.state - fallen
        ahead = now.state[3:] / max(norm(now.state[3:]), 1.0)
        pushed_mps2 = dot(residual[3:], ahead) / dt
        sigma_mps2 = math.sqrt(spread_along(spread[3:, 3:], ahead)) / dt
        definite, weighed = solved(spread, residual)
        excluded = pushed_mps2 + SIGNIFICANT * sigma_mps2 < ENGINE_LEAST_MPS2
        return excluded and definite and dot(residual, weighed) < FALLS_CHI2

    def _base(self, now_ns: int) -> Sample | None:
        """The newest sample at least the base time old, else the oldest of all."""
        old = [s for s in self.samples if now_ns - s.time_ns >= BASE_NS]
        if old:
            return old[-1]
        return self.samples[0] if now_ns - self.samples[0].time_ns >= BASE_NS // 4 else None

    def _weigh_drag(self, now: Sample) -> None:
        """The ballistic coefficient that best leads from the last state above the air to this one.

        Maximum a posteriori in its logarithm, by Gauss and Newton; always from the same start, so that
        nothing is counted twice. What remains unexplained is lift.
        """
        if self.entry is None:
            return
        dt = (now.time_ns - self.entry.time_ns) * 1e-9
        log_ratio, variation = 0.0, np.empty((6, 7))
        for _ in range(6):
            fallen = np.array(self.entry.state, dtype=float)
            vary_in_flight(fallen, BALLISTIC_KGPM2 * exp_any(log_ratio), dt, variation)
            spread = now.covariance + carried(variation[:, :6], self.entry.covariance)
            residual, slope = now.state - fallen, variation[:, 6]
            definite, weighed = solved(spread, residual)
            if not definite:
                return
            information = dot(slope, solved(spread, slope)[1]) + _PRIOR
            step = (dot(slope, weighed) - log_ratio * _PRIOR) / information
            log_ratio = min(3.0, max(-5.0, log_ratio + min(1.0, max(-1.0, step))))
            if abs(step) < 0.01:
                break
        self.ballistic_kgpm2 = BALLISTIC_KGPM2 * exp_any(log_ratio)
        self.ballistic_log_sigma = max(0.05, 1.0 / math.sqrt(information))
        ahead = now.state[3:] / max(norm(now.state[3:]), 1.0)
        aside = residual[:3] - ahead * dot(ahead, residual[:3])
        strange = dot(residual, weighed) > STRANGE_CHI2 and norm(aside) > ASIDE_M
        self.strange_count = self.strange_count + 1 if strange else 0
        self.manoeuvring |= self.strange_count >= STRANGE_COUNT

    def _decide(self, now: Sample, falling: bool) -> None:
        if falling and self.phase != BOOST:
            self.phase = REENTRY
            self._weigh_drag(now)
            return
        if self.manoeuvring:
            # what lifts itself in the air may push and climb: an engine it has none any more
            self.phase = REENTRY
            return
        if not falling:
            self.entry = now
        allowed = now.process_noise > BURNING_DENSITY and not self.came_off
        # an engine that has stopped, as all who see it say too, starts again on strong evidence only
        doubt = STRONG if self.phase == FREE_FLIGHT and not allowed else SIGNIFICANT
        pushed = self.thrust_mps2 > max(THRUST_MPS2, doubt * self.thrust_sigma_mps2)
        still = self.thrust_mps2 < THRUST_MPS2 + SIGNIFICANT * self.thrust_sigma_mps2
        known = self.thrust_sigma_mps2 < KNOWN_MPS2
        # what the trackers allow for is taken to be so, until it is known better
        if pushed or (allowed and not (known and self.phase == FREE_FLIGHT)):
            self.phase, self.quiet_since_ns = BOOST, 0
        elif self.phase == FREE_FLIGHT or (still and not allowed and (known or self.phase == BOOST)):
            self.quiet_since_ns = self.quiet_since_ns or now.time_ns
            self.phase = REENTRY if falling else FREE_FLIGHT
        self.boosted |= pushed
        self.pushed_since_ns = (self.pushed_since_ns or now.time_ns) if pushed else 0


def _unexplained(before: Sample, now: Sample, ballistic_kgpm2: float) -> tuple[float, float]:
    """Gain of speed between two states that falling does not explain, m/s², and its standard deviation."""
    dt = (now.time_ns - before.time_ns) * 1e-9
    fallen, variation = np.array(before.state, dtype=float), np.empty((6, 7))
    vary_in_flight(fallen, ballistic_kgpm2, dt, variation)
    ahead = now.state[3:] / max(norm(now.state[3:]), 1.0)
    # the two states share their past, so their errors add up to less than this; it is the safe side
    spread = now.covariance[3:, 3:] + carried(variation[3:, :6], before.covariance)
    along = dot(now.state[3:] - fallen[3:], ahead) / dt
    return along, math.sqrt(spread_along(spread, ahead)) / dt


def _surely_falls(sample: Sample) -> bool:
    """Whether a state is in the air and on its way down beyond its uncertainty."""
    height, climb = height_and_climb(sample.state)
    if height >= AIR_TOP_M or climb >= 0.0:
        return False
    up = sample.state[:3] / norm(sample.state[:3])
    return climb < -2.0 * math.sqrt(spread_along(sample.covariance[3:, 3:], up))


def height_and_climb(state: Float) -> tuple[float, float]:
    """Height m above the ellipsoid and rate of climb m/s of an ECEF state (6,)."""
    return latitude(state[:3])[2], dot(axes_at(state[:3])[2], state[3:])
