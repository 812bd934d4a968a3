"""Bytes of the wire to typed messages, and back: every check that needs no other message.

The exact bytes are kept beside what was parsed from them: they are relayed, recorded and repaired as
they came and never serialised again.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from fusion.report.decode import not_finite
from nodes.link import limits, topics
from nodes.link.errors import Reason, WireError
from nodes.link.topics import Topic
from nodes.link.trust import Checks
from triwatch.v1 import (
    envelope_pb2,
    exercise_pb2,
    picture_pb2,
    sensing_pb2,
    status_pb2,
    track_pb2,
    warning_pb2,
)

DOMAIN = {
    topics.REPORT: b"triwatch.v1.TrackBatch\x00",
    topics.STATUS: b"triwatch.v1.NodeStatus\x00",
    topics.WARNING: b"triwatch.v1.MissileWarning\x00",
    topics.CORE_STATUS: b"triwatch.v1.CoreStatus\x00",
}
"""What a signature covers before the payload, by kind; the kinds that travel in an Envelope."""

_MESSAGE: dict[str, Any] = {
    topics.REPORT: track_pb2.TrackBatch,
    topics.STATUS: status_pb2.NodeStatus,
    topics.WARNING: warning_pb2.MissileWarning,
    topics.PICTURE: picture_pb2.PictureUpdate,
    topics.NATIONAL: picture_pb2.PictureUpdate,
    topics.CORE_STATUS: status_pb2.CoreStatus,
    topics.DETECTIONS: sensing_pb2.DetectionScan,
    topics.ORIGINS: exercise_pb2.ScanOrigins,
}
_NUMBERED = frozenset(
    (topics.REPORT, topics.PICTURE, topics.NATIONAL, topics.WARNING, topics.DETECTIONS, topics.ORIGINS)
)
_BY_NODE = frozenset((topics.REPORT, topics.STATUS, topics.DETECTIONS, topics.ORIGINS))

Sign = Callable[[bytes, int], tuple[str, bytes]]
"""Domain prefix and payload, and the scenario time they are of, to (key id, signature)."""


@dataclass(slots=True)
class Received:
    """One message that passed every check."""

    topic: Topic
    body: bytes
    """As it came."""
    message: Any
    """The parsed TrackBatch, NodeStatus, PictureUpdate, CoreStatus, MissileWarning, DetectionScan
    or ScanOrigins."""
    payload: bytes
    """The exact bytes that ``message`` was parsed from: the envelope's content, or the body itself."""
    incarnation: int
    sequence: int
    """Within (topic, incarnation), from 1; 0 for the kinds that have no numbers."""
    clock_ns: tuple[int, ...] = ()
    """CLOCK_MONOTONIC of the sender: first when it published this; then, on a picture, when each report
    that is new in it had been published. Empty where the sender does not say."""
    repaired: bool = False


def seal(kind: str, payload: bytes, sign: Sign, time_ns: int) -> bytes:
    """``payload`` in an Envelope, signed with the key for ``time_ns``: the body of a live message."""
    envelope = envelope_pb2.Envelope(payload=payload)
    envelope.key_id, envelope.signature = sign(DOMAIN[kind] + payload, time_ns)
    body: bytes = envelope.SerializeToString()
    return body


def pack_clocks(clock_ns: Iterable[int]) -> bytes:
    """The third frame: big-endian unsigned 64-bit clock readings."""
    readings = tuple(clock_ns)[: limits.CLOCKS_MAX]
    return struct.pack(f">{len(readings)}Q", *readings)


def unpack_clocks(frame: bytes) -> tuple[int, ...]:
    """The third frame's clock readings. Raises WireError."""
    count, rest = divmod(len(frame), 8)
    if rest or count > limits.CLOCKS_MAX:
        raise WireError(Reason.FRAMES, f"a clock frame of {len(frame)} bytes")
    return struct.unpack(f">{count}Q", frame)


def from_frames(frames: list[bytes], trust: Checks) -> Received:
    """A live message: topic, body and perhaps clock readings. Raises WireError."""
    if not 2 <= len(frames) <= 3:
        raise WireError(Reason.FRAMES, f"{len(frames)} frames, expected 2 or 3")
    received = decode(topics.parse(frames[0]), frames[1], trust)
    if len(frames) == 3:
        received.clock_ns = unpack_clocks(frames[2])
    return received


def decode(topic: Topic, body: bytes, trust: Checks) -> Received:
    """Parse and check one body against its topic. Raises WireError.

    What is signed is verified before a byte of the payload is parsed; then the key is judged by the policy
    that was in force at the message's own time.
    """
    if len(body) > limits.BODY_BYTES_MAX[topic.kind]:
        raise WireError(
            Reason.OVERSIZE, f"{len(body)} bytes, a {topic.kind} may have {limits.BODY_BYTES_MAX[topic.kind]}"
        )
    message = _MESSAGE[topic.kind]()
    payload = body
    if topic.kind in DOMAIN:
        envelope = envelope_pb2.Envelope()
        _parse(envelope, body, Reason.ENVELOPE)
        payload = envelope.payload
        trust.verify(topic, envelope.key_id, envelope.signature, DOMAIN[topic.kind] + payload)
        _parse(message, payload, Reason.PAYLOAD)
    else:
        _parse(message, body, Reason.ENVELOPE)
    source = message.node_id if topic.kind in _BY_NODE else message.nation
    if source != topic.source:
        raise WireError(Reason.MISMATCH, f"content from {source!r}")
    if topic.kind in DOMAIN:
        trust.judge(topic, message.nation, envelope.key_id, times_of(topic.kind, message))
    incarnation = sequence = 0
    if topic.kind in _NUMBERED:
        incarnation, sequence = message.incarnation, message.sequence
        if not (incarnation >= 1 and 1 <= sequence <= limits.SEQUENCE_MAX):
            raise WireError(Reason.MISMATCH, f"incarnation {incarnation}, sequence {sequence}")
    _check_streams(topic, message)
    if topic.kind == topics.REPORT:
        _check_finite(message, payload)
    return Received(topic, body, message, payload, incarnation, sequence)


def payload_of(kind: str, body: bytes) -> bytes:
    """The exact bytes that a body's signature covers, less their prefix. Raises WireError."""
    if kind not in DOMAIN:
        return body
    envelope = envelope_pb2.Envelope()
    _parse(envelope, body, Reason.ENVELOPE)
    payload: bytes = envelope.payload
    return payload


def picture_nation(body: bytes) -> str:
    """Whose picture a PictureUpdate is. Raises WireError."""
    update = picture_pb2.PictureUpdate()
    _parse(update, body, Reason.PAYLOAD)
    return str(update.nation)


def times_of(kind: str, message: Any) -> tuple[int, ...]:
    """The scenario times at which the key of a signed message has to count.

    Of a report the oldest and the newest valid time; where it has no row, when it was sent. What a core says
    of itself decides nothing and may come ahead of its accession: of it no time is asked.
    """
    if kind == topics.CORE_STATUS:
        return ()
    if kind != topics.REPORT:
        return (message.time_ns,)
    if not message.valid_time_ns:
        return (message.sent_time_ns,)
    oldest, newest = min(message.valid_time_ns), max(message.valid_time_ns)
    return (oldest,) if oldest == newest else (oldest, newest)


def _parse(message: Any, data: bytes, reason: Reason) -> None:
    try:
        message.ParseFromString(data)
    except DecodeError:
        name = message.DESCRIPTOR.name
        raise WireError(reason, f"{len(data)} bytes that are no {name}") from None


def _check_streams(topic: Topic, message: Any) -> None:
    """What a message says of streams it says to those of its topic's: of no other than that one."""
    if topic.kind == topics.REPORT:
        named = {message.stream}
    elif topic.kind == topics.STATUS:
        named = {mark.stream for mark in message.punctuation}
    elif topic.kind == topics.CORE_STATUS:
        named = {holding.stream for holding in message.holding}
    else:
        return
    strange = named - {topic.stream}
    if strange:
        raise WireError(Reason.MISMATCH, f"content of stream {min(strange)!r}")


def _check_finite(batch: track_pb2.TrackBatch, payload: bytes) -> None:
    if name := not_finite(batch, payload):
        raise WireError(Reason.NOT_FINITE, f"{name} of sequence {batch.sequence}")
