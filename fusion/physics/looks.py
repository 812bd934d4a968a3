"""What a sensor at a place measures of a position, each quantity with its gradient: the only place for them.

``axes`` (3, 3) are the sensor's east, north and up as rows in ECEF; positions are ECEF m. Angles in rad:
azimuth clockwise from north, elevation from the level. A gradient (3,) is by the position in ECEF.
"""

from __future__ import annotations

import math

import numpy as np

from fusion.arrays import Float
from fusion.kernel import kernel

_GROUND2_MIN_M2 = 1e-6
"""Straight above a sensor the azimuth has no gradient: the ground range is held to a millimetre."""


@kernel
def local_m(origin_m: Float, axes: Float, position_m: Float) -> tuple[float, float, float]:
    """East, north and up m of a position seen from ``origin_m`` (3,)."""
    dx, dy, dz = position_m[0] - origin_m[0], position_m[1] - origin_m[1], position_m[2] - origin_m[2]
    return (
        axes[0, 0] * dx + axes[0, 1] * dy + axes[0, 2] * dz,
        axes[1, 0] * dx + axes[1, 1] * dy + axes[1, 2] * dz,
        axes[2, 0] * dx + axes[2, 1] * dy + axes[2, 2] * dz,
    )


@kernel
def range_m(e: float, n: float, u: float, axes: Float, gradient: Float) -> float:
    """Slant range m of what is at (e, n, u)."""
    slant = math.sqrt(max(e * e + n * n, _GROUND2_MIN_M2) + u * u)
    for j in range(3):
        gradient[j] = (e * axes[0, j] + n * axes[1, j] + u * axes[2, j]) / slant
    return slant


@kernel
def azimuth_rad(e: float, n: float, axes: Float, gradient: Float) -> float:
    """Azimuth of what is at (e, n), in (-pi, pi]."""
    ground2 = max(e * e + n * n, _GROUND2_MIN_M2)
    for j in range(3):
        gradient[j] = (n * axes[0, j] - e * axes[1, j]) / ground2
    return math.atan2(e, n)


@kernel
def elevation_rad(e: float, n: float, u: float, axes: Float, gradient: Float) -> float:
    """Elevation of what is at (e, n, u)."""
    ground2 = max(e * e + n * n, _GROUND2_MIN_M2)
    ground, slant2 = math.sqrt(ground2), ground2 + u * u
    for j in range(3):
        along = (e * axes[0, j] + n * axes[1, j]) * (-u / ground)
        gradient[j] = (along + ground * axes[2, j]) / slant2
    return math.atan2(u, ground)


@kernel
def second_order(e: float, n: float, u: float, axes: Float, covariance: Float) -> Float:
    """(3,) variances of range, azimuth and elevation that their linearisation at (e, n, u) leaves out.

    ``covariance`` is the position's, its first three rows and columns: ½ tr(H P H P) with the Hessians H by
    what is along, across and up. They count where the spread is not small beside the distance. Source:
    Bar-Shalom, Li, Kirubarajan 2001, eq. 10.3.2-13.
    """
    ground2 = max(e * e + n * n, 1.0)
    ground, slant2 = math.sqrt(ground2), ground2 + u * u
    slant = math.sqrt(slant2)
    turn = np.empty((3, 3))
    for j in range(3):
        turn[0, j] = (e * axes[0, j] + n * axes[1, j]) / ground
        turn[1, j] = (e * axes[1, j] - n * axes[0, j]) / ground
        turn[2, j] = axes[2, j]
    spread = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            for k in range(3):
                for m in range(3):
                    spread[i, j] += turn[i, k] * covariance[k, m] * turn[j, m]
    hessian = np.zeros((3, 3, 3))
    reach = (ground, 0.0, u)
    for i in range(3):
        for j in range(3):
            hessian[0, i, j] = (1.0 / slant if i == j else 0.0) - reach[i] * reach[j] / slant**3
    hessian[1, 0, 1] = hessian[1, 1, 0] = -1.0 / ground2
    hessian[2, 0, 0], hessian[2, 2, 2] = 2.0 * ground * u / slant2**2, -2.0 * ground * u / slant2**2
    hessian[2, 1, 1] = -u / (ground * slant2)
    hessian[2, 0, 2] = hessian[2, 2, 0] = (u * u - ground2) / slant2**2
    left_out, weighed = np.zeros(3), np.empty((3, 3))
    for k in range(3):
        for i in range(3):
            for j in range(3):
                weighed[i, j] = (
                    hessian[k, i, 0] * spread[0, j]
                    + hessian[k, i, 1] * spread[1, j]
                    + hessian[k, i, 2] * spread[2, j]
                )
        for i in range(3):
            for j in range(3):
                left_out[k] += 0.5 * weighed[i, j] * weighed[j, i]
    return left_out
