"""A report's columns read by compiled code are what protobuf makes of the same bytes, or are left to it."""

import math

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fusion.report.decode import ORDER, read
from fusion.report.report import Report, ReportError
from fusion_oracle import reports as r
from triwatch.v1 import track_pb2

CRUISE = np.array([*r.PLACE_M, 200.0, 0.0, 50.0])
ENUMS = ("environment", "status", "identity", "motion_model")
INTEGERS = ("local_number", "quality", "parent_local_number")
DOUBLES = {"state": 6, "covariance": 21, "process_noise": 1, "identity_confidence": 1}
CARRIED = ("tracklet_information", "tracklet_vector")
OPTIONAL = (
    "process_noise",
    "identity",
    "identity_confidence",
    "motion_model",
    *INTEGERS[1:],
    "tracklet_told",
)


def reads(payload: bytes, n: int) -> bool:
    """Whether the bytes are laid out plainly, with n rows."""
    return bool(read(np.frombuffer(payload, np.uint8), n)[0])


def same(payload: bytes, n: int) -> bool:
    """Whether the columns were read; they are protobuf's to the bit."""
    batch = track_pb2.TrackBatch.FromString(payload)
    is_finite_or_known(payload, batch)
    plain, columns = read(np.frombuffer(payload, np.uint8), n)
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


@st.composite
def batches(draw: st.DrawFn) -> track_pb2.TrackBatch:
    """Any values whatever, any of the columns that may be left out left out."""
    n = draw(st.integers(1, 4))
    batch = track_pb2.TrackBatch(node_id="A", sequence=draw(st.integers(0, 2**64 - 1)))
    batch.label.policy = draw(st.text(max_size=5))
    batch.valid_time_ns.extend(draw(st.lists(st.integers(0, 2**64 - 1), min_size=n, max_size=n)))
    for name in ENUMS:
        values = st.integers(-(2**31), 2**31 - 1) | st.integers(0, 3)
        getattr(batch, name).extend(draw(st.lists(values, min_size=n, max_size=n)))
    for name in INTEGERS:
        getattr(batch, name).extend(draw(st.lists(st.integers(0, 2**32 - 1), min_size=n, max_size=n)))
    for name, width in DOUBLES.items():
        values = st.floats() | st.just(1.5)
        getattr(batch, name).extend(draw(st.lists(values, min_size=n * width, max_size=n * width)))
    if draw(st.booleans()):
        for name, width in zip(CARRIED, (21, 6), strict=True):
            values = st.lists(st.floats() | st.just(0.0), min_size=n * width, max_size=n * width)
            getattr(batch, name).extend(draw(values))
        batch.tracklet_told.extend(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    for name in OPTIONAL:
        if draw(st.booleans()):
            batch.ClearField(name)  # type: ignore[arg-type]
    return batch


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(batch=batches())
def test_what_an_encoder_writes_is_read(batch: track_pb2.TrackBatch) -> None:
    assert same(batch.SerializeToString(), len(batch.local_number))


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(batch=batches(), data=st.data())
def test_whatever_else_protobuf_takes_is_read_alike_or_not_at_all(
    batch: track_pb2.TrackBatch, data: st.DataObject
) -> None:
    payload = bytearray(batch.SerializeToString())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(payload) - 1))
        if data.draw(st.booleans()):
            payload[at] = data.draw(st.integers(0, 255))
        else:
            payload[at:at] = data.draw(st.binary(max_size=12))
    try:
        n = len(track_pb2.TrackBatch.FromString(bytes(payload)).local_number)
    except DecodeError:
        return
    same(bytes(payload), n)


@pytest.mark.parametrize("length", range(400))
def test_bytes_cut_short_are_not_read_past(length: int) -> None:
    """Where a whole field ends a message may end too; a column that must be there is missed."""
    payload = r.report("A", 1, 1.0, CRUISE).SerializeToString()[:length]
    if reads(payload, 1):
        assert same(payload, 1)


def test_a_column_in_two_parts_is_left_to_protobuf() -> None:
    batch = r.report("A", 1, 1.0, CRUISE)
    whole = batch.SerializeToString()
    state = track_pb2.TrackBatch(state=batch.state).SerializeToString()
    assert reads(whole, 1)
    assert not reads(whole + state, 1)
    batch.ClearField("state")
    first = track_pb2.TrackBatch(state=CRUISE[:2]).SerializeToString()
    rest = track_pb2.TrackBatch(state=CRUISE[2:]).SerializeToString()
    halves = batch.SerializeToString() + first + rest
    assert not reads(halves, 1)
    assert Report.from_bytes(halves).events[0].state.tolist() == [CRUISE.tolist()]
