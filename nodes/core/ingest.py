"""What comes into a core: reports into the pictures, heartbeats into punctuation; kept for neighbours."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from hashlib import sha256
from itertools import pairwise
from math import inf
from typing import Annotated, Final, NamedTuple

from fusion import Report
from fusion.constants import OPERATION, Chosen
from nodes.admission import LEAVING, Evidence, Judgement, Start
from nodes.coalition import Coalition, Member
from nodes.control import clock
from nodes.core.late import LateReports
from nodes.core.review import review
from nodes.core.views import View, Views
from nodes.link import codec, topics
from nodes.link.codec import Received
from nodes.link.endpoint import LinkEndpoint
from nodes.link.errors import Reason, WireError
from nodes.link.liveness import Life, Liveness
from nodes.names import EVERY_MEMBER, nations_of
from triwatch.v1 import status_pb2

_log = logging.getLogger("triwatch.core")

RENEWAL_SHARE: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "share of its time that a core may spend on making pictures anew: what counts and came "
            "too late waits for that",
            OPERATION,
        ),
    ]
] = 0.1
GRACE_NS: Final[
    Annotated[
        int,
        Chosen(
            "ns",
            "scenario time by which the others must be past a node's removal before it is no longer "
            "waited for",
            OPERATION,
        ),
    ]
] = 5_000_000_000


class IngestState(NamedTuple):
    """What is known beside the pictures and the numbers."""

    evidence: Evidence
    words: dict[str, bytes]
    """By topic each node's last heartbeat, as it came."""
    newest_ns: int
    statuses: int


class Ingest:
    """Takes what the link received into ``views``, as the ``coalition`` lets it."""

    def __init__(
        self, endpoint: LinkEndpoint, views: Views, coalition: Coalition, nation: str, judgement: Judgement
    ) -> None:
        self._endpoint = endpoint
        self._views = views
        self._coalition = coalition
        self.nation = nation
        self._versions = 0
        self._judgement = judgement
        self._rules, self._words = judgement.rules, judgement.words
        self._newest_ns = 0
        """The latest time for which a signature was judged."""
        self.evidence = judgement.evidence
        self._disputed: dict[str, str] = {}
        self._streams: dict[str, tuple[str, ...]] = {}
        """By node: what this nation may have of it."""
        self.members: dict[str, Member] = {}
        """The nodes of any version of the policy of which this nation may have something, as last named."""
        self.statuses = 0
        """Heartbeats of nodes taken in."""
        self._said: dict[str, tuple[int, int]] = {}
        """By node the start and the scenario time of its newest heartbeat."""
        self.life = Liveness()
        """Which nodes were heard lately."""
        self.disagreements = 0
        """Other pictures that neighbours made of the same reports."""
        self.neighbour_received_s: dict[str, float] = {}
        """When each nation's core was last heard, monotonic wall seconds."""
        self.archive = endpoint.publisher.journals[topics.REPORT]
        self.late = LateReports(views, self._fold_late)
        """Those that wait."""
        self._reminded = 0
        self._renew_due_s = 0.0
        self.follow()

    def follow(self) -> bool:
        """Hear what newer versions of the policy release to this nation; whether there were any."""
        fresh = self._coalition.versions[self._versions :]
        if not fresh:
            return False
        self._judge_anew()
        self._versions = len(self._coalition.versions)
        for policy in fresh:
            for node in policy.nodes:
                if streams := node.streams_for(self.nation):
                    self.members[node.id], self._streams[node.id] = node, streams
        for view in self._views.all:
            view.admission.follow()
        for start, last in self._rules.fences().items():
            if start.stream in self._streams.get(start.node_id, ()):
                topic = topics.parse(topics.report(start.stream, start.node_id).encode())
                repairs = self._endpoint.receiver.repairs
                repairs.fence(topic, start.incarnation, last, clock.monotonic_s())
        self._endpoint.receiver.listen(
            [
                *(topics.report(stream, node_id) for node_id, stream in self._heard_streams()),
                *(topics.status(stream, node_id) for node_id, stream in self._heard_streams()),
                *(
                    topics.core_status(nation, stream)
                    for policy in fresh
                    for nation in policy.nations
                    for stream in {EVERY_MEMBER, *policy.streams}
                    if nation != self.nation and self._shared_by(stream, nation)
                ),
            ]
        )
        return True

    def state(self) -> IngestState:
        """What is known beside the pictures and the numbers."""
        latest = self._endpoint.publisher.latest
        words = {topics.status(s, word.node_id): word for s, word in self._words.all()}
        return IngestState(
            self.evidence, {text: latest[text] for text in words}, self._newest_ns, self.statuses
        )

    def resume(self, state: IngestState, now_s: float) -> None:
        """Go on from what another process of this core knew by the same version of the policy."""
        self.evidence.equivocations = state.evidence.equivocations
        self.evidence.contradictions = state.evidence.contradictions
        self._newest_ns, self.statuses = state.newest_ns, state.statuses
        for text, body in state.words.items():
            topic = topics.parse(text.encode())
            word = status_pb2.NodeStatus.FromString(codec.payload_of(topics.STATUS, body))
            self._words.receive(topic.stream, word)
            self._endpoint.publisher.latest[text] = body
            self._said[topic.source] = max(
                (word.incarnation, word.time_ns), self._said.get(topic.source, (0, 0))
            )
            self.life.received(topic.source, now_s, word.state == LEAVING)

    def take(self, received: Received, now_s: float) -> bool:
        """Take one message in; False where it is refused, which is counted."""
        try:
            if received.topic.kind == topics.REPORT:
                self._report(received)
            elif received.topic.kind == topics.STATUS:
                self._status(received)
                self._note_life(received, now_s)
            else:
                self.neighbour_received_s[received.topic.source] = now_s
                self._neighbour(received)
        except WireError as error:
            self._endpoint.rejections(received.topic.text, error)
            return False
        return True

    def _note_life(self, received: Received, now_s: float) -> None:
        """A node's word says that it is there; what a neighbour kept of it does so only where it is news."""
        source, said = received.topic.source, received.message
        leaving, moment = said.state == LEAVING, (said.incarnation, said.time_ns)
        newest = self._said.get(source, (0, 0))
        if received.repaired and (moment < newest or (moment == newest and not leaving)):
            return
        self._said[source] = max(moment, newest)
        self.life.received(source, now_s, leaving)

    def newest_statuses(self, view: View | None = None) -> dict[str, status_pb2.NodeStatus]:
        """What each node has said last, that was heard in all its streams that go into a picture."""
        word = (view or self._views.fullest).admission.word
        words = ((node_id, word(node_id)) for node_id in self.members)
        return {node_id: word for node_id, word in words if word is not None}

    def left(self) -> list[str]:
        """Nodes that said goodbye and of whose reports none is missing."""
        return [
            node_id
            for node_id, word in self.newest_statuses().items()
            if word.state == LEAVING and self._holds_all(word)
        ]

    def silent_nodes(self, present: Collection[str], now_s: float) -> list[tuple[str, str]]:
        """Streams, and the nodes of any version of the policy of whom no heartbeat in them ever came, or that
        are not ``present`` any more, or not heard of late, and have not said goodbye: another core may have
        heard more of them. What such a node said last may be absurd, and its next word the cure."""
        last = {(status.node_id, stream): status.state for stream, status in self._words.all()}
        heard = {i for i in self.members if i in present and self.life.state(i, now_s) is Life.ALIVE}
        return [
            (s, node_id)
            for node_id, s in self._heard_streams()
            if (node_id, s) not in last or (node_id not in heard and last[node_id, s] != LEAVING)
        ]

    def tend(self) -> None:
        """Wait no longer for a node that the policy has let go, once what was known of it is held.

        Its reports up to then count, and no later ones do.
        """
        gone = {i: gone_ns for i, gone_ns in self._rules.gone().items() if i in self.members}
        if not gone:
            return
        others_ns = self._views.fullest.picture.spoken_without_ns(gone.keys())
        for node_id, gone_ns in gone.items():
            if others_ns >= gone_ns + GRACE_NS and not self._lacks(node_id):
                for view in self._views.all:
                    view.admission.let_go(node_id)

    def renew(self, now_s: float) -> None:
        """Bring in what came late, and make the pictures anew that do not show what is held, if not too soon
        after the last time."""
        self.late.bring_in(now_s)
        if now_s < self._renew_due_s:
            return
        stale = [view for view in self._views.all if view.admission.stale]
        for view in stale:
            view.start_over()
            self.replay(view)
        if stale:
            done_s = clock.monotonic_s()
            self._renew_due_s = done_s + (done_s - now_s) / RENEWAL_SHARE

    def replay(self, view: View) -> None:
        """Fill a picture anew from what is kept."""
        for text, _, _, kept in self.archive.all():
            topic = topics.parse(text.encode())
            if view.takes(topic.stream):
                report = codec.report_of(codec.payload_of(topics.REPORT, kept.body))
                try:
                    self._rules.admit(report)
                    view.fold(report)
                except WireError:
                    view.admission.pass_over(report)

    def _heard_streams(self) -> Iterator[tuple[str, str]]:
        for node_id in self.members:
            for stream in self._streams[node_id]:
                yield node_id, stream

    def _shared_by(self, stream: str, nation: str) -> bool:
        return not stream or {nation, self.nation} <= set(nations_of(stream))

    def _judge_anew(self) -> None:
        """Judge what is held by newer versions of the policy, where they concern it."""
        if any(
            policy.effective_ns <= self._newest_ns and (policy.keys, policy.nodes) != (last.keys, last.nodes)
            for last, policy in pairwise(self._coalition.versions[max(0, self._versions - 1) :])
        ):
            self.late.bring_in(inf)
            review(self._endpoint, self._judgement, clock.monotonic_s())
            for view in self._views.all:
                view.admission.stale = True

    def _report(self, received: Received) -> None:
        report = received.report
        assert report is not None
        self._newest_ns = max(self._newest_ns, report.signed_ns)
        try:
            self._rules.admit(report)
        except WireError:
            self.pass_over(received)
            raise
        self._keep(received)
        self._convict(self.evidence.contradictions.take(report))
        if not self.late.wait(report, received.clock_ns[:1]):
            self._fold(report, received.clock_ns[:1])

    def _fold(self, report: Report, clock_ns: tuple[int, ...]) -> None:
        if not self._views.fold(report, clock_ns, anew=self.archive.whole):
            # it cannot be put in its place any more: the window within which reports count is over
            raise WireError(Reason.LIMIT, f"sequence {report.key.sequence}: older than all that is kept")

    def _fold_late(self, report: Report, clock_ns: tuple[int, ...]) -> None:
        try:
            self._fold(report, clock_ns)
        except WireError as error:
            self._endpoint.rejections(topics.report(report.key.stream, report.key.node_id), error)

    def pass_over(self, received: Received) -> None:
        """A report that its node signed and that does not count takes its number in every picture, and is
        kept, so that others see the same."""
        assert received.report is not None
        self._newest_ns = max(self._newest_ns, received.report.signed_ns)
        self._views.pass_over(received.report)
        self._keep(received)

    def _keep(self, received: Received) -> None:
        clock_ns = received.clock_ns[0] if received.clock_ns else 0
        self.archive.keep(
            received.topic.text, received.incarnation, received.sequence, received.body, clock_ns
        )

    def _status(self, received: Received) -> None:
        status, topic = received.message, received.topic
        self._newest_ns = max(self._newest_ns, status.time_ns)
        self._rules.check(topic.source, topic.stream, (status.time_ns,))
        if self._words.receive(topic.stream, status):
            self._endpoint.publisher.latest[topic.text] = received.body
        self._convict(self.evidence.contradictions.receive(topic.stream, status, received.body))
        for view in self._views.all:
            view.admission.receive(topic.stream, status)
        self.statuses += 1

    def compare(self, received: Received) -> bool:
        """Take in what came under a number that is held: a repetition, or proof against its node. Whether it
        is the first proof against this start of it."""
        if received.report is None:
            return False
        topic, incarnation, sequence = received.topic.text, received.incarnation, received.sequence
        held = self.archive.find(topic, incarnation, [(sequence, sequence)], 1 << 30)
        if not held:
            return False
        self._convict(self.evidence.contradictions.take(received.report))
        seen = {_digest(kept.body): kept.body for _, kept in held}
        seen.setdefault(received.report.digest, received.body)
        start = Start(received.topic.source, incarnation, received.topic.stream)
        news = start not in self.evidence.equivocations.proofs
        proof = self.evidence.equivocations.compare(received.report.key, seen)
        if proof is None:
            return False
        self.archive.replace(topic, incarnation, proof.sequence, proof.bodies)
        text = f"two contents under sequence {proof.sequence}: nothing of incarnation {incarnation} counts"
        self._endpoint.rejections(topic, WireError(Reason.EQUIVOCATION, text))
        self._show(start)
        if news:
            self._stale(start)
        return news

    def _convict(self, start: Start | None) -> None:
        """A node has contradicted itself."""
        if start is None:
            return
        topic = topics.report(start.stream, start.node_id)
        text = f"behind its own watermark: nothing of incarnation {start.incarnation} counts"
        self._endpoint.rejections(topic, WireError(Reason.CONTRADICTION, text))
        self._show(start)
        self._stale(start)

    def _stale(self, start: Start) -> None:
        for view in self._views.all:
            view.admission.convict(start)

    def remind(self) -> None:
        """Show one of the proofs again, each in its turn: who came later may have seen one half alone."""
        starts = sorted(self.evidence.convicted)
        if starts:
            self._reminded += 1
            self._show(starts[self._reminded % len(starts)])

    def _show(self, start: Start) -> None:
        """Pass a proof on: two contents, or a heartbeat and the report that contradicts it."""
        send = self._endpoint.publisher.send
        topic = topics.report(start.stream, start.node_id)
        proof = self.evidence.equivocations.proofs.get(start)
        for body in proof.bodies if proof is not None else ():
            send([topic.encode(), body])
        contradiction = self.evidence.contradictions.proofs.get(start)
        if contradiction is not None:
            send([topics.status(start.stream, start.node_id).encode(), contradiction.word])
            numbers = [(contradiction.sequence, contradiction.sequence)]
            for _, kept in self.archive.find(topic, start.incarnation, numbers, 1 << 30):
                send([topic.encode(), kept.body])

    def _holds_all(self, word: status_pb2.NodeStatus) -> bool:
        numbers = self._endpoint.receiver.repairs.numbers
        return all(
            numbers(topics.report(mark.stream, word.node_id), word.incarnation).complete_to
            >= mark.last_sequence
            for mark in word.punctuation
        )

    def _lacks(self, node_id: str) -> bool:
        """Whether reports of a node are known of, by anybody's word, that have not come."""
        return any(
            topic.source == node_id and topic.kind == topics.REPORT and numbers.missing_count
            for topic, _, numbers in self._endpoint.receiver.repairs.streams()
        )

    def _neighbour(self, received: Received) -> None:
        """Equal reports must give equal pictures; that they do not would be this program's fault."""
        status, shared = received.message, self._views.shared
        if received.topic.stream or status.input_digest != shared.picture.input_digest():
            return
        if not status.picture_digest:
            return
        mine = shared.picture.digest()
        if status.picture_digest != mine and self._disputed.get(status.nation) != status.input_digest:
            self._disputed[status.nation] = status.input_digest
            self.disagreements += 1
            _log.error(
                "%s makes another picture of the same reports %s: %s, here %s",
                status.nation,
                status.input_digest,
                status.picture_digest,
                mine,
            )


def _digest(body: bytes) -> bytes:
    return sha256(codec.payload_of(topics.REPORT, body)).digest()
