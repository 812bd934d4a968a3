"""Which nations lie under an ellipse on the ground.

Outlines are rings of points of the surface. A ring and an ellipse are compared in the azimuthal
equidistant projection about the ellipse's centre, where the ellipse is scaled to the unit circle: they
meet where a side of the ring comes within 1 of the centre or the ring goes around it. Source: Snyder,
*Map Projections: A Working Manual*, USGS PP 1395, 1987, eq. 25-2 and 25-3 on the sphere; crossing
numbers after Preparata and Shamos, *Computational Geometry*, 1985, theorem 2.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from fusion.arrays import Float
from fusion.physics.geodesy import MEAN_RADIUS_M


@dataclass(frozen=True, slots=True)
class Ring:
    """One closed line of an outline."""

    points: Float
    """(k, 3) unit vectors, the last joined to the first."""
    centre: Float
    """(3,) unit vector."""
    reach_rad: float
    """Every point is within this angle of the centre."""


def ring(lat_deg: Float, lon_deg: Float) -> Ring:
    """A ring from latitudes and longitudes (k,)."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    points = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    centre = points.sum(axis=0)
    centre = centre / np.linalg.norm(centre)
    return Ring(points, centre, float(np.arccos(np.clip(points @ centre, -1.0, 1.0)).max()))


class Nations:
    """The outlines of some nations; one whose outline is not known counts as under every ellipse,
    so that nobody is left unwarned for want of a map."""

    def __init__(self, outlines: Mapping[str, Iterable[Ring]], unmapped: Iterable[str] = ()) -> None:
        owned = [(nation, r) for nation, rings in sorted(outlines.items()) for r in rings]
        self._owner = [nation for nation, _ in owned]
        self._points = [r.points for _, r in owned]
        self._centre = np.array([r.centre for _, r in owned]).reshape(-1, 3)
        self._reach_rad = np.array([r.reach_rad for _, r in owned])
        self._unmapped = set(unmapped)

    def under(
        self, lat_deg: float, lon_deg: float, major_m: float, minor_m: float, bearing_deg: float
    ) -> list[str]:
        """Nations, sorted, of which any part lies within the ellipse of those semi-axes; `bearing_deg` is
        the major axis's, clockwise from north."""
        lat, lon = math.radians(lat_deg), math.radians(lon_deg)
        sp, cp, sl, cl = math.sin(lat), math.cos(lat), math.sin(lon), math.cos(lon)
        b = math.radians(bearing_deg)
        north, east = np.array([-sp * cl, -sp * sl, cp]), np.array([-sl, cl, 0.0])
        along, across = math.cos(b) * north + math.sin(b) * east, math.cos(b) * east - math.sin(b) * north
        frame = np.stack([np.array([cp * cl, cp * sl, sp]), along, across])
        scale = np.array([MEAN_RADIUS_M / max(major_m, 1.0), MEAN_RADIUS_M / max(minor_m, 1.0)])
        within = np.minimum(math.pi, max(major_m, minor_m) / MEAN_RADIUS_M + self._reach_rad)
        under = set(self._unmapped)
        for i in np.flatnonzero(self._centre @ frame[0] >= np.cos(within)):
            if self._owner[i] not in under and _meets(self._points[i], frame, scale):
                under.add(self._owner[i])
        return sorted(under)


def _meets(points: Float, frame: Float, scale: Float) -> bool:
    """Whether a ring meets the unit circle of the scaled projection."""
    local = points @ frame.T
    angle = np.arccos(np.clip(local[:, 0], -1.0, 1.0))
    side = np.hypot(local[:, 1], local[:, 2])
    k = angle / np.maximum(side, 1e-12)
    p = local[:, 1:] * k[:, None] * scale
    if float((p * p).sum(axis=1).min()) <= 1.0:
        return True
    q = np.roll(p, -1, axis=0)
    d = q - p
    t = np.clip(-(p * d).sum(axis=1) / np.maximum((d * d).sum(axis=1), 1e-30), 0.0, 1.0)
    nearest = p + t[:, None] * d
    if float((nearest * nearest).sum(axis=1).min()) <= 1.0:
        return True
    over = (p[:, 1] > 0.0) != (q[:, 1] > 0.0)
    crossing = p[over, 0] - p[over, 1] * d[over, 0] / d[over, 1]
    return bool(np.count_nonzero(crossing > 0.0) % 2)
