"""Anything on the wire is either a checked message or one typed error, and nothing else."""

import math
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import link_kit
import trust_kit
from nodes.link import codec, limits, topics
from nodes.link.errors import Reason, WireError
from nodes.link.rejections import Rejections

GOOD = link_kit.frames(link_kit.batch())


def refused(frames: list[bytes]) -> Reason:
    with pytest.raises(WireError) as caught:
        codec.from_frames(frames, trust_kit.ledger())
    return caught.value.reason


def test_a_report_passes_with_its_exact_bytes() -> None:
    received = codec.from_frames([*GOOD, codec.pack_clocks([7, 8])], trust_kit.ledger())
    assert received.body is GOOD[1]
    assert received.payload == link_kit.batch().SerializeToString()
    assert received.message == link_kit.batch()
    assert (received.topic.kind, received.topic.source, received.topic.stream) == (
        "report",
        "KOR-1",
        link_kit.ALL,
    )
    assert (received.incarnation, received.sequence) == (1, 1)
    assert received.clock_ns == (7, 8)


@given(st.lists(st.binary(max_size=400), max_size=5))
@example([b"report//KOR-1", b""])
def test_random_frames_never_raise_anything_else(frames: list[bytes]) -> None:
    with pytest.raises(WireError):
        codec.from_frames(frames, trust_kit.ledger())


@given(st.integers(0, 2**32))
def test_mutants_are_accepted_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    frames = [bytearray(f) for f in GOOD]
    for _ in range(chance.randint(1, 6)):
        frame = chance.choice(frames)
        frame[chance.randrange(len(frame))] = chance.randrange(256)
    try:
        received = codec.from_frames([bytes(f) for f in frames], trust_kit.ledger())
    except WireError:
        return
    assert received.topic.source == received.message.node_id


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("column", ["state", "covariance", "process_noise"])
def test_a_number_that_is_not_finite_is_refused(column: str, value: float) -> None:
    bad = link_kit.batch()
    getattr(bad, column)[0] = value
    error = codec.from_frames(link_kit.frames(bad), trust_kit.ledger()).refused
    assert error is not None
    assert error.reason == Reason.NOT_FINITE


def test_each_rule_has_its_reason() -> None:
    topic, body = GOOD
    assert refused([]) == Reason.FRAMES
    assert refused([topic]) == Reason.FRAMES
    assert refused([topic, body, b"1234567"]) == Reason.FRAMES
    assert refused([topic, body, b"", b""]) == Reason.FRAMES
    assert refused([b"reports/x/KOR-1", body]) == Reason.TOPIC
    assert refused([b"report/JPN/KOR-1\n", body]) == Reason.TOPIC
    assert refused([b"report/" + b"JPN-" * 100 + b"KOR/KOR-1", body]) == Reason.TOPIC
    assert refused([topic, body + b"\x00" * limits.BODY_BYTES_MAX["report"]]) == Reason.OVERSIZE
    assert refused([topic, b"\xff\xff\xff"]) == Reason.ENVELOPE
    assert refused([topic, link_kit.seal("report", b"\xff\xff")]) == Reason.PAYLOAD
    assert refused([b"report/JPN-KOR-USA/KOR-2", body]) == Reason.FOREIGN_KEY
    assert refused([b"report/KOR-USA/KOR-1", body]) == Reason.MISMATCH
    assert refused(link_kit.frames(link_kit.batch(sequence=0))) == Reason.MISMATCH
    assert refused(link_kit.frames(link_kit.batch(sequence=2**53))) == Reason.MISMATCH


@given(
    st.sampled_from(["", "USA", "JPN-KOR-USA"]),
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", fullmatch=True),
)
def test_topics_come_back_as_they_were_made(stream: str, node_id: str) -> None:
    for kind, made in (
        ("report", topics.report(stream, node_id)),
        ("status", topics.status(stream, node_id)),
        ("detections", topics.detections(node_id)),
        ("origins", topics.origins(node_id)),
    ):
        said = stream if kind in topics.STREAMED else ""
        assert topics.parse(made.encode()) == (kind, node_id, said, made)
    for kind, made in (
        ("corestatus", topics.core_status("KOR", stream)),
        ("warning", topics.warning("KOR", stream)),
        ("picture", topics.picture("KOR")),
        ("national", topics.national("KOR")),
    ):
        said = stream if kind in topics.STREAMED else ""
        assert topics.parse(made.encode()) == (kind, "KOR", said, made)


def test_refusals_are_counted_and_the_log_cannot_be_flooded(caplog: pytest.LogCaptureFixture) -> None:
    rejections = Rejections()
    for i in range(10_000):
        rejections(f"peer {i}\n\x1b[31m", WireError(Reason.TOPIC, "x" * 10_000))
    assert rejections.by_reason[Reason.TOPIC] == rejections.total == 10_000
    assert len(caplog.records) == 14
    assert all("\n" not in r.getMessage() and len(r.getMessage()) < 400 for r in caplog.records)
