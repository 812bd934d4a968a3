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

from fusion.report.report import NoReport, Report, ReportError, moments_ns
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
    report: Report | None = None
    """Of a report: what the pictures take."""

    @property
    def refused(self) -> WireError | None:
        """What is wrong with a report's content; it takes its number all the same, so that every core goes
        on with the next."""
        fault = self.report.fault if self.report is not None else None
        return WireError(Reason.CONTENT if fault.finite else Reason.NOT_FINITE, fault.text) if fault else None


def seal(kind: str, payload: bytes, sign: Sign, time_ns: int) -> bytes:
    """``payload`` in an Envelope, signed with the key for ``time_ns``: the body of a live message."""
    envelope = envelope_pb2.Envelope(payload=payload)
    envelope.key_id, envelope.signature = sign(DOMAIN[kind] + payload, time_ns)
    body: bytes = envelope.SerializeToString()
    return body


def sealed_anew(kind: str, body: bytes, sign: Sign) -> bytes | None:
    """A report or warning with the signature that counts at its time; None where it has that already."""
    envelope = envelope_pb2.Envelope.FromString(body)
    anew = seal(kind, envelope.payload, sign, _signed_ns(kind, envelope.payload))
    return None if envelope_pb2.Envelope.FromString(anew).key_id == envelope.key_id else anew


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
    """Parse and check one body against its topic. Raises WireError; the rows of a report are its own matter
    (``Received.refused``).

    What is signed is verified before a byte of the payload is parsed; then the key is judged by the policy
    that was in force at the message's own time.
    """
    if len(body) > limits.BODY_BYTES_MAX[topic.kind]:
        raise WireError(
            Reason.OVERSIZE, f"{len(body)} bytes, a {topic.kind} may have {limits.BODY_BYTES_MAX[topic.kind]}"
        )
    payload = body
    report: Report | None = None
    if topic.kind in DOMAIN:
        envelope = envelope_pb2.Envelope()
        _parse(envelope, body, Reason.ENVELOPE)
        payload = envelope.payload
        trust.verify(topic, envelope.key_id, envelope.signature, DOMAIN[topic.kind] + payload)
    if topic.kind == topics.REPORT:
        report = report_of(payload)
        message: Any = report.batch
    else:
        message = _MESSAGE[topic.kind]()
        _parse(message, payload, Reason.PAYLOAD if topic.kind in DOMAIN else Reason.ENVELOPE)
    source = message.node_id if topic.kind in _BY_NODE else message.nation
    if source != topic.source:
        raise WireError(Reason.MISMATCH, f"content from {source!r}")
    if topic.kind in DOMAIN:
        if report is not None:
            # its nation is a matter of the rules: a report that names another one takes its number
            trust.judge(topic, None, envelope.key_id, (report.signed_ns,))
        else:
            trust.judge(topic, message.nation, envelope.key_id, times_of(topic.kind, message))
    incarnation = sequence = 0
    if topic.kind in _NUMBERED:
        incarnation, sequence = message.incarnation, message.sequence
        if not (incarnation >= 1 and 1 <= sequence <= limits.SEQUENCE_MAX):
            raise WireError(Reason.MISMATCH, f"incarnation {incarnation}, sequence {sequence}")
    _check_streams(topic, message)
    return Received(topic, body, message, payload, incarnation, sequence, report=report)


def report_of(payload: bytes) -> Report:
    """A report from the bytes that its node signed. Raises WireError where they are none."""
    try:
        return Report.from_bytes(payload)
    except NoReport as error:
        raise WireError(Reason.PAYLOAD, str(error)) from None
    except ReportError as error:
        raise WireError(Reason.MISMATCH, str(error)) from None


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


def judge_anew(topic: Topic, body: bytes, trust: Checks) -> None:
    """Judge a report, heartbeat or warning that passed every check before by the policy as it is known now.
    Raises WireError where its signature does not count after all."""
    envelope = envelope_pb2.Envelope()
    _parse(envelope, body, Reason.ENVELOPE)
    trust.judge(topic, None, envelope.key_id, (_signed_ns(topic.kind, envelope.payload),))


def _signed_ns(kind: str, payload: bytes) -> int:
    """The time at which the key of a report, heartbeat or warning has to count."""
    message: Any = track_pb2.TrackBatch() if kind == topics.REPORT else _MESSAGE[kind]()
    _parse(message, payload, Reason.PAYLOAD)
    if kind == topics.REPORT:
        return max(moments_ns(message), default=int(message.sent_time_ns))
    return int(message.time_ns)


def times_of(kind: str, message: Any) -> tuple[int, ...]:
    """The scenario times at which the key of a signed message that is no report has to count.

    What a core says of itself decides nothing and may come ahead of its accession: of it no time is asked.
    """
    return () if kind == topics.CORE_STATUS else (message.time_ns,)


def _parse(message: Any, data: bytes, reason: Reason) -> None:
    try:
        message.ParseFromString(data)
    except DecodeError:
        name = message.DESCRIPTOR.name
        raise WireError(reason, f"{len(data)} bytes that are no {name}") from None


def _check_streams(topic: Topic, message: Any) -> None:
    """What a message says of streams it says to those of its topic's: of no other than that one."""
    if topic.kind == topics.REPORT:
        strange = [message.stream] if message.stream != topic.stream else []
    elif topic.kind == topics.STATUS:
        strange = [mark.stream for mark in message.punctuation if mark.stream != topic.stream]
    elif topic.kind == topics.CORE_STATUS:
        strange = [holding.stream for holding in message.holding if holding.stream != topic.stream]
    else:
        return
    if strange:
        raise WireError(Reason.MISMATCH, f"content of stream {min(strange)!r}")
