"""What passes from a sensor to a national tracker."""

from __future__ import annotations

from dataclasses import dataclass

from fusion.physics.geodesy import Float


@dataclass(frozen=True, slots=True)
class Scan:
    """One look of one sensor: m detections of k quantities each.

    A radar measures range m, azimuth rad clockwise from north and elevation rad in its local
    east-north-up frame; an infrared sensor azimuth and elevation; a sonar the bearing.
    """

    time_ns: int
    sensor: int
    """Index of the sensor within its node."""
    kind: str
    """"radar", "infrared" or "sonar"."""
    position_m: Float
    """(3,) ECEF."""
    axes: Float
    """(3, 3) rows: east, north, up of the measuring frame in ECEF."""
    sigma: Float
    """(k,) standard deviation of each measured quantity."""
    measurement: Float
    """(m, k)."""
    object_id: tuple[str, ...]
    """(m,) true origin, empty for a false alarm. For recording and scoring only."""
