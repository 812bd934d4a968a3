"""A missile's filter: when did the engine stop?

What is known of a fall is worth most from the first second on, but that the engine has stopped shows only
after ten. An IMM mixes what it believed meanwhile into the falling mode and loses those seconds. Here
every second of a burn gives rise to a hypothesis of its own, a free flight since then, which is never
mixed with the burn again; Bayes' rule weighs them all. Those that stopped too early the next measurements
refute, those alike are merged. Where a fall turns into a burn the moments are matched as in an IMM: an
engine's force is white noise, so its past is soon forgotten.

Source: Willsky and Jones 1976 (a jump's time as hypotheses); Adams and MacKay 2007 (their recursion);
Runnalls 2007, eq. 16 (which to merge).
"""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.measurement import Look
from nodes.tracking.filters.base import NationalFilter
from nodes.tracking.filters.member import Member, member
from nodes.tracking.motion_models import FREE_MODE, THRUST_MODE, Behaviour

MOST: Final[Annotated[int, Chosen("1", "hypotheses of free flight kept at a time", JUDGED)]] = 12
LEAST: Final[
    Annotated[
        float,
        Chosen("1", "share of the free flights' probability below which a hypothesis is given up", JUDGED),
    ]
] = 1e-6
ALIKE: Final[
    Annotated[
        float,
        Chosen(
            "nats",
            "two hypotheses whose merging loses less are one",
            "Runnalls' bound on the divergence; the value is judged",
        ),
    ]
] = 1e-3


class MissileFilter(NationalFilter):
    """One filter under thrust (or brake) and several in free flight, each since another moment."""

    def __init__(self, kind: str, behaviour: Behaviour, x: Float, p: Float) -> None:
        super().__init__(behaviour)
        self._kind = kind
        self._thrust = self._member(THRUST_MODE, x, p)
        self._free = [self._member(FREE_MODE, x, p)]
        """Oldest first."""
        self._weight = np.array([0.5, 0.5])
        """Probability of thrust, then of every free flight."""
        self._x, self._p = x.copy(), p.copy()

    def _member(self, mode: int, x: Float, p: Float) -> Member:
        return member(self._kind, self.modes[mode], x, p)

    @property
    def mode_probability(self) -> Float:
        """Of free flight, since whenever, and of thrust."""
        thrust = float(self._weight[0])
        return np.array([1.0 - thrust, thrust])

    def adopt(self, behaviour: Behaviour) -> None:
        """Go on with other densities and rates."""
        super().adopt(behaviour)
        self._thrust.mode = self.modes[THRUST_MODE]
        for one in self._free:
            one.mode = self.modes[FREE_MODE]

    def step(self, dt_s: float, look: Look, z: Float) -> None:
        """Branch, predict, update, weigh, thin out."""
        if dt_s > 0.0:
            self._branch(dt_s)
        self._predict(dt_s)
        log_likelihood = np.empty(len(self._weight))
        for i, one in enumerate((self._thrust, *self._free)):
            one.look = look
            one.update(z)
            log_likelihood[i] = one.log_likelihood
        best = log_likelihood[self._weight > 0.0].max()
        self._weight *= np.exp(np.minimum(log_likelihood - best, 0.0))
        self._weight /= self._weight.sum()
        self._thin()
        self._combine()

    def coast(self, dt_s: float) -> None:
        """Branch and predict."""
        if dt_s > 0.0:
            self._branch(dt_s)
        self._predict(dt_s)
        self._thin()
        self._combine()

    def weigh(self, likelihood: Float) -> None:
        """Free flights weigh alike, since whenever they are."""
        self._weight[0] *= likelihood[THRUST_MODE]
        self._weight[1:] *= likelihood[FREE_MODE]
        self._weight /= self._weight.sum()
        self._combine()

    def widen(self, spread: Float) -> None:
        """Add ``spread`` (6, 6) to every filter's covariance."""
        for one in (self._thrust, *self._free):
            one.P = one.P + spread
        self._combine()

    def _predict(self, dt_s: float) -> None:
        for one in (self._thrust, *self._free):
            one.dt_s = dt_s
            one.predict()

    def _branch(self, dt_s: float) -> None:
        """Let the engine stop, or start, now, as likely as in an interval; the mixture's moments stay."""
        assert self._rates_hz is not None
        stop = -np.expm1(-self._rates_hz[THRUST_MODE, FREE_MODE] * dt_s)
        start = -np.expm1(-self._rates_hz[FREE_MODE, THRUST_MODE] * dt_s)
        burning, falling = self._weight[0], self._weight[1:]
        x, p = self._thrust.x, self._thrust.P
        into = np.concatenate([[burning * (1.0 - stop)], falling * start])
        self._thrust.x, self._thrust.P = _matched(into, [self._thrust, *self._free])
        self._free.append(self._member(FREE_MODE, x, p))
        self._weight = np.concatenate([[into.sum()], falling * (1.0 - start), [burning * stop]])

    def _thin(self) -> None:
        """Give up the improbable free flights, and merge neighbours where they are alike or too many."""
        falling = self._weight[1:]
        kept = np.flatnonzero(falling >= LEAST * falling.sum())
        self._free = [self._free[i] for i in kept]
        self._weight = np.concatenate([self._weight[:1], falling[kept]])
        while len(self._free) > 1:
            losses = self._losses()
            i = int(np.argmin(losses))
            if losses[i] > ALIKE and len(self._free) <= MOST:
                break
            pair = self._weight[i + 1 : i + 3]
            x, p = _matched(pair, self._free[i : i + 2])
            self._free[i : i + 2] = [self._member(FREE_MODE, x, p)]
            self._weight = np.concatenate([self._weight[: i + 1], [pair.sum()], self._weight[i + 3 :]])
        self._weight /= self._weight.sum()

    def _losses(self) -> Float:
        """(k - 1,) what merging each free flight with the next would lose."""
        weight = self._weight[1:] / max(float(self._weight[1:].sum()), 1e-300)
        x, p = np.stack([f.x for f in self._free]), np.stack([f.P for f in self._free])
        w, v = weight[:-1], weight[1:]
        share = (w / (w + v))[:, None, None]
        apart = x[1:] - x[:-1]
        merged = share * p[:-1] + (1.0 - share) * p[1:]
        merged += share * (1.0 - share) * apart[:, :, None] * apart[:, None, :]
        alone = np.linalg.slogdet(p)[1]
        loss: Float = 0.5 * ((w + v) * np.linalg.slogdet(merged)[1] - w * alone[:-1] - v * alone[1:])
        return loss

    def _combine(self) -> None:
        self._x, self._p = _matched(self._weight, [self._thrust, *self._free])


def _matched(weight: Float, filters: list[Member]) -> tuple[Float, Float]:
    """Mean (6,) and covariance (6, 6) of a mixture; ``weight`` (n,) need not add up to 1."""
    w = weight / weight.sum()
    states = np.stack([f.x for f in filters])
    x = w @ states
    apart = states - x
    p = np.tensordot(w, np.stack([f.P for f in filters]), axes=1) + (apart * w[:, None]).T @ apart
    return x, 0.5 * (p + p.T)
