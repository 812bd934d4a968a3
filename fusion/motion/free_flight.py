"""Free flight in the rotating Earth's frame: gravity with J2, centrifugal and Coriolis, optional drag.

Compiled, in a fixed order of + - x / and square root only, so that the fold's bytes do not depend on
the machine. Source: Montenbruck and Gill, *Satellite Orbits*, 2000, eq. 3.1 and 3.28 (J2), eq. 3.97
(drag); the J2 value of EGM96.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MU_M3PS2 = 3.986004418e14
J2 = 1.08262668e-3
RE_M = 6378137.0
OMEGA_RADPS = 7.292115e-5


@njit(cache=True)
def gravity(x, y, z):
    """Gravitational acceleration with J2, m/s², at an Earth-fixed (or inertial) position in m."""
    r2 = x * x + y * y + z * z
    r = np.sqrt(r2)
    k = -MU_M3PS2 / (r2 * r)
    j = 1.5 * J2 * (RE_M * RE_M) / r2
    w = 5.0 * (z * z) / r2
    return k * x * (1.0 + j * (1.0 - w)), k * y * (1.0 + j * (1.0 - w)), k * z * (1.0 + j * (3.0 - w))


@njit(cache=True)
def free_flight_acceleration(x, y, z, vx, vy, vz):
    """Acceleration m/s² of a freely falling body as seen in ECEF, outside the atmosphere."""
    gx, gy, gz = gravity(x, y, z)
    w = OMEGA_RADPS
    return gx + w * (w * x + 2.0 * vy), gy + w * (w * y - 2.0 * vx), gz
