"""Steps of integration of a state (6,) ECEF m, m/s: the only place for them.

``acceleration(x, y, z, vx, vy, vz, *parameters)`` is a compiled function of position, velocity and what else
it needs, and gives m/s². Source: Hairer, Nørsett, Wanner, *Solving Ordinary Differential Equations I*, 1993,
table 1.2 (the classical fourth order) and eq. 1.3 (midpoint, second order).
"""

from __future__ import annotations

from collections.abc import Callable

from fusion.arrays import Float
from fusion.kernel import inlined

Acceleration = Callable[..., tuple[float, float, float]]


@inlined
def runge_kutta_step(
    acceleration: Acceleration, state: Float, h: float, parameters: tuple[float, ...]
) -> None:
    """One classical Runge-Kutta step of ``h`` seconds of a state (6,), in place."""
    x, y, z, u, v, w = state[0], state[1], state[2], state[3], state[4], state[5]
    a1, b1, c1 = acceleration(x, y, z, u, v, w, *parameters)
    k = 0.5 * h
    u2, v2, w2 = u + k * a1, v + k * b1, w + k * c1
    a2, b2, c2 = acceleration(x + k * u, y + k * v, z + k * w, u2, v2, w2, *parameters)
    u3, v3, w3 = u + k * a2, v + k * b2, w + k * c2
    a3, b3, c3 = acceleration(x + k * u2, y + k * v2, z + k * w2, u3, v3, w3, *parameters)
    u4, v4, w4 = u + h * a3, v + h * b3, w + h * c3
    a4, b4, c4 = acceleration(x + h * u3, y + h * v3, z + h * w3, u4, v4, w4, *parameters)
    s = h / 6.0
    state[0] = x + s * (u + 2.0 * u2 + 2.0 * u3 + u4)
    state[1] = y + s * (v + 2.0 * v2 + 2.0 * v3 + v4)
    state[2] = z + s * (w + 2.0 * w2 + 2.0 * w3 + w4)
    state[3] = u + s * (a1 + 2.0 * a2 + 2.0 * a3 + a4)
    state[4] = v + s * (b1 + 2.0 * b2 + 2.0 * b3 + b4)
    state[5] = w + s * (c1 + 2.0 * c2 + 2.0 * c3 + c4)


@inlined
def midpoint_step(acceleration: Acceleration, state: Float, h: float, parameters: tuple[float, ...]) -> None:
    """One midpoint step of ``h`` seconds of a state (6,), in place: cheaper, for forces known roughly."""
    x, y, z, u, v, w = state[0], state[1], state[2], state[3], state[4], state[5]
    a1, b1, c1 = acceleration(x, y, z, u, v, w, *parameters)
    k = 0.5 * h
    u2, v2, w2 = u + k * a1, v + k * b1, w + k * c1
    a2, b2, c2 = acceleration(x + k * u, y + k * v, z + k * w, u2, v2, w2, *parameters)
    state[0], state[1], state[2] = x + h * u2, y + h * v2, z + h * w2
    state[3], state[4], state[5] = u + h * a2, v + h * b2, w + h * c2
