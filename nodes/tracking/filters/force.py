"""Compiled steps of a filter that carries an acceleration of its own: what turns, burns, or brakes.

State [x y z vx vy vz ax ay az], (9,): a mean motion and, on top of it, a force that fades and is renewed
(Singer's model: an Ornstein and Uhlenbeck process of standard deviation ``sigma`` and time ``lasts``), of
another size upwards where ``rise`` is not 1. With no force the last three are left out of everything. A
measurement tells of the position alone, so the first six are updated as in any filter (`kernels`) and the
force follows by its regression on them. Source: Singer 1970; Bar-Shalom, Li, Kirubarajan 2001, section 8.2.2.
"""

from __future__ import annotations

import math
from typing import Annotated, Final

import numpy as np

from fusion.arrays import Float
from fusion.constants import Chosen
from fusion.kernel import kernel
from nodes.tracking.filters.kernels import _lower, _solve, predict_one, update_one
from nodes.tracking.motion import CONSTANT_VELOCITY, carry_in_place

SHORT: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "an interval over a force's time, below which Singer's noise is that of a force that only drifts",
            "its terms cancel to 3e-9 there; the drift's are off by 3 %",
        ),
    ]
] = 0.03


@kernel
def _singer(x: float, dt_s: float, noise: Float) -> None:
    """Covariance (3, 3) of position, velocity, acceleration, of a force of variance 1; ``x`` = dt / lasts."""
    if x < SHORT:
        q = 2.0 * x / dt_s
        noise[0, 0], noise[0, 1], noise[0, 2] = q * dt_s**5 / 20.0, q * dt_s**4 / 8.0, q * dt_s**3 / 6.0
        noise[1, 1], noise[1, 2], noise[2, 2] = q * dt_s**3 / 3.0, q * dt_s**2 / 2.0, q * dt_s
    else:
        one, two, t = math.exp(-x), math.exp(-2.0 * x), dt_s / x
        noise[0, 0] = t**4 * (1.0 - two + 2.0 * x + 2.0 * x**3 / 3.0 - 2.0 * x * x - 4.0 * x * one)
        noise[0, 1] = t**3 * (two + 1.0 - 2.0 * one + 2.0 * x * one - 2.0 * x + x * x)
        noise[0, 2] = t * t * (1.0 - two - 2.0 * x * one)
        noise[1, 1] = t * t * (4.0 * one - 3.0 - two + 2.0 * x)
        noise[1, 2] = t * (two + 1.0 - 2.0 * one)
        noise[2, 2] = 1.0 - two
    noise[1, 0], noise[2, 0], noise[2, 1] = noise[0, 1], noise[0, 2], noise[1, 2]


@kernel
def shape_of(x: Float, sigma_mps2: float, rise: float, shape: Float) -> None:
    """Covariance (3, 3) of a force on what is at ``x`` (3+,): of ``rise`` times the size upwards."""
    r2 = x[0] * x[0] + x[1] * x[1] + x[2] * x[2]
    for i in range(3):
        for j in range(3):
            level = (1.0 if i == j else 0.0) - (1.0 - rise * rise) * x[i] * x[j] / r2
            shape[i, j] = sigma_mps2 * sigma_mps2 * level


@kernel
def _carry_covariance(f: Float, p: Float) -> None:
    """F P Fᵀ in place, of a transition ``f`` (6, 6) that leaves the force as it is."""
    out = np.zeros((6, 9))
    for i in range(6):
        for k in range(6):
            for j in range(9):
                out[i, j] += f[i, k] * p[k, j]
    for i in range(6):
        for j in range(i + 1):
            s = 0.0
            for k in range(6):
                s += out[i, k] * f[j, k]
            p[i, j] = p[j, i] = s
        for j in range(6, 9):
            p[i, j] = p[j, i] = out[i, j]


@kernel
def _push(p: Float, dt_s: float, far: float, fast: float, fade: float) -> None:
    """F P Fᵀ in place: positions take ``dt_s`` of the velocity and ``far`` of the force, velocities ``fast``
    of it, and ``fade`` of it stays."""
    for i in range(3):
        for j in range(9):
            p[i, j] += dt_s * p[3 + i, j] + far * p[6 + i, j]
            p[3 + i, j] += fast * p[6 + i, j]
            p[6 + i, j] *= fade
    for i in range(3):
        for j in range(9):
            p[j, i] += dt_s * p[j, 3 + i] + far * p[j, 6 + i]
            p[j, 3 + i] += fast * p[j, 6 + i]
            p[j, 6 + i] *= fade


@kernel
def predict_forced(
    unscented: bool,
    model: int,
    q_m2ps3: float,
    sigma_mps2: float,
    lasts_s: float,
    rise: float,
    dt_s: float,
    x: Float,
    p: Float,
) -> bool:
    """Predict ``x`` (9,) and ``p`` (9, 9) by ``dt_s`` in place; False where ``p`` is none."""
    if dt_s == 0.0:
        return True
    if sigma_mps2 == 0.0:
        six = p[:6, :6].copy()
        sound = predict_one(unscented, model, q_m2ps3, dt_s, x[:6], six)
        p[:6, :6] = six
        return sound
    shape, noise = np.empty((3, 3)), np.empty((3, 3))
    shape_of(x, sigma_mps2, rise, shape)
    beta = 1.0 / lasts_s
    fade = math.exp(-beta * dt_s)
    fast = lasts_s * (1.0 - fade)
    far = lasts_s * (dt_s - fast)
    if model == CONSTANT_VELOCITY:
        for i in range(3):
            x[i] += dt_s * x[3 + i]
        _push(p, dt_s, far, fast, fade)
    else:
        six = np.empty((6, 6))
        carry_in_place(model, x[:6], dt_s, six, np.empty((3, 6, 6)))
        _carry_covariance(six, p)
        _push(p, 0.0, far, fast, fade)
    for i in range(3):
        x[i] += far * x[6 + i]
        x[3 + i] += fast * x[6 + i]
        x[6 + i] *= fade
    _singer(beta * dt_s, dt_s, noise)
    for a in range(3):
        for b in range(3):
            for i in range(3):
                for j in range(3):
                    p[3 * a + i, 3 * b + j] += noise[a, b] * shape[i, j]
    for i in range(3):
        p[i, i] += q_m2ps3 * dt_s**3 / 3.0
        p[i + 3, i + 3] += q_m2ps3 * dt_s
        p[i, i + 3] += q_m2ps3 * dt_s**2 / 2.0
        p[i + 3, i] = p[i, i + 3]
    return True


@kernel
def update_forced(
    unscented: bool,
    code: int,
    origin: Float,
    axes: Float,
    noise: Float,
    z: Float,
    sigma_mps2: float,
    x: Float,
    p: Float,
) -> float:
    """Update ``x`` (9,), ``p`` (9, 9) in place; the log likelihood, not a number where there is none."""
    before, six = x[:6].copy(), p[:6, :6].copy()
    told, _ = update_one(unscented, code, origin, axes, noise, z, x[:6], six)
    if not math.isfinite(told):
        return math.nan
    if sigma_mps2 > 0.0:
        # position alone is measured: the force's regression on position and velocity stays what it was
        lower = np.zeros((6, 6))
        scale = np.empty(6)
        for i in range(6):
            scale[i] = math.sqrt(p[i, i])
        scaled = np.empty((6, 6))
        for i in range(6):
            for j in range(6):
                scaled[i, j] = p[i, j] / (scale[i] * scale[j])
        if not _lower(scaled, lower):
            return math.nan
        gain, cross = np.empty((3, 6)), np.zeros((3, 6))
        for i in range(3):
            for j in range(6):
                gain[i, j] = p[6 + i, j] / scale[j]
            _solve(lower, gain[i])
            for j in range(6):
                gain[i, j] /= scale[j]
                x[6 + i] += gain[i, j] * (x[j] - before[j])
        for i in range(3):
            for j in range(6):
                for k in range(6):
                    cross[i, j] += gain[i, k] * (six[k, j] - p[k, j])
        for i in range(3):
            for j in range(3):
                for k in range(6):
                    p[6 + i, 6 + j] += cross[i, k] * gain[j, k]
        for i in range(3):
            for j in range(6):
                p[6 + i, j] += cross[i, j]
                p[j, 6 + i] = p[6 + i, j]
        for i in range(3):
            for j in range(i):
                p[6 + i, 6 + j] = p[6 + j, 6 + i] = 0.5 * (p[6 + i, 6 + j] + p[6 + j, 6 + i])
    p[:6, :6] = six
    return told
