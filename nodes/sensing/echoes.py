"""Where an echo comes from: its way and its bearing meet at one distance from the receiver."""

from __future__ import annotations

from fusion.physics.geodesy import Float


def distance_m(way_m: float, source_m: Float, along: Float) -> float | None:
    """How far from the receiver an echo comes from along the unit vector ``along`` (3,), r = (R² - b²) /
    (2 (R - b·u)); None where the way R is no longer than that to the source, which is at ``source_m`` (3,)
    from the receiver. Source: Daun and Ehlers 2010, *Tracking algorithms for multistatic sonar systems*.
    """
    longer = way_m**2 - float(source_m @ source_m)
    return 0.5 * longer / (way_m - float(source_m @ along)) if longer > 0.0 else None
