"""What a process keeps of published messages so that others can have them again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_OVERHEAD_BYTES = 200
"""About what Python keeps beside a message's own bytes."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One message as first published."""

    body: bytes
    clock_ns: int
    """When it was first published; 0 = unknown."""


class Journal:
    """Messages by (topic, incarnation, sequence), the oldest given up when ``bytes_max`` is passed."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._streams: dict[tuple[str, int], dict[int, Kept]] = {}
        self._first: dict[tuple[str, int], int] = {}
        self._contradictions: dict[tuple[str, int, int], tuple[Kept, ...]] = {}
        self._order: deque[tuple[tuple[str, int], int]] = deque()
        self.bytes = 0
        """Held now, with an estimate of the overhead."""

    def keep(self, topic: str, incarnation: int, sequence: int, body: bytes, clock_ns: int = 0) -> None:
        """Keep one message; one that is already kept stays as it is."""
        key = (topic, incarnation)
        stream = self._streams.setdefault(key, {})
        if sequence in stream:
            return
        stream[sequence] = Kept(body, clock_ns)
        self._order.append((key, sequence))
        self.bytes += len(body) + _OVERHEAD_BYTES
        while self.bytes > self._bytes_max and len(self._order) > 1:
            oldest, number = self._order.popleft()
            self.bytes -= len(self._streams[oldest].pop(number).body) + _OVERHEAD_BYTES
            self._first[oldest] = max(number + 1, self._first.get(oldest, 1))
            if not self._streams[oldest]:
                del self._streams[oldest]

    def contradict(self, topic: str, incarnation: int, sequence: int, bodies: Iterable[bytes]) -> None:
        """Give these contents under one number from now on: all of them, for none is more true."""
        self._contradictions[topic, incarnation, sequence] = tuple(Kept(body, 0) for body in bodies)

    def all(self) -> Iterator[tuple[str, int, int, Kept]]:
        """Topic, incarnation, sequence and message of all that is kept, in the order of keeping."""
        for (topic, incarnation), sequence in self._order:
            yield topic, incarnation, sequence, self._streams[topic, incarnation][sequence]

    def first_retained(self, topic: str, incarnation: int) -> int:
        """Lowest sequence that may still be kept; 0 where nothing of the stream is."""
        key = (topic, incarnation)
        return self._first.get(key, 1) if key in self._streams else 0

    def find(
        self, topic: str, incarnation: int, ranges: Iterable[tuple[int, int]], bytes_max: int
    ) -> list[tuple[int, Kept]]:
        """What is kept within ``ranges`` (ends included), lowest first: up to ``bytes_max``, at least one."""
        stream = self._streams.get((topic, incarnation), {})
        found: list[tuple[int, Kept]] = []
        size = 0
        for sequence in _within(stream, ranges):
            alike = self._contradictions.get((topic, incarnation, sequence)) or (stream[sequence],)
            size += sum(len(kept.body) for kept in alike)
            if found and size > bytes_max:
                break
            found += [(sequence, kept) for kept in alike]
        return found


def _within(stream: dict[int, Kept], ranges: Iterable[tuple[int, int]]) -> Iterable[int]:
    """Sequences of ``stream`` inside ``ranges``, in order, at a cost the asker cannot raise."""
    for first, last in sorted(ranges):
        if last - first < len(stream):
            yield from (n for n in range(first, last + 1) if n in stream)
        else:
            yield from sorted(n for n in stream if first <= n <= last)
