"""What passes from a sensor to a national tracker. It tells nothing of where a detection came from."""

from __future__ import annotations

from dataclasses import dataclass

from fusion.physics.geodesy import Float
from nodes.sensing.replies import TransponderReply
from nodes.sensing.sensors import Kind


@dataclass(frozen=True, slots=True)
class Ping:
    """What an echo is of."""

    time_ns: int
    """When it was made, UTC."""
    position_m: Float
    """(3,) ECEF where it was made."""
    sound_mps: float


@dataclass(frozen=True, slots=True)
class Scan:
    """One look of one sensor: m detections of k quantities each, m may be 0.

    A radar measures range m, azimuth rad clockwise from north and elevation rad in its local
    east-north-up frame; an infrared sensor azimuth and elevation; a sonar the bearing, or with a towed array
    the angle off its axis, 0 to pi; a multistatic sonar an echo's whole way m, its bearing and, where it is
    declared, by how many m/s the way grows. That is told when the last echo may have come: what was hit was
    so as the ping reached it. A receiver's own way meanwhile is taken out.
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
    detection_sigma: Float | None = None
    """(m, k) standard deviations of each detection, where its signal tells them; None: all as ``sigma``."""
    axis_rad: float | None = None
    """Where a towed array's axis points, clockwise from north; None: it is no such array."""
    ping: Ping | None = None
    """Of a multistatic scan."""
