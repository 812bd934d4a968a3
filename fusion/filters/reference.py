"""The reference engine: the same filter on filterpy objects, for comparison, not for speed.

Each track becomes a filterpy `IMMEstimator` over one `KalmanFilter` a mode. A tracklet (Y, y) becomes a
linear measurement in the eigen-directions of Y that carry information, H = Vᵀ, R = Λ⁻¹, z = Λ⁻¹ Vᵀ y + Vᵀ x°,
so that none of the compiled engine's arithmetic is shared. Library linear algebra makes its bytes depend
on the machine: it agrees with the compiled engine to a physical tolerance, not to the bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from filterpy.kalman import IMMEstimator, KalmanFilter
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar

from fusion.arrays import Float, Ints
from fusion.contract import SPACE
from fusion.filters import MODE_CHANGES, fresh_probability, mode_noise, stay_probability
from fusion.physics.free_flight import free_flight_acceleration
from fusion.physics.geodesy import EARTH_RATE_RADPS
from fusion.physics.gravity import MU_M3PS2
from fusion.physics.motion import FREE_FLIGHT, motion_in
from fusion.report.tracklet import NOTHING, UNKNOWN_CORRELATION, Tracklets
from fusion.table.arrays import Arrays
from fusion.table.records import MODES

_LOWER = np.tril_indices(6)
_INFORMATIVE = 1e-9


def _full(packed: Float) -> Float:
    p = np.zeros((6, 6))
    p[_LOWER] = packed
    return p + np.tril(p, -1).T


def _white_acceleration(q: float, dt: float) -> Float:
    eye = np.eye(3)
    return q * np.block([[eye * dt**3 / 3, eye * dt**2 / 2], [eye * dt**2 / 2, eye * dt]])


def _fall(state: Float, dt: float) -> tuple[Float, Float]:
    """State and transition (6, 6) of free flight over ``dt``, integrated together to tight tolerance.

    An oracle: it shares the acceleration with `fusion.physics`, and neither its steps nor its gradient.
    """

    def rate(_: float, s: Float) -> Float:
        x, y, z, u, v, w = s[:6]
        r = np.sqrt(x * x + y * y + z * z)
        p = np.array([x, y, z])
        gradient = MU_M3PS2 / r**3 * (3.0 * np.outer(p, p) / r**2 - np.eye(3))
        gradient += np.diag([EARTH_RATE_RADPS**2, EARTH_RATE_RADPS**2, 0.0])
        coriolis = 2.0 * EARTH_RATE_RADPS * np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 0]])
        jacobian = np.block([[np.zeros((3, 3)), np.eye(3)], [gradient, coriolis]])
        motion = [u, v, w, *free_flight_acceleration(x, y, z, u, v, w)]
        return np.concatenate([motion, (jacobian @ s[6:].reshape(6, 6)).ravel()])

    start = np.concatenate([state, np.eye(6).ravel()])
    end = solve_ivp(rate, (0.0, dt), start, method="DOP853", rtol=1e-10, atol=1e-6).y[:, -1]
    return end[:6], end[6:].reshape(6, 6)


def _intersection_weight(held: Float, y: Float) -> float:
    """Weight of ``held`` in the covariance intersection of two information matrices."""

    def volume(w: float) -> float:
        return -float(np.linalg.slogdet(w * held + (1.0 - w) * y)[1])

    return float(minimize_scalar(volume, bounds=(0.0, 1.0), method="bounded").x)


class _ModeFilter(KalmanFilter):  # type: ignore[misc]
    """A Kalman filter whose mean may move along a curve instead of ``F x``."""

    def __init__(self, x: Float, p: Float) -> None:
        super().__init__(dim_x=6, dim_z=6)
        self.x, self.P = x.copy(), p.copy()
        self.motion, self.dt_s = 1, 0.0
        self.environment, self.mode, self.declared = 0, 0, 0.0

    def predict(self, *args: Any, **kwargs: Any) -> None:
        """filterpy's predict with the mode's motion and noise."""
        if self.motion == FREE_FLIGHT:
            moved, self.F = _fall(self.x, self.dt_s)
        else:
            self.F = np.eye(6) + np.diag([self.dt_s] * 3, k=3)
            moved = self.F @ self.x
        q = mode_noise(self.environment, self.mode, self.declared, self.x)
        self.Q = _white_acceleration(q, self.dt_s)
        super().predict()
        self.x = moved.copy()
        self.x_prior = moved.copy()


class ReferenceFilter:
    """The reference engine behind `fusion.filters.Filter`."""

    def predict(self, a: Arrays, rows: Ints, time_ns: int) -> None:
        """See `fusion.filters.Filter.predict`."""
        for row in rows[rows >= 0].tolist():
            track: Any = a.tracks[row]
            dt = (time_ns - int(track["time_ns"])) * 1e-9
            environment = int(track["environment"])
            if (environment == SPACE) != track["ballistic"]:
                track["mode_state"][:] = track["state"]
                track["mode_covariance"][:] = track["covariance"]
                track["mode_probability"][:] = [fresh_probability(environment, m) for m in range(MODES)]
                track["ballistic"] = environment == SPACE
            if dt <= 0.0:
                continue
            filters = self._filters(track)
            for m, kf in enumerate(filters):
                kf.motion, kf.dt_s = motion_in(environment), dt
                kf.environment, kf.mode, kf.declared = environment, m, float(track["q"])
            stay = np.array([stay_probability(environment, m, dt) for m in range(MODES)])
            transition = np.diag(stay) + (1.0 - np.eye(MODES)) * ((1.0 - stay) / (MODES - 1))[:, None]
            imm = IMMEstimator(filters, track["mode_probability"].copy(), transition)
            imm.predict()
            track["time_ns"] = time_ns
            self._store(track, filters, imm.cbar)

    def fuse(self, a: Arrays, rows: Ints, origin: Float, tracklets: Tracklets) -> None:
        """See `fusion.filters.Filter.fuse`."""
        kind, information, vector = tracklets
        for r in np.flatnonzero((rows >= 0) & (kind != NOTHING)).tolist():
            track: Any = a.tracks[int(rows[r])]
            y = _full(information[r])
            keep = 1.0
            if kind[r] == UNKNOWN_CORRELATION:
                keep = _intersection_weight(np.asarray(np.linalg.inv(_full(track["covariance"])), float), y)
                y = (1.0 - keep) * y
            eigenvalue, direction = np.linalg.eigh(y)
            used = eigenvalue > _INFORMATIVE * max(eigenvalue.max(), 1e-30)
            if not used.any():
                continue  # it tells nothing in any direction, and filterpy knows no empty measurement
            h, noise = direction[:, used].T, np.diag(1.0 / eigenvalue[used])
            z = h @ origin[r] + (h @ vector[r]) / eigenvalue[used]
            filters = self._filters(track)
            for kf in filters:
                kf.P /= keep
                kf.dim_z, kf.H, kf.R = len(z), h, noise
                kf._I = np.eye(6)
            imm = IMMEstimator(filters, track["mode_probability"].copy(), np.eye(MODES))
            imm.update(z)
            self._store(track, filters, np.maximum(imm.mu, MODE_CHANGES.probability_min))

    @staticmethod
    def _filters(track: Any) -> list[_ModeFilter]:
        return [_ModeFilter(track["mode_state"][m], _full(track["mode_covariance"][m])) for m in range(MODES)]

    @staticmethod
    def _store(track: Any, filters: list[_ModeFilter], probability: Float) -> None:
        for m, (kf, mu) in enumerate(zip(filters, probability, strict=True)):
            track["mode_state"][m] = kf.x
            track["mode_covariance"][m] = ((kf.P + kf.P.T) / 2.0)[_LOWER]
            track["mode_probability"][m] = mu
        states = np.array([kf.x for kf in filters])
        mean = np.average(states, axis=0, weights=probability)
        spread = [kf.P + np.outer(x - mean, x - mean) for kf, x in zip(filters, states, strict=True)]
        combined = np.average(np.array(spread), axis=0, weights=probability)
        track["state"] = mean
        track["covariance"] = ((combined + combined.T) / 2.0)[_LOWER]
