"""Simulated scans and truth for the tests of national tracking, made without the code under test.

Measurements come from pymap3d, free flight from scipy's integrator in an inertial frame.
"""

from __future__ import annotations

import numpy as np
import pymap3d
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from nodes.sensing.scan import Scan
from nodes.sensing.sensors import Infrared, Radar, Sonar

Array = NDArray[np.float64]
START_NS = 1_719_446_400 * 10**9
RADAR = Radar(
    lat_deg=36.7,
    lon_deg=127.5,
    alt_m=300.0,
    range_km=1500.0,
    period_s=2.0,
    pd=0.95,
    sigma_range_m=30.0,
    sigma_azimuth_mrad=1.0,
    sigma_elevation_mrad=1.0,
)


def orbiting(lon_deg: float, sigma_mrad: float = 0.03) -> Infrared:
    """An infrared sensor in geostationary orbit."""
    return Infrared(
        lat_deg=0.0,
        lon_deg=lon_deg,
        alt_m=35_786_000.0,
        period_s=2.0,
        pd=0.95,
        sigma_azimuth_mrad=sigma_mrad,
        sigma_elevation_mrad=sigma_mrad,
    )


def hydrophone(lat_deg: float, lon_deg: float) -> Sonar:
    """A sonar that hears 40 km far."""
    return Sonar(
        lat_deg=lat_deg, lon_deg=lon_deg, range_km=40.0, period_s=10.0, pd=0.9, sigma_azimuth_mrad=8.0
    )


def sigma(spec: Radar | Infrared | Sonar) -> Array:
    """Standard deviations of what a sensor measures."""
    angle = spec.sigma_azimuth_mrad * 1e-3
    if isinstance(spec, Radar):
        return np.array([spec.sigma_range_m, angle, spec.sigma_elevation_mrad * 1e-3])
    return (
        np.array([angle]) if isinstance(spec, Sonar) else np.array([angle, spec.sigma_elevation_mrad * 1e-3])
    )


def measure(spec: Radar | Infrared | Sonar, position_m: Array) -> Array:
    """What a perfect sensor would measure of an ECEF position, by pymap3d."""
    azimuth_deg, elevation_deg, slant = pymap3d.ecef2aer(*position_m, spec.lat_deg, spec.lon_deg, spec.alt_m)
    azimuth, elevation = np.radians(azimuth_deg), np.radians(elevation_deg)
    if isinstance(spec, Radar):
        return np.array([slant, azimuth, elevation])
    return np.array([azimuth]) if isinstance(spec, Sonar) else np.array([azimuth, elevation])


def axes(spec: Radar | Infrared | Sonar) -> Array:
    """East, north and up at a sensor as rows in ECEF, by pymap3d."""
    return np.array([pymap3d.enu2uvw(*unit, spec.lat_deg, spec.lon_deg) for unit in np.eye(3)])


def scan(
    spec: Radar | Infrared | Sonar,
    t_s: float,
    targets: list[Array],
    rng: np.random.Generator | None = None,
    sensor: int = 0,
    detected: float = 1.0,
    extra: Array | None = None,
) -> Scan:
    """One scan of the targets' ECEF positions; without ``rng`` perfect. ``extra`` (m, k): false alarms."""
    spread = sigma(spec)
    rows = []
    for target in targets:
        z = measure(spec, target[:3])
        if rng is not None:
            if rng.random() >= detected:
                continue
            z = z + spread * rng.standard_normal(len(spread))
        rows.append(z)
    table = np.array(rows).reshape(len(rows), len(spread))
    if extra is not None:
        table = np.concatenate([table, extra])
    return Scan(
        time_ns=START_NS + round(t_s * 1e9),
        sensor=sensor,
        kind=spec.kind,
        position_m=np.array(pymap3d.geodetic2ecef(spec.lat_deg, spec.lon_deg, spec.alt_m)),
        axes=axes(spec),
        sigma=spread,
        measurement=table,
    )


def place(lat_deg: float, lon_deg: float, alt_m: float, east: float, north: float, up: float = 0.0) -> Array:
    """An ECEF state (6,) from a place and a velocity in m/s, by pymap3d."""
    position = np.array(pymap3d.geodetic2ecef(lat_deg, lon_deg, alt_m))
    velocity = np.array(pymap3d.enu2uvw(east, north, up, lat_deg, lon_deg))
    return np.concatenate([position, velocity])


def straight(state: Array, t_s: float) -> Array:
    """Uniform motion in ECEF."""
    return np.concatenate([state[:3] + t_s * state[3:], state[3:]])


_MU, _J2, _RE, _W = 3.986004418e14, 1.08262668e-3, 6378137.0, 7.292115e-5


def flight(state: Array, t_s: Array, thrust_mps2: float = 0.0) -> Array:
    """Free flight from an ECEF state, with thrust along the velocity: states (len(t_s), 6) ECEF.

    Gravity with J2 in the inertial frame that coincides with ECEF at 0, then turned.
    """

    def rate(_t: float, y: Array) -> Array:
        p, v = y[:3], y[3:]
        r = np.linalg.norm(p)
        zr = 5.0 * p[2] ** 2 / r**2
        flat = 1.5 * _J2 * (_RE / r) ** 2 * np.array([1.0 - zr, 1.0 - zr, 3.0 - zr])
        a = -_MU / r**3 * p * (1.0 + flat)
        return np.concatenate([v, a + thrust_mps2 * v / np.linalg.norm(v)])

    spin = np.array([0.0, 0.0, _W])
    y0 = np.concatenate([state[:3], state[3:] + np.cross(spin, state[:3])])
    grid = np.atleast_1d(t_s)
    found = solve_ivp(rate, (0.0, float(grid.max()) + 1e-6), y0, t_eval=grid, rtol=1e-10, atol=1e-6).y.T
    rows = []
    for t, y in zip(grid, found, strict=True):
        c, s = np.cos(_W * t), np.sin(_W * t)
        turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
        position = turn @ y[:3]
        rows.append(np.concatenate([position, turn @ y[3:] - np.cross(spin, position)]))
    return np.array(rows)


def nees(error: Array, covariance: Array) -> float:
    """Normalised estimation error squared, per dimension."""
    return float(error @ np.linalg.solve(covariance, error)) / len(error)
