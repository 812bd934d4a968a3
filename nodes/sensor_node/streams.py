"""One node's tracks into release groups, each a stream that tells nothing of the others.

Every stream has its own report numbers, its own track numbers and its own counts: with and without the
tracks of another stream it is the same to the byte.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from nodes.names import stream_of
from nodes.simulation.members import groups_of
from nodes.simulation.spec import Node, Scenario
from nodes.tracking.columns import TrackColumns
from triwatch.v1 import track_pb2

_PER_STREAM = 1 << 20
"""Track numbers that one stream has before it would come into another's."""
_BLOCKS = 1 << 12


@dataclass(slots=True)
class Stream:
    """What a node publishes to one release group."""

    name: str
    """The release group's."""
    first_number: int | None
    """Its tracks' numbers are above this one; None: the tracker's own, where it is the only stream."""
    made: int = 0
    """How many reports were made."""
    sequence: int = 0
    """Of the last one that was sent."""
    tracks: int = 0
    """In its last report, without those that ended."""
    reported_ns: int = 0
    """Up to here it has told all."""
    _number: dict[int, int] = field(default_factory=dict)
    _last: int = 0

    def take(self, columns: TrackColumns) -> TrackColumns:
        """These tracks of the tracker under this stream's own numbers."""
        ended = columns.status == track_pb2.TRACK_STATUS_TERMINATED
        self.tracks = int((~ended).sum())
        if self.first_number is None:
            return columns
        told = np.array([self._of(n) for n in columns.lines.number.tolist()], dtype=np.int64)
        number = np.array([self._of(n) for n in columns.number.tolist()], dtype=np.int64)
        parent = np.array([self._number.get(n, 0) for n in columns.parent.tolist()], dtype=np.int64)
        for gone in columns.number[ended].tolist():
            del self._number[gone]
        return replace(columns, number=number, parent=parent, lines=replace(columns.lines, number=told))

    def forget(self, number: int) -> None:
        """The tracker's track of that number is told here no longer; should it come back, it is a new one."""
        self._number.pop(number, None)

    def _of(self, number: int) -> int:
        assert self.first_number is not None
        if number not in self._number:
            self._last += 1
            self._number[number] = self.first_number + self._last
        return self._number[number]


class Streams:
    """The streams of one node of ``scenario``: for every track the one that the rules say."""

    def __init__(self, scenario: Scenario, node: Node) -> None:
        names = [stream_of(group) for group in groups_of(scenario, node)]
        distinct = sorted(set(names))
        taken: set[int] = set()
        self._streams = {
            name: Stream(name, _block(name, taken) * _PER_STREAM if len(distinct) > 1 else None)
            for name in distinct
        }
        self._default = self._streams[names[0]]
        self._rules = {
            int(track_pb2.Environment.Value(f"ENVIRONMENT_{name}")): self._streams[to]
            for rule, to in reversed(list(zip(node.releases, names[1:], strict=True)))
            for name in rule.environments
        }

    def __iter__(self) -> Iterator[Stream]:
        return iter(self._streams.values())

    def of(self, environment: int) -> Stream:
        """Where what is in an environment is told."""
        return self._rules.get(environment, self._default)

    def split(self, columns: TrackColumns) -> list[tuple[Stream, TrackColumns]]:
        """Each stream's part of what the tracker reports, also where it is empty.

        A track that comes into another stream, since it is now taken for something else, is told no more in
        the one where it was: not even that it ended, for the row would say where it is now.
        """
        if len(self._streams) == 1:
            return [(self._default, self._default.take(columns))]
        lines, parts = columns.lines, []
        for stream in self._streams.values():
            mine, heard = self._of(stream, columns.environment), self._of(stream, lines.environment)
            for number in columns.number[~mine].tolist() + lines.number[~heard].tolist():
                stream.forget(number)
            parts.append((stream, stream.take(replace(columns.rows(mine), lines=lines.rows(heard)))))
        return parts

    def _of(self, stream: Stream, environment: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of what is of these environments goes into a stream."""
        return np.array([self._rules.get(e, self._default) is stream for e in environment.tolist()], np.bool_)


def _block(stream: str, taken: set[int]) -> int:
    """Where a stream's track numbers begin: known from its own name, so that it tells of no other."""
    block = zlib.crc32(stream.encode()) % (_BLOCKS - 1) + 1 if stream else 0
    while block in taken:
        block = (block + 1) % _BLOCKS
    taken.add(block)
    return block
