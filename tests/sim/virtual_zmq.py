"""ZeroMQ over a virtual network: the sockets that `nodes.link` uses, between simulated hosts.

What libzmq and TCP do to the product is here, no more: a connection is made, breaks and is made again;
subscriptions are told anew after that; what one connection carries comes in order, late or not at all; a cut
swallows it in silence until either the cut heals or the heartbeat's time is over and the connection breaks.
Above that a link may lose, repeat and reorder live messages, as full queues and relays do.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import zmq

from nodes.link import limits

if TYPE_CHECKING:
    from world import Host, World

RETRY_S = 0.5
BROKEN_AFTER_S = 6.0
"""A connection that carries nothing for so long is given up, as libzmq's heartbeats do."""
_EVENTS = int(zmq.EVENTS)
_QUEUE_MAX = limits.SEND_QUEUE_MAX + limits.RECEIVE_QUEUE_MAX


class Frame:
    """What `recv(copy=False)` gives."""

    def __init__(self, data: bytes) -> None:
        self.bytes = data

    def get(self, name: str) -> Any:
        raise zmq.ZMQError(zmq.EINVAL)


class Pipe:
    """One connection, from a client socket to whoever is bound at an address."""

    _ids = itertools.count(1)

    def __init__(self, world: World, client: Socket, address: str) -> None:
        self.world, self.client, self.address = world, client, address
        self.id = next(self._ids)
        self.server: Socket | None = None
        self.closed = False
        self.prefixes: set[bytes] = set()
        """What the server sends of."""
        self.unsent: deque[tuple[bool, list[bytes]]] = deque()
        """Of the client, before there is a connection."""
        self.held: list[tuple[bool, list[bytes]]] = []
        """What a cut holds: whether to the server, frames."""
        self.held_since = 0.0
        self.queued = 0
        self._arrive = [0.0, 0.0]
        """When the last frame of each direction comes."""
        self._random = world.random_for(
            f"pipe {client.host.name} {client.kind} {address} {client.host.starts}"
        )

    def try_to_connect(self) -> None:
        """Connect, or try again later."""
        if self.closed or self.client.closed:
            return
        server = self.world.bound.get(self.address)
        blocked = server is None or self.world.is_cut(self.client.host, server.host)
        if blocked or self.world.is_cut(cast("Socket", server).host, self.client.host):
            self.world.at(self.world.now + RETRY_S, self.try_to_connect)
            return
        self.server = server
        server.pipes[self.id] = self
        self.prefixes = set()
        self.world.count("connected")
        for prefix in sorted(self.client.prefixes):
            self.send(True, [b"\x01" + prefix])
        while self.unsent:
            self.send(*self.unsent.popleft())

    def send(self, to_server: bool, frames: list[bytes], live: bool = False) -> None:
        """Send frames one way; ``live`` ones may be lost, repeated or reordered by the link."""
        server = self.server
        if server is None:
            if to_server and len(self.unsent) < limits.SEND_QUEUE_MAX and self.client.kind == zmq.DEALER:
                self.unsent.append((True, frames))
            return
        source, target = (self.client.host, server.host) if to_server else (server.host, self.client.host)
        if live and self.queued >= _QUEUE_MAX:
            self.world.count("queue full")
            return
        link = self.world.link
        delay_s = link.delay_s + link.jitter_s * self._random.random()
        times = 1
        if live and self._random.random() < link.loss:
            self.world.count("lost")
            return
        if live and self._random.random() < link.repeat:
            self.world.count("repeated")
            times = 2
        for _ in range(times):
            due_s = self.world.now + delay_s
            if live and self._random.random() < link.reorder:
                self.world.count("reordered")
                due_s += 0.3 * self._random.random()
            else:
                due_s = self._arrive[to_server] = max(due_s, self._arrive[to_server])
            self.queued += 1
            self.world.at(due_s, lambda: self._come(to_server, frames, source, target))

    def _come(self, to_server: bool, frames: list[bytes], source: Host, target: Host) -> None:
        self.queued -= 1
        if self.closed or self.server is None:
            return
        if self.world.is_cut(source, target):
            if not self.held:
                self.held_since = since = self.world.now
                self.world.at(since + BROKEN_AFTER_S, lambda: self._give_up(since))
            self.held.append((to_server, frames))
            return
        if to_server:
            self.server.receive(self, frames)
        else:
            self.client.receive(self, frames)

    def _give_up(self, since: float) -> None:
        if self.held and self.held_since == since and not self.closed:
            self.world.count("connection given up")
            self.break_off()

    def heal(self) -> None:
        """A cut is over: what it held goes on."""
        if self.server is not None:
            held, self.held = self.held, []
            for to_server, frames in held:
                self.send(to_server, frames)

    def break_off(self) -> None:
        """The connection is gone, with all that it carried; the client makes it anew."""
        if self.server is not None:
            self.server.pipes.pop(self.id, None)
        self.server = None
        self.held.clear()
        self.world.at(self.world.now + RETRY_S, self.try_to_connect)

    def close(self) -> None:
        """The client closes its socket."""
        self.closed = True
        if self.server is not None:
            self.server.pipes.pop(self.id, None)
        self.server = None


class Socket:
    """A socket of one host."""

    def __init__(self, host: Host, kind: int) -> None:
        self.host, self.kind = host, int(kind)
        self.closed = False
        self.linger = 0
        self.inbox: deque[tuple[Pipe, list[bytes]]] = deque()
        self.pipes: dict[int, Pipe] = {}
        """Of a server, its connections."""
        self.prefixes: set[bytes] = set()
        """Of a subscriber, what it asks for."""
        self._out: Pipe | None = None
        self._asker: Pipe | None = None
        self._address = ""
        host.sockets.append(self)

    def __hash__(self) -> int:
        return id(self)

    def bind(self, address: str) -> None:
        if address.startswith("tcp:"):
            self._address = self.host.world.new_address(self)

    def connect(self, address: str) -> None:
        self._out = Pipe(self.host.world, self, address)
        self.host.world.pipes.append(self._out)
        self._out.try_to_connect()

    def setsockopt(self, option: int, value: Any) -> None:
        if option not in (zmq.SUBSCRIBE, zmq.UNSUBSCRIBE):
            return
        if self.kind == zmq.XPUB:
            assert self._asker is not None
            if option == zmq.SUBSCRIBE:
                self._asker.prefixes.add(value)
            else:
                self._asker.prefixes.discard(value)
        elif option == zmq.SUBSCRIBE:
            self.prefixes.add(value)
            if self._out is not None:
                self._out.send(True, [b"\x01" + value])

    def getsockopt(self, option: int) -> int:
        return int(zmq.POLLIN) if option == _EVENTS and self.inbox else 0

    def getsockopt_string(self, option: int) -> str:
        return self._address

    def get_monitor_socket(self, events: int) -> Socket:
        return Socket(self.host, zmq.PAIR)

    def disable_monitor(self) -> None:
        return None

    def receive(self, pipe: Pipe, frames: list[bytes]) -> None:
        """Frames have come."""
        self.inbox.append((pipe, frames))
        self.host.wake()

    def recv(self, flags: int = 0, copy: bool = True) -> Any:
        [frame] = self.recv_multipart(flags, copy)
        return frame

    def recv_multipart(self, flags: int = 0, copy: bool = True) -> list[Any]:
        if not self.inbox:
            raise zmq.Again
        pipe, frames = self.inbox.popleft()
        self._asker = pipe
        if self.kind == zmq.ROUTER:
            frames = [pipe.id.to_bytes(5, "big"), *frames]
        return list(frames) if copy else [Frame(frame) for frame in frames]

    def send(self, data: bytes, flags: int = 0) -> None:
        self.send_multipart([data], flags)

    def send_multipart(self, frames: Sequence[bytes], flags: int = 0, copy: bool = True) -> None:
        if self.kind == zmq.DEALER:
            assert self._out is not None
            self._out.send(True, list(frames))
        elif self.kind == zmq.ROUTER:
            pipe = self.pipes.get(int.from_bytes(frames[0], "big"))
            if pipe is not None:
                pipe.send(False, list(frames[1:]))
        elif self.kind == zmq.XPUB:
            for pipe in list(self.pipes.values()):
                if any(frames[0].startswith(prefix) for prefix in pipe.prefixes):
                    pipe.send(False, list(frames), live=True)

    def close(self, linger: int | None = None) -> None:
        if self.closed:
            return
        self.closed = True
        self.host.world.bound.pop(self._address, None)
        if self._out is not None:
            self._out.close()
        for pipe in list(self.pipes.values()):
            # what is under way still comes: the system sends it though the process is gone
            last_s = self.host.world.now + self.host.world.link.delay_s + self.host.world.link.jitter_s
            self.host.world.at(last_s, pipe.break_off)


class Context:
    """`zmq.Context` of the host that is running."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def socket(self, kind: int) -> Socket:
        return Socket(self._host, kind)

    def term(self) -> None:
        return None
