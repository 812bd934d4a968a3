"""What a sensor measures of a state, and how that changes with the position.

A look is one scan's geometry. Radar: slant range m, azimuth rad clockwise from north, elevation rad;
infrared: azimuth and elevation; sonar: azimuth (bearing); all in the scan's east-north-up axes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from fusion.geodesy import Float
from nodes.scenario.scan import Scan

RADAR, INFRARED, SONAR = 0, 1, 2
CODES = {"radar": RADAR, "infrared": INFRARED, "sonar": SONAR}
AZIMUTH_COLUMN = (1, 0, 0)
"""By code: which measured quantity is the azimuth, the one that wraps."""
WIDTH = (3, 2, 1)
"""By code: how many quantities are measured."""


@dataclass(frozen=True, slots=True)
class Look:
    """From where and how well one scan measured."""

    code: int
    position_m: Float
    """(3,) ECEF."""
    axes: Float
    """(3, 3) rows east, north, up in ECEF."""
    noise: Float
    """(k, k) covariance of what is measured."""

    @staticmethod
    def of(scan: Scan) -> Look:
        """The look of a scan."""
        return Look(
            CODES[scan.kind],
            np.ascontiguousarray(scan.position_m, dtype=np.float64),
            np.ascontiguousarray(scan.axes, dtype=np.float64),
            np.diag(np.asarray(scan.sigma, dtype=np.float64) ** 2),
        )


@njit(cache=True)
def _measure(code: int, origin: Float, axes: Float, state: Float, z: Float, jacobian: Float) -> None:
    """Measured values of ``state`` into ``z`` (k,), derivatives by position into ``jacobian`` (k, 3)."""
    dx, dy, dz = state[0] - origin[0], state[1] - origin[1], state[2] - origin[2]
    e = axes[0, 0] * dx + axes[0, 1] * dy + axes[0, 2] * dz
    n = axes[1, 0] * dx + axes[1, 1] * dy + axes[1, 2] * dz
    u = axes[2, 0] * dx + axes[2, 1] * dy + axes[2, 2] * dz
    ground2 = max(e * e + n * n, 1e-6)
    ground = math.sqrt(ground2)
    slant2 = ground2 + u * u
    slant = math.sqrt(slant2)
    row = 0
    if code == RADAR:
        z[0] = slant
        for j in range(3):
            jacobian[0, j] = (e * axes[0, j] + n * axes[1, j] + u * axes[2, j]) / slant
        row = 1
    z[row] = math.atan2(e, n)
    for j in range(3):
        jacobian[row, j] = (n * axes[0, j] - e * axes[1, j]) / ground2
    if code != SONAR:
        z[row + 1] = math.atan2(u, ground)
        for j in range(3):
            along = (e * axes[0, j] + n * axes[1, j]) * (-u / ground)
            jacobian[row + 1, j] = (along + ground * axes[2, j]) / slant2


@njit(cache=True)
def _measure_many(code: int, origin: Float, axes: Float, states: Float, z: Float, jacobian: Float) -> None:
    for i in range(states.shape[0]):
        _measure(code, origin, axes, states[i], z[i], jacobian[i])


def measure(look: Look, state: Float) -> tuple[Float, Float]:
    """Expected measurement (k,) of one state (6,) or position (3,), and its Jacobian by position (k, 3)."""
    z, jacobian = np.empty(WIDTH[look.code]), np.empty((WIDTH[look.code], 3))
    _measure(look.code, look.position_m, look.axes, state, z, jacobian)
    return z, jacobian


def measure_many(look: Look, states: Float) -> tuple[Float, Float]:
    """As ``measure`` for n states: (n, k) and (n, k, 3)."""
    k = WIDTH[look.code]
    z, jacobian = np.empty((len(states), k)), np.empty((len(states), k, 3))
    _measure_many(look.code, look.position_m, look.axes, states, z, jacobian)
    return z, jacobian


def residual(look: Look, z: Float, expected: Float) -> Float:
    """``z`` - ``expected`` (..., k), the azimuth wrapped to [-pi, pi)."""
    difference: Float = np.subtract(z, expected)
    column = AZIMUTH_COLUMN[look.code]
    difference[..., column] = (difference[..., column] + math.pi) % (2.0 * math.pi) - math.pi
    return difference
