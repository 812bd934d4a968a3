"""How far every live node has spoken for time.

A node punctuates each of its streams: every report of the stream after ``last_sequence`` is valid later
than ``low_watermark_ns``. Where all reports up to that sequence are held, nothing at or before the watermark
can come any more from that stream. Time is FINAL up to the least such watermark over all live nodes. A
silent node holds FINAL back, never the picture; a node that leaves, or starts anew, stops holding it back,
but for reports of before that it is known to have made and that are not held yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fusion.report.report import ReportKey
from triwatch.v1 import status_pb2

FOREVER_NS = 2**62
SEQUENCES_AHEAD_MAX = 100_000


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
    """Highest sequence known to exist."""

    def holds(self, sequence: int) -> bool:
        """Whether a report with this sequence has been taken in."""
        return sequence <= self.contiguous or sequence in self.beyond

    def take(self, sequence: int) -> None:
        """Note a report."""
        self.beyond.add(sequence)
        self.announced = max(self.announced, sequence)
        while self.contiguous + 1 in self.beyond:
            self.contiguous += 1
            self.beyond.remove(self.contiguous)
        self._reach()

    def punctuate(self, last_sequence: int, low_watermark_ns: int) -> None:
        """Note a watermark."""
        self.announced = max(self.announced, last_sequence)
        if low_watermark_ns > self.low_watermark_ns:
            self.watermarks.append((last_sequence, low_watermark_ns))
            self.watermarks.sort()
        self._reach()

    def _reach(self) -> None:
        while self.watermarks and self.watermarks[0][0] <= self.contiguous:
            self.low_watermark_ns = max(self.low_watermark_ns, self.watermarks.pop(0)[1])

    @property
    def missing(self) -> int:
        """How many announced reports are not held."""
        return self.announced - self.contiguous - len(self.beyond)

    @property
    def owes(self) -> bool:
        """Whether reports are known of that are not held."""
        return self.missing > 0 or bool(self.watermarks)


@dataclass(slots=True)
class _Node:
    incarnation: int = -1
    left: bool = False
    streams: dict[tuple[int, str], Stream] = field(default_factory=dict)

    def final_ns(self) -> int:
        """Up to where this node alone lets time be FINAL; 0 before the first word of its present life."""
        unheard = not self.left
        least = FOREVER_NS
        for (incarnation, _), stream in self.streams.items():
            holds_back = incarnation == self.incarnation and not self.left
            if holds_back:
                unheard = False
            if holds_back or stream.owes:
                least = min(least, stream.low_watermark_ns)
        return 0 if unheard else least


class Finality:
    """Sequences and watermarks of every node.

    ``expected`` are nodes that hold FINAL back even before their first word: the members by policy.
    """

    def __init__(self, expected: frozenset[str] = frozenset()) -> None:
        self._nodes: dict[str, _Node] = {node_id: _Node() for node_id in expected}
        self._final_ns = dict.fromkeys(expected, 0)  # of each node, as of when it was last looked at
        self._stale: set[str] = set()  # nodes of which more is known since

    def stream(self, node_id: str, incarnation: int, stream: str) -> Stream:
        """The record of one stream, begun if new."""
        node = self._node(node_id)
        if incarnation > node.incarnation:
            node.incarnation, node.left = incarnation, False
        return node.streams.setdefault((incarnation, stream), Stream())

    def take(self, key: ReportKey) -> bool:
        """Note a report; False where it is held already."""
        stream = self.stream(key.node_id, key.incarnation, key.stream)
        if stream.holds(key.sequence):
            return False
        stream.take(key.sequence)
        return True

    def punctuate(self, status: status_pb2.NodeStatus) -> None:
        """Note a node's punctuation, or that it leaves."""
        for mark in status.punctuation:
            stream = self.stream(status.node_id, status.incarnation, mark.stream)
            stream.punctuate(mark.last_sequence, min(mark.low_watermark_ns, FOREVER_NS))
        node = self._node(status.node_id)
        if status.state == status_pb2.NODE_STATE_LEAVING and status.incarnation >= node.incarnation:
            node.incarnation, node.left = status.incarnation, True

    def final_ns(self) -> int:
        """Everything valid up to here is held; FOREVER_NS where every node has left with all it said held."""
        for node_id in self._stale:
            self._final_ns[node_id] = self._nodes[node_id].final_ns()
        self._stale.clear()
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
