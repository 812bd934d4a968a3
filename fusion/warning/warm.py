"""Compile the warning kernels once."""

from __future__ import annotations

from functools import cache

import numpy as np

from fusion.warning.boost import predict_burning
from fusion.warning.impact import predict_fall, vary_in_flight
from fusion.warning.launch import Anchor, estimate_launch


@cache
def warm_warning() -> None:
    """Predict and trace back the flight of one rising missile; once a process."""
    state = np.array([-3.2e6, 3.8e6, 4.1e6, -300.0, 400.0, 900.0])
    covariance = np.diag([1e4] * 3 + [100.0] * 3)
    predict_fall(state, covariance)
    predict_burning(state, covariance, 30.0, 50.0, 60.0)
    for burning in (True, False):
        estimate_launch([Anchor(0.0, state, covariance)], burning)
    vary_in_flight(state, 5e3, 1.0, np.empty((6, 7)))
