"""WGS-84 conversions between frames, named from2to.

Angles in degrees, lengths in metres. Every function takes scalars or arrays that broadcast.

Frames: *ecef*, Earth-centred Earth-fixed; *eci*, the inertial frame that coincides with ECEF at
``t_s`` = 0 and keeps the Earth's axis; *enu*, local east, north, up at a reference point;
*aer*, azimuth clockwise from true north, elevation, slant range.

Source: NGA.STND.0036 (WGS-84), 2014; Hofmann-Wellenhof et al., *GNSS*, 2008, eq. 8.1 to 8.10.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fusion.arrays import Float as Float

__all__ = [
    "aer2ecef",
    "aer2enu",
    "ecef2aer",
    "ecef2eci",
    "ecef2enu",
    "ecef2geodetic",
    "eci2ecef",
    "enu2aer",
    "enu2ecef",
    "enu_axes",
    "geodetic2ecef",
    "great_circle_range_m",
]
"""What other programs may call; it stays."""

WGS84_A_M = 6378137.0
WGS84_F = 1.0 / 298.257223563
WGS84_B_M = WGS84_A_M * (1.0 - WGS84_F)
WGS84_E2 = WGS84_F * (2.0 - WGS84_F)
EARTH_RATE_RADPS = 7.292115e-5
MEAN_RADIUS_M = 6371008.8
"""(2 a + b) / 3: the sphere on which great circles are measured (IUGG)."""


def geodetic2ecef(lat_deg: ArrayLike, lon_deg: ArrayLike, alt_m: ArrayLike) -> Float:
    """Geodetic latitude, longitude and ellipsoidal height to ECEF, shape (..., 3)."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    alt = np.asarray(alt_m, dtype=float)
    n = WGS84_A_M / np.sqrt(1.0 - WGS84_E2 * np.sin(lat) ** 2)
    return np.stack(
        np.broadcast_arrays(
            (n + alt) * np.cos(lat) * np.cos(lon),
            (n + alt) * np.cos(lat) * np.sin(lon),
            (n * (1.0 - WGS84_E2) + alt) * np.sin(lat),
        ),
        axis=-1,
    )


def ecef2geodetic(ecef_m: ArrayLike) -> tuple[Float, Float, Float]:
    """ECEF (..., 3) to latitude deg, longitude deg in (-180, 180], height m.

    Bowring's parametric latitude, iterated to convergence: below a micrometre from the sea floor to
    geostationary height. At the Earth's centre the latitude is undefined; 0 is returned there.
    """
    p = np.asarray(ecef_m, dtype=float)
    x, y, z = p[..., 0], p[..., 1], p[..., 2]
    rho = np.hypot(x, y)
    # parametric latitude beta: tan(phi) = (z + e'^2 b sin^3 beta) / (rho - e^2 a cos^3 beta)
    beta = np.arctan2(z, rho * (1.0 - WGS84_F))
    ep2 = WGS84_E2 / (1.0 - WGS84_E2)
    lat = np.zeros_like(rho)
    for _ in range(4):
        lat = np.arctan2(
            z + ep2 * WGS84_B_M * np.sin(beta) ** 3, rho - WGS84_E2 * WGS84_A_M * np.cos(beta) ** 3
        )
        beta = np.arctan2((1.0 - WGS84_F) * np.sin(lat), np.cos(lat))
    n = WGS84_A_M / np.sqrt(1.0 - WGS84_E2 * np.sin(lat) ** 2)
    alt = rho * np.cos(lat) + z * np.sin(lat) - WGS84_A_M**2 / n
    return np.degrees(lat), np.degrees(np.arctan2(y, x)), alt


def enu_axes(lat_deg: ArrayLike, lon_deg: ArrayLike) -> Float:
    """Rotation ECEF to ENU, shape (..., 3, 3): rows are the east, north and up axes in ECEF."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    sp, cp, sl, cl = np.sin(lat), np.cos(lat), np.sin(lon), np.cos(lon)
    zero = np.zeros_like(sp * sl)
    rows = (
        (-sl + zero, cl + zero, zero),
        (-sp * cl, -sp * sl, cp + zero),
        (cp * cl, cp * sl, sp + zero),
    )
    return np.stack([np.stack(np.broadcast_arrays(*row), axis=-1) for row in rows], axis=-2)


def ecef2enu(ecef_m: ArrayLike, lat_deg: float, lon_deg: float, alt_m: float) -> Float:
    """ECEF positions (..., 3) to east, north, up about the reference point."""
    d = np.asarray(ecef_m, dtype=float) - geodetic2ecef(lat_deg, lon_deg, alt_m)
    return d @ enu_axes(lat_deg, lon_deg).T


def enu2ecef(enu_m: ArrayLike, lat_deg: float, lon_deg: float, alt_m: float) -> Float:
    """East, north, up (..., 3) about the reference point to ECEF positions."""
    rotated: Float = np.asarray(enu_m, dtype=float) @ enu_axes(lat_deg, lon_deg)
    return rotated + geodetic2ecef(lat_deg, lon_deg, alt_m)


def enu2aer(enu_m: ArrayLike) -> tuple[Float, Float, Float]:
    """East, north, up (..., 3) to azimuth deg in [0, 360), elevation deg, slant range m."""
    p = np.asarray(enu_m, dtype=float)
    e, n, u = p[..., 0], p[..., 1], p[..., 2]
    ground = np.hypot(e, n)
    return np.degrees(np.arctan2(e, n)) % 360.0, np.degrees(np.arctan2(u, ground)), np.hypot(ground, u)


def aer2enu(azimuth_deg: ArrayLike, elevation_deg: ArrayLike, range_m: ArrayLike) -> Float:
    """Azimuth, elevation and slant range to east, north, up, shape (..., 3)."""
    az, el, r = np.radians(azimuth_deg), np.radians(elevation_deg), np.asarray(range_m, dtype=float)
    return np.stack(
        np.broadcast_arrays(r * np.cos(el) * np.sin(az), r * np.cos(el) * np.cos(az), r * np.sin(el)),
        axis=-1,
    )


def ecef2aer(ecef_m: ArrayLike, lat_deg: float, lon_deg: float, alt_m: float) -> tuple[Float, Float, Float]:
    """ECEF positions (..., 3) to azimuth deg, elevation deg, slant range m seen from the reference point."""
    return enu2aer(ecef2enu(ecef_m, lat_deg, lon_deg, alt_m))


def aer2ecef(
    azimuth_deg: ArrayLike,
    elevation_deg: ArrayLike,
    range_m: ArrayLike,
    lat_deg: float,
    lon_deg: float,
    alt_m: float,
) -> Float:
    """Azimuth, elevation and slant range from the reference point to ECEF, shape (..., 3)."""
    return enu2ecef(aer2enu(azimuth_deg, elevation_deg, range_m), lat_deg, lon_deg, alt_m)


def _spin(angle_rad: ArrayLike) -> Float:
    """Rotation about the Earth's axis by ``angle_rad``, shape (..., 3, 3)."""
    angle = np.asarray(angle_rad, dtype=float)
    c, s, zero, one = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    rows = ((c, -s, zero), (s, c, zero), (zero, zero, one))
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def eci2ecef(state: ArrayLike, t_s: ArrayLike) -> Float:
    """Inertial state (..., 6) m, m/s at ``t_s`` seconds after the frames coincided, to ECEF."""
    s = np.asarray(state, dtype=float)
    turn = _spin(-EARTH_RATE_RADPS * np.asarray(t_s, dtype=float))
    position = (turn @ s[..., :3, None])[..., 0]
    velocity = (turn @ s[..., 3:, None])[..., 0]
    return np.concatenate([position, velocity - _cross_spin(position)], axis=-1)


def ecef2eci(state: ArrayLike, t_s: ArrayLike) -> Float:
    """ECEF state (..., 6) m, m/s to the inertial frame that coincided with ECEF ``t_s`` seconds ago."""
    s = np.asarray(state, dtype=float)
    turn = _spin(EARTH_RATE_RADPS * np.asarray(t_s, dtype=float))
    position, velocity = s[..., :3], s[..., 3:] + _cross_spin(s[..., :3])
    return np.concatenate(
        [(turn @ position[..., None])[..., 0], (turn @ velocity[..., None])[..., 0]], axis=-1
    )


def _cross_spin(position: Float) -> Float:
    """Earth rate vector cross position, m/s."""
    return EARTH_RATE_RADPS * np.stack(
        [-position[..., 1], position[..., 0], np.zeros_like(position[..., 0])], axis=-1
    )


def great_circle_range_m(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """Ground range on the mean sphere (`MEAN_RADIUS_M`) between two points.

    Within 0.6 % of the ellipsoid's geodesic; haversine form, stable for near and antipodal points.
    """
    p1, p2 = np.radians(lat1_deg), np.radians(lat2_deg)
    dl = np.radians(lon2_deg - lon1_deg)
    h = np.sin((p2 - p1) / 2.0) ** 2 + np.cos(p1) * np.cos(p2) * np.sin(dl / 2.0) ** 2
    return float(2.0 * MEAN_RADIUS_M * np.arcsin(np.sqrt(min(1.0, h))))
