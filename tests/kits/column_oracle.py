"""A report's columns read by compiled code, against what protobuf makes of the same bytes."""

from __future__ import annotations

import math

import numpy as np

from fusion.report.decode import ORDER, read
from fusion.report.report import Report, ReportError
from triwatch.v1 import track_pb2

DOUBLES = {"state": 6, "covariance": 21, "process_noise": 1, "identity_confidence": 1}
CARRIED = ("tracklet_information", "tracklet_vector")
OPTIONAL = (
    "process_noise",
    "identity",
    "identity_confidence",
    "motion_model",
    "quality",
    "parent_local_number",
    "tracklet_told",
)


def reads(payload: bytes, n: int) -> bool:
    """Whether the bytes are laid out plainly, with n rows."""
    return bool(read(np.frombuffer(payload, np.uint8), n)[0])


def same(payload: bytes, n: int) -> bool:
    """Whether the columns were read; they are protobuf's to the bit."""
    batch = track_pb2.TrackBatch.FromString(payload)
    is_finite_or_known(payload, batch)
    plain, _, columns = read(np.frombuffer(payload, np.uint8), n)
    if not plain:
        return False
    assert len(batch.local_number) == n
    for name, values in zip(ORDER, columns, strict=True):
        theirs = np.asarray(getattr(batch, name))
        if not len(theirs) and name not in CARRIED:
            assert name in OPTIONAL
            told = name == "tracklet_told"
            theirs = np.ones(len(batch.tracklet_vector) // 6) if told else np.zeros(n)
        theirs = theirs.astype(values.dtype)
        assert values.dtype == theirs.dtype
        assert values.tobytes() == theirs.tobytes(), name
    return True


def is_finite_or_known(payload: bytes, batch: track_pb2.TrackBatch) -> None:
    """A number that is none is found, wherever it stands: by protobuf's own values."""
    finite = all(math.isfinite(x) for name in (*DOUBLES, *CARRIED) for x in getattr(batch, name))
    try:
        fault = Report.from_bytes(payload).fault
    except ReportError:
        return
    assert finite or fault is not None
    assert fault is None or fault.finite == finite
