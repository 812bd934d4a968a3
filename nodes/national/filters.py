"""The three national filters, all on filterpy, behind one small interface.

``ekf`` linearises with filterpy's ExtendedKalmanFilter, ``ukf`` spreads sigma points with its
UnscentedKalmanFilter, ``imm`` mixes several of the former with its IMMEstimator. Where an environment
has more than one mode of motion that cannot be told apart beforehand (a missile burns or falls), the
first two also mix. All states are ECEF [x y z vx vy vz], flat (6,): filterpy's column vectors are not
used, because several of its calls break on them.

Source: Bar-Shalom, Li, Kirubarajan 2001, ch. 10.3 (EKF) and 11.6 (IMM); Julier and Uhlmann 2004 (UKF).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from filterpy.kalman import (
    ExtendedKalmanFilter,
    IMMEstimator,
    MerweScaledSigmaPoints,
    UnscentedKalmanFilter,
)

from fusion.geodesy import Float
from nodes.national.behaviour import Behaviour
from nodes.national.measurement import WIDTH, Look, measure, residual
from nodes.national.motion import Mode, carry, process_noise

KINDS = ("ekf", "ukf", "imm")
MEMORY = 0.8
"""Weight of the past in the running mean of the normalised innovation squared, per degree of freedom."""
SURPRISE, UNEASE, EASE = 4.0, 1.6, 0.7
"""One such value, or a mean, above which the noise steps up; a mean below which it steps down."""


def _log_density(innovation: Float, covariance: Float, inverse: Float) -> float:
    """Log of a normal density; filterpy's own goes through scipy.stats and costs ten times the update."""
    k = len(innovation)
    distance = float(innovation @ inverse @ innovation)
    return -0.5 * (distance + k * math.log(2.0 * math.pi) + float(np.linalg.slogdet(covariance)[1]))


class _Extended(ExtendedKalmanFilter):  # type: ignore[misc]
    """One mode, linearised at the prediction."""

    def __init__(self, mode: Mode, x: Float, p: Float) -> None:
        super().__init__(dim_x=6, dim_z=3)
        self.mode, self.dt_s = mode, 0.0
        self.look: Look | None = None
        self.x, self.P = x.copy(), p.copy()

    def predict(self, u: Any = None) -> None:
        """Predict by ``dt_s``."""
        self._moved, self.F = carry(self.mode.model, self.x, self.dt_s)
        self.Q = process_noise(self.mode.q_m2ps3, self.dt_s)
        super().predict()

    def predict_x(self, u: Any = None) -> None:
        """The mean moves by the model itself, not by its linearisation."""
        self.x = self._moved

    def update(self, z: Float) -> None:
        """Update with one measurement of ``look``."""
        look = self.look
        assert look is not None
        super().update(
            z, _jacobian, _expected, R=look.noise, args=(look,), hx_args=(look,), residual=look_residual(look)
        )

    @property
    def log_likelihood(self) -> float:
        """Of the last measurement."""
        return _log_density(self.y, self.S, self.SI)


class _Unscented(UnscentedKalmanFilter):  # type: ignore[misc]
    """One mode, 13 sigma points; with these weights the covariance stays positive."""

    def __init__(self, mode: Mode, x: Float, p: Float) -> None:
        points = MerweScaledSigmaPoints(6, alpha=1.0, beta=2.0, kappa=0.0)
        super().__init__(dim_x=6, dim_z=3, dt=0.0, hx=None, fx=self._carry, points=points)
        self.mode, self.dt_s = mode, 0.0
        self.look: Look | None = None
        self.x, self.P = x.copy(), p.copy()

    def _carry(self, x: Float, dt_s: float) -> Float:
        return carry(self.mode.model, x, dt_s)[0]

    def predict(self, u: Any = None) -> None:
        """Predict by ``dt_s``."""
        self.Q = process_noise(self.mode.q_m2ps3, self.dt_s)
        super().predict(dt=self.dt_s)

    def update(self, z: Float) -> None:
        """Update with one measurement of ``look``, taken relative to the prediction: no angle wraps then."""
        look = self.look
        assert look is not None
        centre = _expected(self.x, look)
        super().update(
            residual(look, z, centre),
            R=look.noise,
            hx=lambda x: residual(look, _expected(x, look), centre),
        )
        self.P = 0.5 * (self.P + self.P.T)

    @property
    def log_likelihood(self) -> float:
        """Of the last measurement."""
        return _log_density(self.y, self.S, self.SI)


def _expected(x: Float, look: Look) -> Float:
    return measure(look, x)[0]


def _jacobian(x: Float, look: Look) -> Float:
    full = np.zeros((WIDTH[look.code], 6))
    full[:, :3] = measure(look, x)[1]
    return full


def look_residual(look: Look) -> Any:
    """The residual function of a look, in filterpy's two-argument form."""
    return lambda z, expected: residual(look, z, expected)


class NationalFilter:
    """State (6,), covariance (6, 6) and the modes of motion behind them.

    Two ways to treat several modes of one mean motion: mixing (an IMM), with the behaviour's rates at
    which mode i turns into mode j; or, without rates, one filter that works at one level of noise,
    steps up when the innovations contradict it and down again when all is quiet.
    Source of the latter: Bar-Shalom, Li, Kirubarajan 2001, ch. 11.2.2 (adjustable level process noise).
    """

    def __init__(self, kind: str, behaviour: Behaviour, x: Float, p: Float) -> None:
        member = _Unscented if kind == "ukf" else _Extended
        modes, rates_hz = behaviour.modes, behaviour.rates_hz
        self.modes = modes
        self.rates_hz = rates_hz
        self._q = np.array([mode.q_m2ps3 for mode in modes])
        self._imm: IMMEstimator | None = None
        self._level, self._average = 0, 1.0
        if rates_hz is None:
            self._bank = [member(modes[0], x, p)]
        else:
            self._bank = [member(mode, x, p) for mode in modes]
            even = np.full(len(modes), 1.0 / len(modes))
            self._imm = IMMEstimator(self._bank, even, np.eye(len(modes)))

    @property
    def x(self) -> Float:
        """State at the last step."""
        state: Float = self._bank[0].x if self._imm is None else self._imm.x
        return state

    @property
    def p(self) -> Float:
        """Covariance at the last step."""
        covariance: Float = self._bank[0].P if self._imm is None else self._imm.P
        return covariance

    @property
    def mode_probability(self) -> Float:
        """(m,) in the order of ``modes``."""
        mu: Float = np.eye(len(self.modes))[self._level] if self._imm is None else self._imm.mu
        return mu

    @property
    def motion_model(self) -> int:
        """The mean motion, the same in all modes."""
        return self.modes[0].model

    @property
    def process_noise(self) -> float:
        """Declared density, m²/s³: of the mixture, weighted by probability."""
        return float(self._q @ self.mode_probability)

    @property
    def process_noise_max(self) -> float:
        """Of the loosest mode: what a gate must allow for."""
        return float(self._q.max())

    def adopt(self, behaviour: Behaviour) -> None:
        """Go on with other densities and rates; mean motion and number of modes stay."""
        self.modes, self.rates_hz = behaviour.modes, behaviour.rates_hz
        self._q = np.array([mode.q_m2ps3 for mode in self.modes])
        if self._imm is not None:
            for member, mode in zip(self._bank, self.modes, strict=True):
                member.mode = mode

    def step(self, dt_s: float, look: Look, z: Float) -> None:
        """Predict by ``dt_s`` >= 0 and update with one measurement (k,)."""
        for member in self._bank:
            member.dt_s, member.look = dt_s, look
        if self._imm is not None and self.rates_hz is not None:
            _set_transitions(self._imm, self.rates_hz, dt_s)
            self._imm.predict()
            self._imm.update(z)
            return
        member = self._bank[0]
        x, p = member.x, member.P
        while True:
            member.mode = self.modes[self._level]
            member.predict()
            member.update(z)
            ratio = float(member.y @ member.SI @ member.y) / len(z)
            average = MEMORY * self._average + (1.0 - MEMORY) * ratio
            calm = ratio < SURPRISE and average < UNEASE
            if calm or self._level == len(self.modes) - 1:
                break
            self._level += 1
            self._average = 1.0
            member.x, member.P = x, p
        self._average = average
        if average < EASE and self._level > 0:
            self._level -= 1
            self._average = 1.0

    def coast(self, dt_s: float) -> None:
        """Predict by ``dt_s`` and keep that as the new state; mode probabilities age."""
        for member in self._bank:
            member.dt_s = dt_s
        if self._imm is None or self.rates_hz is None:
            self._bank[0].predict()
            return
        _set_transitions(self._imm, self.rates_hz, dt_s)
        self._imm.predict()
        self._imm.mu = self._imm.cbar.copy()

    def weigh(self, likelihood: Float) -> None:
        """Multiply the mode probabilities by what other evidence says of each mode (m,)."""
        if self._imm is None:
            return
        mu = self._imm.mu * likelihood
        self._imm.mu = mu = mu / mu.sum()
        # the mixed estimate follows the probabilities
        x = sum(w * f.x for w, f in zip(mu, self._bank, strict=True))
        spread = [np.outer(f.x - x, f.x - x) + f.P for f in self._bank]
        self._imm.x = x
        self._imm.P = sum(w * s for w, s in zip(mu, spread, strict=True))


def _set_transitions(imm: Any, rates_hz: Float, dt_s: float) -> None:
    """Give filterpy's IMM the transition probabilities of an interval, where it expects one fixed matrix."""
    total = rates_hz.sum(axis=1) - rates_hz.diagonal()
    leave = -np.expm1(-total * dt_s)
    imm.M = rates_hz * (leave / np.maximum(total, 1e-30))[:, None]
    np.fill_diagonal(imm.M, 1.0 - leave)
    imm.cbar = imm.mu @ imm.M
    imm.omega = imm.M * imm.mu[:, None] / imm.cbar
