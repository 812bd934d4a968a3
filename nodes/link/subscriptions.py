"""The sockets that receive from others: one for each peer.

One socket connected to all would do, but libzmq aborts the process (``Assertion failed: !_more``,
libzmq issues 2163 and 3485) where such a socket is disconnected from a peer between a poll and the
receipt of what the poll saw. A socket of its own is closed instead, which is always safe; and what a peer
says wrong can be laid at its door.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import zmq

from nodes.control import clock
from nodes.link import limits, topics
from nodes.link.directory import EndpointRecord
from nodes.link.lines import SILENCE_S
from nodes.link.sockets import Context, Poller, open_socket, readable, seek_curve
from nodes.link.trust import Trust

_WORDS = (f"{topics.STATUS}/", f"{topics.CORE_STATUS}/")


class Subscriptions:
    """Live messages of the chosen prefixes from the chosen peers."""

    def __init__(self, context: Context, poller: Poller, trust: Trust) -> None:
        self._context = context
        self._poller = poller
        self._trust = trust
        self._sockets: dict[str, zmq.Socket[bytes]] = {}
        self.peers: dict[str, EndpointRecord] = {}
        """The processes heard."""
        self.only: dict[str, frozenset[str] | None] = {}
        """What is heard of each; None: everything."""
        self._received_s: dict[str, float] = {}
        self.prefixes: set[str] = set()
        """What is heard of them."""

    def listen(self, prefixes: Iterable[str]) -> None:
        """Hear these prefixes too."""
        fresh = set(prefixes) - self.prefixes
        self.prefixes |= fresh
        for name, socket in self._sockets.items():
            for prefix in fresh if self.only[name] is None else ():
                socket.setsockopt(zmq.SUBSCRIBE, prefix.encode())

    def connect(self, endpoint: EndpointRecord, only: frozenset[str] | None = None) -> None:
        """Hear this process; of it ``only`` these topics, where given."""
        socket = open_socket(self._context, zmq.SUB)
        if keys := self._trust.transport:
            seek_curve(socket, keys, endpoint.server_key)
        for prefix in self.prefixes if only is None else only:
            socket.setsockopt(zmq.SUBSCRIBE, prefix.encode())
        socket.connect(endpoint.pub)
        self._poller.register(socket, zmq.POLLIN)
        self._sockets[endpoint.id] = socket
        self.peers[endpoint.id] = endpoint
        self.only[endpoint.id] = only
        self._received_s[endpoint.id] = clock.monotonic_s()

    def silent(self, now_s: float) -> list[str]:
        """The processes of whom nothing came for SILENCE_S although their heartbeats are subscribed to.

        libzmq may lose a subscription on a reconnect, for good and without a word (libzmq issue 4064).
        """
        return [
            name
            for name, received_s in self._received_s.items()
            if now_s - received_s > SILENCE_S and any(p.startswith(_WORDS) for p in self._of(name))
        ]

    def _of(self, name: str) -> Iterable[str]:
        only = self.only[name]
        return self.prefixes if only is None else only

    def rest(self, name: str) -> Iterator[list[bytes]]:
        """What has come of this process and was not received, all of it: no more than a queue holds."""
        socket = self._sockets[name]
        while readable(socket):
            yield socket.recv_multipart(zmq.DONTWAIT)

    def disconnect(self, name: str) -> None:
        """Hear this process no longer; its `rest`, where nobody asks for it before, is gone."""
        del self.peers[name], self.only[name], self._received_s[name]
        socket = self._sockets.pop(name)
        self._poller.unregister(socket)
        socket.close()

    def receive(self) -> Iterator[tuple[str, list[bytes]]]:
        """Who said what, of what has come, a bounded number from each."""
        now_s = clock.monotonic_s()
        for name, socket in list(self._sockets.items()):
            for _ in range(limits.DRAIN_MAX):
                if not self._poller.readable(socket):
                    break
                self._received_s[name] = now_s
                yield name, socket.recv_multipart(zmq.DONTWAIT)

    def close(self) -> None:
        """Close every socket."""
        for name in list(self.peers):
            self.disconnect(name)
