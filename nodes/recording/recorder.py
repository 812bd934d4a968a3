"""What was heard on the link, into a recording."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

import msgspec

from nodes.coalition import Coalition
from nodes.errors import BadInput
from nodes.link import topics
from nodes.link.codec import Received
from nodes.recording import Writer
from nodes.recording.channels import COALITION

_log = logging.getLogger("triwatch.recording")


class EnduringWriter(Writer):
    """Stops recording where the disk gives out and lets its process go on: a recording is worth less than a
    picture. What was written until then can be read.

    Raises BadInput where not even a beginning can be written.
    """

    failure: str | None = None
    """Why nothing is written any more."""
    unrecorded = 0
    """Messages and facts that are not in the recording."""

    def __init__(self, path: Path, new: bool = False) -> None:
        super().__init__(path, new)
        if self.failure is not None:
            raise BadInput(f"cannot record to {path}: {self.failure}; name a file on a disk that has room")

    def _guarded(self, write: Callable[[], object]) -> None:
        if self.failure is None:
            try:
                return super()._guarded(write)
            except OSError as error:
                self.failure = os.strerror(error.errno or errno.EIO)
                _log.error("recording to %s has stopped: %s; all else goes on", self.path, self.failure)
        self.unrecorded += 1
        return None


def writer_beside(path: Path) -> EnduringWriter:
    """Writes to ``path``, or where that exists to the first free of ``name.2.mcap``, ``name.3.mcap``, ...: a
    process that is started again adds to what was recorded before. Raises BadInput."""
    for number in count(1):
        free = path if number == 1 else path.with_name(f"{path.stem}.{number}{path.suffix}")
        try:
            writer = EnduringWriter(free, new=True)
        except FileExistsError:
            continue
        if number > 1:
            _log.info("%s is kept; this run is recorded to %s", path, free)
        return writer
    raise AssertionError("numbers do not end")


class Recorder:
    """Writes received messages as they came; ``log_time_ns`` is scenario time, UTC ns, of the reception.

    ``beside``: an earlier recording is kept (see ``writer_beside``), not replaced.
    """

    def __init__(self, path: Path, coalition: Coalition, *, beside: bool = False) -> None:
        self.writer = writer_beside(path) if beside else EnduringWriter(path)
        self.messages = 0
        self._write = {
            topics.STATUS: self.writer.status,
            topics.PICTURE: self.writer.picture,
            topics.NATIONAL: self.writer.national,
            topics.WARNING: self.writer.warning,
        }
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
        if received.report is not None:
            self._digests[_key(received)] = received.report.digest[:16]
            self.writer.report(source, body, log_time_ns, message.sent_time_ns)
        elif kind in self._write:
            self._write[kind](source, body, log_time_ns, message.time_ns)
        elif kind == topics.DETECTIONS:
            self.writer.detections(source, message, message.time_ns)
        elif kind == topics.ORIGINS:
            self.writer.origins(source, message, message.time_ns)
        else:
            return
        self.messages += 1

    def again(self, received: Received, log_time_ns: int) -> None:
        """What came under a number that was recorded already: recorded too where its content is another,
        for that is proof against its node."""
        known = self._digests.get(_key(received))
        if received.report is not None and known not in (None, received.report.digest[:16]):
            self.take(received, log_time_ns)

    def published(self, topic: str, body: bytes, time_ns: int) -> None:
        """Record the body of what this process published itself: a picture or a warning."""
        parts = topics.parse(topic.encode())
        self._write[parts.kind](parts.source, body, time_ns, time_ns)

    def _policy(self) -> None:
        """Every version as it was signed, so that a reader can judge what follows."""
        self._versions = len(self._coalition.chain)
        documents = [msgspec.to_builtins(version.document) for version in self._coalition.chain]
        self.writer.metadata({COALITION: documents})

    def summary(self) -> dict[str, object]:
        """What was recorded where, and whether the disk gave out."""
        return {
            "file": str(self.writer.path),
            "failure": self.writer.failure,
            "unrecorded": self.writer.unrecorded,
        }

    def close(self) -> None:
        """Finish the file; where it stopped early, say how much it lacks."""
        self.writer.close()
        if self.writer.unrecorded:
            _log.error("%d messages are not in %s", self.writer.unrecorded, self.writer.path)


def _key(received: Received) -> tuple[str, int, int]:
    return received.topic.text, received.incarnation, received.sequence
