"""What a sensor at a place measures of a position, each quantity with its gradient: the only place for them.

``axes`` (3, 3) are the sensor's east, north and up as rows in ECEF; positions are ECEF m. Angles in rad:
azimuth clockwise from north, elevation from the level. A gradient (3,) is by the position in ECEF.
"""

from __future__ import annotations

import math

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
