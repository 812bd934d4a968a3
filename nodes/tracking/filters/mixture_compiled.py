"""Several filters mixed by an IMM, in one compiled step.

The equations of `mixture`, which is filterpy's, on arrays; the modes' likelihoods are compared as logarithms,
so that they cannot all vanish. Source: Bar-Shalom, Li, Kirubarajan 2001, ch. 11.6.
"""

from __future__ import annotations

import math

import numpy as np

from fusion.arrays import Float
from fusion.kernel import kernel
from nodes.sensing.measurement import Look
from nodes.tracking.filters.base import NationalFilter
from nodes.tracking.filters.kernels import predict_one, update_one
from nodes.tracking.motion_models import Behaviour


class CompiledMixture(NationalFilter):
    """An IMM over the behaviour's modes; mode i turns into mode j at its rates."""

    def __init__(self, unscented: bool, behaviour: Behaviour, x: Float, p: Float) -> None:
        super().__init__(behaviour)
        m = len(self.modes)
        self._unscented = unscented
        self._xs, self._ps = np.tile(x, (m, 1)), np.tile(p, (m, 1, 1))
        self._mu = np.full(m, 1.0 / m)
        self._x, self._p = x.copy(), p.copy()

    @property
    def mode_probability(self) -> Float:
        """(m,) in the order of ``modes``."""
        return self._mu

    def step(self, dt_s: float, look: Look, z: Float) -> None:
        """Mix, predict, update. Raises LinAlgError where a covariance is none."""
        self._predict(dt_s)
        sound = _update(
            self._unscented,
            look.code,
            look.position_m,
            look.axes,
            look.noise,
            z,
            self._xs,
            self._ps,
            self._mu,
        )
        if not sound:
            raise np.linalg.LinAlgError("an innovation's covariance is not positive definite")
        self._combine()

    def coast(self, dt_s: float) -> None:
        """Mix and predict. Raises LinAlgError where a covariance is none."""
        self._predict(dt_s)
        self._combine()

    def weigh(self, likelihood: Float) -> None:
        """Multiply the mode probabilities; the mixed estimate follows."""
        self._mu = self._mu * likelihood
        self._mu /= self._mu.sum()
        self._combine()

    def _predict(self, dt_s: float) -> None:
        rates_hz = self._rates_hz
        assert rates_hz is not None
        model = self.modes[0].model
        if not _predict(self._unscented, model, self._q, rates_hz, dt_s, self._xs, self._ps, self._mu):
            raise np.linalg.LinAlgError("a mode's covariance is not positive definite")

    def _combine(self) -> None:
        self._x, self._p = np.empty(6), np.empty((6, 6))
        _match(self._xs, self._ps, self._mu, self._x, self._p)


@kernel
def _match(xs: Float, ps: Float, weight: Float, x: Float, p: Float) -> None:
    """Mean (6,) and covariance (6, 6) of a mixture of weights (m,) that add up to 1."""
    x[:] = 0.0
    p[:] = 0.0
    for m in range(len(weight)):
        for i in range(6):
            x[i] += weight[m] * xs[m, i]
    for m in range(len(weight)):
        for i in range(6):
            for j in range(6):
                p[i, j] += weight[m] * (ps[m, i, j] + (xs[m, i] - x[i]) * (xs[m, j] - x[j]))


@kernel
def _predict(
    unscented: bool, model: int, q: Float, rates_hz: Float, dt_s: float, xs: Float, ps: Float, mu: Float
) -> bool:
    """Mix the modes by how likely each turned into which over ``dt_s``, predict each; ``mu`` ages."""
    n = len(mu)
    turn = np.zeros((n, n))
    for i in range(n):
        total = 0.0
        for j in range(n):
            if j != i:
                total += rates_hz[i, j]
        leave = -math.expm1(-total * dt_s)
        for j in range(n):
            turn[i, j] = rates_hz[i, j] * (leave / max(total, 1e-30))
        turn[i, i] = 1.0 - leave
    mixed_x, mixed_p, weight, into = np.empty((n, 6)), np.empty((n, 6, 6)), np.empty(n), np.zeros(n)
    for j in range(n):
        for i in range(n):
            into[j] += mu[i] * turn[i, j]
        for i in range(n):
            weight[i] = turn[i, j] * mu[i] / into[j]
        _match(xs, ps, weight, mixed_x[j], mixed_p[j])
    xs[:], ps[:], mu[:] = mixed_x, mixed_p, into
    sound = True
    for j in range(n):
        sound &= predict_one(unscented, model, q[j], dt_s, xs[j], ps[j])
    return sound


@kernel
def _update(
    unscented: bool,
    code: int,
    origin: Float,
    axes: Float,
    noise: Float,
    z: Float,
    xs: Float,
    ps: Float,
    mu: Float,
) -> bool:
    """Update every mode with one measurement, and weigh the modes by it."""
    n = len(mu)
    told = np.empty(n)
    for i in range(n):
        told[i], _ = update_one(unscented, code, origin, axes, noise, z, xs[i], ps[i])
        if not math.isfinite(told[i]):
            return False
    best, total = told.max(), 0.0
    for i in range(n):
        mu[i] *= math.exp(told[i] - best)
        total += mu[i]
    for i in range(n):
        mu[i] /= total
    return True
