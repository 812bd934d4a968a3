"""What a node tells of where it listened and heard nothing, and of the areas that it searches.

A look is left out where something was heard that its report does not explain by a track or a line of bearing:
it may be the contact that is searched for (`proto/README.md`, section 5).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np

from fusion.constants import JUDGED, Chosen, constants
from fusion.physics.geodesy import Float
from fusion.report.reported_looks import LOOKS_MAX, PROBABILITY_MAX
from nodes.sensing.scan import Scan
from nodes.sensing.sensors import Sensor, Sonar
from triwatch.v1 import track_pb2


@constants
class Telling(NamedTuple):
    """How looks are told."""

    every_s: Annotated[
        float, Chosen("s", "of one sensor: what is heard nearer in time is not independent", JUDGED)
    ] = 60.0
    trust: Annotated[
        float,
        Chosen("1", "share of the declared probability that is told: too much costs the target", JUDGED),
    ] = 0.7
    reach: Annotated[
        float, Chosen("1", "share of the declared range at which half of that is left", JUDGED)
    ] = 0.9
    steepness: Annotated[int, Chosen("1", "of its fall there: a sonar's range is declared sharp", JUDGED)] = (
        16
    )
    quiet: Annotated[
        float, Chosen("1", "share of the reach of a declared curve: a contact 6 dB quieter than its", JUDGED)
    ] = 0.5
    sigmas: Annotated[
        float, Chosen("1", "a bearing is explained by what lies so near to it", "chi2.sf(16, 1) = 6e-5")
    ] = 4.0


TELLING = Telling()


class Looks:
    """The looks of a node's sonars since its last report."""

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        self._sensors = tuple(sensors)
        self._scans: list[Scan] = []
        self._told_ns: dict[int, int] = {}

    def take(self, scan: Scan) -> None:
        """A scan that the tracker has dealt with."""
        if isinstance(self._sensors[scan.sensor], Sonar):
            self._scans.append(scan)

    def tell(self, batch: track_pb2.TrackBatch) -> None:
        """Add to a report what was listened since the last one."""
        for scan in self._scans[-LOOKS_MAX:]:
            before_ns = self._told_ns.get(scan.sensor)
            due = before_ns is None or scan.time_ns - before_ns >= TELLING.every_s * 1e9
            if due and _explained(scan, batch):
                self._told_ns[scan.sensor] = scan.time_ns
                _add(batch, scan, self._sensors[scan.sensor])
        self._scans.clear()


def _add(batch: track_pb2.TrackBatch, scan: Scan, sensor: Sensor) -> None:
    assert isinstance(sensor, Sonar)
    batch.look_time_ns.append(scan.time_ns)
    batch.look_position.extend(scan.position_m.tolist())
    best = max((share for _, share in sensor.range_curve), default=1.0)
    batch.look_probability.append(min(TELLING.trust * sensor.pd * best, PROBABILITY_MAX))
    reach_m, steepness = _fall(sensor)
    batch.look_range.append(reach_m)
    batch.look_steepness.append(steepness)
    batch.look_blind.append(1e3 * sensor.min_range_km)
    start, end = sensor.azimuth_limits_deg or (0.0, 0.0)
    batch.look_sector.extend([start % 360.0, end % 360.0])


def _fall(sensor: Sonar) -> tuple[float, int]:
    """Where half of the declared probability is left, m, and how steeply it falls there.

    Of a declared curve: where it last falls to half its best, and the steepness s of
    1 / (1 + (r / half) ** s) that has what the curve has half as far again.
    """
    if not sensor.range_curve:
        return 1e3 * TELLING.reach * sensor.range_km, TELLING.steepness
    km, share = zip(*sensor.range_curve, strict=True)
    at_km = np.linspace(0.0, sensor.range_km, 1_001)
    left = np.interp(at_km, km, share, right=0.0) / max(share)
    half_km = max(float(at_km[left >= 0.5].max(initial=0.0)), 1e-3 * sensor.range_km)
    beyond = min(max(float(np.interp(1.5 * half_km, at_km, left, right=0.0)), 1e-3), 0.3)
    steepness = math.log(1.0 / beyond - 1.0) / math.log(1.5)
    return 1e3 * TELLING.quiet * half_km, min(max(round(steepness), 2), TELLING.steepness)


def _explained(scan: Scan, batch: track_pb2.TrackBatch) -> bool:
    """Whether every bearing of a scan is near to one that the report tells of."""
    heard = scan.measurement[:, 0]
    if not len(heard):
        return True
    reach = TELLING.sigmas * float(scan.sigma[0])
    state = np.asarray(batch.state).reshape(-1, 6)[:, :3] - scan.position_m
    variance = np.asarray(batch.covariance).reshape(-1, 21)[:, [0, 2, 5]].sum(axis=1)
    level = state @ scan.axes[:2].T
    away2 = np.maximum((level**2).sum(axis=1), 1.0)
    bearings = np.concatenate([np.arctan2(level[:, 0], level[:, 1]), np.asarray(batch.line_bearing)])
    wide = np.concatenate([TELLING.sigmas * np.sqrt(variance / away2), np.asarray(batch.line_sigma)])
    apart = np.abs((heard[:, None] - bearings + np.pi) % (2.0 * np.pi) - np.pi)
    return bool((apart <= reach + wide).any(axis=1).all())


class Area(NamedTuple):
    """An area that the node searches, as it declares it."""

    number: int
    from_ns: int
    until_ns: int
    centre: Float
    """(3,) ECEF m."""
    half_m: tuple[float, float]
    """Half its extent to the east and to the north."""
    prior: float


def tell_areas(batch: track_pb2.TrackBatch, areas: list[Area], time_ns: int) -> None:
    """Add to a report the areas whose search has begun, once each: they are taken from the list."""
    for area in [one for one in areas if one.from_ns <= time_ns]:
        areas.remove(area)
        if area.until_ns <= time_ns:
            continue
        columns: dict[str, Any] = {
            "area_number": [area.number],
            "area_time_ns": [time_ns],
            "area_until_ns": [area.until_ns],
            "area_centre": area.centre.tolist(),
            "area_half": area.half_m,
            "area_prior": [area.prior],
        }
        for name, values in columns.items():
            getattr(batch, name).extend(values)
