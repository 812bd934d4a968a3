"""What a node publishes, written down before that: its next start names it and repairs from it.

``DIR/keys/<nation>/<node>.reports/<incarnation>.log``, beside the keys and the count of starts that it
belongs with, and ``.old`` for what came before. A file is a framed log (`nodes.framed_log`) in MessagePack:
first how earlier starts ended, then the reports. A record that is torn, and what follows it, was never
published.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Annotated, Final, NamedTuple

import msgspec

from fusion.constants import OPERATION, Chosen
from nodes.coalition.keys import ring_file
from nodes.framed_log import LogFile, framed, read_log

_log = logging.getLogger("triwatch.node")

HEADER = b"triwatch-reports-1\n"
BYTES_MAX: Final[
    Annotated[
        int,
        Chosen(
            "bytes", "size of one file; a node so keeps between one and two of them for repair", OPERATION
        ),
    ]
] = 2**23
ENDED_MAX: Final[Annotated[int, Chosen("1", "earlier starts that a heartbeat may name", OPERATION)]] = 33
_KEPT_STARTS: Final[
    Annotated[int, Chosen("1", "starts before this one whose reports are still offered", OPERATION)]
] = 2


class Ended(NamedTuple):
    """How a start ended in one stream."""

    incarnation: int
    last_sequence: int
    low_watermark_ns: int


class _Before(msgspec.Struct, array_like=True, tag="before"):
    ended: dict[str, list[Ended]]
    """By stream, the newest first."""
    last: dict[str, tuple[int, int]]
    """Last sequence and watermark by stream of this start, as the file begins."""
    known: list[int] = []
    """Starts before this one that left a file, the newest first."""


class _Record(msgspec.Struct, array_like=True, tag="report"):
    stream: str
    sequence: int
    low_watermark_ns: int
    body: bytes


class Kept(NamedTuple):
    """A report of an earlier start."""

    stream: str
    incarnation: int
    sequence: int
    body: bytes


class ReportLog:
    """The log of one start of a node, and what those before it left."""

    def __init__(self, root: Path, nation: str, node_id: str, incarnation: int) -> None:
        self._folder = ring_file(root, nation, node_id).with_suffix(".reports")
        self._path = self._folder / f"{incarnation}.log"
        self._file: IO[bytes] | None = None
        self._size = 0
        self._last: dict[str, tuple[int, int]] = {}
        self.ended: dict[str, list[Ended]] = {}
        """How earlier starts that made a report ended, by stream, the newest first."""
        self._known: list[int] = []
        """Earlier starts that left a file, whether or not they made a report."""
        self._starts = sorted((n for n in self._numbers() if n < incarnation), reverse=True)
        self._inherit()
        self._guarded(self._begin)

    def write(self, stream: str, sequence: int, low_watermark_ns: int, body: bytes) -> None:
        """Write a report down before it is published, which it is also where that cannot be done."""
        self._last[stream] = (sequence, low_watermark_ns)
        if self._file is not None:
            record = msgspec.msgpack.encode(_Record(stream, sequence, low_watermark_ns, body))
            self._guarded(lambda: self._write(framed(record)))

    def earlier(self, stream: str) -> list[Ended]:
        """How earlier starts ended in a stream, the newest first. Where none is known that made a report in
        it, those that are known ended without one."""
        return self.ended.get(stream) or _without_a_report(self._known)

    def kept(self) -> Iterator[Kept]:
        """What earlier starts published last."""
        for start in reversed(self._starts[:_KEPT_STARTS]):
            for file in self._files(start):
                for record in _read(file)[1]:
                    yield Kept(record.stream, start, record.sequence, record.body)

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()

    def _inherit(self) -> None:
        """Take over from the newest start that left a file; those that published nothing leave none."""
        made: list[int] = []
        for start in self._starts:
            before, last = None, dict[str, tuple[int, int]]()
            for file in self._files(start):
                before, records = _read(file)
                last |= before.last if before else {}
                last |= {r.stream: (r.sequence, r.low_watermark_ns) for r in records}
            if before and not self._known:
                self._known = [start, *before.known][:ENDED_MAX]
            if not last or len(made) >= _KEPT_STARTS:
                for file in self._files(start):
                    file.unlink(missing_ok=True)
                continue
            if not made:
                self.ended = dict(before.ended) if before else {}
                for stream, (sequence, watermark_ns) in last.items():
                    earlier = self.ended.get(stream) or _without_a_report(before.known if before else [])
                    self.ended[stream] = [Ended(start, sequence, watermark_ns), *earlier][:ENDED_MAX]
            made.append(start)
        self._starts = made

    def _begin(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._file = self._path.open("wb", buffering=0)
        self._size = 0
        self._write(HEADER + framed(msgspec.msgpack.encode(_Before(self.ended, self._last, self._known))))

    def _write(self, data: bytes) -> None:
        assert self._file is not None
        if self._file.write(data) < len(data):
            raise OSError("the disk is full")
        self._size += len(data)
        if self._size > BYTES_MAX:
            self._file.close()
            self._path.replace(self._path.with_suffix(".old"))
            self._begin()

    def _guarded(self, write: Callable[[], None]) -> None:
        """A node that cannot write goes on: its next start is then one that knows nothing of this one."""
        try:
            write()
        except OSError as error:
            _log.warning("%s: reports can no longer be written down: %s", self._path, error)
            self.close()
            self._file = None

    def _numbers(self) -> set[int]:
        if not self._folder.is_dir():
            return set()
        names = (name.partition(".")[0] for name in os.listdir(self._folder))
        return {int(name) for name in names if name.isdecimal()}

    def _files(self, start: int) -> list[Path]:
        files = (self._folder / f"{start}.old", self._folder / f"{start}.log")
        return [file for file in files if file.exists()]


def _read(path: Path) -> tuple[_Before | None, list[_Record]]:
    """How earlier starts ended, and the reports, as far as the file is whole."""
    found = list(read_log(LogFile(path), HEADER, _parsed))
    before = next((record for record in found if isinstance(record, _Before)), None)
    return before, [record for record in found if isinstance(record, _Record)]


def _without_a_report(starts: list[int]) -> list[Ended]:
    return [Ended(start, 0, 0) for start in starts]


def _parsed(content: bytes) -> _Before | _Record:
    try:
        return msgspec.msgpack.decode(content, type=_Before | _Record)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None
