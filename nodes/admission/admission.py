"""One picture, and what counts in it of all that its reader holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Literal

from fusion import Picture, Report
from nodes.admission.equivocation import Start
from nodes.admission.judgement import Judgement
from nodes.coalition import Member
from nodes.link.errors import WireError
from nodes.names import EVERY_MEMBER, nations_of
from triwatch.v1 import status_pb2

Outcome = Literal["folded", "late", "duplicate", "behind", "refused", "none of it"]
"""What became of a report in one picture."""

MakePicture = Callable[[Mapping[str, Collection[str]]], Picture]
"""An empty picture that waits for these nodes to speak in these streams."""


class Admission:
    """A picture that ``takes`` some streams, and of these what counts.

    Reports and heartbeats have passed ``rules.check`` before. With ``nations`` it is of their nodes alone.
    ``make`` gives the empty picture.
    """

    def __init__(
        self,
        known: Judgement,
        takes: Callable[[str], bool],
        nations: frozenset[str] | None = None,
        make: MakePicture = lambda nodes: Picture(expected=nodes),
    ) -> None:
        self.takes = takes
        self._rules, self._words = known.rules, known.words
        self._evidence = known.evidence
        self._nations = nations
        self._make = make
        self.stale = False
        """It does not show what is held: it is to be made anew."""
        self.start_over()

    def start_over(self) -> None:
        """Begin with an empty picture, which knows of the policy and the heartbeats, and of no report."""
        streams = {node.id: self._streams(node) for node in self._rules.founders()}
        self.picture = self._make({node_id: own for node_id, own in streams.items() if own})
        self._versions = 0
        self.stale = False
        self.follow()
        for stream, status in self._words.all():
            self.receive(stream, status)
        for start in self._evidence.convicted:
            if self.takes(start.stream):
                self.picture.void(start.node_id, start.incarnation)

    def follow(self) -> None:
        """Wait for the nodes that newer versions of the policy admit, of which it says itself that nothing
        comes before, and no longer for what they fence off."""
        if self._versions == self._rules.versions:
            return
        self._versions = self._rules.versions
        for node, effective_ns in self._rules.joined():
            streams = self._streams(node)
            if streams:
                self.picture.expect(node.id, streams, max(0, effective_ns - 1))
        for start, last in self._rules.fences().items():
            if self.takes(start.stream):
                beyond = self.picture.settle(start.node_id, start.incarnation, start.stream, last)
                self.stale = self.stale or beyond

    def add(self, report: Report) -> Outcome:
        """Take a report in; "none of it" where it is not of this picture, or of a start that is convicted,
        "behind" where it counts and the picture is past changing at its time: then it is `stale`."""
        if not self._is_here(report) or not self.counts(report.key.node_id, report.key.incarnation):
            return "none of it"
        outcome = self.picture.add(report)
        self.stale = self.stale or outcome == "behind"
        return outcome

    def convict(self, start: Start) -> None:
        """There is proof against a node's start."""
        self.stale = self.stale or self.takes(start.stream)

    def renew(self, held: Iterable[Report]) -> None:
        """Make the picture anew from all the reports that its reader holds."""
        self.start_over()
        for report in held:
            try:
                self._rules.admit(report)
            except WireError:
                self.pass_over(report)
            else:
                self.add(report)

    def pass_over(self, report: Report) -> None:
        """Let a report that does not count take its number."""
        if self._is_here(report):
            self.picture.pass_over(report.key)

    def receive(self, stream: str, status: status_pb2.NodeStatus) -> None:
        """A node has said in one of its streams how far it is; older words than known ones count, too."""
        mine = self._nations is None or status.nation in self._nations
        here = mine and self.takes(stream) and status.punctuation
        if here and self.counts(status.node_id, status.incarnation):
            self.picture.punctuate(status)
        elif here:
            self.picture.succeed(status)

    def word(self, node_id: str) -> status_pb2.NodeStatus | None:
        """What a node said last, if it was heard in all its streams that come in here."""
        node = self._rules.member(node_id)
        if node is not None:
            return self._words.of(node_id, self._streams(node))
        word = self._words.of(node_id, filter(self.takes, self._words.streams(node_id)))
        return word if word and (self._nations is None or word.nation in self._nations) else None

    def counts(self, node_id: str, incarnation: int) -> bool:
        """Whether a node's start counts: nothing in the streams taken proves it a liar."""
        return self._evidence.counts(node_id, incarnation, self.takes)

    def let_go(self, node_id: str) -> None:
        """Wait no longer for a node that the policy has let go, all of whose reports are held."""
        self.picture.leave(node_id)

    def _streams(self, node: Member) -> list[str]:
        """Those of a node that come in here."""
        mine = self._nations is None or node.nation in self._nations
        return [stream for stream in node.streams if mine and self.takes(stream)]

    def _is_here(self, report: Report) -> bool:
        mine = self._nations is None or report.nation in self._nations
        return mine and self.takes(report.key.stream)


def of_nation(known: Judgement, nation: str, national: bool) -> Admission:
    """What counts in the shared picture of a nation's core, or in its own fuller one."""

    def takes(stream: str) -> bool:
        return stream == EVERY_MEMBER or (national and nation in nations_of(stream))

    return Admission(known, takes)
