"""Where a straight line meets a surface of constant height: the only place for it."""

from __future__ import annotations

import math

import numpy as np

from fusion.arrays import Float
from fusion.physics.geodesy import WGS84_A_M, WGS84_B_M


def semi_axes_m(height_m: float) -> Float:
    """(3,) semi-axes of the surface at a height over the ellipsoid, taken for an ellipsoid itself."""
    return np.array([WGS84_A_M, WGS84_A_M, WGS84_B_M]) + height_m


def reach_m(origin_m: Float, along: Float, height_m: float) -> float | None:
    """Distance m along a ray to where it first meets the surface at a height; None where it never does.

    ``origin_m`` (3,) ECEF, ``along`` (3,) a unit vector. Scaled to the unit sphere: |p + t u|² = 1.
    """
    axes = semi_axes_m(height_m)
    p, u = origin_m / axes, along / axes
    a, b, c = float(u @ u), float(p @ u), float(p @ p) - 1.0
    discriminant = b * b - a * c
    if discriminant < 0.0:
        return None
    root = math.sqrt(discriminant)
    return next((t for t in ((-b - root) / a, (-b + root) / a) if t > 0.0), None)
