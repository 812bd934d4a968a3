"""How far every node has spoken for time.

A node punctuates each of its streams: every report of the stream after ``last_sequence`` is valid later
than ``low_watermark_ns``. Where all reports up to that sequence are held, nothing at or before the watermark
can come any more from that stream. Time is FINAL up to the least such watermark over all streams that may
still bring something.

A node lives from one start to the next, and of a stream each life ends with a last number: that of its
goodbye, the one that a later start names as its predecessor's, or the one at which the members fence it off.
Until that number is known, and all reports up to it are held, the life holds FINAL back at its own watermark.
A silent node holds FINAL back, never the picture.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from fusion.report.report import ReportKey
from triwatch.v1 import status_pb2

FOREVER_NS = 2**62
LIVES_MAX: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "lives of one node; of twice as many the oldest are remembered no more that are over",
            OPERATION,
        ),
    ]
] = 64
EARLIER_MAX = 32
"""Lives before its predecessor whose ends a heartbeat names: the contract's number."""
WATERMARKS_MAX: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "watermarks of one stream, whose reports are still lacking; with fewer of them FINAL goes "
            "on in larger steps",
            OPERATION,
        ),
    ]
] = 256


@dataclass(slots=True)
class Stream:
    """What is held of one (node, incarnation, stream)."""

    contiguous: int = 0
    """Every sequence up to this is held."""
    beyond: set[int] = field(default_factory=set)
    watermarks: list[tuple[int, int]] = field(default_factory=list)
    """(last_sequence, low_watermark_ns) not yet reached, ascending in both."""
    low_watermark_ns: int = 0
    announced: int = 0
    """Highest sequence known to exist: held, or named by the newest heartbeat."""
    end: int | None = None
    """Its last sequence, once that is settled: the least that anybody settled it at."""
    highest: int = 0
    """Of the reports held."""
    _said_ns: int = 0

    def holds(self, sequence: int) -> bool:
        """Whether a report with this sequence has been taken in."""
        return sequence <= self.contiguous or sequence in self.beyond

    def take(self, sequence: int) -> None:
        """Note a report."""
        self.beyond.add(sequence)
        self.highest = max(self.highest, sequence)
        self.announced = max(self.announced, sequence)
        while self.contiguous + 1 in self.beyond:
            self.contiguous += 1
            self.beyond.remove(self.contiguous)
        self._reach()

    def punctuate(self, last_sequence: int, low_watermark_ns: int, said_ns: int) -> None:
        """Note what a heartbeat of time ``said_ns`` says. In ``announced`` a later one takes the place of an
        earlier one, so that an absurd number does not stay."""
        if said_ns >= self._said_ns:
            self._said_ns = said_ns
            self.announced = max(last_sequence, self.highest)
        known = [mark for mark in self.watermarks if mark[0] <= last_sequence]
        if low_watermark_ns <= max(self.low_watermark_ns, known[-1][1] if known else 0):
            return
        # those that come later and say less say nothing
        later = [mark for mark in self.watermarks[len(known) :] if mark[1] > low_watermark_ns]
        if known and known[-1][0] == last_sequence:
            known.pop()
        self.watermarks = [*known, (last_sequence, low_watermark_ns), *later]
        if len(self.watermarks) > WATERMARKS_MAX:
            del self.watermarks[-2]
        self._reach()

    def settle(self, last_sequence: int) -> None:
        """It ends with this report."""
        self.end = last_sequence if self.end is None else min(self.end, last_sequence)

    def _reach(self) -> None:
        while self.watermarks and self.watermarks[0][0] <= self.contiguous:
            self.low_watermark_ns = max(self.low_watermark_ns, self.watermarks.pop(0)[1])

    @property
    def missing(self) -> int:
        """How many announced reports are not held."""
        if self.end is None:
            return self.announced - self.contiguous - len(self.beyond)
        return max(0, self.end - self.contiguous - sum(s <= self.end for s in self.beyond))

    @property
    def holds_back(self) -> bool:
        """Whether anything may still come of it."""
        return self.end is None or self.contiguous < self.end


def _over() -> Stream:
    """Of a life that is remembered no more: all of it was held, and what comes of it has come before."""
    return Stream(contiguous=FOREVER_NS, end=0, highest=FOREVER_NS)


@dataclass(slots=True)
class _Node:
    streams: dict[tuple[int, str], Stream] = field(default_factory=dict)
    open: dict[tuple[int, str], Stream] = field(default_factory=dict)
    """Those of them that hold back, or did when last looked at."""
    expected: tuple[str, ...] = ()
    """Streams that every life of it has."""
    from_ns: int = 0
    """Nothing of it is valid at or before this time."""
    starts: list[int] = field(default_factory=list)
    """Incarnations known, ascending."""
    gone: int = -1
    """Of this start and all before nothing is waited for."""
    closed: int = -1
    """Up to this start those that are not known are remembered no more."""
    close_at: int = 2 * LIVES_MAX
    """With so many lives it is time to look which are over."""

    def begin(self, incarnation: int) -> None:
        """A life is known of."""
        if incarnation not in self.starts and incarnation > self.closed:
            insort(self.starts, incarnation)
            if len(self.starts) >= self.close_at:
                self._close()
            for name in self.expected:
                self.stream(incarnation, name)

    def stream(self, incarnation: int, stream: str) -> Stream:
        """The record of one stream, begun if new."""
        self.begin(incarnation)
        known = self.streams.get((incarnation, stream))
        if known is None and incarnation not in self.starts:
            return _over()
        if known is None:
            known = self.streams[incarnation, stream] = Stream(low_watermark_ns=self.from_ns)
            if incarnation > self.gone:
                self.open[incarnation, stream] = known
        return known

    def _close(self) -> None:
        """Remember no more of the lives that are over, but for the newest."""
        waited_for = {key[0] for key, stream in self.streams.items() if stream.holds_back}
        over = set(self.starts[:-LIVES_MAX]) - waited_for
        self.closed = max(over, default=self.closed)
        self.starts = [start for start in self.starts if start not in over]
        self.streams = {key: stream for key, stream in self.streams.items() if key[0] not in over}
        self.open = {key: stream for key, stream in self.open.items() if key[0] not in over}
        self.close_at = max(2 * LIVES_MAX, 2 * len(self.starts))

    def final_ns(self) -> int:
        """Up to where this node alone lets time be FINAL; ``from_ns`` before its first word."""
        if not self.starts and self.gone < 0:
            return self.from_ns
        self.open = {key: s for key, s in self.open.items() if s.holds_back and key[0] > self.gone}
        return min((s.low_watermark_ns for s in self.open.values()), default=FOREVER_NS)


class Finality:
    """Sequences and watermarks of every node.

    ``expected`` are nodes that hold FINAL back even before their first word, the members by policy, and where
    it is a mapping the streams that each of them speaks in: until a life has been heard in all of them it is
    not known how far the node has come.
    """

    def __init__(self, expected: Collection[str] | Mapping[str, Collection[str]] = ()) -> None:
        self._nodes: dict[str, _Node] = {}
        self._final_ns: dict[str, int] = {}  # of each node, as of when it was last looked at
        self._stale: set[str] = set()  # nodes of which more is known since
        for node_id in expected:
            self.expect(node_id, expected[node_id] if isinstance(expected, Mapping) else ())

    def expect(self, node_id: str, streams: Collection[str], from_ns: int = 0) -> None:
        """Wait for a node of which nothing is valid at or before ``from_ns``."""
        node = self._node(node_id)
        node.expected, node.from_ns = tuple(streams), max(node.from_ns, from_ns)

    def stream(self, node_id: str, incarnation: int, stream: str) -> Stream:
        """The record of one stream, begun if new."""
        return self._node(node_id).stream(incarnation, stream)

    def take(self, key: ReportKey) -> bool:
        """Note a report; False where it is held already."""
        stream = self.stream(key.node_id, key.incarnation, key.stream)
        if stream.holds(key.sequence):
            return False
        stream.take(key.sequence)
        return True

    def punctuate(self, status: status_pb2.NodeStatus) -> None:
        """Note a node's heartbeat: how far it is, that it leaves, and how its earlier lives ended."""
        node_id, incarnation = status.node_id, status.incarnation
        leaving = status.state == status_pb2.NODE_STATE_LEAVING
        for mark in status.punctuation:
            stream = self.stream(node_id, incarnation, mark.stream)
            stream.punctuate(mark.last_sequence, min(mark.low_watermark_ns, FOREVER_NS), status.time_ns)
            if leaving:
                stream.settle(mark.last_sequence)
        if status.previous_incarnation:
            self.succeed(status)
        if leaving and not status.punctuation:
            node = self._node(node_id)
            node.gone = max(node.gone, incarnation)

    def leave(self, node_id: str) -> None:
        """Wait for nothing of a node's lives that are known of."""
        node = self._node(node_id)
        node.gone = max(node.gone, 0, *node.starts)

    def succeed(self, status: status_pb2.NodeStatus) -> None:
        """Note a heartbeat's word on how earlier lives ended; also of one of which nothing else counts."""
        for mark in status.punctuation:
            self.stream(status.node_id, status.incarnation, mark.stream)
            self._succeed(status, mark.stream)

    def settle(self, node_id: str, incarnation: int, stream: str, last_sequence: int) -> bool:
        """A life of a node has made no report in a stream after this one; whether one is held after all."""
        life = self.stream(node_id, incarnation, stream)
        life.settle(last_sequence)
        return life.highest > last_sequence

    def void(self, node_id: str, incarnation: int) -> None:
        """Wait for nothing of a life, for nothing of it counts."""
        node = self._node(node_id)
        node.begin(incarnation)
        for (start, _), stream in node.streams.items():
            if start == incarnation:
                stream.settle(0)

    def _succeed(self, status: status_pb2.NodeStatus, stream: str) -> None:
        """Settle the lives before this one: those that it names, and those between, which made no report."""
        if not status.previous_incarnation:
            return
        ends = {e.incarnation: e.last_sequence for e in status.earlier}
        ends[status.previous_incarnation] = status.previous_last_sequence
        for incarnation, last_sequence in ends.items():
            if incarnation < status.incarnation:
                self.settle(status.node_id, incarnation, stream, last_sequence)
        for between in self._nodes[status.node_id].starts:
            if min(ends) < between < status.incarnation and between not in ends:
                self.settle(status.node_id, between, stream, 0)
        if len(status.earlier) >= EARLIER_MAX:
            # there is no room to name those before; that they have ended follows
            lives = self._nodes[status.node_id].streams
            for (incarnation, name), life in lives.items():
                if name == stream and incarnation < min(ends) and life.end is None:
                    life.settle(life.highest)

    def final_ns(self, without: Collection[str] = ()) -> int:
        """Everything valid up to here is held, but for some nodes' reports; FOREVER_NS where every node has
        left with all it said held."""
        for node_id in self._stale:
            self._final_ns[node_id] = self._nodes[node_id].final_ns()
        self._stale.clear()
        if without:
            others = (ns for node_id, ns in self._final_ns.items() if node_id not in without)
            return min(others, default=FOREVER_NS)
        return min(self._final_ns.values(), default=0)

    @property
    def missing(self) -> int:
        """Announced reports that are not held, over all streams."""
        return sum(stream.missing for stream in self.streams())

    def streams(self) -> Iterator[Stream]:
        """The record of every stream."""
        for node in self._nodes.values():
            yield from node.streams.values()

    def _node(self, node_id: str) -> _Node:
        """The record of a node, begun if new, about to change."""
        self._stale.add(node_id)
        node = self._nodes.get(node_id)
        if node is None:
            node = self._nodes[node_id] = _Node()
        return node
