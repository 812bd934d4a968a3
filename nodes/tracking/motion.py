"""The motion a national filter assumes, and carrying many tracks along it at once.

States are ECEF [x y z vx vy vz], m and m/s; times in s. The arithmetic is the shared picture's own
(fusion.physics.motion), so that a receiver predicts a silent track exactly as its node does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.arrays import Float, Ints
from fusion.kernel import kernel
from fusion.physics.free_flight import propagate_free_flight
from fusion.physics.motion import CONSTANT_VELOCITY, FREE_FLIGHT, propagate

__all__ = [
    "CONSTANT_VELOCITY",
    "FREE_FLIGHT",
    "Mode",
    "carry",
    "process_noise",
    "propagate",
    "propagate_many",
]


@dataclass(frozen=True, slots=True)
class Mode:
    """One hypothesis of motion: the mean, and the white acceleration around it."""

    model: int
    """CONSTANT_VELOCITY or FREE_FLIGHT."""
    q_m2ps3: float
    """Spectral density of the white acceleration, m²/s³."""
    force_mps2: float = 0.0
    """Standard deviation, by axis, of an acceleration that lasts; 0: none."""
    lasts_s: float = 1.0
    """How long it does: the time in which it fades to 1/e."""
    rise: float = 1.0
    """How large it is upwards, beside its size sideways."""
    moments: int = 1
    """So many hypotheses of when it set in are held apart; 1: they are mixed."""


@kernel
def propagate_many(model: Ints, state: Float, covariance: Float, q_m2ps3: Float, dt_s: Float) -> None:
    """Predict n states (n, 6) and covariances (n, 6, 6) in place, each by its own ``dt_s`` (n,) >= 0."""
    work = np.empty((4, 6, 6))
    for i in range(state.shape[0]):
        propagate(model[i], state[i], covariance[i], q_m2ps3[i], dt_s[i], work)


@kernel
def carry_in_place(model: int, state: Float, dt_s: float, transition: Float, work: Float) -> None:
    """Move ``state`` (6,) by ``dt_s``, write ``transition`` (6, 6); ``work`` is (3, 6, 6) scratch."""
    if model == FREE_FLIGHT:
        propagate_free_flight(state, dt_s, transition, work)
        return
    for i in range(6):
        for j in range(6):
            transition[i, j] = 1.0 if i == j else 0.0
    for i in range(3):
        state[i] += dt_s * state[i + 3]
        transition[i, i + 3] = dt_s


def carry(model: int, state: Float, dt_s: float) -> tuple[Float, Float]:
    """One state (6,) after ``dt_s``, and its transition matrix (6, 6)."""
    moved = np.array(state, dtype=np.float64)
    transition = np.empty((6, 6))
    carry_in_place(model, moved, dt_s, transition, np.empty((3, 6, 6)))
    return moved, transition


def process_noise(q_m2ps3: float, dt_s: float) -> NDArray[np.float64]:
    """Covariance (6, 6) that white acceleration adds over ``dt_s``.

    q [[dt³/3, dt²/2], [dt²/2, dt]] on each axis. Source: Bar-Shalom, Li, Kirubarajan 2001, eq. 6.2.2-12.
    """
    noise = np.zeros((6, 6))
    axis = np.arange(3)
    noise[axis, axis] = q_m2ps3 * dt_s**3 / 3.0
    noise[axis, axis + 3] = noise[axis + 3, axis] = q_m2ps3 * dt_s**2 / 2.0
    noise[axis + 3, axis + 3] = q_m2ps3 * dt_s
    return noise
