"""How far every live node has spoken for time.

A node punctuates each of its streams: every report of the stream after ``last_sequence`` is valid later
than ``low_watermark_ns``. Where all reports up to that sequence are held, nothing at or before the watermark
can come any more from that stream. Time is FINAL up to the least such watermark over all live nodes. A
silent node holds FINAL back, never the picture; a node that leaves, or starts anew, stops holding it back,
but for reports of before that it is known to have made and that are not held yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fusion.report import ReportKey
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


class Finality:
    """Sequences and watermarks of every node.

    ``expected`` are nodes that hold FINAL back even before their first word: the members by policy.
    """

    def __init__(self, expected: frozenset[str] = frozenset()) -> None:
        self._streams: dict[tuple[str, int, str], Stream] = {}
        self._nodes: dict[str, _Node] = {node_id: _Node() for node_id in expected}

    def stream(self, node_id: str, incarnation: int, stream: str) -> Stream:
        """The record of one stream, begun if new."""
        node = self._nodes.setdefault(node_id, _Node())
        if incarnation > node.incarnation:
            node.incarnation, node.left = incarnation, False
        return self._streams.setdefault((node_id, incarnation, stream), Stream())

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
        node = self._nodes.setdefault(status.node_id, _Node())
        if status.state == status_pb2.NODE_STATE_LEAVING and status.incarnation >= node.incarnation:
            node.incarnation, node.left = status.incarnation, True

    def final_ns(self) -> int:
        """Everything valid up to here is held; FOREVER_NS where every node has left with all it said held."""
        least = FOREVER_NS
        unheard = {node_id for node_id, node in self._nodes.items() if not node.left}
        for (node_id, incarnation, _), stream in self._streams.items():
            node = self._nodes[node_id]
            current = incarnation == node.incarnation
            if current:
                unheard.discard(node_id)
            if stream.owes or (current and not node.left):
                least = min(least, stream.low_watermark_ns)
        return 0 if unheard or not self._nodes else least

    @property
    def missing(self) -> int:
        """Announced reports that are not held, over all streams."""
        return sum(stream.missing for stream in self._streams.values())
