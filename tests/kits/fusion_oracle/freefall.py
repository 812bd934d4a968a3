"""Free fall by another road: the gradient of the potential, in the inertial frame, integrated tightly.

`fusion` writes the acceleration out and works in the rotating frame; here the potential is differentiated
by a complex step (exact to rounding) and the result turned into the Earth's frame at the end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp

Float = NDArray[np.float64]

MU = 3.986004418e14
RE = 6378137.0
EARTH_RATE = 7.292115e-5
C20 = -0.484165371736e-3
"""EGM96, fully normalised; J2 = -sqrt(5) C20."""


def potential(p: NDArray[np.complex128]) -> complex:
    """Gravitational potential with the second zonal harmonic, positive inward, m²/s²."""
    r = np.sqrt((p * p).sum())
    sine = p[2] / r
    legendre = 0.5 * (3.0 * sine * sine - 1.0)
    return complex(MU / r * (1.0 + np.sqrt(5.0) * C20 * (RE / r) ** 2 * legendre))


def gravity(position: ArrayLike) -> Float:
    """Its gradient, m/s²."""
    p, step = np.asarray(position, dtype=float), 1e-3
    gradient = [potential(p + 1j * step * axis).imag / step for axis in np.eye(3)]
    return np.array(gradient)


def turn(angle: float) -> Float:
    """From inertial to Earth-fixed axes after the Earth turned by an angle, rad."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])


SPIN = np.array([0.0, 0.0, EARTH_RATE])


def fall(state: ArrayLike, dt_s: float) -> Float:
    """An ECEF state (6,) after ``dt_s`` of free fall."""
    s = np.asarray(state, dtype=float)
    start = np.concatenate([s[:3], s[3:] + np.cross(SPIN, s[:3])])
    end = solve_ivp(
        lambda _, y: np.concatenate([y[3:], gravity(y[:3])]),
        (0.0, dt_s),
        start,
        method="DOP853",
        rtol=1e-13,
        atol=1e-7,
    ).y[:, -1]
    to_earth = turn(EARTH_RATE * dt_s)
    position = to_earth @ end[:3]
    return np.concatenate([position, to_earth @ end[3:] - np.cross(SPIN, position)])


def _rate(states: Float) -> Float:
    """Time derivative of ECEF states (..., 6) in free fall, written in the rotating frame."""
    p, v = states[..., :3], states[..., 3:]
    r = np.sqrt((p * p).sum(axis=-1))[..., None]
    j = 1.5 * -np.sqrt(5.0) * C20 * (RE / r) ** 2
    sine2 = (p[..., 2:] / r) ** 2
    pull = -MU / r**3 * p * (1.0 + j * (np.array([1.0, 1.0, 3.0]) - 5.0 * sine2))
    apparent = -np.cross(SPIN, np.cross(SPIN, p)) - 2.0 * np.cross(SPIN, v)
    return np.concatenate([v, pull + apparent], axis=-1)


def fall_many(states: Float, dt_s: float) -> Float:
    """ECEF states (..., 6) after ``dt_s`` of free fall, by Runge-Kutta steps of a second: to a centimetre."""
    steps = max(1, round(abs(dt_s)))
    h, s = dt_s / steps, states
    for _ in range(steps):
        a = _rate(s)
        b = _rate(s + 0.5 * h * a)
        c = _rate(s + 0.5 * h * b)
        d = _rate(s + h * c)
        s = s + h / 6.0 * (a + 2.0 * b + 2.0 * c + d)
    return s


def fall_with_transition(state: Float, dt_s: float) -> tuple[Float, Float]:
    """A state after ``dt_s`` of free fall, and the transition (6, 6) by central differences."""
    step = np.diag([1e3] * 3 + [10.0] * 3)
    moved = fall_many(np.concatenate([state[None], state + step, state - step]), dt_s)
    return moved[0], ((moved[1:7] - moved[7:]) / (2.0 * np.diag(step))[:, None]).T


def jacobian(move: object, state: ArrayLike, step: ArrayLike) -> Float:
    """Central differences of ``move`` (6,) -> (6,) about a state, with a step (6,) in each coordinate."""
    s, h = np.asarray(state, dtype=float), np.asarray(step, dtype=float)
    columns = [
        (move(s + h[k] * axis) - move(s - h[k] * axis)) / (2.0 * h[k])  # type: ignore[operator]
        for k, axis in enumerate(np.eye(6))
    ]
    return np.array(columns).T
