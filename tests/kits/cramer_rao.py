"""The least impact error that any filter can reach, by an integration that shares no code with the product.

Force model: point-mass gravity with J2, the Earth's rotation, drag of a known ballistic coefficient in an
atmosphere joined log-linearly. Integration: scipy's DOP853. Derivatives: central differences.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp

MU, J2, RE, W = 3.986004418e14, 1.08262668e-3, 6378137.0, 7.292115e-5
A, B = 6378137.0, 6356752.314245179
BETA = 6000.0
HEIGHTS = 1e3 * np.array([0, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 150.0])
DENSITY = (
    *(1.2250, 0.73643, 0.41351, 0.19476, 8.8910e-2, 4.0084e-2, 1.8410e-2, 3.9957e-3, 1.0269e-3),
    *(3.0968e-4, 8.2829e-5, 1.8458e-5, 3.416e-6, 5.604e-7, 9.708e-8, 2.222e-8, 2.076e-9),
)
LOG_DENSITY = np.log(DENSITY)
SIGMA = np.array([30.0, 1e-3, 1e-3])
STATIONS = ((36.7, 127.5, 100.0), (40.9, 140.3, 100.0), (35.8, 135.2, 100.0))
STEPS = np.array([10.0, 10.0, 10.0, 0.01, 0.01, 0.01])


def ecef(lat_deg: float, lon_deg: float, alt_m: float) -> np.ndarray:
    la, lo = np.radians(lat_deg), np.radians(lon_deg)
    e2 = 1.0 - (B / A) ** 2
    n = A / np.sqrt(1.0 - e2 * np.sin(la) ** 2)
    ring = (n + alt_m) * np.cos(la)
    return np.array([ring * np.cos(lo), ring * np.sin(lo), (n * (1.0 - e2) + alt_m) * np.sin(la)])


def axes(lat_deg: float, lon_deg: float) -> np.ndarray:
    a, b = np.radians(lat_deg), np.radians(lon_deg)
    return np.array(
        [
            [-np.sin(b), np.cos(b), 0.0],
            [-np.sin(a) * np.cos(b), -np.sin(a) * np.sin(b), np.cos(a)],
            [np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)],
        ]
    )


def height(p: np.ndarray) -> float:
    r = np.linalg.norm(p)
    return float(r - r / np.sqrt((p[0] ** 2 + p[1] ** 2) / A**2 + p[2] ** 2 / B**2))


def rate(_t: float, s: np.ndarray, beta: float) -> np.ndarray:
    x, y, z, u, v, _ = s
    r = np.sqrt(x * x + y * y + z * z)
    k, j, q = -MU / r**3, 1.5 * J2 * (RE / r) ** 2, 5.0 * (z / r) ** 2
    g = k * np.array([x * (1 + j * (1 - q)), y * (1 + j * (1 - q)), z * (1 + j * (3 - q))])
    a = g + W * W * np.array([x, y, 0.0]) + 2.0 * W * np.array([v, -u, 0.0])
    h = height(s[:3])
    if h < HEIGHTS[-1]:
        a -= 0.5 * np.exp(np.interp(h, HEIGHTS, LOG_DENSITY)) * np.linalg.norm(s[3:]) / beta * s[3:]
    return np.concatenate([s[3:], a])


def _ground(_t: float, s: np.ndarray, _beta: float) -> float:
    return height(s[:3])


_ground.terminal = True  # type: ignore[attr-defined]
_ground.direction = -1.0  # type: ignore[attr-defined]


def impact(state: np.ndarray, beta: float = BETA) -> tuple[np.ndarray, float]:
    """Position (3,) and seconds to the impact."""
    o = solve_ivp(rate, (0, 2e4), state, "DOP853", events=_ground, rtol=1e-10, atol=1e-5, args=(beta,))
    return o.y[:3, -1], float(o.t[-1])


def path(state: np.ndarray, times_s: np.ndarray, beta: float = BETA) -> np.ndarray:
    """States (k, 6) at times from the state's own."""
    o = solve_ivp(
        rate, (0, times_s[-1] + 1e-9), state, "DOP853", rtol=1e-10, atol=1e-6, t_eval=times_s, args=(beta,)
    )
    return o.y.T


def measure(states: np.ndarray, endpoint: tuple[float, float, float]) -> np.ndarray:
    """Range m, azimuth and elevation rad (..., 3) from a endpoint."""
    d = (states[..., :3] - ecef(*endpoint)) @ axes(*endpoint[:2]).T
    r = np.linalg.norm(d, axis=-1)
    return np.stack([r, np.arctan2(d[..., 0], d[..., 1]), np.arcsin(d[..., 2] / r)], axis=-1)


def geodetic(p: np.ndarray) -> tuple[float, float]:
    """Latitude and longitude deg of a point of the ellipsoid."""
    return float(np.degrees(np.arctan2(p[2], (B / A) ** 2 * np.hypot(p[0], p[1])))), float(
        np.degrees(np.arctan2(p[1], p[0]))
    )


class Bound:
    """Linearisation of one flight about its true state at burnout, with measurements once a second."""

    def __init__(self, burnout: np.ndarray, seconds: int, stations=STATIONS, pd: float = 1.0) -> None:
        self.times_s = np.arange(0.0, seconds + 0.5)
        self.pd = pd
        sides = [
            [path(burnout + sign * np.eye(6)[i] * STEPS[i], self.times_s) for sign in (1, -1)]
            for i in range(6)
        ]
        self.jacobian = {
            s: np.stack(
                [(measure(a, s) - measure(b, s)) / (2 * STEPS[i]) for i, (a, b) in enumerate(sides)], -1
            )
            for s in stations
        }
        """By endpoint: (k, 3, 6), of the measurements by the state at burnout."""
        self.impact_m, self.impact_s = impact(burnout)
        self.level = axes(*geodetic(self.impact_m))[:2]
        self.to_ground = np.stack(
            [
                (impact(burnout + d)[0] - impact(burnout - d)[0]) / (2 * STEPS[i])
                for i, d in enumerate(np.eye(6) * STEPS)
            ],
            -1,
        )

    def covariance(self, until_s: int) -> np.ndarray:
        """Bound (2, 2) of the impact point, east and north, m², with the measurements up to then."""
        information = np.zeros((6, 6))
        for h in self.jacobian.values():
            weighted = h[: until_s + 1] / (SIGMA**2)[:, None]
            information += self.pd * np.einsum("kij,kil->jl", weighted, h[: until_s + 1])
        flat = self.level @ self.to_ground
        return flat @ np.linalg.inv(information) @ flat.T

    def rms_m(self, until_s: int) -> float:
        """Root mean square impact error of the best filter, m."""
        return float(np.sqrt(np.trace(self.covariance(until_s))))
