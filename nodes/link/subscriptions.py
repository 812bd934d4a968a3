"""The sockets that hear others: one for each peer.

One socket connected to all would do, but libzmq aborts the process (``Assertion failed: !_more``,
libzmq issues 2163 and 3485) where such a socket is disconnected from a peer between a poll and the
receipt of what the poll saw. A socket of its own is closed instead, which is always safe; and what a peer
says wrong can be laid at its door.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import zmq

from nodes.link import limits
from nodes.link.directory import EndpointRecord
from nodes.link.sockets import Context, open_socket, readable, seek_curve
from nodes.link.trust import Trust


class Subscriptions:
    """Live messages of the chosen prefixes from the chosen peers."""

    def __init__(self, context: Context, poller: zmq.Poller, trust: Trust) -> None:
        self._context = context
        self._poller = poller
        self._trust = trust
        self._sockets: dict[str, zmq.Socket[bytes]] = {}
        self.peers: dict[str, EndpointRecord] = {}
        """The processes heard."""
        self.only: dict[str, frozenset[str] | None] = {}
        """What is heard of each; None: everything."""
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

    def disconnect(self, name: str) -> None:
        """Hear this process no longer; what had come of it and was not received is gone."""
        del self.peers[name], self.only[name]
        socket = self._sockets.pop(name)
        self._poller.unregister(socket)
        socket.close()

    def receive(self) -> Iterator[tuple[str, list[bytes]]]:
        """Who said what, of what has come, a bounded number from each."""
        for name, socket in list(self._sockets.items()):
            for _ in range(limits.DRAIN_MAX):
                if not readable(socket):
                    break
                frames = socket.recv_multipart(zmq.DONTWAIT)
                yield name, frames

    def close(self) -> None:
        """Close every socket."""
        for name in list(self.peers):
            self.disconnect(name)
