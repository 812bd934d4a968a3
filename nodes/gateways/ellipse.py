"""The outline of a 95 % ellipse on the ground.

On the sphere about the ellipse's centre. Source: Snyder 1987, eq. 5-3 and 5-6, in terms of unit vectors.
"""

from __future__ import annotations

import math
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from fusion.physics.geodesy import MEAN_RADIUS_M
from triwatch.v1 import picture_pb2

CORNERS: Final[Annotated[int, Chosen("1", "corners of a polygon in place of an ellipse", OPERATION)]] = 36
LEAST_M: Final[Annotated[float, Chosen("m", "A smaller semi-axis would not show", OPERATION)]] = 100.0


def outline(point: picture_pb2.GroundPoint) -> list[tuple[float, float]]:
    """Latitude and longitude deg of its corners, clockwise from the end of the major axis."""
    return [_corner(point, 2.0 * math.pi * k / CORNERS) for k in range(CORNERS)]


def _corner(point: picture_pb2.GroundPoint, turn: float) -> tuple[float, float]:
    """As a direction from the Earth's centre: it has a longitude wherever the ellipse lies, at a pole too."""
    major, minor = max(point.ellipse_95_major_m, LEAST_M), max(point.ellipse_95_minor_m, LEAST_M)
    along, across = major * math.cos(turn), minor * math.sin(turn)
    angle = math.hypot(along, across) / MEAN_RADIUS_M
    bearing = math.radians(point.ellipse_orientation_deg) + math.atan2(across, along)
    lat0, lon0 = math.radians(point.lat_deg), math.radians(point.lon_deg)
    north, east = math.sin(angle) * math.cos(bearing), math.sin(angle) * math.sin(bearing)
    out = math.cos(angle) * math.cos(lat0) - north * math.sin(lat0)
    up = math.cos(angle) * math.sin(lat0) + north * math.cos(lat0)
    lon_deg = math.degrees(lon0 + math.atan2(east, out))
    return math.degrees(math.atan2(up, math.hypot(out, east))), (lon_deg + 180.0) % 360.0 - 180.0
