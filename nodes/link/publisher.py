"""Publishes live streams and keeps them for repair."""

from __future__ import annotations

from collections.abc import Callable

import zmq

from nodes.control import clock
from nodes.link import codec, limits
from nodes.link.errors import Reason, WireError
from nodes.link.journal import Journal
from nodes.link.rejections import Rejections
from nodes.link.release import granted
from nodes.link.sockets import CLOSING_MS, peer_at
from nodes.link.trust import Rights
from nodes.link.zap import Gate


class Publisher:
    """A PUB socket whose subscriptions pass through this process's hands, and its journal.

    ZeroMQ loses what a subscriber is too slow for, or subscribes too late to get; the journal is where
    it comes from again.
    """

    def __init__(self, gate: Gate, rejections: Rejections, rights: Callable[[], Rights | None]) -> None:
        self._gate = gate
        self._open()
        self.journals = {kind: Journal(limit) for kind, limit in limits.JOURNAL_BYTES_MAX.items()}
        """What is kept for repair, by kind: many of one never push out the few of another."""
        self.latest: dict[str, bytes] = {}
        """The last body of each topic without numbers."""
        self._rejections = rejections
        self._rights = rights
        self.elsewhere: Callable[[list[bytes]], None] = lambda _: None
        """Sends a live message to other machines."""
        self.identify = peer_at
        """Who sent a frame."""

    def _open(self) -> None:
        self.socket, self.endpoint = self._gate.open(zmq.XPUB)
        self.socket.setsockopt(zmq.XPUB_MANUAL, 1)

    def reopen(self) -> None:
        """Break every connection: whoever may still be here comes back through the gate."""
        self._gate.shut(self.socket)
        self._open()

    def publish(
        self, topic: str, body: bytes, incarnation: int = 0, sequence: int = 0, clock_ns: tuple[int, ...] = ()
    ) -> None:
        """Send one message and, where it has a number, keep it.

        ``clock_ns`` follows the moment of sending in the third frame (see ``codec.Received``).
        """
        kind = topic.partition("/")[0]
        if len(body) > limits.BODY_BYTES_MAX[kind]:
            # every receiver would refuse it: the sender must learn of it, not the log
            raise WireError(Reason.OVERSIZE, f"{topic}: {len(body)} bytes")
        sent_ns = clock.monotonic_ns()
        if sequence:
            self.journals[kind].keep(topic, incarnation, sequence, body, sent_ns)
        else:
            self.latest[topic] = body
        self.send([topic.encode(), body, codec.pack_clocks((sent_ns, *clock_ns))])

    def send(self, frames: list[bytes]) -> None:
        """Send frames as they are. Never blocks; to a peer whose queue is full they are lost."""
        self.socket.send_multipart(frames, zmq.DONTWAIT, copy=False)
        self.elsewhere(frames)

    def relay(self, received: codec.Received) -> None:
        """Pass a message on as it came, with its first publisher's clock readings."""
        self.send([received.topic.text.encode(), received.body, codec.pack_clocks(received.clock_ns)])

    def serve(self) -> None:
        """Grant or refuse the subscriptions that came since the last call."""
        for _ in range(limits.DRAIN_MAX):
            if not self._gate.readable(self.socket):
                return
            self._subscription(self.socket.recv(zmq.DONTWAIT, copy=False))

    def _subscription(self, frame: zmq.Frame) -> None:
        """Subscribe the peer to what it may read of what it asks for, and to nothing else.

        What is then sent to it is decided by the socket, message by message, by these prefixes alone.
        """
        verb, asked = frame.bytes[:1], frame.bytes[1:]
        rights, peer = self._rights(), self.identify(frame)
        prefixes: tuple[str, ...] = ()
        if rights is None:
            prefixes = (asked.decode(errors="replace"),)
        elif peer is not None:
            prefixes = granted(asked.decode(errors="replace"), peer, rights)
        if verb not in (b"\x00", b"\x01") or (verb == b"\x01" and not prefixes):
            name = peer.id if peer else "a stranger"
            self._rejections("subscription", WireError(Reason.RELEASE, f"of {name} to {asked[:100]!r}"))
            return
        for prefix in prefixes:
            self.socket.setsockopt(zmq.SUBSCRIBE if verb == b"\x01" else zmq.UNSUBSCRIBE, prefix.encode())

    def close(self, in_a_hurry: bool = False) -> None:
        """Send what is queued, unless there is a hurry, then close."""
        self._gate.shut(self.socket, 0 if in_a_hurry else CLOSING_MS)
        for journal in self.journals.values():
            journal.close()
