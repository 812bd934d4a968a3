"""How targets move between reports: mean motion, its transition, and the noise around it."""

from __future__ import annotations

import numpy as np

from fusion.arrays import Float
from fusion.contract import CONSTANT_VELOCITY, FREE_FLIGHT, SPACE
from fusion.kernel import kernel
from fusion.linalg import congruence, pack, unpack
from fusion.physics.free_flight import free_flight_acceleration, propagate_free_flight

__all__ = [
    "CONSTANT_VELOCITY",
    "FREE_FLIGHT",
    "add_white_acceleration",
    "declared_motion",
    "falls_by",
    "motion_in",
    "propagate",
    "propagate_packed",
]


@kernel
def motion_in(environment: int) -> int:
    """The mean motion of what moves in an environment: in space it falls freely."""
    return FREE_FLIGHT if environment == SPACE else CONSTANT_VELOCITY


@kernel
def declared_motion(motion: int, environment: int) -> int:
    """The motion that a node declares, or its environment's where it declares none."""
    return motion if motion in (FREE_FLIGHT, CONSTANT_VELOCITY) else motion_in(environment)


@kernel
def falls_by(motion: int, state: Float, out: Float) -> None:
    """The acceleration m/s² by a mean motion at ``state`` (6,) into ``out`` (3,)."""
    if motion == FREE_FLIGHT:
        out[0], out[1], out[2] = free_flight_acceleration(
            state[0], state[1], state[2], state[3], state[4], state[5]
        )
    else:
        out[0], out[1], out[2] = 0.0, 0.0, 0.0


@kernel
def add_white_acceleration(p: Float, q_m2ps3: float, dt_s: float) -> None:
    """Add to packed covariance ``p`` the effect of white acceleration of density ``q`` over ``dt`` >= 0.

    Q = q [[dt³/3, dt²/2], [dt²/2, dt]] on each axis. Source: Bar-Shalom, Li, Kirubarajan 2001, eq. 6.2.2-12.
    """
    for i in range(3):
        v = (i + 3) * (i + 4) // 2
        p[i * (i + 3) // 2] += q_m2ps3 * dt_s * dt_s * dt_s / 3.0
        p[v + i] += q_m2ps3 * dt_s * dt_s / 2.0
        p[v + i + 3] += q_m2ps3 * dt_s


@kernel
def propagate_packed(model: int, state: Float, p: Float, q_m2ps3: float, dt_s: float, work: Float) -> None:
    """Predict ``state`` (6,) and packed covariance ``p`` (21,) in place by ``dt_s`` >= 0 under a model.

    Straight motion uses its block structure; free flight integrates. ``work`` is (4, 6, 6) scratch.
    """
    if dt_s == 0.0:
        return
    if model == FREE_FLIGHT:
        transition, full = work[3], work[2]
        propagate_free_flight(state, dt_s, transition, work)
        unpack(p, full)
        congruence(transition, full, work[0], full)
        pack(full, p)
    else:
        for i in range(3):
            state[i] += dt_s * state[i + 3]
        # F P Fᵀ with F = [[I, dt I], [0, I]]; at v + j stands velocity i with position j, or velocity j - 3
        for i in range(3):
            v = (i + 3) * (i + 4) // 2
            for j in range(i + 1):
                w = (j + 3) * (j + 4) // 2
                p[i * (i + 1) // 2 + j] += dt_s * (p[v + j] + p[w + i] + dt_s * p[v + j + 3])
        for i in range(3):
            v = (i + 3) * (i + 4) // 2
            for j in range(3):
                w = (j + 3) * (j + 4) // 2
                p[v + j] += dt_s * (p[v + j + 3] if j <= i else p[w + i + 3])
    add_white_acceleration(p, q_m2ps3, dt_s)


@kernel
def propagate(model: int, state: Float, p: Float, q_m2ps3: float, dt_s: float, work: Float) -> None:
    """`propagate_packed` of a covariance ``p`` (6, 6)."""
    packed = np.empty(21)
    pack(p, packed)
    propagate_packed(model, state, packed, q_m2ps3, dt_s, work)
    unpack(packed, p)
