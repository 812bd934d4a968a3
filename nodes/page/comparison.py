"""The picture that some nations alone would see: the same reports folded again, less the others', and
what they would expect of each missile.

The fold is a pure function of the reports, so leaving a nation out is to leave its reports out.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Annotated, Final

from fusion import Picture, Report
from fusion.constants import OPERATION, Chosen
from fusion.report.report import ReportKey
from nodes.admission import Admission, Evidence, Judgement, Rules
from nodes.coalition import Coalition
from nodes.link.errors import WireError
from nodes.names import nations_of
from triwatch.v1 import picture_pb2, status_pb2

_BYTES_MAX: Final[Annotated[int, Chosen("bytes", "reports and heartbeats kept for comparing", OPERATION)]] = (
    256 * 2**20
)

Word = Report | status_pb2.NodeStatus


class ReportLog:
    """The reports and heartbeats heard, the oldest forgotten beyond 256 MiB: what a comparison folds.

    What the policy of ``coalition`` does not admit is left out. One thread adds while others read.
    """

    def __init__(self, coalition: Coalition | None = None) -> None:
        self.coalition = coalition
        self._rules = Rules(coalition)
        self.evidence = Evidence()
        self._words: list[tuple[int, bytes, ReportKey | None]] = []
        self._digests: dict[ReportKey, bytes] = {}
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
        try:
            if isinstance(word, Report):
                self._rules.admit(word)
            else:
                for mark in word.punctuation:
                    self._rules.check(word.node_id, mark.stream, (word.time_ns,))
        except WireError:
            return
        with self._lock:
            if isinstance(word, Report):
                held = self._digests.setdefault(word.key, word.digest)
                if held != word.digest:
                    self.evidence.equivocations.compare(word.key, {held: b"", word.digest: b""})
                    return
                self.evidence.contradictions.take(word)
                self._keep(max(word.judged_ns), word.payload, word.key)
            else:
                for mark in word.punctuation:
                    self.evidence.contradictions.receive(mark.stream, word, b"")
                self._keep(word.time_ns, word.SerializeToString(), None)

    def _keep(self, time_ns: int, data: bytes, key: ReportKey | None) -> None:
        self._words.append((time_ns, data, key))
        self._bytes += len(data)
        if self._bytes > _BYTES_MAX:  # a quarter at once: cheap, and seldom
            drop = len(self._words) // 4 + 1
            for _, gone, of in self._words[:drop]:
                self._bytes -= len(gone)
                if of is not None:
                    self._digests.pop(of, None)
            del self._words[:drop]
            self.first += drop

    def since(self, index: int, until_ns: int) -> tuple[int, list[tuple[bytes, bool]]]:
        """Words from ``index`` on in the order heard, before the first one later than ``until_ns``.

        Returns the index to go on from, and for each word its bytes and whether it is a report.
        """
        out: list[tuple[bytes, bool]] = []
        with self._lock:
            start = max(index, self.first)
            for time_ns, data, key in self._words[start - self.first :]:
                if time_ns > until_ns:
                    break
                out.append((data, key is not None))
        return start + len(out), out


class Comparison:
    """A picture of ``nation``'s core that counts only the reports of ``counted`` nations."""

    def __init__(self, nation: str, counted: Sequence[str]) -> None:
        self.key = (nation, tuple(counted))
        self.time_ns = 0
        self._nation = nation
        self._counted = frozenset(counted)
        self._log: ReportLog | None = None

    def _start_over(self, log: ReportLog) -> None:
        """Begin with nothing folded."""
        self._log = log
        known = Judgement(log.coalition, evidence=log.evidence)
        self._words = known.words
        self._proofs = len(log.evidence.convicted)
        self._admission = Admission(
            known,
            lambda stream: not stream or self._nation in nations_of(stream),
            nations=self._counted,
            make=lambda _: Picture(),
        )
        self._next = 0

    def advance(self, log: ReportLog, until_ns: int) -> picture_pb2.PictureUpdate:
        """Fold what was reported up to a time; a snapshot of what is then seen."""
        if log is not self._log or self._proofs != len(log.evidence.convicted):
            self._start_over(log)
        self._fold(log, until_ns, patient=False)
        if self._admission.stale:  # a report came behind what was let go of: once more, and let go of nothing
            self._start_over(log)
            self._fold(log, until_ns, patient=True)
        update: picture_pb2.PictureUpdate = self._admission.picture.snapshot()
        return update

    def _fold(self, log: ReportLog, until_ns: int, patient: bool) -> None:
        """Go on with what was said up to a time; ``patient``: learn how far the nodes were only then."""
        self._next, words = log.since(self._next, until_ns)
        self.time_ns = until_ns
        heard = []
        for data, report in words:
            if report:
                self._admission.add(Report.from_bytes(data))
            elif patient:
                heard.append(data)
            else:
                self._receive(status_pb2.NodeStatus.FromString(data))
        for data in heard:
            self._receive(status_pb2.NodeStatus.FromString(data))

    def _receive(self, status: status_pb2.NodeStatus) -> None:
        for mark in status.punctuation:
            self._words.receive(mark.stream, status)
            self._admission.receive(mark.stream, status)
