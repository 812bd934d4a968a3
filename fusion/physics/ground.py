"""Places on the ellipsoid in a fixed order of arithmetic, where geodesy uses the machine's sine.

For what a fold decides and tells: the same bits on every machine. The latitude comes from Bowring's
parametric one by its sine and cosine alone, so that only the degrees themselves need an arctangent.
Source: Bowring, *Survey Review* 23(181), 1976; Hofmann-Wellenhof et al., *GNSS*, 2008, eq. 8.8 to 8.10.
"""

from __future__ import annotations

import math

import numpy as np

from fusion.arrays import Float
from fusion.elementary import atan2_fixed, degrees, radians, sin_cos
from fusion.kernel import kernel
from fusion.physics.geodesy import MEAN_RADIUS_M, WGS84_A_M, WGS84_B_M, WGS84_E2, WGS84_F

_EP2 = WGS84_E2 / (1.0 - WGS84_E2)


@kernel
def latitude(position_m: Float) -> tuple[float, float, float]:
    """Sine and cosine of the geodetic latitude, and the height m, of ECEF (3,)."""
    z = position_m[2]
    rho = math.sqrt(position_m[0] * position_m[0] + position_m[1] * position_m[1])
    sb, cb = z, rho * (1.0 - WGS84_F)
    length = math.sqrt(sb * sb + cb * cb)
    if length == 0.0:
        return 0.0, 1.0, -WGS84_A_M
    sp, cp = 0.0, 1.0
    for _ in range(4):
        sb, cb = sb / length, cb / length
        sp = z + _EP2 * WGS84_B_M * sb * sb * sb
        cp = rho - WGS84_E2 * WGS84_A_M * cb * cb * cb
        length = math.sqrt(sp * sp + cp * cp)
        sp, cp = sp / length, cp / length
        sb, cb = (1.0 - WGS84_F) * sp, cp
        length = math.sqrt(sb * sb + cb * cb)
    n = WGS84_A_M / math.sqrt(1.0 - WGS84_E2 * sp * sp)
    return sp, cp, rho * cp + z * sp - WGS84_A_M * WGS84_A_M / n


@kernel
def axes_at(position_m: Float) -> Float:
    """(3, 3): the east, north and up axes in ECEF at ECEF (3,)."""
    sp, cp, _ = latitude(position_m)
    rho = math.sqrt(position_m[0] * position_m[0] + position_m[1] * position_m[1])
    sl, cl = (position_m[1] / rho, position_m[0] / rho) if rho > 0.0 else (0.0, 1.0)
    axes = np.empty((3, 3))
    axes[0, 0], axes[0, 1], axes[0, 2] = -sl, cl, 0.0
    axes[1, 0], axes[1, 1], axes[1, 2] = -sp * cl, -sp * sl, cp
    axes[2, 0], axes[2, 1], axes[2, 2] = cp * cl, cp * sl, sp
    return axes


@kernel
def place_of(position_m: Float) -> tuple[float, float, float]:
    """Latitude deg, longitude deg and height m of ECEF (3,)."""
    sp, cp, height_m = latitude(position_m)
    return degrees(atan2_fixed(sp, cp)), degrees(atan2_fixed(position_m[1], position_m[0])), height_m


@kernel
def point_on_ground(lat_deg: float, lon_deg: float) -> Float:
    """ECEF (3,) of a point of the ellipsoid."""
    sp, cp = sin_cos(radians(lat_deg))
    sl, cl = sin_cos(radians(lon_deg))
    n = WGS84_A_M / math.sqrt(1.0 - WGS84_E2 * sp * sp)
    return np.array([n * cp * cl, n * cp * sl, n * (1.0 - WGS84_E2) * sp])


@kernel
def ground_range_m(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """Great-circle range on the mean sphere: the angle of two unit vectors by their difference and sum."""
    difference2, sum2 = 0.0, 0.0
    s1, c1 = sin_cos(radians(lat1_deg))
    s2, c2 = sin_cos(radians(lat2_deg))
    m1, n1 = sin_cos(radians(lon1_deg))
    m2, n2 = sin_cos(radians(lon2_deg))
    for u, v in ((c1 * n1, c2 * n2), (c1 * m1, c2 * m2), (s1, s2)):
        difference2 += (u - v) * (u - v)
        sum2 += (u + v) * (u + v)
    return 2.0 * MEAN_RADIUS_M * atan2_fixed(math.sqrt(difference2), math.sqrt(sum2))
