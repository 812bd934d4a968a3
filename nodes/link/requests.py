"""Questions between processes: one request, one reply, never waited for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final

import zmq
from google.protobuf.message import DecodeError

from fusion.constants import OPERATION, Chosen
from nodes.control import clock
from nodes.link import limits, topics
from nodes.link.directory import EndpointRecord
from nodes.link.errors import Reason, WireError
from nodes.link.journal import Journal
from nodes.link.rejections import Rejections
from nodes.link.release import may_read
from nodes.link.round_trip import RoundTrip
from nodes.link.sockets import Context, Poller, open_socket, peer_at, seek_curve
from nodes.link.topics import Topic
from nodes.link.trunk import Trunk
from nodes.link.trust import Peer, Rights, Trust
from nodes.link.zap import Gate
from triwatch.v1 import request_pb2

_REQUEST_BYTES_MAX: Final[Annotated[int, Chosen("bytes", "largest request that is read", OPERATION)]] = (
    64 << 10
)

FIRST_LATE_S: Final[
    Annotated[float, Chosen("s", "before anything is known of a way between machines", "RFC 6298, 2.1")]
] = 1.0


class RequestService:
    """Answers repair from journals and, where this process has a picture, snapshots of it."""

    def __init__(
        self,
        gate: Gate,
        journals: Mapping[str, Journal],
        latest: Mapping[str, bytes],
        rejections: Rejections,
        rights: Callable[[], Rights | None],
    ) -> None:
        self._gate = gate
        self.socket, self.endpoint = gate.open(zmq.ROUTER)
        self.snapshots: dict[str, Callable[[], bytes]] = {}
        """By topic: gives a picture of this process, a PictureUpdate."""
        self.answered = 0
        self._journals = journals
        self._latest = latest
        self._rejections = rejections
        self._rights = rights
        self.identify = peer_at
        """Who sent a frame."""

    def reopen(self) -> None:
        """Break every connection: whoever may still be here comes back through the gate."""
        self._gate.shut(self.socket)
        self.socket, self.endpoint = self._gate.open(zmq.ROUTER)

    def serve(self) -> None:
        """Answer what has come, a bounded number at a time."""
        for _ in range(limits.DRAIN_MAX):
            if not self._gate.readable(self.socket):
                return
            route, *frames = self.socket.recv_multipart(zmq.DONTWAIT, copy=False)
            reply = self.reply_to([frame.bytes for frame in frames], self.identify(route))
            if reply is None:
                continue
            try:
                self.socket.send_multipart([route.bytes, reply], zmq.DONTWAIT)
                self.answered += 1
            except zmq.ZMQError:
                # gone, or not reading: it will ask again
                continue

    def reply_to(self, frames: list[bytes], peer: Peer | None) -> bytes | None:
        """What a peer's request is answered with; None where it is none, which is counted."""
        try:
            reply: bytes = self._answer(_parse(frames), peer).SerializeToString()
        except WireError as error:
            self._rejections("request", error)
            return None
        return reply

    def _answer(self, request: Any, peer: Peer | None) -> Any:
        reply = request_pb2.Reply(id=request.id)
        kind = request.WhichOneof("kind")
        if kind == "repair":
            topic = topics.parse(request.repair.topic.encode())
        elif kind == "snapshot":
            name = topics.national if request.snapshot.national else topics.picture
            topic = topics.parse(name(request.snapshot.nation).encode())
        else:
            raise WireError(Reason.REQUEST, "neither a repair nor a snapshot")
        rights = self._rights()
        if rights is not None and (peer is None or not may_read(topic, peer, rights.members)):
            # in the same words whether or not there is such a thing
            reply.refusal = f"{topic.text} is not released to {peer.nation if peer else 'a stranger'}"
            asker = peer.id if peer else "a stranger"
            self._rejections("request", WireError(Reason.RELEASE, f"of {asker} for {topic.text}"))
        elif kind == "repair":
            self._repair(request.repair, topic, reply.repair)
        elif topic.text in self.snapshots:
            reply.snapshot.picture = self.snapshots[topic.text]()
        else:
            reply.refusal = f"{topic.text} is not kept here"
        return reply

    def _repair(self, wanted: Any, topic: Topic, reply: Any) -> None:
        if len(wanted.missing) > limits.REPAIR_RANGES_MAX:
            raise WireError(Reason.REQUEST, f"{len(wanted.missing)} ranges")
        kind = topic.kind
        reply.topic, reply.incarnation = wanted.topic, wanted.incarnation
        if kind == topics.STATUS and wanted.topic in self._latest:
            reply.message.add(body=self._latest[wanted.topic])
        if kind not in self._journals:
            return
        journal = self._journals[kind]
        ranges = [(r.first, r.last) for r in wanted.missing]
        for sequence, kept in journal.find(
            wanted.topic, wanted.incarnation, ranges, limits.REPAIR_REPLY_BYTES_MAX
        ):
            reply.message.add(sequence=sequence, body=kept.body, sent_clock_ns=kept.clock_ns)
        reply.first_retained = journal.first_retained(wanted.topic, wanted.incarnation)

    def close(self) -> None:
        """Close at once."""
        self._gate.shut(self.socket)


def _parse(frames: list[bytes]) -> Any:
    if len(frames) != 1:
        raise WireError(Reason.FRAMES, f"a request of {len(frames)} frames")
    if len(frames[0]) > _REQUEST_BYTES_MAX:
        raise WireError(Reason.OVERSIZE, f"a request of {len(frames[0])} bytes")
    request = request_pb2.Request()
    try:
        request.ParseFromString(frames[0])
    except DecodeError:
        raise WireError(Reason.REQUEST, f"{len(frames[0])} bytes that are no Request") from None
    return request


class Requester:
    """Asks other processes. A lost reply is nothing special: whoever needs it asks again."""

    def __init__(self, context: Context, poller: Poller, rejections: Rejections, trust: Trust) -> None:
        self._context = context
        self._poller = poller
        self._rejections = rejections
        self._trust = trust
        self._endpoints: dict[str, EndpointRecord] = {}
        self._sockets: dict[str, zmq.Socket[bytes]] = {}
        self._last_id = 0
        self._asked: OrderedDict[int, tuple[str, float]] = OrderedDict()
        """Of whom and when each question was asked that has no answer yet; the newest of them."""
        self._round_trips: dict[str, RoundTrip] = {}
        self.trunk: Trunk | None = None
        """The lines to processes of other machines."""

    def connect(self, name: str, endpoint: EndpointRecord) -> None:
        """From now on ``name`` is asked at ``endpoint``."""
        if self._endpoints.get(name) != endpoint:
            self.disconnect(name)
            self._endpoints[name] = endpoint

    def disconnect(self, name: str) -> None:
        """Forget ``name``."""
        self._endpoints.pop(name, None)
        socket = self._sockets.pop(name, None)
        if socket is not None:
            self._poller.unregister(socket)
            socket.close()

    def ask(self, name: str, request: Any) -> bool:
        """Send ``request`` to ``name``; False where it cannot be sent now. Fills the request's id."""
        self._last_id += 1
        request.id = self._last_id
        self._asked[self._last_id] = name, clock.monotonic_s()
        if len(self._asked) > limits.QUESTIONS_MAX:
            self._asked.popitem(last=False)
        socket = self._sockets.get(name) or self._open(name)
        if socket is None:
            return self.trunk is not None and self.trunk.ask(name, request.SerializeToString())
        try:
            socket.send(request.SerializeToString(), zmq.DONTWAIT)
        except zmq.Again:
            return False
        return True

    def begin_anew(self, name: str) -> None:
        """What was asked of ``name`` before a silence tells nothing of how long its answers take."""
        self._round_trips.pop(name, None)
        for number in [number for number, (asked, _) in self._asked.items() if asked == name]:
            del self._asked[number]

    def late_s(self, name: str) -> float:
        """After so long an answer of ``name`` is late; before its first one 0 on this machine, and
        FIRST_LATE_S on another."""
        known = self._round_trips.get(name)
        if known is not None:
            return known.late_s
        return 0.0 if name in self._endpoints or self.trunk is None else FIRST_LATE_S

    def replies(self) -> Iterator[tuple[str, Any]]:
        """Who answered what, of the replies that have come."""
        for name, reply in self._replies():
            asked = self._asked.pop(reply.id, None)
            if asked is not None:
                self._round_trips.setdefault(name, RoundTrip()).took(clock.monotonic_s() - asked[1])
            yield name, reply

    def _replies(self) -> Iterator[tuple[str, Any]]:
        for name, socket in list(self._sockets.items()):
            for _ in range(limits.DRAIN_MAX):
                if not self._poller.readable(socket):
                    break
                frames = socket.recv_multipart(zmq.DONTWAIT)
                reply = request_pb2.Reply()
                try:
                    reply.ParseFromString(b"".join(frames))
                except DecodeError:
                    self._rejections(name, WireError(Reason.REQUEST, "no Reply"))
                    continue
                yield name, reply
        if self.trunk is not None:
            yield from self.trunk.replies()

    def close(self) -> None:
        """Close every socket."""
        for name in list(self._endpoints):
            self.disconnect(name)

    def _open(self, name: str) -> zmq.Socket[bytes] | None:
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            return None
        socket = open_socket(self._context, zmq.DEALER)
        if keys := self._trust.transport:
            seek_curve(socket, keys, endpoint.server_key)
        socket.connect(endpoint.request)
        self._poller.register(socket, zmq.POLLIN)
        self._sockets[name] = socket
        return socket
