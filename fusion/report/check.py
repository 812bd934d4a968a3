"""The rules that the rows of a report keep (section 5 of ``proto/README.md``), in compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.arrays import Float, Ints
from fusion.kernel import kernel
from fusion.linalg import positive_definite
from fusion.report.decode import Columns, Narrow
from triwatch.v1 import track_pb2

TIME_NS_MAX = 2**62
POSITION_M_MAX = 1.0e8
SPEED_MPS_MAX = 2.0e4
CENTRE_M_MIN = 1.0e6
QUALITY_MAX = 15
PROCESS_NOISE_MAX = 1.0e6
VARIANCE_MIN = 1.0e-9
VARIANCE_MAX = 1.0e16
INFORMATION_MAX = 1.0e9
"""One over the least variance that a report may have."""
_ROUNDING = 1e-9

RULES = (
    "valid_time_ns must be 1 to 2^62 ns UTC",
    "state must be finite",
    f"position beyond {POSITION_M_MAX:g} m",
    f"velocity beyond {SPEED_MPS_MAX:g} m/s",
    "position within 1,000 km of the Earth's centre",
    "covariance must be finite",
    f"variances must be at least {VARIANCE_MIN:g}",
    f"variances must be at most {VARIANCE_MAX:g}",
    "process_noise must be 0 to 1e6 m2/s3",
    "identity_confidence must be 0 to 1",
    "local_number must be at least 1",
    "quality must be 0 to 15",
    "covariance must be positive definite",
    "tracklet must be finite",
    f"tracklet must have an information that is positive semidefinite and at most {INFORMATION_MAX:g}",
)
INDEFINITE, TRACKLET_NOT_FINITE, TRACKLET_UNSOUND = 12, 13, 14
_ENVIRONMENT_MAX = max(track_pb2.Environment.values())
_STATUS_MAX = max(track_pb2.TrackStatus.values())
_IDENTITY_MAX = max(track_pb2.Identity.values())
_MOTION_MAX = max(track_pb2.MotionModel.values())
"""The highest value known; what a later version adds is taken as 0."""

Checks = tuple[int, int, bool, bool, Ints]
"""What `check` says."""


@kernel
def _first_broken_rule(c: Columns, state: Float, covariance: Float) -> tuple[int, int]:
    """(row, index into RULES) of the first row that breaks one, or (-1, -1); ``state`` (n, 6),
    ``covariance`` (n, 21)."""
    time_ns, q, confidence = c.valid_time_ns, c.process_noise, c.identity_confidence
    local, quality = c.local_number, c.quality
    for r in range(len(time_ns)):
        moment = np.int64(time_ns[r])  # past 2^63 turns negative, and is refused as such
        if moment < 1 or moment > TIME_NS_MAX:
            return r, 0
        near = True
        for i in range(6):
            value = state[r, i]
            if not np.isfinite(value):
                return r, 1
            if i < 3 and abs(value) > POSITION_M_MAX:
                return r, 2
            if i >= 3 and abs(value) > SPEED_MPS_MAX:
                return r, 3
            near = near and (i >= 3 or abs(value) < CENTRE_M_MIN)
        if near:
            return r, 4
        for k in range(21):
            if not np.isfinite(covariance[r, k]):
                return r, 5
        for i in range(6):
            variance = covariance[r, i * (i + 3) // 2]
            if variance < VARIANCE_MIN:
                return r, 6
            if variance > VARIANCE_MAX:
                return r, 7
        if not (q[r] >= 0.0 and q[r] <= PROCESS_NOISE_MAX):
            return r, 8
        if not (confidence[r] >= 0.0 and confidence[r] <= 1.0):
            return r, 9
        if local[r] < 1:
            return r, 10
        if quality[r] > QUALITY_MAX:
            return r, 11
    definite = np.empty(len(time_ns), np.bool_)
    positive_definite(covariance, definite)
    for r in range(len(time_ns)):
        if not definite[r]:
            return r, INDEFINITE
    return -1, -1


@kernel
def _first_unsound_tracklet(told: Narrow, information: Float, vector: Float) -> tuple[int, int]:
    """(row, index into RULES) of the first row whose tracklet breaks the contract, or (-1, -1).

    Of a row that is not told the numbers must be finite, and nothing else.
    """
    raised = np.empty((1, 21))
    definite = np.empty(1, np.bool_)
    for r in range(len(told)):
        for i in range(6):
            if not np.isfinite(vector[r, i]):
                return r, TRACKLET_NOT_FINITE
        for k in range(21):
            raised[0, k] = information[r, k]
            if not np.isfinite(information[r, k]):
                return r, TRACKLET_NOT_FINITE
        if told[r] == 0:
            continue
        for i in range(6):
            k = i * (i + 3) // 2
            if information[r, k] < 0.0 or information[r, k] > INFORMATION_MAX:
                return r, TRACKLET_UNSOUND
            # a few detections leave directions of which they tell nothing: rounding may turn those negative
            raised[0, k] += _ROUNDING * information[r, k] + 1e-300
        positive_definite(raised, definite)
        if not definite[0]:
            return r, TRACKLET_UNSOUND
    return -1, -1


@kernel
def _known(value: int, highest: int) -> int:
    """An enum's value, one of a later version as 0."""
    return value if 0 <= value <= highest else 0


@kernel
def check(c: Columns) -> Checks:
    """Check every row of the columns and give the fold its integers.

    Returns (row, rule), the first broken rule or -1; whether all rows are of one moment; whether the local
    numbers ascend; and the columns (7, n) local number, environment, status, identity, motion, parent, told.
    """
    local, time_ns, told = c.local_number, c.valid_time_ns, c.tracklet_told
    n, carried = len(local), len(told)
    integers = np.empty((7, n), np.int64)
    row, rule = _first_broken_rule(c, c.state.reshape(n, 6), c.covariance.reshape(n, 21))
    if row < 0:
        row, rule = _first_unsound_tracklet(
            told, c.tracklet_information.reshape(carried, 21), c.tracklet_vector.reshape(carried, 6)
        )
    one_moment, ascending = True, True
    for r in range(n):
        one_moment = one_moment and time_ns[r] == time_ns[0]
        ascending = ascending and (r == 0 or local[r] > local[r - 1])
        integers[0, r] = local[r]
        integers[1, r] = _known(c.environment[r], _ENVIRONMENT_MAX)
        integers[2, r] = _known(c.status[r], _STATUS_MAX)
        integers[3, r] = _known(c.identity[r], _IDENTITY_MAX)
        integers[4, r] = _known(c.motion_model[r], _MOTION_MAX)
        integers[5, r] = c.parent_local_number[r]
        integers[6, r] = told[r] if carried else 0
    return row, rule, one_moment, ascending, integers


def standing_twice(local: Ints, time_ns: NDArray[Any]) -> int:
    """The first row, in the order of time and number, whose number stands twice at one time; -1 for none."""
    order = np.lexsort((local, time_ns))
    twice = (time_ns[order][1:] == time_ns[order][:-1]) & (local[order][1:] == local[order][:-1])
    return int(order[1:][twice][0]) if twice.any() else -1
