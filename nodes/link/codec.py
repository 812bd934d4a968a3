"""Bytes of the wire to typed messages, and back: every check that needs no other message.

The exact bytes are kept beside what was parsed from them: they are relayed, recorded and repaired as
they came and never serialised again.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from nodes.link import limits, topics
from nodes.link.errors import Reason, WireError
from nodes.link.topics import Topic
from triwatch.v1 import envelope_pb2, exercise_pb2, picture_pb2, status_pb2, track_pb2, warning_pb2

DOMAIN = {
    topics.REPORT: b"triwatch.v1.TrackBatch\x00",
    topics.STATUS: b"triwatch.v1.NodeStatus\x00",
    topics.WARNING: b"triwatch.v1.MissileWarning\x00",
}
"""What a signature covers before the payload, by kind; the kinds that travel in an Envelope."""

_MESSAGE: dict[str, Any] = {
    topics.REPORT: track_pb2.TrackBatch,
    topics.STATUS: status_pb2.NodeStatus,
    topics.WARNING: warning_pb2.MissileWarning,
    topics.PICTURE: picture_pb2.PictureUpdate,
    topics.CORE_STATUS: status_pb2.CoreStatus,
    topics.DETECTIONS: exercise_pb2.DetectionScan,
}
_NUMBERED = frozenset((topics.REPORT, topics.PICTURE, topics.WARNING, topics.DETECTIONS))
_BY_NODE = frozenset((topics.REPORT, topics.STATUS, topics.DETECTIONS))

Sign = Callable[[bytes], tuple[str, bytes]]
"""Domain prefix and payload to (key id, signature)."""


@dataclass(slots=True)
class Received:
    """One message that passed every check."""

    topic: Topic
    body: bytes
    """As it came."""
    message: Any
    """The parsed TrackBatch, NodeStatus, PictureUpdate, CoreStatus, MissileWarning or DetectionScan."""
    payload: bytes
    """The exact bytes that ``message`` was parsed from: the envelope's content, or the body itself."""
    incarnation: int
    sequence: int
    """Within (topic, incarnation), from 1; 0 for the kinds that have no numbers."""
    clock_ns: tuple[int, ...] = ()
    """CLOCK_MONOTONIC of the sender: first when it published this; then, on a picture, when each report
    that is new in it had been published. Empty where the sender does not say."""
    repaired: bool = False


def seal(kind: str, payload: bytes, sign: Sign | None = None) -> bytes:
    """``payload`` in an Envelope, signed where ``sign`` is given: the body of a live message."""
    envelope = envelope_pb2.Envelope(payload=payload)
    if sign is not None:
        envelope.key_id, envelope.signature = sign(DOMAIN[kind] + payload)
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


def from_frames(frames: list[bytes]) -> Received:
    """A live message: topic, body and perhaps clock readings. Raises WireError."""
    if not 2 <= len(frames) <= 3:
        raise WireError(Reason.FRAMES, f"{len(frames)} frames, expected 2 or 3")
    received = decode(topics.parse(frames[0]), frames[1])
    if len(frames) == 3:
        received.clock_ns = unpack_clocks(frames[2])
    return received


def decode(topic: Topic, body: bytes) -> Received:
    """Parse and check one body against its topic. Raises WireError."""
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
        _parse(message, payload, Reason.PAYLOAD)
    else:
        _parse(message, body, Reason.ENVELOPE)
    source = message.node_id if topic.kind in _BY_NODE else message.nation
    if source != topic.source:
        raise WireError(Reason.MISMATCH, f"content from {source!r}")
    incarnation = sequence = 0
    if topic.kind in _NUMBERED:
        incarnation, sequence = message.incarnation, message.sequence
        if not (incarnation >= 1 and 1 <= sequence <= limits.SEQUENCE_MAX):
            raise WireError(Reason.MISMATCH, f"incarnation {incarnation}, sequence {sequence}")
    if topic.kind == topics.REPORT:
        _check_report(topic, message)
    return Received(topic, body, message, payload, incarnation, sequence)


def _parse(message: Any, data: bytes, reason: Reason) -> None:
    try:
        message.ParseFromString(data)
    except DecodeError:
        name = message.DESCRIPTOR.name
        raise WireError(reason, f"{len(data)} bytes that are no {name}") from None


def _check_report(topic: Topic, batch: track_pb2.TrackBatch) -> None:
    if batch.stream != topic.stream:
        raise WireError(Reason.MISMATCH, f"content of stream {batch.stream!r}")
    for name in ("state", "covariance", "process_noise", "identity_confidence"):
        if not np.isfinite(np.asarray(getattr(batch, name), dtype=np.float64)).all():
            raise WireError(Reason.NOT_FINITE, f"{name} of sequence {batch.sequence}")
