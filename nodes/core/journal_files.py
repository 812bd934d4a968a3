"""The files of a core's journal: segments of framed, checksummed messages.

A segment is ``HEADER`` and then records without padding, all integers little-endian:

    u32 size of content, u32 CRC-32 of content, content = u16 length of topic, topic, body

``body`` is the message exactly as it came, signature and all. A segment is written by one process and never
again: one that starts anew begins the next, so a torn tail stays where it is and hides nothing. Whatever
happens to a segment, `read_segment` gives a prefix of what was written, each record whole.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

HEADER = b"triwatch-journal-1\n"
SUFFIX = ".journal"
CONTENT_BYTES_MAX = 2 << 20
"""More than any report or heartbeat that the link lets in, with its topic."""
_FRAME = struct.Struct("<II")
_TOPIC = struct.Struct("<H")


class Record(NamedTuple):
    """One message as it was received."""

    topic: bytes
    body: bytes


@dataclass(slots=True)
class Segment:
    """What reading a segment came to; complete when `read_segment` has been read to its end."""

    path: Path
    records: int = 0
    bytes_read: int = 0
    """Of the verified prefix."""
    bytes_left: int = 0
    """Behind the verified prefix."""
    fault: str = ""
    """What ended the prefix before the end of the file."""


def segments(folder: Path) -> list[Path]:
    """The segments of a journal, the oldest first."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if path.stem.isdigit())


def segment_path(folder: Path, number: int) -> Path:
    """Where segment ``number``, from 1, lies."""
    return folder / f"{number:012d}{SUFFIX}"


def pack(topic: bytes, body: bytes) -> bytes:
    """One record as it is written."""
    content = _TOPIC.pack(len(topic)) + topic + body
    return _FRAME.pack(len(content), zlib.crc32(content)) + content


def read_segment(path: Path, found: Segment) -> Iterator[Record]:
    """The records of the verified prefix, in the order of writing; what came of it goes into ``found``.

    Raises OSError where the file cannot be read.
    """
    with path.open("rb") as file:
        size = path.stat().st_size
        if file.read(len(HEADER)) != HEADER:
            found.fault, found.bytes_left = "no journal's header", size
            return
        found.bytes_read = len(HEADER)
        while frame := file.read(_FRAME.size):
            content, found.fault = b"", "the last record is cut"
            if len(frame) == _FRAME.size:
                length, checksum = _FRAME.unpack(frame)
                if not _TOPIC.size < length <= CONTENT_BYTES_MAX:
                    found.fault = f"a record of {length} bytes"
                elif len(content := file.read(length)) == length:
                    found.fault = "" if zlib.crc32(content) == checksum else "a wrong checksum"
            topic_end = _TOPIC.size + (_TOPIC.unpack_from(content)[0] if content and not found.fault else 0)
            if not found.fault and topic_end >= len(content):
                found.fault = "a record without content"
            if found.fault:
                found.fault = f"{found.fault} at byte {found.bytes_read}"
                break
            found.records += 1
            found.bytes_read += len(frame) + len(content)
            yield Record(content[_TOPIC.size : topic_end], content[topic_end:])
        found.bytes_left = size - found.bytes_read
