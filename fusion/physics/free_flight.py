"""Free flight in the rotating Earth's frame: gravity with J2, centrifugal and Coriolis.

Compiled, in a fixed order of + - x / and square root only, so that the fold's bytes do not depend on
the machine. Source: Montenbruck and Gill, *Satellite Orbits*, 2000, eq. 3.1 and 3.28 (J2), eq. 7.42
(variational equations); the J2 value of EGM96.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MU_M3PS2 = 3.986004418e14
J2 = 1.08262668e-3
RE_M = 6378137.0
OMEGA_RADPS = 7.292115e-5
STEP_MAX_S = 5.0


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


@njit(cache=True)
def _step(state, h):
    """One classical Runge-Kutta step of ``h`` seconds, in place."""
    x, y, z, u, v, w = state[0], state[1], state[2], state[3], state[4], state[5]
    a1, b1, c1 = free_flight_acceleration(x, y, z, u, v, w)
    k = 0.5 * h
    u2, v2, w2 = u + k * a1, v + k * b1, w + k * c1
    a2, b2, c2 = free_flight_acceleration(x + k * u, y + k * v, z + k * w, u2, v2, w2)
    u3, v3, w3 = u + k * a2, v + k * b2, w + k * c2
    a3, b3, c3 = free_flight_acceleration(x + k * u2, y + k * v2, z + k * w2, u3, v3, w3)
    u4, v4, w4 = u + h * a3, v + h * b3, w + h * c3
    a4, b4, c4 = free_flight_acceleration(x + h * u3, y + h * v3, z + h * w3, u4, v4, w4)
    s = h / 6.0
    state[0] = x + s * (u + 2.0 * u2 + 2.0 * u3 + u4)
    state[1] = y + s * (v + 2.0 * v2 + 2.0 * v3 + v4)
    state[2] = z + s * (w + 2.0 * w2 + 2.0 * w3 + w4)
    state[3] = u + s * (a1 + 2.0 * a2 + 2.0 * a3 + a4)
    state[4] = v + s * (b1 + 2.0 * b2 + 2.0 * b3 + b4)
    state[5] = w + s * (c1 + 2.0 * c2 + 2.0 * c3 + c4)


@njit(cache=True)
def _step_transition(x, y, z, h, f):
    """State transition over ``h`` seconds at a mid-step position, second order in ``h``, into ``f``.

    With A = [[0, I], [G, W]]: F = I + A h + A² h² / 2. G is the gradient of central gravity plus
    the centrifugal term (J2's gradient is a thousandth of it), W the Coriolis term.
    """
    r2 = x * x + y * y + z * z
    r = np.sqrt(r2)
    k = MU_M3PS2 / (r2 * r)
    c = 3.0 * k / r2
    o2 = OMEGA_RADPS * OMEGA_RADPS
    gxx, gyy, gzz = c * x * x - k + o2, c * y * y - k + o2, c * z * z - k
    gxy, gxz, gyz = c * x * y, c * x * z, c * y * z
    w = 2.0 * OMEGA_RADPS
    q = 0.5 * h * h
    # upper rows: I + G h²/2 | I h + W h²/2
    f[0, 0], f[0, 1], f[0, 2] = 1.0 + q * gxx, q * gxy, q * gxz
    f[1, 0], f[1, 1], f[1, 2] = q * gxy, 1.0 + q * gyy, q * gyz
    f[2, 0], f[2, 1], f[2, 2] = q * gxz, q * gyz, 1.0 + q * gzz
    f[0, 3], f[0, 4], f[0, 5] = h, q * w, 0.0
    f[1, 3], f[1, 4], f[1, 5] = -q * w, h, 0.0
    f[2, 3], f[2, 4], f[2, 5] = 0.0, 0.0, h
    # lower rows: G h + W G h²/2 | I + W h + (G + W²) h²/2
    f[3, 0], f[3, 1], f[3, 2] = h * gxx + q * w * gxy, h * gxy + q * w * gyy, h * gxz + q * w * gyz
    f[4, 0], f[4, 1], f[4, 2] = h * gxy - q * w * gxx, h * gyy - q * w * gxy, h * gyz - q * w * gxz
    f[5, 0], f[5, 1], f[5, 2] = h * gxz, h * gyz, h * gzz
    f[3, 3], f[3, 4], f[3, 5] = 1.0 + q * (gxx - w * w), h * w + q * gxy, q * gxz
    f[4, 3], f[4, 4], f[4, 5] = -h * w + q * gxy, 1.0 + q * (gyy - w * w), q * gyz
    f[5, 3], f[5, 4], f[5, 5] = q * gxz, q * gyz, 1.0 + q * gzz


@njit(cache=True)
def propagate_free_flight(state, dt_s, transition, work):
    """Carry a (6,) ECEF state in place by ``dt_s`` of either sign; write its (6, 6) transition.

    Steps of at most 5 s: after 60 s the position agrees with a tight adaptive integration to better than
    a millimetre on a suborbital arc. ``work`` is (3, 6, 6) scratch.
    """
    n = 1
    while abs(dt_s) > STEP_MAX_S * n:
        n += 1
    h = dt_s / n
    for k in range(n):
        x, y, z = state[0], state[1], state[2]
        _step(state, h)
        xm, ym, zm = 0.5 * (x + state[0]), 0.5 * (y + state[1]), 0.5 * (z + state[2])
        if k == 0:
            _step_transition(xm, ym, zm, h, transition)
        else:
            _step_transition(xm, ym, zm, h, work[0])
            for i in range(6):
                for j in range(6):
                    s = 0.0
                    for m in range(6):
                        s += work[0, i, m] * transition[m, j]
                    work[1, i, j] = s
            for i in range(6):
                for j in range(6):
                    transition[i, j] = work[1, i, j]
