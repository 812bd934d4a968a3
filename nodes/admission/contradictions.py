"""A report behind its node's own watermark: two signatures that contradict each other.

A heartbeat says that every report of the stream above its last sequence is valid later than its watermark. A
report with a greater sequence that is not proves that its node's word is worth nothing. The rule is that of
equivocation: of this start nothing counts in the pictures that take the stream, whatever came first, and a
core that has the proof passes both messages on.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from typing import Annotated, Final, NamedTuple

from fusion import Report
from fusion.constants import OPERATION, Chosen
from nodes.admission.equivocation import Start
from triwatch.v1 import status_pb2

RECENT_MAX: Final[
    Annotated[
        int,
        Chosen("1", "reports of a stream against which a heartbeat that comes late is compared", OPERATION),
    ]
] = 1024
MARKS_MAX: Final[
    Annotated[
        int,
        Chosen("1", "heartbeats of a stream against which a report that comes late is compared", OPERATION),
    ]
] = 256


class Contradiction(NamedTuple):
    """A heartbeat, and a report that its own node says cannot be."""

    sequence: int
    """Of the report."""
    word: bytes
    """The heartbeat's envelope, as it came."""


class _Stream:
    """What was said of late in one life and stream."""

    def __init__(self) -> None:
        self.marks: list[tuple[int, int, bytes]] = []
        """Last sequence, watermark and body of heartbeats, ascending in the first two."""
        self.reports: list[tuple[int, int]] = []
        """Sequence and first valid time, ascending."""


class Contradictions:
    """The proofs that one reader holds, one a start and stream: the same wherever the same was seen."""

    def __init__(self) -> None:
        self.proofs: dict[Start, Contradiction] = {}
        self._streams: dict[Start, _Stream] = {}

    def take(self, report: Report) -> Start | None:
        """Hold a report against the heartbeats known; the start that it is the first proof against."""
        if not report.times_ns or report.fault is not None:
            return None
        key = report.key
        start = Start(key.node_id, key.incarnation, key.stream)
        if start in self.proofs:
            return None
        stream, first_ns = self._stream(start), report.times_ns[0]
        at = bisect_left(stream.marks, (key.sequence, 0, b""))
        if at and first_ns <= stream.marks[at - 1][1]:
            return self._proven(start, key.sequence, stream.marks[at - 1][2])
        if (key.sequence, first_ns) not in stream.reports[-8:]:
            insort(stream.reports, (key.sequence, first_ns))
        if len(stream.reports) > RECENT_MAX:
            del stream.reports[: RECENT_MAX // 4]
        return None

    def receive(self, name: str, status: status_pb2.NodeStatus, body: bytes) -> Start | None:
        """Hold a heartbeat of a stream against the reports known; the start that it is the first proof
        against."""
        start = Start(status.node_id, status.incarnation, name)
        if start in self.proofs:
            return None
        stream = self._stream(start)
        for said in status.punctuation:
            last, watermark_ns = said.last_sequence, said.low_watermark_ns
            for sequence, first_ns in stream.reports[bisect_right(stream.reports, (last, 2**63)) :]:
                if first_ns <= watermark_ns:
                    return self._proven(start, sequence, body)
            self._mark(stream, last, watermark_ns, body)
        return None

    def review(self, stands: Callable[[Start, bytes], bool]) -> None:
        """Forget the heartbeats that do not count after all, with what they prove."""
        self.proofs = {start: proof for start, proof in self.proofs.items() if stands(start, proof.word)}
        for start, stream in self._streams.items():
            stream.marks = [mark for mark in stream.marks if stands(start, mark[2])]

    def last_word(self, start: Start) -> bytes | None:
        """The heartbeat of a start that speaks for the latest time, of those remembered."""
        stream = self._streams.get(start)
        return max(stream.marks, key=lambda mark: mark[1])[2] if stream and stream.marks else None

    def discard(self, start: Start, sequence: int) -> None:
        """Forget a report that does not count after all, with what it proves."""
        proof = self.proofs.get(start)
        if proof is not None and proof.sequence == sequence:
            del self.proofs[start]
        stream = self._streams.get(start)
        if stream is not None:
            stream.reports = [report for report in stream.reports if report[0] != sequence]

    def _mark(self, stream: _Stream, last: int, watermark_ns: int, body: bytes) -> None:
        """Remember a heartbeat, unless another says as much; forget those that say less than it."""
        marks = stream.marks
        begin = end = bisect_left(marks, (last + 1, 0, b""))
        if begin and marks[begin - 1][1] >= watermark_ns:
            return
        if begin and marks[begin - 1][0] == last:
            begin -= 1
        while end < len(marks) and marks[end][1] <= watermark_ns:
            end += 1
        marks[begin:end] = [(last, watermark_ns, body)]
        del marks[begin + 1 : max(begin + 1, len(marks) - MARKS_MAX)]
        del marks[: max(0, begin - MARKS_MAX)]

    def _proven(self, start: Start, sequence: int, word: bytes) -> Start:
        self.proofs[start] = Contradiction(sequence, word)
        self._streams.pop(start, None)
        return start

    def _stream(self, start: Start) -> _Stream:
        known = self._streams.get(start)
        if known is None:
            known = self._streams[start] = _Stream()
            # of a node's earlier lives nothing new is to be expected: two are remembered
            old = sorted(s for s in self._streams if (s.node_id, s.stream) == (start.node_id, start.stream))
            for gone in old[:-2]:
                if gone != start:
                    del self._streams[gone]
        return known
