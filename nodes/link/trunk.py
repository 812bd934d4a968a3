"""Lines to other machines: cores bind one port, nodes and cores dial it, everything goes both ways on it.

Source: proto/README.md, section 2, "Between machines". No shared directory, no process id and no machine's
clock: who is there is who speaks, and a line that is silent for SILENCE_S may be broken, or slow.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any, Final

import zmq
from google.protobuf.message import DecodeError

from fusion.constants import OPERATION, Chosen
from nodes.errors import BadInput
from nodes.link import limits
from nodes.link.dialled import Dialled
from nodes.link.errors import Reason, WireError
from nodes.link.lines import SILENCE_S, Line, Way
from nodes.link.records import Addresses, Records
from nodes.link.rejections import Rejections
from nodes.link.sockets import Context, Poller, be_patient, open_socket, peer_at, seek_curve
from nodes.link.trust import Peer, Trust
from nodes.link.zap import Gate
from triwatch.v1 import request_pb2, trunk_pb2

_log = logging.getLogger("triwatch.link")

HELLO_S: Final[
    Annotated[float, Chosen("s", "how often each end says what it wants to receive", OPERATION)]
] = 2.0
RECORDS_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "how often the endpoint records are told again on a line that has had them: they are the most of "
            "a hello, and TCP has delivered them unless the connection was made anew",
            OPERATION,
        ),
    ]
] = 20.0
FORGOTTEN_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "how long a line that was dialled by a peer may be silent before what that asked for on it is "
            "forgotten: it may only be slow",
            OPERATION,
        ),
    ]
] = 60.0
TEND_S: Final[Annotated[float, Chosen("s", "how often lines are looked at", OPERATION)]] = 0.2
HELLO, REQUEST, REPLY, POLICY = b"hello", b"request", b"reply", b"policy"
"""First frames that are no topics."""
KEY_GRACE_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "how long the port stays open with a key that has been replaced: the others learn of the "
            "new one on it",
            OPERATION,
        ),
    ]
] = 10.0
_CORE = "core-"


class Trunk:
    """All lines of one process, which is ``me``; ``incarnation`` numbers its start."""

    def __init__(
        self,
        context: Context,
        poller: Poller,
        trust: Trust,
        rejections: Rejections,
        gate: Gate,
        me: Peer,
        addresses: Addresses,
        incarnation: int,
    ) -> None:
        self._context = context
        self._poller = poller
        self._trust = trust
        self._rejections = rejections
        self._gate = gate
        self._me = me
        self._addresses = addresses
        self.records = Records(trust, addresses.peers)
        self._incarnation = incarnation
        self._called: dict[bytes, Line] = {}
        self._dialled: dict[str, Dialled] = {}
        self._replies: list[tuple[str, Any]] = []
        self._local: frozenset[str] = frozenset()
        self._received_s: dict[str, float] = {}
        """By peer, however it was connected."""
        self._there: frozenset[str] = frozenset()
        self._returned: set[str] = set()
        self._tend_s = 0.0
        self._hello_s = 0.0
        self._said: tuple[object, ...] = ()
        self.wanted: Callable[[Peer], Iterable[str]] = lambda _: ()
        self.answer: Callable[[bytes, Peer], bytes | None] = lambda _request, _peer: None
        """What a request of a peer is answered with."""
        self._keys = trust.transport
        self._rekeyed_s: float | None = None
        self._socket: zmq.Socket[bytes] | None = None
        self._open()

    def _open(self) -> None:
        self._keys = self._trust.transport
        if not self._addresses.listen:
            return
        self._socket, _ = self._gate.open(zmq.ROUTER, self._addresses.listen, patient=True)
        self._socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        self.records.sign(self._me.id, self._incarnation, self._addresses.advertise)

    def reopen(self) -> None:
        """Break every connection: whoever may still be here comes back through the gate."""
        if self._socket is not None:
            self._gate.shut(self._socket)
            self._socket = None
        self._called.clear()
        self._open_again()

    def _open_again(self) -> None:
        """Open the port. libzmq gives it back some time after it was shut: until then `tend` tries again."""
        try:
            self._open()
        except BadInput as error:
            _log.warning("the port is not open yet: %s", str(error))

    @property
    def peers(self) -> dict[str, Peer]:
        """The processes of other machines that were heard lately, by id."""
        return {name: line.peer for name, line in self._lines().items()}

    def lines(self, now_s: float) -> dict[str, float]:
        """By the id of every core known elsewhere, and of whoever was heard, that the policy lets in: wall
        seconds since it was heard, -1 where it never was."""
        names = {*self.records.cores(), *self._received_s} - {self._me.id, *self._local}
        names = {name for name in names if self._trust.serving_keys(name)}
        return {name: now_s - self._received_s[name] if name in self._received_s else -1.0 for name in names}

    @property
    def listens(self) -> str:
        """Where the port is bound; empty where there is none."""
        return self._addresses.listen

    @property
    def advertised(self) -> str:
        """Where others reach it."""
        return self._addresses.advertise

    @property
    def dials(self) -> dict[str, str]:
        """By core's id, the addresses that this machine's operator gave."""
        return dict(self._addresses.peers)

    def publish(self, frames: list[bytes]) -> None:
        """Send a live message to whoever asked for its topic and may read it."""
        for line in self._lines().values():
            if line.wants(frames[0]):
                line.send(frames)

    def ask(self, name: str, request: bytes) -> bool:
        """Send a request; False where there is no line to ``name`` or it takes no more."""
        line = self._lines().get(name)
        return line is not None and line.send([REQUEST, request])

    def replies(self) -> list[tuple[str, Any]]:
        """Who answered what since the last call."""
        replies, self._replies = self._replies, []
        return replies

    def returned(self) -> set[str]:
        """Who was heard again after a silence since the last call: what was asked of them before it may be
        lost, and what is answered late says nothing of the way."""
        returned, self._returned = self._returned, set()
        return returned

    def receive(self, now_s: float) -> Iterator[tuple[str, list[bytes]]]:
        """Who said what live; the rest of what came is dealt with."""
        for line in self._dialled_lines():
            for _ in range(limits.DRAIN_MAX):
                if not self._poller.readable(line.socket):
                    break
                yield from self._take(line, line.socket.recv_multipart(zmq.DONTWAIT), now_s)
        for _ in range(limits.DRAIN_MAX):
            if self._socket is None or not self._poller.readable(self._socket):
                break
            route, *frames = self._socket.recv_multipart(zmq.DONTWAIT, copy=False)
            called = self._line_of(route, now_s)
            if called is not None:
                yield from self._take(called, [frame.bytes for frame in frames], now_s)

    def tend(self, now_s: float, local: Iterable[str]) -> None:
        """Dial who is not connected, hang up on who has no business here, say hello. ``local`` are the
        processes of this machine: they are heard without a line."""
        if now_s < self._tend_s:
            return
        self._tend_s = now_s + TEND_S
        self._local = frozenset(local)
        self._mind_keys(now_s)
        if self._socket is None and self._addresses.listen:
            self._open_again()
        for route, line in list(self._called.items()):
            if now_s - (line.received_s or line.began_s) > FORGOTTEN_S:
                del self._called[route]
        for name in self._dialled.keys() - self._to_dial(now_s):
            self._hang_up(name, self._dialled[name].lines)
            del self._dialled[name]
        for name in sorted(self._to_dial(now_s)):
            self._dial(name, now_s)
        self._log_changes()
        wanted = [(name, self._prefixes(peer)) for name, peer in sorted(self.peers.items())]
        said = (self._trust.version, self._local, *wanted)
        if now_s >= self._hello_s or said != self._said:
            if self._said[:1] != said[:1]:
                for line in self._all():
                    line.narrow(self._trust.rights())
            self._hello_s, self._said = now_s + HELLO_S, said
            for line in self._all():
                self._say_hello(line, now_s)

    def close(self) -> None:
        """Close every socket."""
        for name, dialled in self._dialled.items():
            self._hang_up(name, dialled.lines)
        if self._socket is not None:
            self._gate.shut(self._socket)

    def _log_changes(self) -> None:
        there = frozenset(self.peers)
        for name in sorted(there - self._there):
            _log.info("line to %s is there", name, extra={"event": "line up", "peer": name})
        for name in sorted(self._there - there):
            _log.warning("line to %s is silent", name, extra={"event": "line silent", "peer": name})
        self._there = there

    def _dialled_lines(self) -> list[Line]:
        return [line for dialled in self._dialled.values() for line in dialled.lines]

    def _all(self) -> list[Line]:
        return [*self._dialled_lines(), *self._called.values()]

    def _lines(self) -> dict[str, Line]:
        """One line for each peer that is heard, the one that was last; its own dialling counts before that of
        the peer."""
        now_s = self._tend_s
        called = [line for line in self._called.values() if line.alive(now_s)]
        lines = {line.peer.id: line for line in sorted(called, key=lambda line: line.received_s or 0.0)}
        for name, dialled in self._dialled.items():
            line = dialled.heard(now_s)
            if line is not None:
                lines[name] = line
        return {name: line for name, line in lines.items() if name not in self._local}

    def _to_dial(self, now_s: float) -> set[str]:
        """Of two cores the one whose id comes first dials; the other only where it is not dialled."""
        called = {line.peer.id for line in self._called.values() if line.alive(now_s)}
        return {
            name
            for name in self.records.cores()
            if name != self._me.id
            and name not in self._local
            and self._trust.serving_keys(name)
            and not (self._me.id.startswith(_CORE) and name < self._me.id and name in called)
        }

    def _dial(self, name: str, now_s: float) -> None:
        """Connect to a core, or once more, another of its addresses and keys, beside what is not heard."""
        own = self._trust.transport
        if own is None:
            return
        keys = self._trust.serving_keys(name)
        dialled = self._dialled.setdefault(name, Dialled())
        gone, way = dialled.settle([Way(a, k, own) for a in self.records.reached(name) for k in keys], now_s)
        self._hang_up(name, gone)
        if way is None:
            return
        socket = open_socket(self._context, zmq.DEALER)
        be_patient(socket)
        socket.setsockopt(zmq.IPV6, int("[" in way.address))
        seek_curve(socket, way.own, way.server_key)
        socket.connect(way.address)
        self._poller.register(socket, zmq.POLLIN)
        line = Line(Peer(name, name.removeprefix(_CORE), "core"), socket, now_s, way=way)
        dialled.lines.append(line)
        self._say_hello(line, now_s)

    def _hang_up(self, name: str, lines: Iterable[Line]) -> None:
        for line in list(lines):
            self._dialled[name].lines.remove(line)
            self._poller.unregister(line.socket)
            line.socket.close()

    def _mind_keys(self, now_s: float) -> None:
        if self._socket is None or self._trust.transport == self._keys:
            return
        if self._rekeyed_s is None:
            self._rekeyed_s = now_s
        if now_s - self._rekeyed_s > KEY_GRACE_S:
            self._rekeyed_s = None
            self.reopen()

    def _line_of(self, route: zmq.Frame, now_s: float) -> Line | None:
        line = self._called.get(route.bytes)
        if line is None:
            peer = peer_at(route)
            if peer is None or self._socket is None or len(self._called) >= limits.LINES_MAX:
                return None
            line = self._called[route.bytes] = Line(peer, self._socket, now_s, route=route.bytes)
            self._say_hello(line, now_s)
        return line

    def _prefixes(self, peer: Peer) -> tuple[str, ...]:
        return () if peer.id in self._local else tuple(sorted(self.wanted(peer)))

    def _say_hello(self, line: Line, now_s: float) -> None:
        version, records = self._trust.version, self.records.to_pass_on()
        hello = trunk_pb2.Hello(prefix=self._prefixes(line.peer), policy_version=version)
        if records != line.told or now_s - line.told_s >= RECORDS_S:
            hello.endpoint.extend(records)
            line.told, line.told_s = records, now_s
        line.send([HELLO, hello.SerializeToString()])
        if 0 < line.policy_version < version:
            document = self._trust.document(line.policy_version + 1)
            if document is not None:
                line.send([POLICY, document])

    def _take(self, line: Line, frames: list[bytes], now_s: float) -> Iterator[tuple[str, list[bytes]]]:
        kind, name = frames[0], line.peer.id
        if now_s - self._received_s.get(name, now_s) > SILENCE_S:
            self._returned.add(name)
        line.received_s = self._received_s[name] = now_s
        if kind not in (HELLO, REQUEST, REPLY, POLICY):
            if name not in self._local:
                yield name, frames
            return
        try:
            if len(frames) != 2:
                raise WireError(Reason.FRAMES, f"{len(frames)} frames in a {kind.decode()}")
            if kind == HELLO:
                self._hear_hello(line, frames[1], now_s)
            elif kind == REQUEST:
                reply = self.answer(frames[1], line.peer)
                if reply is not None:
                    line.send([REPLY, reply])
            elif kind == POLICY:
                self._trust.adopt(frames[1])
            else:
                self._replies.append((name, request_pb2.Reply.FromString(frames[1])))
        except DecodeError:
            self._rejections(name, WireError(Reason.PAYLOAD, f"no {kind.decode()}"))
        except WireError as error:
            self._rejections(name, error)

    def _hear_hello(self, line: Line, body: bytes, now_s: float) -> None:
        if len(body) > limits.HELLO_BYTES_MAX:
            raise WireError(Reason.OVERSIZE, f"a hello of {len(body)} bytes")
        hello = trunk_pb2.Hello.FromString(body)
        if len(hello.prefix) > limits.STREAMS_MAX or len(hello.endpoint) > limits.RECORDS_MAX:
            raise WireError(Reason.LIMIT, f"a hello of {len(hello.prefix)} topics")
        first = not line.policy_version
        line.policy_version = hello.policy_version
        line.ask(hello.prefix, self._trust.rights())
        for body in hello.endpoint:
            try:
                if self.records.take(body):
                    self._tend_s = 0.0
            except WireError as error:
                self._rejections(line.peer.id, error)
        if hello.endpoint and set(hello.endpoint) != set(self.records.to_pass_on()):
            line.told = []  # it has begun anew, or lacks something
        if first:
            self._say_hello(line, now_s)
