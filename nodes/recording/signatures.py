"""Whether what a recording holds was signed by who it says, by the policy that it holds itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

import msgspec
from google.protobuf.message import DecodeError

from fusion.report.report import Report, ReportError, ReportKey
from nodes.coalition.chain import Coalition, Document, from_documents
from nodes.coalition.trust import Ledger
from nodes.errors import BadInput
from nodes.link import codec, topics
from nodes.link.errors import Reason, WireError
from nodes.link.topics import Topic
from nodes.recording.channels import COALITION, REPORTS, STATUS, WARNINGS
from nodes.recording.reader import Recorded, Recording
from triwatch.v1 import envelope_pb2, status_pb2, warning_pb2


def _report(payload: bytes) -> Report:
    try:
        return Report.from_bytes(payload)
    except ReportError as error:
        raise DecodeError(str(error)) from None


_SIGNED: dict[str, tuple[str, Callable[[bytes], Any]]] = {
    REPORTS.prefix: (topics.REPORT, _report),
    STATUS.prefix: (topics.STATUS, status_pb2.NodeStatus.FromString),
    WARNINGS.prefix: (topics.WARNING, warning_pb2.MissileWarning.FromString),
}


class Signatures:
    """Opens the envelopes of one recording. A recording without a policy, from before there were
    signatures, is taken as it is. Raises BadInput where its policy is not what its members signed."""

    def __init__(self, recording: Recording) -> None:
        self.coalition = _coalition(recording)
        self.refused: Counter[str] = Counter()
        """Messages that do not count, by reason."""
        self.verified = 0
        self._ledger = Ledger(self.coalition) if self.coalition else None

    def open(self, message: Recorded) -> Any:
        """The content: a Report, a NodeStatus or a MissileWarning; None where it is not signed as it must be.
        Raises DecodeError where it cannot be read at all."""
        kind, read = _SIGNED[message.channel.prefix]
        envelope = envelope_pb2.Envelope.FromString(message.data)
        payload: bytes = envelope.payload
        if self._ledger is None:
            return read(payload)
        topic = Topic(kind, message.source, "", message.source)
        try:
            signed = codec.DOMAIN[kind] + payload
            self._ledger.verify(topic, envelope.key_id, envelope.signature, signed)
            parsed = read(payload)
            nation: str | None = None
            times_ns: tuple[int, ...]
            if isinstance(parsed, Report):
                source, times_ns = parsed.key.node_id, (parsed.signed_ns,)
            else:
                source = parsed.nation if kind == topics.WARNING else parsed.node_id
                nation, times_ns = parsed.nation, codec.times_of(kind, parsed)
            if source != message.source:
                raise WireError(Reason.MISMATCH, f"content from {source!r}")
            self._ledger.judge(topic, nation, envelope.key_id, times_ns)
        except WireError as error:
            self.refused[error.reason] += 1
            return None
        self.verified += 1
        return parsed

    def contents(
        self, recording: Recording, keys: Collection[ReportKey]
    ) -> dict[ReportKey, dict[bytes, bytes]]:
        """All that its node signed under each of these numbers: bodies by the digest of their payload."""
        found: dict[ReportKey, dict[bytes, bytes]] = {key: {} for key in keys}
        if self._ledger is None or not keys:
            return found
        counting = Signatures(recording)
        for message in recording.messages(REPORTS):
            try:
                report = counting.open(message)
            except DecodeError:
                continue
            if report is not None and report.key in found:
                found[report.key].setdefault(report.digest, message.data)
        return found

    def summary(self) -> dict[str, Any]:
        """For a result: "verified", or "unsigned" where the recording has no policy."""
        state = "unsigned" if self.coalition is None else "verified"
        return {"state": state, "verified": self.verified, "refused": dict(self.refused)}


def _coalition(recording: Recording) -> Coalition | None:
    recorded = recording.metadata().get(COALITION)
    if recorded is None:
        return None
    where = f"{recording.path}: its policy"
    try:
        documents = msgspec.convert(recorded, list[Document])
    except msgspec.ValidationError as error:
        raise BadInput(f"{where} cannot be used: {error}") from None
    if not documents:
        raise BadInput(f"{where} has no version")
    return from_documents(documents, where)
