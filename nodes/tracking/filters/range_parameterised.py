"""Bearings alone: mixtures of unscented filters, one for each interval of range, on straight legs.

What a single bearing says of range is nothing, and a filter that stands at one range with a spread as wide as
the reach linearises where nothing is linear. So the reach is cut into intervals whose edges grow by one
factor, each narrow beside its own range; each has an unscented filter of its own, and the bearings weigh
them. The estimate is the mixture's mean and covariance: before the listener turns, a long wedge.

What is heard keeps its course for tens of minutes and then takes another. A bearing that a leg did not
foresee begins a second leg beside it, in which the target has turned since the bearing before; the bearings
that follow decide between them. Of a target that is heard from several places a turn shows, and every bearing
begins one; from one place it is hard to tell from a range. To let every filter wander a little instead would
cost most of what the listener's own turn tells.

Source: Peach 1995, *Bearings-only tracking using a set of range-parameterised extended Kalman filters*, IEE
Proc. Control Theory Appl. 142(1); Ristic, Arulampalam, Gordon 2004, ch. 6.4.2 (weights, eq. 6.20).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Annotated, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.measurement import Look, expected_spread, measure, residual
from nodes.tracking.filters.base import NationalFilter
from nodes.tracking.filters.kernels import predict_one, update_one
from nodes.tracking.motion import CONSTANT_VELOCITY
from nodes.tracking.motion_models import Behaviour

NEGLIGIBLE: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "an interval of range, or a leg, whose weight is less is deleted",
            "Ristic et al. 2004, ch. 6.4.2: 1e-3; a tenth of it, for doubt that comes back",
        ),
    ]
] = 1e-4
SURPRISE: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "normalised innovation squared of a bearing from which a turn is considered",
            "chi2.sf(12, 1) = 5e-4; python -m benchmarks.undersea, seeds 2,000 to 2,199",
        ),
    ]
] = 12.0
TURN_HZ: Final[
    Annotated[float, Chosen("1/s", "how often what a sonar hears takes another course", JUDGED)]
] = 1.0 / 36_000.0
TURN_MPS: Final[
    Annotated[
        float,
        Chosen(
            "m/s",
            "standard deviation of each component of what a turn adds to the velocity",
            "a right angle at 5 knots",
        ),
    ]
] = 2.5
LEGS: Final[Annotated[int, Chosen("1", "legs kept at a time, the likeliest", JUDGED)]] = 6


@dataclass(frozen=True, slots=True)
class Leg:
    """One history of turns: ``states`` (n, 6) and ``covariances`` (n, 6, 6) of its intervals of range, their
    ``log_weights`` (n,) and the leg's own."""

    states: Float
    covariances: Float
    log_weights: Float
    log_weight: float

    def moments(self) -> tuple[Float, Float]:
        """Mean (6,) and covariance (6, 6) over the intervals."""
        return _moments(np.exp(self.log_weights), self.states, self.covariances)

    def predicted(self, q_m2ps3: float, dt_s: float) -> Leg:
        """After ``dt_s`` with that density of acceleration. Raises LinAlgError where a covariance is none."""
        states, covariances = self.states.copy(), self.covariances.copy()
        for x, p in zip(states, covariances, strict=True):
            if not predict_one(True, CONSTANT_VELOCITY, q_m2ps3, dt_s, x, p):
                raise np.linalg.LinAlgError("an interval's covariance is not positive definite")
        return replace(self, states=states, covariances=covariances)

    def turned(self, dt_s: float) -> Leg:
        """After ``dt_s`` in which it took another course."""
        chance = -math.expm1(-TURN_HZ * dt_s)
        leg = self.predicted(TURN_MPS**2 / dt_s, dt_s)
        return replace(leg, log_weight=self.log_weight + math.log(chance))

    def surprise(self, look: Look, z: Float) -> float:
        """Normalised innovation squared of ``z`` against the mixture, linearised within each interval."""
        weight = np.exp(self.log_weights)
        apart, each = np.empty((len(weight), len(z))), np.empty((len(weight), len(z), len(z)))
        for i, (x, p) in enumerate(zip(self.states, self.covariances, strict=True)):
            expected, slope = measure(look, x)
            apart[i] = residual(look, z, expected)
            each[i] = expected_spread(look, slope, p) + look.noise
        mean, s = _moments(weight, apart, each)
        return float(mean @ np.linalg.solve(s, mean))

    def updated(self, look: Look, z: Float) -> Leg | None:
        """With one measurement; None where no interval's covariance is sound."""
        states, covariances = self.states.copy(), self.covariances.copy()
        told = np.array(
            [
                update_one(True, look.code, look.place, look.axes, look.noise, z, x, p)[0]
                for x, p in zip(states, covariances, strict=True)
            ]
        )
        told[~np.isfinite(told)] = -np.inf
        weight = self.log_weights + told
        best = float(weight.max())
        if best == -np.inf:
            return None
        kept = weight > best + math.log(NEGLIGIBLE)
        total = best + math.log(float(np.exp(weight[kept] - best).sum()))
        return Leg(states[kept], covariances[kept], weight[kept] - total, self.log_weight + total)


class RangeParameterisedFilter(NationalFilter):
    """A mixture over intervals of range and over turns, of the behaviour's first mode.

    ``states`` (n, 6) and ``covariances`` (n, 6, 6) are where each interval begins, ``weights`` (n,), which
    add up to 1, how likely each is.
    """

    def __init__(self, behaviour: Behaviour, states: Float, covariances: Float, weights: Float) -> None:
        super().__init__(behaviour)
        self.legs: tuple[Leg, ...] = (Leg(states, covariances, np.log(weights), 0.0),)
        self._sided = False
        self._combine()

    def besides(self, states: Float, covariances: Float, weights: Float) -> None:
        """Hold another place as likely as all that is held: the other side of a towed array."""
        self.legs += (Leg(states, covariances, np.log(weights), 0.0),)
        self._sided = True
        self._combine()

    @property
    def sided(self) -> bool:
        """Whether it has been given two places, and none of them up."""
        return self._sided

    def elsewhere(self, dt_s: float) -> list[tuple[Float, Float, float]]:
        """The places of the less likely legs, while there are two sides."""
        if not self._sided:
            return []
        q_m2ps3, best = self.modes[0].q_m2ps3, self.legs[0].log_weight
        return [(*leg.predicted(q_m2ps3, dt_s).moments(), leg.log_weight - best) for leg in self.legs[1:]]

    @property
    def mode_probability(self) -> Float:
        """(m,) all of it in the first mode: a turn is a leg's."""
        one: Float = np.eye(len(self.modes))[0]
        return one

    def step(self, dt_s: float, look: Look, z: Float) -> None:
        """Predict and update. Raises LinAlgError where no interval's covariance is sound."""
        q_m2ps3 = self.modes[0].q_m2ps3
        legs = []
        for leg in self.legs:
            straight = leg.predicted(q_m2ps3, dt_s)
            legs.append(straight)
            if dt_s > 0.0 and (self.turns_show or straight.surprise(look, z) > SURPRISE):
                legs.append(leg.turned(dt_s))
        updated = [leg for leg in (leg.updated(look, z) for leg in legs) if leg is not None]
        if not updated:
            raise np.linalg.LinAlgError("no interval of range has a sound covariance")
        updated.sort(key=lambda leg: -leg.log_weight)
        least = updated[0].log_weight + math.log(NEGLIGIBLE)
        self.legs = tuple(leg for leg in updated[:LEGS] if leg.log_weight > least)
        self._sided &= len(self.legs) > 1
        self._combine()

    def coast(self, dt_s: float) -> None:
        """Predict. Raises LinAlgError where a covariance is none."""
        self.legs = tuple(leg.predicted(self.modes[0].q_m2ps3, dt_s) for leg in self.legs)
        self._combine()

    def widen(self, spread: Float) -> None:
        """Add ``spread`` (6, 6) to every interval's covariance."""
        self.legs = tuple(replace(leg, covariances=leg.covariances + spread) for leg in self.legs)
        self._combine()

    def weigh(self, likelihood: Float) -> None:
        """Nothing: there is one mode."""

    def _combine(self) -> None:
        log_weight = np.array([leg.log_weight for leg in self.legs])
        log_weight -= log_weight.max()
        log_weight -= math.log(float(np.exp(log_weight).sum()))
        self.legs = tuple(
            replace(leg, log_weight=float(w)) for leg, w in zip(self.legs, log_weight, strict=True)
        )
        each = [leg.moments() for leg in self.legs]
        means, covariances = np.stack([x for x, _ in each]), np.stack([p for _, p in each])
        mean, spread = _moments(np.exp(log_weight), means, covariances)
        # the likeliest leg's place: a mean of where it would be with and without a turn is neither
        self._x = means[0]
        self._p = spread + np.outer(mean - means[0], mean - means[0])


def _moments(weight: Float, means: Float, covariances: Float) -> tuple[Float, Float]:
    """Mean (k,) and covariance (k, k) of a mixture of weights (n,) that add up to 1."""
    mean: Float = weight @ means
    apart = means - mean
    spread: Float = np.einsum("n,nij->ij", weight, covariances) + np.einsum(
        "n,ni,nj->ij", weight, apart, apart
    )
    return mean, spread
