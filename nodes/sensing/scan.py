"""What passes from a sensor to a national tracker. It tells nothing of where a detection came from."""

from __future__ import annotations

from dataclasses import dataclass

from fusion.physics.geodesy import Float
from nodes.sensing.replies import TransponderReply
from nodes.sensing.sensors import Kind


@dataclass(frozen=True, slots=True)
class Scan:
    """One look of one sensor: m detections of k quantities each, m may be 0.

    A radar measures range m, azimuth rad clockwise from north and elevation rad in its local
    east-north-up frame; an infrared sensor azimuth and elevation; a sonar the bearing.
    """

    time_ns: int
    """When it was made, UTC."""
    sensor: int
    """Index of the sensor within its node."""
    kind: Kind
    position_m: Float
    """(3,) ECEF."""
    axes: Float
    """(3, 3) rows: east, north, up of the measuring frame in ECEF."""
    sigma: Float
    """(k,) standard deviation of each measured quantity."""
    measurement: Float
    """(m, k)."""
    replies: TransponderReply | None = None
    """What cooperative platforms replied; None where nobody was asked."""
