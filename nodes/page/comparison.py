"""The picture that some nations alone would see: the same reports folded again, less the others', and
what they would expect of each missile.

The fold is a pure function of the reports, so leaving a nation out is to leave its reports out.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from fusion import Picture, ReportError
from fusion.warning.areas import Nations
from fusion.warning.board import Board
from fusion.warning.missiles import of_interest
from triwatch.v1 import picture_pb2, status_pb2, track_pb2

_BYTES_MAX = 256 * 2**20
_STEP_NS = 10**9
"""Between two looks of the warning board, which wants to see missiles move."""

Word = track_pb2.TrackBatch | status_pb2.NodeStatus


class ReportLog:
    """The reports and heartbeats heard, the oldest forgotten beyond 256 MiB: what a comparison folds.

    One thread adds while others read.
    """

    def __init__(self) -> None:
        self._words: list[tuple[int, bytes, bool]] = []
        self._bytes = 0
        self._lock = threading.Lock()
        self.first = 0
        """Index of the oldest word still held."""

    @property
    def end(self) -> int:
        """Index after the newest word."""
        return self.first + len(self._words)

    def add(self, word: Word) -> None:
        """A node spoke."""
        data = word.SerializeToString()
        with self._lock:
            self._words.append((_time_ns(word), data, isinstance(word, track_pb2.TrackBatch)))
            self._bytes += len(data)
            if self._bytes > _BYTES_MAX:  # a quarter at once: cheap, and seldom
                drop = len(self._words) // 4 + 1
                self._bytes -= sum(len(w[1]) for w in self._words[:drop])
                del self._words[:drop]
                self.first += drop

    def since(self, index: int, until_ns: int) -> tuple[int, list[tuple[bytes, bool]]]:
        """Words from ``index`` on in the order heard, before the first one later than ``until_ns``.

        Returns the index to go on from, and for each word its bytes and whether it is a report.
        """
        out: list[tuple[bytes, bool]] = []
        with self._lock:
            start = max(index, self.first)
            for time_ns, data, report in self._words[start - self.first :]:
                if time_ns > until_ns:
                    break
                out.append((data, report))
        return start + len(out), out


class Comparison:
    """A picture of ``nation``'s core that counts only the reports of ``counted`` nations."""

    def __init__(self, nation: str, counted: Sequence[str]) -> None:
        self.key = (nation, tuple(counted))
        self.time_ns = 0
        self._nation = nation
        self._counted = frozenset(counted)
        self._picture = Picture()
        self._board = Board(Nations({}))
        self._looked_ns = 0
        self._next = 0

    def advance(self, log: ReportLog, until_ns: int) -> picture_pb2.PictureUpdate:
        """Fold what was reported up to a time; a snapshot of what is then seen."""
        self._next, words = log.since(self._next, until_ns)
        self.time_ns = until_ns
        for data, report in words:
            if report:
                self._fold(track_pb2.TrackBatch.FromString(data))
            else:
                status = status_pb2.NodeStatus.FromString(data)
                if status.nation in self._counted:
                    self._picture.punctuate(status)
            if self._picture.time_ns - self._looked_ns >= _STEP_NS:
                self._look()
        self._look()
        update = self._picture.snapshot()
        update.flight.extend(self._board.flights())
        return update

    def _look(self) -> None:
        self._looked_ns = self._picture.time_ns
        self._board.step(of_interest(self._picture.changes(), self._board.watched))

    def _fold(self, batch: track_pb2.TrackBatch) -> None:
        readable = not batch.stream or self._nation in batch.stream.split("-")
        if batch.nation not in self._counted or not readable:
            return
        try:
            self._picture.fold(batch)
        except ReportError:
            return  # the core refused it too: it is not in the picture that this is compared with


def _time_ns(word: Word) -> int:
    if isinstance(word, status_pb2.NodeStatus):
        return word.time_ns
    return max(word.valid_time_ns, default=word.sent_time_ns)
