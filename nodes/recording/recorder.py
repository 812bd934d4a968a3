"""What was heard on the link, into a recording."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import msgspec

from nodes.coalition import Coalition
from nodes.link import topics
from nodes.link.codec import Received
from nodes.recording import Writer
from nodes.recording.channels import COALITION


class Recorder:
    """Writes received messages as they came; ``log_time_ns`` is scenario time, UTC ns, of the reception."""

    def __init__(self, path: Path, coalition: Coalition) -> None:
        self.writer = Writer(path)
        self.messages = 0
        self._coalition = coalition
        self._versions = 0
        self._digests: dict[tuple[str, int, int], bytes] = {}
        """Of every report recorded."""

    def take(self, received: Received, log_time_ns: int) -> None:
        """Record one message; the kinds that recordings have no place for are passed over."""
        if self._versions != len(self._coalition.chain):
            self._policy()
        kind, source = received.topic.kind, received.topic.source
        body, message = received.body, received.message
        if kind == topics.REPORT:
            self._digests[_key(received)] = _digest(received)
            self.writer.report(source, body, log_time_ns, message.sent_time_ns)
        elif kind == topics.STATUS:
            self.writer.status(source, body, log_time_ns, message.time_ns)
        elif kind == topics.PICTURE:
            self.writer.picture(source, body, log_time_ns, message.time_ns)
        elif kind == topics.NATIONAL:
            self.writer.national(source, body, log_time_ns, message.time_ns)
        elif kind == topics.WARNING:
            self.writer.warning(source, body, log_time_ns, message.time_ns)
        elif kind == topics.DETECTIONS:
            self.writer.detections(source, message, message.time_ns)
        else:
            return
        self.messages += 1

    def again(self, received: Received, log_time_ns: int) -> None:
        """What came under a number that was recorded already: recorded too where its content is another,
        for that is proof against its node."""
        known = self._digests.get(_key(received))
        if received.topic.kind == topics.REPORT and known not in (None, _digest(received)):
            self.take(received, log_time_ns)

    def _policy(self) -> None:
        """Every version as it was signed, so that a reader can judge what follows."""
        self._versions = len(self._coalition.chain)
        documents = [msgspec.to_builtins(version.document) for version in self._coalition.chain]
        self.writer.metadata({COALITION: documents})

    def close(self) -> None:
        """Finish the file."""
        self.writer.close()


def _key(received: Received) -> tuple[str, int, int]:
    return received.topic.text, received.incarnation, received.sequence


def _digest(received: Received) -> bytes:
    return sha256(received.payload).digest()[:16]
