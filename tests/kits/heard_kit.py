"""Platforms that listen to targets, and their reports: in a small sea every target is heard each minute.

Shares no code with the fold. Places are east and north of 34 N 128 E, m; velocities m/s.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.physics.geodesy import ecef2geodetic, enu2ecef, enu_axes
from triwatch.v1 import track_pb2

Array = NDArray[np.float64]
START_NS = 1_719_446_400 * 10**9
LAT_DEG, LON_DEG = 34.0, 128.0
SIGMA_RAD = math.radians(1.5)
SOUND_MPS = 1_500.0
_EARTH_M = 6.371e6


@dataclass(frozen=True)
class Course:
    """Where something is at first, and how it moves."""

    east_m: float
    north_m: float
    east_mps: float = 0.0
    north_mps: float = 0.0
    height_m: float = -100.0

    def at(self, time_s: float) -> Array:
        """(3,) ECEF m."""
        e, n = self.east_m + time_s * self.east_mps, self.north_m + time_s * self.north_mps
        drop = (e * e + n * n) / (2.0 * _EARTH_M)
        place: Array = np.asarray(enu2ecef(np.array([e, n, self.height_m - drop]), LAT_DEG, LON_DEG, 0.0))
        return place.reshape(3)


def ship(east_m: float, north_m: float, east_mps: float = 0.0, north_mps: float = 0.0) -> Course:
    """On the surface."""
    return Course(east_m, north_m, east_mps, north_mps, 0.0)


TWO_PLATFORMS = (ship(0.0, 0.0, 2.5, 0.0), ship(30e3, 0.0, -2.0, 1.0))


def bearing_rad(platform: Array, target: Course, time_s: float) -> float:
    """Of what is heard at a time: of the target when the sound left it."""
    lat_deg, lon_deg, _ = ecef2geodetic(platform)
    delay_s = 0.0
    for _ in range(4):
        delay_s = float(np.linalg.norm(target.at(time_s - delay_s) - platform)) / SOUND_MPS
    east, north, _ = enu_axes(lat_deg, lon_deg) @ (target.at(time_s - delay_s) - platform)
    return math.atan2(east, north)


def heard(
    seed: int,
    platforms: Sequence[Course],
    targets: Sequence[Course],
    minutes: int = 20,
    nodes: Sequence[str] = ("JPN-1", "KOR-1", "USA-1"),
    period_s: float = 60.0,
) -> list[track_pb2.TrackBatch]:
    """Each platform's report of each look, in the order of time: a line of every target."""
    rng = np.random.default_rng(seed)
    made = []
    for k in range(int(60 * minutes / period_s) + 1):
        for s, (platform, node) in enumerate(zip(platforms, nodes, strict=False)):
            time_s = k * period_s + s
            place = platform.at(time_s)
            report = track_pb2.TrackBatch(
                node_id=node, nation=node[:3], incarnation=1, sequence=k + 1, exercise=True
            )
            for number, target in enumerate(targets, 1):
                report.line_contact.append(number)
                report.line_time_ns.append(START_NS + round(1e9 * time_s))
                report.line_position.extend(place.tolist())
                noise = SIGMA_RAD * float(rng.standard_normal())
                report.line_bearing.append(bearing_rad(place, target, time_s) + noise)
                report.line_sigma.append(SIGMA_RAD)
                report.line_environment.append(track_pb2.ENVIRONMENT_SUBSURFACE)
                report.line_sound_speed.append(SOUND_MPS)
                report.line_reach.append(40e3)
            made.append(report)
    return made
