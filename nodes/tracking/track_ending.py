"""How long a track may go unseen: when it coasts, and when it is given up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.sensors import Sensor
from nodes.tracking.coverage import log_missed
from nodes.tracking.environment import AIR, SPACE, SUBSURFACE, SURFACE, Kinematics
from nodes.tracking.track import Track
from triwatch.v1 import track_pb2

COAST_NS: Final[
    Annotated[
        dict[int, int], Chosen("ns", "how long a track may live without a detection, by environment", JUDGED)
    ]
] = {AIR: 60 * 10**9, SURFACE: 120 * 10**9, SUBSURFACE: 300 * 10**9, SPACE: 7_200 * 10**9}
LOST_SIGMA_M: Final[
    Annotated[
        dict[int, float],
        Chosen(
            "m", "a coasting track this uncertain, and silent for a while, is lost; by environment", JUDGED
        ),
    ]
] = {AIR: 10e3, SURFACE: 5e3, SUBSURFACE: 100e3, SPACE: 50e3}
COASTS: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "so unlikely a run of two misses or more of what is there, and a track is said to coast",
            "two misses of a sensor that sees four in five",
        ),
    ]
] = 0.041
SILENT_NS: Final[
    Annotated[
        int, Chosen("ns", "how long a coasting track is silent before its uncertainty may end it", JUDGED)
    ]
] = 20 * 10**9


def silence_ns(track: Track, sensors: Sequence[Sensor]) -> float:
    """How long a candidate may go unseen before it is forgotten: three periods of the slowest of its node's
    ``sensors``."""
    return 3e9 * max(sensors[s].period_s for s in track.sensors)


def given_up(
    tracks: Sequence[Track], sensors: Sequence[Sensor], time_ns: int, k: Kinematics, covariance: Float
) -> list[Track]:
    """Those that coasted too long or came down; ``k`` and ``covariance`` (n, 6, 6) at ``time_ns``."""
    sigma = np.sqrt(np.trace(covariance[:, :3, :3], axis1=1, axis2=2))
    gone = []
    for row, track in enumerate(tracks):
        silent = time_ns - track.last_hit_ns
        patient = silence_ns(track, sensors)
        limit = COAST_NS[track.environment] if track.confirmed else patient
        lost = silent > SILENT_NS and sigma[row] > LOST_SIGMA_M[track.environment]
        falling = track.environment == SPACE and k.climb_mps[row] < 0.0
        down = falling and k.altitude_m[row] < k.altitude_sigma_m[row] and silent > patient
        if silent > limit or lost or down:
            gone.append(track)
    return gone


def _expected_ns(track: Track, sensors: Sequence[Sensor]) -> float:
    """How long a track may by chance be detected by none of the ``sensors`` that ever did: three periods
    of the slowest, or as many as an unlikely run of misses takes where they are faint."""
    likely = math.log(COASTS)
    return 1e9 * max(sensors[s].period_s * max(3.0, likely / log_missed(sensors[s])) for s in track.sensors)


def status_of(track: Track, sensors: Sequence[Sensor], time_ns: int, ended: bool) -> int:
    """As the contract numbers it."""
    if ended:
        return int(track_pb2.TRACK_STATUS_TERMINATED)
    missed = track.misses >= 2 and track.log_missed < math.log(COASTS)
    coasting = missed or time_ns - track.last_hit_ns > _expected_ns(track, sensors)
    return int(track_pb2.TRACK_STATUS_DROPPING if coasting else track_pb2.TRACK_STATUS_MAINTAINING)
