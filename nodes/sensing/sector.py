"""What azimuth limits mean: the sector from the first, clockwise, to the second."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fusion.physics.geodesy import Float

Limits = tuple[float, float]


def width_deg(limits_deg: Limits | None) -> float:
    """Width of a sector; the full circle where there are no limits, or where they are a whole turn apart."""
    if limits_deg is None:
        return 360.0
    turn = limits_deg[1] - limits_deg[0]
    return turn % 360.0 or (360.0 if turn else 0.0)


def within(azimuth_rad: Float, limits_deg: Limits | None) -> NDArray[np.bool_]:
    """(n,) whether azimuths lie in a sector."""
    if limits_deg is None:
        return np.ones(len(azimuth_rad), dtype=np.bool_)
    inside: NDArray[np.bool_] = (np.degrees(azimuth_rad) - limits_deg[0]) % 360.0 <= width_deg(limits_deg)
    return inside
