"""Free flight in the rotating Earth's frame: gravity with J2, centrifugal and Coriolis.

Compiled, in a fixed order of + - x / and square root only, so that the fold's bytes do not depend on
the machine. Source: Montenbruck and Gill, *Satellite Orbits*, 2000, eq. 7.42 (variational equations).
"""

from __future__ import annotations

from typing import Annotated, Final

from fusion.arrays import Float
from fusion.constants import Chosen
from fusion.kernel import kernel
from fusion.physics.geodesy import EARTH_RATE_RADPS
from fusion.physics.gravity import gravity, gravity_gradient
from fusion.physics.integrator import runge_kutta_step

STEP_MAX_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "longest step of integration in free flight",
            "tests/fusion/physics: its error there is far below a track's",
        ),
    ]
] = 5.0


@kernel
def free_flight_acceleration(
    x: float, y: float, z: float, vx: float, vy: float, vz: float
) -> tuple[float, float, float]:
    """Acceleration m/s² of a freely falling body as seen in ECEF, outside the atmosphere."""
    gx, gy, gz = gravity(x, y, z)
    w = EARTH_RATE_RADPS
    return gx + w * (w * x + 2.0 * vy), gy + w * (w * y - 2.0 * vx), gz


@kernel
def _step_transition(x: float, y: float, z: float, h: float, f: Float) -> None:
    """State transition over ``h`` seconds at a mid-step position, second order in ``h``, into ``f``.

    With A = [[0, I], [G, W]]: F = I + A h + A² h² / 2. G is the gradient of central gravity plus
    the centrifugal term (J2's gradient is a thousandth of it), W the Coriolis term.
    """
    gxx, gyy, gzz, gxy, gxz, gyz = gravity_gradient(x, y, z)
    o2 = EARTH_RATE_RADPS * EARTH_RATE_RADPS
    gxx, gyy = gxx + o2, gyy + o2
    w = 2.0 * EARTH_RATE_RADPS
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


@kernel
def propagate_free_flight(state: Float, dt_s: float, transition: Float, work: Float) -> None:
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
        runge_kutta_step(free_flight_acceleration, state, h, ())
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
