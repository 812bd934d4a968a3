"""One mode of motion in one national filter, on compiled kernels (`kernels`)."""

from __future__ import annotations

import math

import numpy as np

from fusion.arrays import Float
from nodes.sensing.measurement import Look
from nodes.tracking.filters.kernels import predict_one, update_one
from nodes.tracking.motion import Mode


class CompiledMember:
    """As filterpy's members: set ``dt_s`` and ``look``, then predict and update."""

    def __init__(self, unscented: bool, mode: Mode, x: Float, p: Float) -> None:
        self._unscented = unscented
        self.mode, self.dt_s = mode, 0.0
        self.look: Look | None = None
        self.x, self.P = x.copy(), p.copy()
        self.log_likelihood = self.distance2 = math.nan
        """Of the last measurement, and its innovation's squared Mahalanobis distance."""

    def predict(self) -> None:
        """Predict by ``dt_s``. Raises LinAlgError where the covariance is none."""
        x, p = self.x.copy(), self.P.copy()
        if not predict_one(self._unscented, self.mode.model, self.mode.q_m2ps3, self.dt_s, x, p):
            raise np.linalg.LinAlgError("the covariance is not positive definite")
        self.x, self.P = x, p

    def update(self, z: Float) -> None:
        """Update with one measurement of ``look``. Raises LinAlgError where its covariance is none."""
        look, x, p = self.look, self.x.copy(), self.P.copy()
        assert look is not None
        told = update_one(self._unscented, look.code, look.place, look.axes, look.noise, z, x, p)
        if not math.isfinite(told[0]):
            raise np.linalg.LinAlgError("an innovation's covariance is not positive definite")
        self.x, self.P = x, p
        self.log_likelihood, self.distance2 = told
