"""Heights over the WGS-84 ellipsoid in compiled code: the only place for them.

`fusion.physics.geodesy.ecef2geodetic` gives the geodetic height itself; these cost a square root or two.
"""

from __future__ import annotations

import math

from fusion.arrays import Float
from fusion.kernel import kernel
from fusion.physics.geodesy import WGS84_A_M, WGS84_B_M

_A2, _B2 = WGS84_A_M * WGS84_A_M, WGS84_B_M * WGS84_B_M


@kernel
def level(x: float, y: float, z: float) -> float:
    """(x² + y²) / a² + z² / b² of an ECEF position in m: 1 on the ellipsoid, less below it."""
    return (x * x + y * y) / _A2 + z * z / _B2


@kernel
def radial_height_m(x: float, y: float, z: float) -> float:
    """Height m above the ellipsoid measured along the geocentric radius.

    Exactly zero on the ellipsoid; within 1e-5 of the geodetic height above it.
    """
    r = math.sqrt(x * x + y * y + z * z)
    return r - r / math.sqrt(level(x, y, z))


@kernel
def near_height_m(position_m: Float, up: Float) -> float:
    """Height m of a position (3,) ECEF near the ellipsoid, above or below it; its gradient into ``up`` (3,).

    The distance to the surface of `level` 1, to first order in the distance.
    """
    up[0], up[1], up[2] = position_m[0] / _A2, position_m[1] / _A2, position_m[2] / _B2
    slope = math.sqrt(up[0] * up[0] + up[1] * up[1] + up[2] * up[2])
    here: float = position_m[0] * up[0] + position_m[1] * up[1] + position_m[2] * up[2]
    for j in range(3):
        up[j] /= slope
    return (here - math.sqrt(here)) / slope
