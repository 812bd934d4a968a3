"""A report's columns read by compiled code are what protobuf makes of the same bytes, or are left to it."""

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from column_oracle import CARRIED, DOUBLES, OPTIONAL, reads, same
from fusion.report.report import Report
from fusion_oracle import reports as r
from triwatch.v1 import track_pb2

CRUISE = np.array([*r.PLACE_M, 200.0, 0.0, 50.0])
ENUMS = ("environment", "status", "identity", "motion_model")
INTEGERS = ("local_number", "quality", "parent_local_number")


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
