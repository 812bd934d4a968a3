"""What was heard on the link, into a recording."""

from __future__ import annotations

from pathlib import Path

from nodes.link import topics
from nodes.link.codec import Received
from nodes.recording import Writer


class Recorder:
    """Writes received messages as they came; ``log_time_ns`` is scenario time, UTC ns, of the reception."""

    def __init__(self, path: Path) -> None:
        self.writer = Writer(path)
        self.messages = 0

    def take(self, received: Received, log_time_ns: int) -> None:
        """Record one message; the kinds that recordings have no place for are passed over."""
        kind, source = received.topic.kind, received.topic.source
        body, message = received.body, received.message
        if kind == topics.REPORT:
            self.writer.report(source, body, log_time_ns, message.sent_time_ns)
        elif kind == topics.STATUS:
            self.writer.status(source, body, log_time_ns, message.time_ns)
        elif kind == topics.PICTURE:
            self.writer.picture(source, body, log_time_ns, message.time_ns)
        elif kind == topics.WARNING:
            self.writer.warning(source, body, log_time_ns, message.time_ns)
        elif kind == topics.DETECTIONS:
            self.writer.detections(source, message, message.time_ns)
        else:
            return
        self.messages += 1

    def close(self) -> None:
        """Finish the file."""
        self.writer.close()
