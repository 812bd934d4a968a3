"""One filter that works at one level of noise, chosen by its innovations.

It steps up when the innovations contradict the level and down again when all is quiet. Source:
Bar-Shalom, Li, Kirubarajan 2001, ch. 11.2.2 (adjustable level process noise).
"""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.measurement import Look
from nodes.tracking.filters.base import NationalFilter
from nodes.tracking.filters.member import member
from nodes.tracking.motion_models import Behaviour

MEMORY: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "weight of the past in the running mean of the normalised innovation squared, per degree "
            "of freedom",
            JUDGED,
        ),
    ]
] = 0.8
SURPRISE: Final[Annotated[float, Chosen("1", "one such value above which the noise steps up", JUDGED)]] = 4.0
UNEASE: Final[Annotated[float, Chosen("1", "a mean above which the noise steps up", JUDGED)]] = 1.6
EASE: Final[Annotated[float, Chosen("1", "a mean below which the noise steps down", JUDGED)]] = 0.7


class LevelFilter(NationalFilter):
    """A filter at one of its modes at a time."""

    def __init__(self, kind: str, behaviour: Behaviour, x: Float, p: Float) -> None:
        super().__init__(behaviour)
        self._one = member(kind, self.modes[0], x, p)
        self._level, self._average = 0, 1.0

    @property
    def x(self) -> Float:
        """State at the last step."""
        state: Float = self._one.x
        return state

    @property
    def p(self) -> Float:
        """Covariance at the last step."""
        covariance: Float = self._one.P
        return covariance

    @property
    def mode_probability(self) -> Float:
        """All of it at the present level."""
        one: Float = np.eye(len(self.modes))[self._level]
        return one

    @property
    def process_noise(self) -> float:
        """Of the present level."""
        return self.modes[self._level].q_m2ps3

    def adopt(self, behaviour: Behaviour) -> None:
        """Go on with other densities."""
        super().adopt(behaviour)
        self._one.mode = self.modes[self._level]

    def step(self, dt_s: float, look: Look, z: Float) -> None:
        """Predict and update, again at a higher level where the measurement contradicts this one."""
        one = self._one
        one.dt_s, one.look = dt_s, look
        x, p = one.x, one.P
        while True:
            one.mode = self.modes[self._level]
            one.predict()
            one.update(z)
            ratio = one.distance2 / len(z)
            average = MEMORY * self._average + (1.0 - MEMORY) * ratio
            calm = ratio < SURPRISE and average < UNEASE
            if calm or self._level == len(self.modes) - 1:
                break
            self._level += 1
            self._average = 1.0
            one.x, one.P = x, p
        self._average = average
        if average < EASE and self._level > 0:
            self._level -= 1
            self._average = 1.0

    def coast(self, dt_s: float) -> None:
        """Predict at the present level."""
        self._one.dt_s = dt_s
        self._one.predict()

    def widen(self, spread: Float) -> None:
        """Add ``spread`` (6, 6) to its covariance."""
        self._one.P = self._one.P + spread

    def weigh(self, likelihood: Float) -> None:
        """Nothing: its level is no probability."""
