"""Which part of its flight a missile is in, from how its track departs from falling freely.

What a body does that gravity and the air do not explain is thrust, or lift. It shows as the difference
between the velocity of the track now and the velocity that its own state of some seconds ago would have
fallen to; the covariances of both say how much of that is noise.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from fusion.geodesy import Float, ecef2geodetic, enu_axes
from fusion.warning.impact import BALLISTIC_KGPM2, BALLISTIC_LOG_SIGMA, vary_in_flight
from triwatch.v1 import picture_pb2

BOOST = picture_pb2.FLIGHT_PHASE_BOOST
FREE_FLIGHT = picture_pb2.FLIGHT_PHASE_FREE_FLIGHT
REENTRY = picture_pb2.FLIGHT_PHASE_REENTRY
UNKNOWN = picture_pb2.FLIGHT_PHASE_UNSPECIFIED

AIR_TOP_M = 100e3
"""Below, falling: reentry."""
THRUST_MPS2 = 4.0
"""Less than this is not taken for an engine."""
BASE_NS = 4_000_000_000
"""Seconds over which thrust is measured: long beside the tracks' noise, short beside a burn."""
MEMORY_NS = 12_000_000_000
BURNING_DENSITY = 300.0
"""White acceleration, m²/s³, above which the reporting trackers themselves allow for an engine."""
SIGNIFICANT = 3.0
ENGINE_MPS2, ENGINE_SIGMA_MPS2, ENGINE_LEAST_MPS2 = 30.0, 15.0, 15.0
"""Thrust per mass less drag of burning stages: mean and deviation over their burns; less lifts none."""
NO_DRAG = 1e12


@dataclass(frozen=True, slots=True)
class Sample:
    """A track at one moment."""

    time_ns: int
    state: Float
    covariance: Float
    process_noise: float


@dataclass(slots=True)
class Flightpath:
    """What one track's recent past says of its flight."""

    samples: deque[Sample] = field(default_factory=deque)
    phase: picture_pb2.FlightPhase = UNKNOWN
    thrust_mps2: float = 0.0
    """Along the velocity; negative where it is braked more than the air explains."""
    thrust_sigma_mps2: float = math.inf
    lift_mps2: float = 0.0
    """Across the velocity, beyond gravity."""
    lift_sigma_mps2: float = math.inf
    boosted: bool = False
    """Whether it was ever seen burning."""
    manoeuvring: bool = False
    ballistic_kgpm2: float = BALLISTIC_KGPM2
    ballistic_log_sigma: float = BALLISTIC_LOG_SIGMA
    quiet_since_ns: int = 0
    """Since when it has been falling freely; 0 while burning."""

    @property
    def last(self) -> Sample:
        """The newest sample."""
        return self.samples[-1]

    def extend(self, sample: Sample) -> None:
        """Take in the track's newest state; one that revises the past takes the place of what it revises."""
        while self.samples and self.samples[-1].time_ns >= sample.time_ns:
            self.samples.pop()
        self.samples.append(sample)
        while sample.time_ns - self.samples[0].time_ns > MEMORY_NS:
            self.samples.popleft()
        height, climb = height_and_climb(sample.state)
        falling = climb < 0.0 and height < AIR_TOP_M
        before = self._base(sample.time_ns)
        if before is not None:
            self._measure(before, sample, brake=falling)
        self._decide(sample, falling)

    @property
    def engine_mps2(self) -> float:
        """Thrust per mass less drag, over all that is remembered, drawn to what engines usually do."""
        if self.samples[0].time_ns == self.last.time_ns:
            return ENGINE_MPS2
        seen = _unexplained(self.samples[0], self.last, NO_DRAG)
        weight = ENGINE_SIGMA_MPS2**2 / (ENGINE_SIGMA_MPS2**2 + seen.along_sigma_mps2**2)
        return max(ENGINE_LEAST_MPS2, ENGINE_MPS2 + weight * (seen.along_mps2 - ENGINE_MPS2))

    def _base(self, now_ns: int) -> Sample | None:
        """The newest sample at least the base time old, else the oldest of all."""
        old = [s for s in self.samples if now_ns - s.time_ns >= BASE_NS]
        if old:
            return old[-1]
        return self.samples[0] if now_ns - self.samples[0].time_ns >= BASE_NS // 4 else None

    def _measure(self, before: Sample, now: Sample, brake: bool) -> None:
        # on the way up the engine's thrust less drag is what counts, so the air is left out there
        seen = _unexplained(before, now, self.ballistic_kgpm2 if brake else NO_DRAG)
        self.thrust_mps2, self.thrust_sigma_mps2 = seen.along_mps2, seen.along_sigma_mps2
        self.lift_mps2, self.lift_sigma_mps2 = seen.across_mps2, seen.across_sigma_mps2
        if brake:
            self._weigh_drag(seen.drag_slope_mps2)

    def _weigh_drag(self, slope_mps2: float) -> None:
        """One scalar Kalman update of the logarithm of the ballistic coefficient.

        `slope_mps2` is the change of the measured acceleration with that logarithm.
        """
        noise2 = self.thrust_sigma_mps2**2 + (0.05 * slope_mps2) ** 2
        prior2 = self.ballistic_log_sigma**2
        innovation2 = slope_mps2**2 * prior2 + noise2
        if innovation2 <= 0.0:
            return
        gain = prior2 * slope_mps2 / innovation2
        step = min(0.5, max(-0.5, gain * self.thrust_mps2))
        self.ballistic_kgpm2 = min(50_000.0, max(50.0, self.ballistic_kgpm2 * math.exp(step)))
        # neighbouring samples share most of their noise: never claim to know it better than this
        self.ballistic_log_sigma = max(0.1, math.sqrt(max(0.0, prior2 - gain * slope_mps2 * prior2)))

    def _decide(self, now: Sample, falling: bool) -> None:
        if falling and self.phase != BOOST:
            self.phase = REENTRY
            self.manoeuvring |= self.lift_mps2 > max(20.0, 5.0 * self.lift_sigma_mps2)
            return
        pushed = self.thrust_mps2 > max(THRUST_MPS2, SIGNIFICANT * self.thrust_sigma_mps2)
        allowed = now.process_noise > BURNING_DENSITY
        known = self.thrust_sigma_mps2 < math.inf
        still = known and self.thrust_mps2 < THRUST_MPS2 + SIGNIFICANT * self.thrust_sigma_mps2
        if pushed or (self.phase == UNKNOWN and allowed):
            self.phase, self.quiet_since_ns = BOOST, 0
        elif self.phase != BOOST or (still and not allowed):
            if self.quiet_since_ns == 0:
                self.quiet_since_ns = now.time_ns
            self.phase = REENTRY if falling else FREE_FLIGHT
        self.boosted |= pushed


@dataclass(frozen=True, slots=True)
class _Unexplained:
    """Acceleration beyond gravity and drag, along the velocity and across it, with standard deviations.

    `drag_slope_mps2` is the change of the first with the logarithm of the ballistic coefficient.
    """

    along_mps2: float
    along_sigma_mps2: float
    across_mps2: float
    across_sigma_mps2: float
    drag_slope_mps2: float


def _unexplained(before: Sample, now: Sample, ballistic_kgpm2: float) -> _Unexplained:
    """What happened between two states that falling does not explain, per second."""
    dt = (now.time_ns - before.time_ns) * 1e-9
    fallen, variation = np.array(before.state, dtype=float), np.empty((6, 7))
    vary_in_flight(fallen, ballistic_kgpm2, dt, variation)
    excess = (now.state[3:] - fallen[3:]) / dt
    ahead = now.state[3:] / max(float(np.linalg.norm(now.state[3:])), 1.0)
    transition = variation[3:, :6]
    # the two states share their past, so their errors add up to less than this; it is the safe side
    spread = (now.covariance[3:, 3:] + transition @ before.covariance @ transition.T) / dt**2
    along = float(excess @ ahead)
    across = excess - along * ahead
    size = float(np.linalg.norm(across))
    side = across / max(size, 1e-9)
    return _Unexplained(
        along,
        math.sqrt(max(0.0, float(ahead @ spread @ ahead))),
        size,
        math.sqrt(max(0.0, float(side @ spread @ side))),
        float(variation[3:, 6] @ ahead) / dt,
    )


def height_and_climb(state: Float) -> tuple[float, float]:
    """Height m above the ellipsoid and rate of climb m/s of an ECEF state (6,)."""
    lat, lon, alt = ecef2geodetic(state[:3])
    return float(alt), float(enu_axes(lat, lon)[2] @ state[3:])
