"""Several filters, mixed by filterpy's IMMEstimator. Source: Bar-Shalom, Li, Kirubarajan 2001, ch. 11.6."""

from __future__ import annotations

import numpy as np
from filterpy.kalman import IMMEstimator

from fusion.physics.geodesy import Float
from nodes.sensing.measurement import Look
from nodes.tracking.filters.base import NationalFilter
from nodes.tracking.filters.member import member
from nodes.tracking.motion_models import Behaviour


class MixtureFilter(NationalFilter):
    """An IMM over the behaviour's modes; mode i turns into mode j at its rates."""

    def __init__(self, kind: str, behaviour: Behaviour, x: Float, p: Float) -> None:
        super().__init__(behaviour)
        self._bank = [member(kind, mode, x, p) for mode in self.modes]
        self._imm = IMMEstimator(self._bank, behaviour.first, np.eye(len(self.modes)))

    @property
    def x(self) -> Float:
        """State at the last step."""
        state: Float = self._imm.x
        return state

    @property
    def p(self) -> Float:
        """Covariance at the last step."""
        covariance: Float = self._imm.P
        return covariance

    @property
    def mode_probability(self) -> Float:
        """(m,) in the order of ``modes``."""
        mu: Float = self._imm.mu
        return mu

    def adopt(self, behaviour: Behaviour) -> None:
        """Go on with other densities and rates."""
        super().adopt(behaviour)
        for one, mode in zip(self._bank, self.modes, strict=True):
            one.mode = mode

    def step(self, dt_s: float, look: Look, z: Float) -> None:
        """Mix, predict, update."""
        for one in self._bank:
            one.dt_s, one.look = dt_s, look
        self._set_transitions(dt_s)
        self._imm.predict()
        self._imm.update(z)

    def coast(self, dt_s: float) -> None:
        """Mix and predict."""
        for one in self._bank:
            one.dt_s = dt_s
        self._set_transitions(dt_s)
        self._imm.predict()
        self._reweigh(self._imm.cbar)

    def weigh(self, likelihood: Float) -> None:
        """Multiply the mode probabilities; the mixed estimate follows."""
        self._reweigh(self._imm.mu * likelihood)

    def widen(self, spread: Float) -> None:
        """Add ``spread`` (6, 6) to every filter's covariance."""
        for one in self._bank:
            one.P = one.P + spread
        self._imm.P = self._imm.P + spread

    def _reweigh(self, mu: Float) -> None:
        """Other mode probabilities, and the estimate that goes with them."""
        self._imm.mu = mu = mu / mu.sum()
        x = sum(w * f.x for w, f in zip(mu, self._bank, strict=True))
        spread = [np.outer(f.x - x, f.x - x) + f.P for f in self._bank]
        self._imm.x = x
        self._imm.P = sum(w * s for w, s in zip(mu, spread, strict=True))

    def _set_transitions(self, dt_s: float) -> None:
        """The transition probabilities of an interval, where filterpy expects one fixed matrix."""
        rates_hz, imm = self._rates_hz, self._imm
        assert rates_hz is not None
        total = rates_hz.sum(axis=1) - rates_hz.diagonal()
        leave = -np.expm1(-total * dt_s)
        imm.M = rates_hz * (leave / np.maximum(total, 1e-30))[:, None]
        np.fill_diagonal(imm.M, 1.0 - leave)
        imm.cbar = imm.mu @ imm.M
        imm.omega = imm.M * imm.mu[:, None] / imm.cbar
