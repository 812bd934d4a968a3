"""Hears live streams without loss: subscribes, notices gaps, asks for what is missing."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from nodes.control import clock
from nodes.link import codec, limits, topics
from nodes.link.codec import Received
from nodes.link.directory import EndpointRecord
from nodes.link.errors import Reason, WireError
from nodes.link.hints import Held
from nodes.link.rejections import Rejections
from nodes.link.repairs import LAST_WORD_NS, Repairs, Wanted
from nodes.link.requests import Requester
from nodes.link.sockets import Context, Poller
from nodes.link.subscriptions import Subscriptions
from nodes.link.topics import Topic
from nodes.link.trunk import Trunk
from nodes.link.trust import Peer, Trust
from triwatch.v1 import request_pb2, status_pb2


class Receiver:
    """Each message of the chosen topics once, in the order of arrival, whatever the net lost.

    ``prefixes`` are the topics to receive; a core gives whole topics, the exercise's recorder kinds. What is
    malformed is counted in ``rejections`` and nothing else happens.
    """

    def __init__(
        self,
        context: Context,
        poller: Poller,
        rejections: Rejections,
        trust: Trust,
        prefixes: Iterable[str] = (),
    ) -> None:
        self._subscriptions = Subscriptions(context, poller, trust)
        self._requester = Requester(context, poller, rejections, trust)
        self._trust = trust
        self._rejections = rejections
        self._known: dict[Topic, bool] = {}
        self._waiting: list[tuple[str, list[bytes]]] = []
        self.repairs = Repairs()
        self.received_bytes: Counter[str] = Counter()
        """Of live messages, by peer."""
        self.again: Counter[str] = Counter()
        """Numbered messages that came again, by topic."""
        self.only: Callable[[EndpointRecord | Peer], frozenset[str] | None] = lambda _: None
        """The topics to receive of a process, where not all that is received."""
        self.on_again: Callable[[Received], None] | None = None
        """Called with what came under a number that is held already, after every check."""
        self.on_refused: Callable[[Received], None] | None = None
        """Called with a report that has taken its number and whose content is of no use."""
        self.on_snapshot: Callable[[bytes, bool], None] | None = None
        """Called with the PictureUpdate that ``ask_snapshot`` brought, and whether it is an own picture."""
        self._snapshots_asked: OrderedDict[int, bool] = OrderedDict()
        """By request, whether it was for the own picture."""
        self._status_late_s: dict[tuple[str, str], float] = {}
        """By process and topic when the answer to a question after a heartbeat is late."""
        self.listen(prefixes)

    def listen(self, prefixes: Iterable[str]) -> None:
        """Hear these topics too."""
        self._subscriptions.listen(prefixes)
        self._known.clear()

    def follow(self, peers: dict[str, EndpointRecord]) -> None:
        """Be connected to exactly these processes. One that came back elsewhere is connected anew, and so
        is one of which something else is to be heard. What had come of one before is received yet: its
        last word may be in it, which it says to nobody again."""
        silent = self._subscriptions.silent(clock.monotonic_s())
        for name, known in list(self._subscriptions.peers.items()):
            changed = peers.get(name) != known or self._subscriptions.only[name] != self.only(known)
            if changed or name in silent:
                self._waiting += ((name, frames) for frames in self._subscriptions.rest(name))
                self._subscriptions.disconnect(name)
                self._requester.disconnect(name)
        for name, endpoint in peers.items():
            if name not in self._subscriptions.peers:
                self._subscriptions.connect(endpoint, self.only(endpoint))
                self._requester.connect(name, endpoint)

    @property
    def prefixes(self) -> set[str]:
        """What is heard."""
        return self._subscriptions.prefixes

    @property
    def peers(self) -> Mapping[str, EndpointRecord | Peer]:
        """The processes connected to, on this machine and on others."""
        trunk = self._requester.trunk
        return {**trunk.peers, **self._subscriptions.peers} if trunk else self._subscriptions.peers

    def use(self, trunk: Trunk) -> None:
        """Hear and ask the processes of other machines too."""
        self._requester.trunk = trunk

    def receive(self, now_s: float) -> Iterator[Received]:
        """What has come, live and repaired, a bounded number at a time; then ask for what is missing."""
        yield from self.receive_first("", now_s)
        yield from self.receive_rest(now_s)

    def receive_first(self, kind: str, now_s: float) -> Iterator[Received]:
        """What has come live of one kind, a bounded number; the rest waits, not even looked into, for
        ``receive_rest``."""
        wanted = kind.encode()
        trunk = self._requester.trunk
        for name, frames in chain(self._subscriptions.receive(), trunk.receive(now_s) if trunk else ()):
            self.received_bytes[name] += sum(map(len, frames))
            if frames[0].startswith(wanted):
                received = self._accept(name, frames, now_s)
                if received is not None:
                    yield received
            else:
                self._waiting.append((name, frames))

    def receive_rest(self, now_s: float) -> Iterator[Received]:
        """The live messages that wait, and what was repaired; then ask for what is missing."""
        waiting, self._waiting = self._waiting, []
        for name, frames in waiting:
            received = self._accept(name, frames, now_s)
            if received is not None:
                yield received
        trunk = self._requester.trunk
        for name in trunk.returned() if trunk else ():
            self._requester.begin_anew(name)
            self.repairs.begin_anew(name, now_s)
            self._status_late_s = {k: late_s for k, late_s in self._status_late_s.items() if k[0] != name}
        for name, reply in self._requester.replies():
            yield from self._replied(name, reply, now_s)
        for wanted in self.repairs.due(now_s, self._providers, self._requester.late_s):
            self._ask(wanted)

    def restore(self, topic: bytes, body: bytes, now_s: float) -> Iterable[Received]:
        """A signed message that an earlier process of this one received and kept: the message, where it is
        one that is to be used. Its number has come, and what it says of others is missed as ever."""
        received = self._accept("the journal", [topic, body], now_s)
        return () if received is None else (received,)

    def ask_snapshot(self, name: str, nation: str, national: bool = False) -> bool:
        """Ask process ``name`` for its nation's shared or own picture as it is now.

        It arrives at ``on_snapshot``.
        """
        request = request_pb2.Request()
        request.snapshot.nation, request.snapshot.national = nation, national
        asked = self._requester.ask(name, request)
        if asked:
            self._snapshots_asked[request.id] = national
            if len(self._snapshots_asked) > limits.STREAMS_MAX:
                self._snapshots_asked.popitem(last=False)
        return asked

    def ask_status(self, name: str, stream: str, node_id: str) -> bool:
        """Ask process ``name`` for the last heartbeat in a stream of a node that is not heard itself; False
        where it was asked and its answer is not late."""
        request = request_pb2.Request()
        topic = request.repair.topic = topics.status(stream, node_id)
        now_s = clock.monotonic_s()
        if now_s < self._status_late_s.get((name, topic), 0.0):
            return False
        self._status_late_s[name, topic] = now_s + self._requester.late_s(name)
        return self._requester.ask(name, request)

    @property
    def duplicates(self) -> int:
        """Numbered messages that came again."""
        return self.again.total()

    @property
    def missing(self) -> int:
        """Messages known to exist that have not come."""
        return self.repairs.missing

    def close(self) -> None:
        """Close every socket."""
        self._subscriptions.close()
        self._requester.close()

    def _accept(self, name: str, frames: list[bytes], now_s: float) -> Received | None:
        """The message; None where it is none that is to be used."""
        try:
            received = codec.from_frames(frames, self._trust)
            if not self._wanted(received.topic):
                return None
            self._check_source(name, received)
            if received.sequence:
                if not self.repairs.note(received.topic, received.incarnation, received.sequence, now_s):
                    self._came_again(received)
                    return None
                if self._is_refused(received):
                    return None
            else:
                self._hear_numbers(received, now_s)
        except WireError as error:
            self._rejections(f"{name}, {frames[0][:80]!r}", error)
            return None
        return received

    def _is_refused(self, received: Received) -> bool:
        """Whether nothing of a report is used; it has come all the same, and is not asked for again."""
        error = received.refused
        if error is None:
            return False
        self._rejections(received.topic.text, error)
        if self.on_refused is not None:
            self.on_refused(received)
        return True

    def _check_source(self, name: str, received: Received) -> None:
        """What carries no signature is believed of its originator's own connection alone."""
        if received.topic.kind not in codec.DOMAIN and not self._is_source(name, received.topic.source):
            raise WireError(Reason.MISMATCH, f"of {received.topic.source}, not signed and from {name}")

    def _is_source(self, name: str, source: str) -> bool:
        peer = self.peers.get(name)
        return peer is not None and (peer.id if peer.role == "node" else peer.nation) == source

    def _came_again(self, received: Received) -> None:
        self.again[received.topic.text] += 1
        if self.on_again is not None:
            self.on_again(received)

    def _wanted(self, topic: Topic) -> bool:
        """A subscription is a prefix: "report/…/KOR-1" also brings "report/…/KOR-10"."""
        wanted = self._known.get(topic)
        if wanted is None:
            text = topic.text
            wanted = any(
                text == p or (p.endswith("/") and text.startswith(p)) for p in self._subscriptions.prefixes
            )
            if len(self._known) < limits.STREAMS_MAX:
                self._known[topic] = wanted
        return wanted

    def _hear_numbers(self, received: Received, now_s: float) -> None:
        """Heartbeats say how far the streams go, so that a lost last message is missed too."""
        message = received.message
        if received.topic.kind == topics.STATUS:
            reports = topics.told_of(received.topic)
            for p in message.punctuation if self._wanted(reports) else ():
                self.announce(reports.text, message.incarnation, p.last_sequence, now_s, message.time_ns)
                if message.state == status_pb2.NODE_STATE_LEAVING:
                    self.repairs.end(reports, message.incarnation, p.last_sequence, now_s)
                if message.previous_incarnation:
                    self.repairs.end(
                        reports, message.previous_incarnation, message.previous_last_sequence, now_s
                    )
                for e in message.earlier:
                    self.repairs.end(reports, e.incarnation, e.last_sequence, now_s)
        elif received.topic.kind == topics.CORE_STATUS:
            self._receive_hints(received.topic, message, now_s)
            own = received.topic.stream == message.nation
            shown = topics.national(message.nation) if own else topics.picture(message.nation)
            for topic, last in (
                (shown, message.picture_sequence),
                (topics.warning(message.nation, received.topic.stream), message.warning_sequence),
            ):
                self.announce(topic, message.incarnation, last, now_s, message.time_ns)

    def _receive_hints(self, source: Topic, message: Any, now_s: float) -> None:
        """A core says what it holds of others: where to ask, not what there is."""
        cores = (e.id for e in self.peers.values() if e.role == "core" and e.nation == message.nation)
        named = (
            Held(topics.parse(topics.report(h.stream, h.node_id).encode()), h.incarnation, h.last_sequence)
            for h in message.holding
            if 1 <= h.last_sequence <= limits.SEQUENCE_MAX and h.incarnation >= 1
        )
        held = (one for one in named if self._wanted(one.topic))
        self.repairs.hints.receive(next(cores, message.nation), source.stream, held, now_s)

    def announce(
        self, topic: str, incarnation: int, last: int, now_s: float, said_ns: int = LAST_WORD_NS
    ) -> None:
        """Its publisher says at ``said_ns`` that ``topic`` goes up to ``last``. Raises WireError where there
        is no such topic."""
        parsed = topics.parse(topic.encode())
        if self._wanted(parsed):
            self.repairs.announce(parsed, incarnation, last, now_s, said_ns)

    def _providers(self, topic: Topic) -> list[str]:
        """Who may have a topic's messages: who published them first, then, for reports, the cores."""
        own = [e.id for e in self.peers.values() if (e.id if e.role == "node" else e.nation) == topic.source]
        if topic.kind != topics.REPORT:
            return own
        return own + sorted(e.id for e in self.peers.values() if e.role == "core")

    def _ask(self, wanted: Wanted) -> None:
        request = request_pb2.Request()
        request.repair.topic = wanted.topic.text
        request.repair.incarnation = wanted.incarnation
        for first, last in wanted.ranges:
            request.repair.missing.add(first=first, last=last)
        self._requester.ask(wanted.provider, request)

    def _replied(self, name: str, reply: Any, now_s: float) -> Iterator[Received]:
        if reply.WhichOneof("kind") == "snapshot":
            self._snapshot(name, reply.id, reply.snapshot.picture)
            return
        if reply.refusal:
            return  # it is asked again as for anything else that one process does not have
        brought = 0
        try:
            topic = topics.parse(reply.repair.topic.encode())
            if not self._wanted(topic):
                raise WireError(Reason.MISMATCH, f"unasked for: {topic.text}")
            for kept in reply.repair.message:
                received = self._repaired(name, topic, reply.repair.incarnation, kept, now_s)
                if received is None:
                    continue
                if received.sequence:
                    brought += 1
                else:
                    self._hear_numbers(received, now_s)
                yield received
            if topic.kind == topics.STATUS:
                self._status_late_s.pop((name, topic.text), None)
                return
            self.repairs.answered(topic, reply.repair.incarnation, brought, now_s)
        except WireError as error:
            self._rejections(name, error)

    def _snapshot(self, name: str, request: int, picture: bytes) -> None:
        national = self._snapshots_asked.pop(request, None)
        try:
            if national is None:
                raise WireError(Reason.REQUEST, "a picture that nobody asked for")
            nation = codec.picture_nation(picture)
            if not self._is_source(name, nation):
                raise WireError(Reason.MISMATCH, f"a picture of {nation[:3]!a} from {name}")
        except WireError as error:
            self._rejections(name, error)
            return
        if self.on_snapshot is not None:
            self.on_snapshot(picture, national)

    def _repaired(
        self, name: str, topic: Topic, incarnation: int, kept: request_pb2.RetainedMessage, now_s: float
    ) -> Received | None:
        try:
            received = codec.decode(topic, kept.body, self._trust)
            if received.sequence and (received.incarnation, received.sequence) != (
                incarnation,
                kept.sequence,
            ):
                raise WireError(Reason.MISMATCH, f"asked for {kept.sequence}, got {received.sequence}")
            self._check_source(name, received)
        except WireError as error:
            # who has better may come to be asked: its node, once it has learned of its new key
            self._rejections(f"{name} repairing {topic.text}", error)
            return None
        received.repaired = True
        if not received.sequence:
            return received
        if not self.repairs.note(topic, received.incarnation, received.sequence, now_s):
            self._came_again(received)
            return None
        if self._is_refused(received):
            return None
        received.clock_ns = (kept.sent_clock_ns,) if kept.sent_clock_ns else ()
        return received
