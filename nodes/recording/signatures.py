"""Whether what a recording holds was signed by who it says, by the policy that it holds itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
from google.protobuf.message import DecodeError

from nodes.coalition.chain import Coalition, Document, from_documents
from nodes.coalition.trust import Ledger
from nodes.errors import BadInput
from nodes.link import codec, topics
from nodes.link.errors import Reason, WireError
from nodes.link.topics import Topic
from nodes.recording.channels import COALITION, REPORTS, STATUS, WARNINGS
from nodes.recording.reader import Recorded, Recording
from triwatch.v1 import envelope_pb2, status_pb2, track_pb2, warning_pb2

_SIGNED: dict[str, tuple[str, Any]] = {
    REPORTS.prefix: (topics.REPORT, track_pb2.TrackBatch),
    STATUS.prefix: (topics.STATUS, status_pb2.NodeStatus),
    WARNINGS.prefix: (topics.WARNING, warning_pb2.MissileWarning),
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

    def open(self, message: Recorded) -> tuple[Any, bytes] | None:
        """The parsed content of a report, heartbeat or warning and its exact bytes; None where it does not
        count. Raises DecodeError where it cannot be read at all."""
        kind, content = _SIGNED[message.channel.prefix]
        envelope = envelope_pb2.Envelope.FromString(message.data)
        payload: bytes = envelope.payload
        if self._ledger is None:
            return content.FromString(payload), payload
        topic = Topic(kind, message.source, "", message.source)
        try:
            signed = codec.DOMAIN[kind] + payload
            self._ledger.verify(topic, envelope.key_id, envelope.signature, signed)
            parsed = content.FromString(payload)
            source = parsed.nation if kind == topics.WARNING else parsed.node_id
            if source != message.source:
                raise WireError(Reason.MISMATCH, f"content from {source!r}")
            self._ledger.judge(topic, parsed.nation, envelope.key_id, codec.times_of(kind, parsed))
        except WireError as error:
            self.refused[error.reason] += 1
            return None
        self.verified += 1
        return parsed, payload

    def convicted(
        self, recording: Recording, contested: Iterable[tuple[str, int, str, int]]
    ) -> frozenset[tuple[str, int, str]]:
        """Starts of nodes, and the streams in which they signed two contents under one number: nothing of
        them counts in pictures that take these, as with the cores (``nodes.core.equivocation``).

        ``contested`` are the reports of which more than one content is recorded.
        """
        if self._ledger is None:
            return frozenset()
        return frozenset(key[:3] for key in contested if len(self._signed(recording, key)) > 1)

    def _signed(self, recording: Recording, key: tuple[str, int, str, int]) -> set[bytes]:
        """The contents under one number that count."""
        counting = Signatures(recording)
        opened = set()
        for message in recording.messages(REPORTS):
            if message.source != key[0]:
                continue
            try:
                content = counting.open(message)
            except DecodeError:
                continue
            if content is not None:
                batch, payload = content
                if (batch.node_id, batch.incarnation, batch.stream, batch.sequence) == key:
                    opened.add(payload)
        return opened

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
