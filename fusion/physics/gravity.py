"""Gravity with J2, and its gradient: the only place for either.

Compiled, in a fixed order of + - x / and square root only, so that the fold's bytes do not depend on
the machine. Source: Montenbruck and Gill, *Satellite Orbits*, 2000, eq. 3.1 and 3.28 (J2), eq. 7.61 (gradient
of the central term); the J2 value of EGM96.
"""

from __future__ import annotations

import numpy as np

from fusion.kernel import kernel
from fusion.physics.geodesy import WGS84_A_M

MU_M3PS2 = 3.986004418e14
J2 = 1.08262668e-3


@kernel
def gravity(x: float, y: float, z: float) -> tuple[float, float, float]:
    """Gravitational acceleration with J2, m/s², at an Earth-fixed (or inertial) position in m."""
    r2 = x * x + y * y + z * z
    r = np.sqrt(r2)
    k = -MU_M3PS2 / (r2 * r)
    j = 1.5 * J2 * (WGS84_A_M * WGS84_A_M) / r2
    w = 5.0 * (z * z) / r2
    return k * x * (1.0 + j * (1.0 - w)), k * y * (1.0 + j * (1.0 - w)), k * z * (1.0 + j * (3.0 - w))


@kernel
def gravity_gradient(x: float, y: float, z: float) -> tuple[float, float, float, float, float, float]:
    """(xx, yy, zz, xy, xz, yz) of the symmetric gradient of central gravity, 1/s², at a position in m.

    J2's own gradient is a thousandth of it and left out.
    """
    r2 = x * x + y * y + z * z
    r = np.sqrt(r2)
    k = MU_M3PS2 / (r2 * r)
    c = 3.0 * k / r2
    return c * x * x - k, c * y * y - k, c * z * z - k, c * x * y, c * x * z, c * y * z
