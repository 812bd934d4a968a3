"""Numbers as others are to read them: rounded, never -0.0, and bearings below a whole turn."""

from __future__ import annotations


def rounded(value: float, digits: int) -> float:
    """``value`` to so many decimals; what rounds to nothing has no sign."""
    return round(value, digits) + 0.0


def bearing(deg: float, digits: int, turn_deg: float = 360.0) -> float:
    """A bearing from 0 to below ``turn_deg``, also once rounded; 180 for the axis of an ellipse."""
    return rounded(rounded(deg % turn_deg, digits) % turn_deg, digits)
