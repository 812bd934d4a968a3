"""Distance and bearing over the ellipsoid."""

from __future__ import annotations

import numpy as np

from fusion.physics.geodesy import WGS84_A_M, WGS84_F


def ground_range_m(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """Length of the shortest way along the ellipsoid.

    Lambert's formula on reduced latitudes: within about 10 m over thousands of kilometres, worse only
    close to the antipode. Source: Lambert, *J. Washington Acad. Sci.* 32(5), 1942.
    """
    b1 = np.arctan((1.0 - WGS84_F) * np.tan(np.radians(lat1_deg)))
    b2 = np.arctan((1.0 - WGS84_F) * np.tan(np.radians(lat2_deg)))
    h = np.sin((b2 - b1) / 2.0) ** 2
    h += np.cos(b1) * np.cos(b2) * np.sin(np.radians(lon2_deg - lon1_deg) / 2.0) ** 2
    angle = 2.0 * np.arcsin(np.sqrt(min(1.0, h)))
    if angle == 0.0:
        return 0.0
    p, q = (b1 + b2) / 2.0, (b2 - b1) / 2.0
    x = (angle - np.sin(angle)) * (np.sin(p) * np.cos(q) / np.cos(angle / 2.0)) ** 2
    y = (angle + np.sin(angle)) * (np.cos(p) * np.sin(q) / np.sin(angle / 2.0)) ** 2
    return float(WGS84_A_M * (angle - WGS84_F / 2.0 * (x + y)))


def bearing_rad(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """Initial bearing of the great circle from the first point to the second, clockwise from north."""
    p1, p2 = np.radians(lat1_deg), np.radians(lat2_deg)
    dl = np.radians(lon2_deg - lon1_deg)
    return float(
        np.arctan2(np.sin(dl) * np.cos(p2), np.cos(p1) * np.sin(p2) - np.sin(p1) * np.cos(p2) * np.cos(dl))
    )
