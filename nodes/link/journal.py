"""What a process keeps of published messages so that others can have them again.

The messages lie in a file without a name, in a ring: the newest go where the oldest lay. Memory holds only
where each is, so that a core of many tracks does not carry minutes of their reports, and the newest few until
there are enough of them to write: what is published must not wait for a file.
"""

from __future__ import annotations

import errno
import logging
import os
import tempfile
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Annotated, Final, NamedTuple

from fusion.constants import OPERATION, Chosen

_log = logging.getLogger("triwatch.link")

_BYTES_A_MESSAGE: Final[
    Annotated[
        int,
        Chosen(
            "bytes",
            "for so many bytes of file one message is remembered: of smaller ones memory would hold too many",
            OPERATION,
        ),
    ]
] = 4096
_MESSAGES_MIN: Final[
    Annotated[int, Chosen("1", "messages remembered at least, however large", OPERATION)]
] = 16
_UNWRITTEN_BYTES: Final[
    Annotated[
        int, Chosen("bytes", "bytes that are gathered in memory before they are written at once", OPERATION)
    ]
] = 2**18


@dataclass(frozen=True, slots=True)
class Kept:
    """One message as first published."""

    body: bytes
    clock_ns: int
    """When it was first published; 0 = unknown."""


class _Place(NamedTuple):
    """Where a message lies."""

    begin: int
    size: int
    clock_ns: int


class Journal:
    """Messages by (topic, incarnation, sequence), the oldest given up when ``bytes_max`` is passed."""

    def __init__(self, bytes_max: int, unwritten_bytes: int = _UNWRITTEN_BYTES) -> None:
        self._bytes_max = bytes_max
        self._unwritten_bytes = unwritten_bytes
        self._messages_max = max(_MESSAGES_MIN, bytes_max // _BYTES_A_MESSAGE)
        self._file: IO[bytes] | None = None
        self._full_disk = False
        self._lacking = False
        """Something was given up before this process."""
        self._end = 0
        """Where the next message goes."""
        self._unwritten: dict[int, bytes] = {}
        """By its beginning, what is not in the file yet: the newest, one right behind the other."""
        self._streams: dict[tuple[str, int], dict[int, _Place]] = {}
        self.first: dict[tuple[str, int], int] = {}
        """By stream the lowest number that may still be kept, where one was given up."""
        self.total = 0
        """Messages ever kept."""
        self._instead: dict[tuple[str, int, int], tuple[Kept, ...]] = {}
        """What is given in place of what was kept first."""
        self._order: deque[tuple[tuple[str, int], int, int]] = deque()
        """Stream, sequence and beginning of all that is kept, the oldest first."""
        self.bytes = 0
        """Of the messages held now."""

    def keep(self, topic: str, incarnation: int, sequence: int, body: bytes, clock_ns: int = 0) -> None:
        """Keep one message; one that is already kept stays as it is.

        Where the disk is full nothing more is kept: others lose a repair, this process nothing.
        """
        key, size = (topic, incarnation), len(body)
        if sequence in self._streams.get(key, ()) or not 0 < size <= self._bytes_max:
            return
        begin = self._room(size)
        self._unwritten[begin] = body
        self._end = begin + size
        self._streams.setdefault(key, {})[sequence] = _Place(begin, size, clock_ns)
        self._order.append((key, sequence, begin))
        self.bytes += size
        self.total += 1
        if self._end - next(iter(self._unwritten)) >= self._unwritten_bytes:
            self._write()

    def resume(self, first: Mapping[tuple[str, int], int], whole: bool) -> None:
        """Go on from what another process kept: what of it was given up, and whether that is all that is
        lacking."""
        for key, number in first.items():
            self.first[key] = max(number, self.first.get(key, 1))
        self._lacking = self._lacking or not whole

    def _room(self, size: int) -> int:
        """Where to write so many bytes, after giving up what lies there."""
        begin = self._end
        if begin + size > self._bytes_max:
            self._write()
            # what lies between here and the file's end is older than all that lies before
            while self._order and self._order[0][2] >= begin:
                self._give_up()
            begin = 0
        while self._order and begin <= self._order[0][2] < begin + size:
            self._give_up()
        while len(self._order) >= self._messages_max:
            self._give_up()
        return begin

    def _write(self) -> None:
        """Put into the file what is not there yet; where that fails, it is given up."""
        if not self._unwritten:
            return
        begin, data = next(iter(self._unwritten)), b"".join(self._unwritten.values())
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  (closed with the journal)
            if os.pwrite(self._file.fileno(), data, begin) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            if not self._full_disk:
                _log.warning("messages can no longer be kept for repair: %s", error)
            self._full_disk = True
            for _ in range(len(self._unwritten)):
                self._remove(*self._order.pop())
        self._unwritten.clear()

    def _give_up(self) -> None:
        """Give up the oldest message."""
        key, sequence, begin = self._order.popleft()
        self._unwritten.pop(begin, None)
        if self._remove(key, sequence, begin):
            self.first[key] = max(sequence + 1, self.first.get(key, 1))

    def _remove(self, key: tuple[str, int], sequence: int, begin: int) -> bool:
        """Remove what is kept under a number there; False where it was dropped before."""
        stream = self._streams.get(key, {})
        if sequence not in stream or stream[sequence].begin != begin:
            return False
        self.bytes -= stream.pop(sequence).size
        self._instead.pop((*key, sequence), None)
        if not stream:
            del self._streams[key]
        return True

    def drop(self, topic: str, incarnation: int, sequence: int) -> None:
        """Keep one message no longer: it is of no use."""
        place = self._streams.get((topic, incarnation), {}).get(sequence)
        if place is not None:
            self._remove((topic, incarnation), sequence, place.begin)

    def _read(self, place: _Place) -> Kept:
        body = self._unwritten.get(place.begin)
        if body is None:
            assert self._file is not None
            body = os.pread(self._file.fileno(), place.size, place.begin)
        return Kept(body, place.clock_ns)

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()

    def replace(self, topic: str, incarnation: int, sequence: int, bodies: Iterable[bytes]) -> None:
        """Give these from now on under a number that is kept: one signed anew, or several contents, of which
        none is more true. With none of them it is what was kept first again."""
        instead = tuple(Kept(body, 0) for body in bodies)
        if instead:
            self._instead[topic, incarnation, sequence] = instead
        else:
            self._instead.pop((topic, incarnation, sequence), None)

    def all(self) -> Iterator[tuple[str, int, int, Kept]]:
        """Topic, incarnation, sequence and message of all that is kept, in the order of keeping."""
        for (topic, incarnation), sequence, begin in self._order:
            place = self._streams.get((topic, incarnation), {}).get(sequence)
            if place is not None and place.begin == begin:
                yield topic, incarnation, sequence, self._read(place)

    def numbers(self, topic: str, incarnation: int) -> Collection[int]:
        """Of one stream those that are kept."""
        return self._streams.get((topic, incarnation), {}).keys()

    @property
    def count(self) -> int:
        """So many of the `total`, the newest, have not been given up; some of them may be dropped."""
        return len(self._order)

    @property
    def whole(self) -> bool:
        """Whether all that was ever given to it is still kept."""
        return not (self.first or self._full_disk or self._lacking)

    def first_retained(self, topic: str, incarnation: int) -> int:
        """Lowest sequence that may still be kept; 0 where nothing of the stream is."""
        key = (topic, incarnation)
        return self.first.get(key, 1) if key in self._streams else 0

    def find(
        self, topic: str, incarnation: int, ranges: Iterable[tuple[int, int]], bytes_max: int
    ) -> list[tuple[int, Kept]]:
        """What is kept within ``ranges`` (ends included), lowest first: up to ``bytes_max``, at least one."""
        stream = self._streams.get((topic, incarnation), {})
        found: list[tuple[int, Kept]] = []
        size = 0
        for sequence in _within(stream, ranges):
            alike = self._instead.get((topic, incarnation, sequence)) or (self._read(stream[sequence]),)
            size += sum(len(kept.body) for kept in alike)
            if found and size > bytes_max:
                break
            found += [(sequence, kept) for kept in alike]
        return found


def _within(stream: dict[int, _Place], ranges: Iterable[tuple[int, int]]) -> Iterable[int]:
    """Sequences of ``stream`` inside ``ranges``, in order, at a cost the asker cannot raise."""
    for first, last in sorted(ranges):
        if last - first < len(stream):
            yield from (n for n in range(first, last + 1) if n in stream)
        else:
            yield from sorted(n for n in stream if first <= n <= last)
