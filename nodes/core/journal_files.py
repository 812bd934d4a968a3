"""The files of a core's journal: segments, each a framed log (`nodes.framed_log`) of messages.

The content of a record is ``u16 length of topic (little-endian), topic, body``, where ``body`` is the message
exactly as it came, signature and all. A process that starts anew begins the next segment.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nodes.framed_log import LogFile, framed, read_log

HEADER = b"triwatch-journal-1\n"
SUFFIX = ".journal"
_TOPIC = struct.Struct("<H")


class Record(NamedTuple):
    """One message as it was received."""

    topic: bytes
    body: bytes


def segments(folder: Path) -> list[Path]:
    """The segments of a journal, the oldest first."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if path.stem.isdigit())


def segment_path(folder: Path, number: int) -> Path:
    """Where segment ``number``, from 1, lies."""
    return folder / f"{number:012d}{SUFFIX}"


def pack(topic: bytes, body: bytes) -> bytes:
    """One record as it is written."""
    return framed(_TOPIC.pack(len(topic)) + topic + body)


def read_segment(file: LogFile) -> Iterator[Record]:
    """The records of the verified prefix of a segment, as `read_log` gives them.

    Raises OSError where the file cannot be read.
    """
    return read_log(file, HEADER, _record)


def _record(content: bytes) -> Record:
    topic_end = _TOPIC.size + (_TOPIC.unpack_from(content)[0] if len(content) >= _TOPIC.size else 0)
    if topic_end >= len(content):
        raise ValueError("a record without content")
    return Record(content[_TOPIC.size : topic_end], content[topic_end:])
