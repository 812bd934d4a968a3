"""Logs for people and for programs: one line an event."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Literal

import msgspec

Format = Literal["text", "json"]
LEVELS = ("debug", "info", "warning", "error")
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "event"}


class JsonLines(logging.Formatter):
    """A JSON object a line: time, level, process, event, message, and whatever else the event has."""

    def __init__(self, process_id: str) -> None:
        super().__init__()
        self._process = process_id

    def format(self, record: logging.LogRecord) -> str:
        """``event`` is the name that the code gives it; where it gives none, the part of the program."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "process": self._process,
            "event": getattr(record, "event", record.name),
            "message": record.getMessage(),
            **{k: v for k, v in vars(record).items() if k not in _USUAL},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


def log_to_stderr(process_id: str, level: str = "info", form: Format = "text") -> None:
    """From now on, one line an event, with the process's name."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter(f"%(asctime)s {process_id} %(levelname)s %(message)s")
    handler.setFormatter(JsonLines(process_id) if form == "json" else text)
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
