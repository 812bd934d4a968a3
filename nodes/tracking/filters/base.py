"""What every national filter offers."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod

import numpy as np

from fusion.physics.geodesy import Float
from nodes.sensing.measurement import Look
from nodes.tracking.motion import Mode, propagate
from nodes.tracking.motion_models import Behaviour


class NationalFilter(ABC):
    """One track's state, covariance, and the modes of one mean motion behind them."""

    modes: tuple[Mode, ...]
    turns_show: bool = False
    """Whether several sensors measure the target, from which a turn shows soon; set by whoever knows."""
    _x: Float
    _p: Float
    """Of a filter that keeps none of its own elsewhere."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour: Behaviour | None = None
        NationalFilter.adopt(self, behaviour)

    @property
    def x(self) -> Float:
        """State (6,) ECEF m, m/s at the last step."""
        return self._x

    @property
    def p(self) -> Float:
        """Covariance (6, 6) at the last step."""
        return self._p

    @property
    @abstractmethod
    def mode_probability(self) -> Float:
        """(m,) in the order of ``modes``."""

    def copy(self) -> NationalFilter:
        """The same, on its own."""
        return copy.deepcopy(self)

    @abstractmethod
    def step(self, dt_s: float, look: Look, z: Float) -> None:
        """Predict by ``dt_s`` >= 0 and update with one measurement (k,)."""

    @abstractmethod
    def coast(self, dt_s: float) -> None:
        """Predict by ``dt_s`` and keep that as the new state; mode probabilities age."""

    def as_declared(self, dt_s: float) -> tuple[Float, Float]:
        """State (6,) and covariance (6, 6) after ``dt_s`` as whoever hears of the track predicts them."""
        x, p = self.x.copy(), self.p.copy()
        propagate(self.motion_model, x, p, self.process_noise, dt_s, np.empty((4, 6, 6)))
        return x, p

    @property
    def sided(self) -> bool:
        """Whether it holds a target to be at one of two places apart, and does not know at which."""
        return False

    def elsewhere(self, dt_s: float) -> list[tuple[Float, Float, float]]:
        """Of what is sided, the other places after ``dt_s``: state (6,), covariance (6, 6), and the log of
        how much likelier each is than the one that is held."""
        return []

    def forecast(self, dt_s: float) -> tuple[Float, Float]:
        """The same as the filter itself expects them; it stays where it is."""
        return self.as_declared(dt_s)

    @abstractmethod
    def weigh(self, likelihood: Float) -> None:
        """Multiply the mode probabilities by what other evidence says of each mode (m,)."""

    def doubt(self, probability: float, spread: Float) -> bool:
        """Reckon with the next measurement's coming, with this probability, from another body near the
        target, ``spread`` (6, 6) about it, and with all later ones' coming from that one too.

        False where a filter of this kind keeps no such hypothesis.
        """
        return False

    @abstractmethod
    def widen(self, spread: Float) -> None:
        """Add ``spread`` (6, 6) to its covariance in every mode."""

    def adopt(self, behaviour: Behaviour) -> None:
        """Go on with other densities and rates; mean motion and number of modes stay."""
        if behaviour is self._behaviour:
            return
        self._behaviour = behaviour
        self.modes, self._rates_hz = behaviour.modes, behaviour.rates_hz
        self._q = np.array([mode.q_m2ps3 for mode in self.modes])
        self._q_max = float(self._q.max())

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
        return self._q_max
