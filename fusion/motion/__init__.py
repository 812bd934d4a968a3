"""How targets move between reports: mean motion, its transition, and the noise around it."""

from __future__ import annotations

from numba import njit

from fusion.linalg import congruence
from fusion.motion.free_flight import propagate_free_flight

CONSTANT_VELOCITY = 1
FREE_FLIGHT = 2
"""The contract's MotionModel values."""


@njit(cache=True)
def add_white_acceleration(p, q_m2ps3, dt_s):
    """Add to covariance ``p`` the effect of white acceleration of density ``q`` over ``dt`` >= 0.

    Q = q [[dt³/3, dt²/2], [dt²/2, dt]] on each axis. Source: Bar-Shalom, Li, Kirubarajan 2001, eq. 6.2.2-12.
    """
    pp = q_m2ps3 * dt_s * dt_s * dt_s / 3.0
    pv = q_m2ps3 * dt_s * dt_s / 2.0
    vv = q_m2ps3 * dt_s
    for i in range(3):
        p[i, i] += pp
        p[i, i + 3] += pv
        p[i + 3, i] += pv
        p[i + 3, i + 3] += vv


@njit(cache=True)
def propagate(model, state, p, q_m2ps3, dt_s, work):
    """Predict ``state`` (6,) and covariance ``p`` (6, 6) in place by ``dt_s`` >= 0 under a motion model.

    Straight motion uses its block structure; free flight integrates. ``work`` is (4, 6, 6) scratch.
    """
    if dt_s == 0.0:
        return
    if model == FREE_FLIGHT:
        transition = work[3]
        propagate_free_flight(state, dt_s, transition, work)
        congruence(transition, p, work[0], p)
    else:
        for i in range(3):
            state[i] += dt_s * state[i + 3]
        # F P Fᵀ with F = [[I, dt I], [0, I]], first the rows, then the columns
        for i in range(3):
            for j in range(6):
                p[i, j] += dt_s * p[i + 3, j]
        for i in range(6):
            for j in range(3):
                p[i, j] += dt_s * p[i, j + 3]
    add_white_acceleration(p, q_m2ps3, dt_s)
