"""What comes into a core: reports into the pictures, heartbeats into punctuation; kept for neighbours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from fusion import ReportError
from nodes.coalition import Coalition, Member
from nodes.core.equivocation import Equivocations, Proof
from nodes.core.heartbeats import LEAVING, Heartbeats
from nodes.core.views import View, Views
from nodes.link import codec, topics
from nodes.link.codec import Received
from nodes.link.endpoint import LinkEndpoint
from nodes.link.errors import Reason, WireError
from triwatch.v1 import status_pb2

_log = logging.getLogger("triwatch.core")

GRACE_NS = 5_000_000_000
"""Scenario time by which the others must be past a node's removal before it is no longer waited for."""


class Ingest:
    """Takes what the link received into ``views``, as the ``coalition`` lets it."""

    def __init__(self, endpoint: LinkEndpoint, views: Views, coalition: Coalition, nation: str) -> None:
        self._endpoint = endpoint
        self._views = views
        self._coalition = coalition
        self._nation = nation
        self._versions = 0
        self._words = Heartbeats()
        self._let_go: set[str] = set()
        self._disputed: dict[str, str] = {}
        self._speakers: dict[int, frozenset[tuple[str, str]]] = {}
        """By version of the policy: node and stream of all that may be said."""
        self._streams: dict[str, tuple[str, ...]] = {}
        """By node: what this nation may have of it."""
        self.members: dict[str, Member] = {}
        """The nodes of any version of the policy of which this nation may have something, as last named."""
        self.statuses = 0
        """Heartbeats of nodes taken in."""
        self.neighbour_heard_s: dict[str, float] = {}
        """When each nation's core was last heard, monotonic wall seconds."""
        self.equivocations = Equivocations(endpoint.publisher.journals[topics.REPORT])
        self._reminded = 0
        self.convicted: Callable[[str], None] = lambda _: None
        """Called with a stream when a node's start no longer counts in it: what takes it is made anew."""
        self.follow()
        endpoint.receiver.check = self._check

    def follow(self) -> bool:
        """Hear what newer versions of the policy release to this nation; whether there were any."""
        fresh = self._coalition.versions[self._versions :]
        if not fresh:
            return False
        first = not self._versions
        self._versions = len(self._coalition.versions)
        for policy in fresh:
            for node in policy.nodes:
                streams = node.streams_for(self._nation)
                if not streams:
                    continue
                if node.id not in self.members and not first:
                    self._expect(node, policy.effective_ns, self._views.all)
                self.members[node.id], self._streams[node.id] = node, streams
            first = False
        self._endpoint.receiver.listen(
            [
                *(topics.report(stream, node_id) for node_id, stream in self._heard_streams()),
                *(topics.status(stream, node_id) for node_id, stream in self._heard_streams()),
                *(
                    topics.core_status(nation, stream)
                    for policy in fresh
                    for nation in policy.nations
                    for stream in {topics.EVERY_MEMBER, *policy.streams}
                    if nation != self._nation and self._shared_by(stream, nation)
                ),
            ]
        )
        return True

    def take(self, received: Received, now_s: float) -> bool:
        """Take one message in; False where it is refused, which is counted."""
        try:
            if received.topic.kind == topics.REPORT:
                self._report(received)
            elif received.topic.kind == topics.STATUS:
                self._status(received)
            else:
                self.neighbour_heard_s[received.topic.source] = now_s
                self._neighbour(received)
        except WireError as error:
            self._endpoint.rejections(received.topic.text, error)
            return False
        return True

    def heard(self, view: View | None = None) -> dict[str, status_pb2.NodeStatus]:
        """What each node has said last, that was heard in all its streams that go into a picture."""
        view = view or self._views.fullest
        words = ((i, self._words.of(i, [s for s in self._streams[i] if view.takes(s)])) for i in self.members)
        return {node_id: word for node_id, word in words if word is not None}

    def left(self) -> list[str]:
        """Nodes that said goodbye and of whose reports none is missing."""
        return [
            node_id
            for node_id, word in self.heard().items()
            if word.state == LEAVING and self._holds_all(word)
        ]

    def unheard(self) -> list[tuple[str, str]]:
        """Streams, and the nodes of the policy of whom no heartbeat in them ever came."""
        return [(s, node_id) for node_id, s in self._heard_streams() if not self._words.heard(node_id, s)]

    def tend(self) -> None:
        """Wait no longer for a node that the policy has let go, once what was known of it is held.

        Its reports up to then count, and no later ones do.
        """
        newest = {node.id for node in self._coalition.current.nodes}
        for node_id in self.members.keys() - newest - self._let_go:
            gone_ns = self._gone_ns(node_id)
            others = [w.time_ns for i, w in self.heard().items() if i in newest]
            word = self._words.of(node_id, self._streams[node_id])
            if min(others, default=0) < gone_ns + GRACE_NS or self._lacks(node_id):
                continue
            self._let_go.add(node_id)
            incarnation = word.incarnation if word else 0
            for view in self._views.all:
                view.picture.punctuate(
                    status_pb2.NodeStatus(node_id=node_id, incarnation=incarnation, state=LEAVING)
                )

    def replay(self, view: View) -> None:
        """Tell a new picture what was heard before."""
        for text, incarnation, _, kept in self._endpoint.publisher.journals[topics.REPORT].all():
            topic = topics.parse(text.encode())
            if view.takes(topic.stream) and self._counts(topic.source, incarnation, view):
                view.fold(codec.decode(topic, kept.body, self._endpoint.trust))
        for before, policy in pairwise(self._coalition.versions):
            known = {node.id for node in before.nodes}
            for node in policy.nodes:
                if node.id not in known:
                    self._expect(node, policy.effective_ns, (view,))
        for node_id in self.members:
            self._punctuate(view, node_id)
        for node_id, incarnation, stream in self.equivocations.proofs:
            if view.takes(stream):
                view.picture.punctuate(
                    status_pb2.NodeStatus(node_id=node_id, incarnation=incarnation, state=LEAVING)
                )
        self._let_go.clear()

    def _heard_streams(self) -> Iterator[tuple[str, str]]:
        for node_id in self.members:
            for stream in self._streams[node_id]:
                yield node_id, stream

    def _shared_by(self, stream: str, nation: str) -> bool:
        return not stream or {nation, self._nation} <= set(topics.nations_of(stream))

    def _gone_ns(self, node_id: str) -> int:
        """When the newest version in which a node no longer is came into force."""
        gone_ns = 0
        for policy in reversed(self._coalition.versions):
            if any(node.id == node_id for node in policy.nodes):
                break
            gone_ns = policy.effective_ns
        return gone_ns

    def _expect(self, node: Member, effective_ns: int, views: Iterable[View]) -> None:
        """A node that is admitted from a time on: the policy itself says that nothing of it comes before."""
        for view in views:
            marks = [
                status_pb2.Punctuation(stream=stream, low_watermark_ns=max(0, effective_ns - 1))
                for stream in node.streams_for(self._nation)
                if view.takes(stream)
            ]
            if marks:
                view.picture.punctuate(status_pb2.NodeStatus(node_id=node.id, punctuation=marks))

    def _check(self, received: Received) -> None:
        """A node speaks for the nation that the policy says."""
        member = self.members.get(received.topic.source)
        if member is not None and received.message.nation != member.nation:
            raise WireError(Reason.MISMATCH, f"nation {received.message.nation!r}, by policy {member.nation}")

    def _admit(self, node_id: str, stream: str, times_ns: Iterable[int]) -> None:
        """Raise WireError where the policy in force at a time does not have the node speak in the stream.

        By the report's own time, so that every core decides alike.
        """
        for policy in {p.version: p for p in map(self._coalition.at, times_ns)}.values():
            if policy.version not in self._speakers:
                self._speakers[policy.version] = frozenset((n.id, s) for n in policy.nodes for s in n.streams)
            if (node_id, stream) not in self._speakers[policy.version]:
                raise WireError(
                    Reason.MEMBERSHIP, f"{node_id} has no stream {stream!r} in version {policy.version}"
                )

    def _report(self, received: Received) -> None:
        topic, batch = received.topic, received.message
        self._admit(topic.source, topic.stream, set(batch.valid_time_ns) or {batch.sent_time_ns})
        try:
            self._views.fold(received, lambda view: self._counts(topic.source, received.incarnation, view))
        except ReportError as error:
            raise WireError(Reason.CONTENT, str(error)) from None
        clock_ns = received.clock_ns[0] if received.clock_ns else 0
        self._endpoint.publisher.journals[topics.REPORT].keep(
            topic.text, received.incarnation, received.sequence, received.body, clock_ns
        )

    def _status(self, received: Received) -> None:
        status, topic = received.message, received.topic
        self._admit(topic.source, topic.stream, (status.time_ns,))
        if self._words.hear(topic.stream, status):
            self._endpoint.publisher.latest[topic.text] = received.body
        for view in self._views.all:
            if view.takes(topic.stream):
                self._punctuate(view, topic.source)
        self.statuses += 1

    def compare(self, received: Received) -> None:
        """Take in what came under a number that is held: a repetition, or proof against its node."""
        if received.topic.kind != topics.REPORT:
            return
        start = (received.topic.source, received.incarnation, received.topic.stream)
        news = start not in self.equivocations.proofs
        proof = self.equivocations.compare(received)
        if proof is None:
            return
        text = f"two contents under sequence {proof.sequence}: nothing of incarnation {start[1]} counts"
        self._endpoint.rejections(proof.topic, WireError(Reason.EQUIVOCATION, text))
        self._show(proof)
        if news:
            self.convicted(received.topic.stream)

    def remind(self) -> None:
        """Show one of the proofs again, each in its turn: who came later may have seen one content alone."""
        proofs = list(self.equivocations.proofs.values())
        if proofs:
            self._reminded += 1
            self._show(proofs[self._reminded % len(proofs)])

    def _show(self, proof: Proof) -> None:
        for body in proof.bodies:
            self._endpoint.publisher.send([proof.topic.encode(), body])

    def _punctuate(self, view: View, node_id: str) -> None:
        word = self._words.of(node_id, [s for s in self._streams[node_id] if view.takes(s)])
        if word is not None and self._counts(node_id, word.incarnation, view):
            view.picture.punctuate(word)

    def _counts(self, node_id: str, incarnation: int, view: View) -> bool:
        """Whether a node's start counts in a picture: nothing it is known to take proves it a liar."""
        return not self.equivocations.convicted(node_id, incarnation, view.takes)

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
            _log.error(
                "%s makes another picture of the same reports %s: %s, here %s",
                status.nation,
                status.input_digest,
                status.picture_digest,
                mine,
            )
