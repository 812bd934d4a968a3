"""Tracks carried from their own time to a later one, by the motion of their environment."""

from __future__ import annotations

import numpy as np

from fusion.arrays import Float, Ints
from fusion.contract import CONSTANT_VELOCITY, FREE_FLIGHT, SPACE
from fusion.kernel import kernel
from fusion.physics.motion import propagate


@kernel
def _carry(model: Ints, state: Float, covariance: Float, q_m2ps3: Float, dt_s: Float) -> None:
    work = np.empty((4, 6, 6))
    for i in range(len(dt_s)):
        propagate(model[i], state[i], covariance[i], q_m2ps3[i], dt_s[i], work)


def carry(environment: Ints, state: Float, covariance: Float, q_m2ps3: Float, dt_s: Float) -> None:
    """Predict r states (r, 6) and covariances (r, 6, 6) in place, each by its own ``dt_s`` (r,).

    A negative time step leaves its row as it is: nothing is carried back.
    """
    model = np.where(environment == SPACE, FREE_FLIGHT, CONSTANT_VELOCITY)
    _carry(model, state, covariance, q_m2ps3, np.maximum(dt_s, 0.0))
