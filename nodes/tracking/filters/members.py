"""One mode of motion in one national filter, on filterpy's filters: the kinds ``filterpy-…``, and the oracle.

All states are ECEF [x y z vx vy vz], flat (6,): filterpy's column vectors are not used, because several
of its calls break on them.

Source: Bar-Shalom, Li, Kirubarajan 2001, ch. 10.3 (EKF); Julier and Uhlmann 2004 (UKF).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from filterpy.kalman import ExtendedKalmanFilter, MerweScaledSigmaPoints, UnscentedKalmanFilter

from fusion.physics.geodesy import Float
from nodes.sensing.measurement import WIDTH, Look, measure, residual
from nodes.tracking.motion import Mode, carry, process_noise


def _log_density(innovation: Float, covariance: Float, inverse: Float) -> float:
    """Log of a normal density; filterpy's own goes through scipy.stats and costs ten times the update."""
    k = len(innovation)
    distance = float(innovation @ inverse @ innovation)
    return -0.5 * (distance + k * math.log(2.0 * math.pi) + float(np.linalg.slogdet(covariance)[1]))


class Extended(ExtendedKalmanFilter):  # type: ignore[misc]
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
            z,
            _jacobian,
            _expected,
            R=look.noise,
            args=(look,),
            hx_args=(look,),
            residual=_look_residual(look),
        )

    @property
    def log_likelihood(self) -> float:
        """Of the last measurement."""
        return _log_density(self.y, self.S, self.SI)

    @property
    def distance2(self) -> float:
        """Its innovation's squared Mahalanobis distance."""
        return float(self.y @ self.SI @ self.y)


class Unscented(UnscentedKalmanFilter):  # type: ignore[misc]
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

    @property
    def distance2(self) -> float:
        """Its innovation's squared Mahalanobis distance."""
        return float(self.y @ self.SI @ self.y)


def _expected(x: Float, look: Look) -> Float:
    return measure(look, x)[0]


def _jacobian(x: Float, look: Look) -> Float:
    full = np.zeros((WIDTH[look.code], 6))
    full[:, :3] = measure(look, x)[1]
    return full


def _look_residual(look: Look) -> Any:
    """The residual function of a look, in filterpy's two-argument form."""
    return lambda z, expected: residual(look, z, expected)
