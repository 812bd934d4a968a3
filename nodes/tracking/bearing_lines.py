"""Lines of bearing: what is told of a contact that nothing but sonars has detected.

Its filter knows how far away it is by guess and by manoeuvre; what each bearing told it is the bearing. So
the bearings themselves are reported, and whoever has those of others too makes of them what can be made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import numpy as np

from fusion.arrays import Float
from fusion.constants import JUDGED, Chosen
from nodes.sensing.sensors import Sensor, Sonar
from nodes.tracking.columns import LineColumns
from nodes.tracking.visibility import Mask

if TYPE_CHECKING:
    from nodes.tracking.track import Track

UNSURE_RAD: Final[
    Annotated[float, Chosen("rad", "a bearing as unsure as this of whose it is is not told", JUDGED)]
] = 0.3


AVERAGED: Final[
    Annotated[
        float,
        Chosen("1", "bearings in a row of which a target's place is made, while it keeps its course", JUDGED),
    ]
] = 10.0


class HeardLine(NamedTuple):
    """One bearing."""

    time_ns: int
    sensor: int
    position_m: Float
    """(3,) of the sensor."""
    bearing_rad: float
    sigma_rad: float
    """As `sigma_rad` has it."""


def sigma_rad(spec: Sensor, variance: float) -> float:
    """Of a bearing with a noise of that variance, rad², as whoever takes bearings for independent should hear
    it: n of them with one error δ in common tell of a place what n with σ² + n δ² each do."""
    off = spec.misalignment
    if off is None:
        return math.sqrt(variance)
    common_rad = 1e-3 * math.hypot(off.azimuth_mrad, off.heading_mrad)
    return math.sqrt(variance + AVERAGED * common_rad * common_rad)


def only_heard(track: Track, sensors: Sequence[Sensor]) -> bool:
    """Whether nothing but sonars that know their bearings has detected a track."""
    return all(only_bearings(sensors[s]) for s in track.sensors)


def only_bearings(spec: Sensor) -> bool:
    """Whether a sensor is a sonar that knows its bearings, and nothing else."""
    return isinstance(spec, Sonar) and spec.array != "towed"


def of_another(tracks: Sequence[Track], sensor: int, sensors: Sequence[Sensor]) -> Mask:
    """(n,) which tracks are what other sonars than this one hear and nothing else detects: whether two sonars
    hear one target is for those to say who have all lines of both."""
    if not only_bearings(sensors[sensor]):
        return np.zeros(len(tracks), dtype=bool)
    return np.array([sensor not in t.sensors and only_heard(t, sensors) for t in tracks], dtype=bool)


def lines_of(tracks: Sequence[Track], since_ns: int) -> list[tuple[Track, HeardLine]]:
    """The lines of tracks later than ``since_ns``, in the order of time; one that may be of anything says
    nothing."""
    lines = [
        (t, line)
        for t in tracks
        for line in t.lines
        if line.time_ns > since_ns and line.sigma_rad < UNSURE_RAD
    ]
    return sorted(lines, key=lambda one: (one[1].time_ns, one[0].number))


def told_lines(tracks: Sequence[Track], sensors: Sequence[Sensor], since_ns: int) -> LineColumns:
    """The lines of tracks that are only heard, later than ``since_ns``: up to there all has been told."""
    told = sorted(lines_of(tracks, since_ns), key=lambda one: one[0].number)
    spec = [sensors[line.sensor] for _, line in told]
    return LineColumns(
        number=np.array([t.number for t, _ in told], np.int64),
        time_ns=np.array([line.time_ns for _, line in told], np.int64),
        position_m=np.array([line.position_m for _, line in told]).reshape(len(told), 3),
        bearing_rad=np.array([line.bearing_rad for _, line in told]),
        sigma_rad=np.array([line.sigma_rad for _, line in told]),
        environment=np.array([t.environment for t, _ in told], np.int64),
        sound_mps=np.array([one.sound_mps if isinstance(one, Sonar) else 0.0 for one in spec]),
        reach_m=np.array([1e3 * one.range_km for one in spec]),
    )
