"""Files of framed, checksummed records: how a process writes down what must outlive it.

A file is a header that names what is in it, and then records without padding, integers little-endian:

    u32 size of content, u32 CRC-32 of content, content

A file is written by one process and never again, so a torn tail stays where it is and hides nothing. Whatever
happens to a file, `read_log` gives a prefix of what was written, each record whole.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

CONTENT_BYTES_MAX = 2 << 20
"""More than any report or heartbeat that the link lets in, with what is written beside it."""
_FRAME = struct.Struct("<II")
RecordT = TypeVar("RecordT")


@dataclass(slots=True)
class LogFile:
    """What reading a file came to; complete when `read_log` has been read to its end."""

    path: Path
    records: int = 0
    bytes_read: int = 0
    """Of the verified prefix."""
    bytes_left: int = 0
    """Behind the verified prefix."""
    fault: str = ""
    """What ended the prefix before the end of the file."""


def framed(content: bytes) -> bytes:
    """One record as it is written."""
    return _FRAME.pack(len(content), zlib.crc32(content)) + content


def read_log(file: LogFile, header: bytes, parse: Callable[[bytes], RecordT]) -> Iterator[RecordT]:
    """The records of the verified prefix, in the order of writing; what came of it goes into ``file``.

    ``parse`` raises ValueError, with what is wrong, for content that nobody wrote: it ends the prefix.

    Raises:
        OSError: the file cannot be read.
    """
    with file.path.open("rb") as stored:
        size = file.path.stat().st_size
        if stored.read(len(header)) != header:
            file.fault, file.bytes_left = f"no header of {header.decode().strip()}", size
            return
        file.bytes_read = len(header)
        while frame := stored.read(_FRAME.size):
            try:
                content = _content(frame, stored.read)
                record = parse(content)
            except ValueError as error:
                file.fault = f"{error} at byte {file.bytes_read}"
                break
            file.records += 1
            file.bytes_read += len(frame) + len(content)
            yield record
        file.bytes_left = size - file.bytes_read


def _content(frame: bytes, read: Callable[[int], bytes]) -> bytes:
    """The content behind a frame. Raises ValueError where it is not whole."""
    if len(frame) < _FRAME.size:
        raise ValueError("the last record is cut")
    length, checksum = _FRAME.unpack(frame)
    if not 0 < length <= CONTENT_BYTES_MAX:
        raise ValueError(f"a record of {length} bytes")
    content = read(length)
    if len(content) < length:
        raise ValueError("the last record is cut")
    if zlib.crc32(content) != checksum:
        raise ValueError("a wrong checksum")
    return content
