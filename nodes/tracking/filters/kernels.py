"""Compiled steps of one filter of one mode: predict and update, linearised or by sigma points, in place.

What filterpy's ExtendedKalmanFilter and UnscentedKalmanFilter compute, in the same order of steps; a test
holds the two against each other. Source: Bar-Shalom, Li, Kirubarajan 2001, eq. 10.3.3 (EKF) and 5.2.3-18
(Joseph's form); Julier and Uhlmann 2004 with alpha 1, beta 2, kappa 0 (UKF).
"""

from __future__ import annotations

import math

import numpy as np

from fusion.arrays import Float
from fusion.kernel import kernel
from fusion.physics.motion import propagate
from nodes.sensing.measurement import AZIMUTH_COLUMN, WIDTH, measure_one
from nodes.tracking.motion import carry_in_place

POINTS = 13
SPREAD = 6.0
"""Sigma points lie at the root of this times the covariance."""
CENTRE_WEIGHT, WEIGHT = 2.0, 1.0 / 12.0
"""In covariances; in means the centre weighs nothing."""


@kernel
def width(code: int) -> int:
    """How many quantities a look of ``code`` measures."""
    return WIDTH[code]


@kernel
def _unwrap(code: int, y: Float) -> None:
    """Bring the azimuth of a difference ``y`` (k,) into [-pi, pi)."""
    at = AZIMUTH_COLUMN[code]
    y[at] = (y[at] + math.pi) % (2.0 * math.pi) - math.pi


@kernel
def _lower(a: Float, lower: Float) -> bool:
    """Cholesky factor of ``a`` (k, k); False where it is not positive definite."""
    for i in range(len(a)):
        for j in range(i + 1):
            s = a[i, j]
            for k in range(j):
                s -= lower[i, k] * lower[j, k]
            if i > j:
                lower[i, j] = s / lower[j, j]
            elif not s > 0.0:
                return False
            else:
                lower[i, i] = math.sqrt(s)
    return True


@kernel
def _solve(lower: Float, b: Float) -> None:
    """``b`` (k,) to the solution of L Lᵀ x = b."""
    n = len(b)
    for i in range(n):
        for k in range(i):
            b[i] -= lower[i, k] * b[k]
        b[i] /= lower[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            b[i] -= lower[k, i] * b[k]
        b[i] /= lower[i, i]


@kernel
def _sigma_points(x: Float, p: Float, points: Float) -> bool:
    lower = np.zeros((6, 6))
    if not _lower(SPREAD * p, lower):
        return False
    points[0] = x
    for k in range(6):
        for i in range(6):
            points[1 + k, i] = x[i] + lower[i, k]
            points[7 + k, i] = x[i] - lower[i, k]
    return True


@kernel
def predict_one(unscented: bool, model: int, q_m2ps3: float, dt_s: float, x: Float, p: Float) -> bool:
    """Predict ``x`` (6,) and ``p`` (6, 6) by ``dt_s``; False where ``p`` is none."""
    if not unscented:
        propagate(model, x, p, q_m2ps3, dt_s, np.empty((4, 6, 6)))
        return True
    points, transition, work = np.empty((POINTS, 6)), np.empty((6, 6)), np.empty((3, 6, 6))
    if not _sigma_points(x, p, points):
        return False
    for k in range(POINTS):
        carry_in_place(model, points[k], dt_s, transition, work)
    for i in range(6):
        x[i] = 0.0
        for k in range(1, POINTS):
            x[i] += WEIGHT * points[k, i]
    for i in range(6):
        for j in range(i + 1):
            s = CENTRE_WEIGHT * (points[0, i] - x[i]) * (points[0, j] - x[j])
            for k in range(1, POINTS):
                s += WEIGHT * (points[k, i] - x[i]) * (points[k, j] - x[j])
            p[i, j] = p[j, i] = s
    for i in range(3):
        p[i, i] += q_m2ps3 * dt_s**3 / 3.0
        p[i + 3, i + 3] += q_m2ps3 * dt_s
        p[i, i + 3] += q_m2ps3 * dt_s**2 / 2.0
        p[i + 3, i] = p[i, i + 3]
    return True


@kernel
def update_one(
    unscented: bool, code: int, origin: Float, axes: Float, noise: Float, z: Float, x: Float, p: Float
) -> tuple[float, float]:
    """Update with a measurement ``z`` (k,) of covariance ``noise`` (k, k); ``x``, ``p`` in place.

    Returns the log likelihood and the squared Mahalanobis distance of the innovation; not a number, and
    ``x`` and ``p`` as they were, where its covariance is none.
    """
    k = width(code)
    expected, jacobian = np.empty(k), np.empty((k, 3))
    measure_one(code, origin, axes, x, expected, jacobian)
    y, s, cross = np.empty(k), np.empty((k, k)), np.zeros((6, k))
    for i in range(k):
        y[i] = z[i] - expected[i]
    _unwrap(code, y)
    if unscented:
        points, seen, mean = np.empty((POINTS, 6)), np.empty((POINTS, k)), np.zeros(k)
        if not _sigma_points(x, p, points):
            return math.nan, math.nan
        for n in range(POINTS):
            measure_one(code, origin, axes, points[n], seen[n], jacobian)
            for i in range(k):
                seen[n, i] -= expected[i]
            _unwrap(code, seen[n])
            if n > 0:
                for i in range(k):
                    mean[i] += WEIGHT * seen[n, i]
        s[:] = noise
        for n in range(POINTS):
            w = WEIGHT if n else CENTRE_WEIGHT
            for i in range(k):
                d = w * (seen[n, i] - mean[i])
                for j in range(k):
                    s[i, j] += d * (seen[n, j] - mean[j])
                for j in range(6):
                    cross[j, i] += d * (points[n, j] - x[j])
        for i in range(k):
            y[i] -= mean[i]
    else:
        for i in range(6):
            for j in range(k):
                cross[i, j] = p[i, 0] * jacobian[j, 0] + p[i, 1] * jacobian[j, 1] + p[i, 2] * jacobian[j, 2]
        for i in range(k):
            for j in range(k):
                s[i, j] = noise[i, j]
                for c in range(3):
                    s[i, j] += jacobian[i, c] * cross[c, j]
    lower = np.zeros((k, k))
    if not _lower(s, lower):
        return math.nan, math.nan
    weighed = y.copy()
    _solve(lower, weighed)
    distance2, log_root = 0.0, 0.0
    for i in range(k):
        distance2 += y[i] * weighed[i]
        log_root += math.log(lower[i, i])
    gain = cross.copy()
    for i in range(6):
        _solve(lower, gain[i])
        for j in range(k):
            x[i] += gain[i, j] * y[j]
    # P - K Cᵀ: of the sigma points the posterior itself, of the linearised filter (I - K H) P
    less = p.copy()
    for i in range(6):
        for j in range(6):
            for c in range(k):
                less[i, j] -= gain[i, c] * cross[j, c]
    if unscented:
        p[:] = less
    else:
        _joseph(less, gain, jacobian, noise, p)
    for i in range(6):
        for j in range(i):
            p[i, j] = p[j, i] = 0.5 * (p[i, j] + p[j, i])
    return -0.5 * (distance2 + k * math.log(2.0 * math.pi)) - log_root, distance2


@kernel
def _joseph(less: Float, gain: Float, jacobian: Float, noise: Float, p: Float) -> None:
    """(I - K H) P (I - K H)ᵀ + K R Kᵀ into ``p``, of ``less`` = (I - K H) P."""
    k = len(jacobian)
    rest = np.zeros(k)
    for i in range(6):
        for c in range(k):
            # row i of K R - (I - K H) P Hᵀ
            rest[c] = 0.0
            for d in range(k):
                rest[c] += gain[i, d] * noise[d, c]
            for d in range(3):
                rest[c] -= less[i, d] * jacobian[c, d]
        for j in range(6):
            p[i, j] = less[i, j]
            for c in range(k):
                p[i, j] += rest[c] * gain[j, c]
