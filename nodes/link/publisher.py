"""Publishes live streams and keeps them for repair."""

from __future__ import annotations

from collections.abc import Callable

import zmq

from nodes import clock
from nodes.link import codec, limits
from nodes.link.errors import Reason, WireError
from nodes.link.journal import Journal
from nodes.link.rejections import Rejections
from nodes.link.sockets import CLOSING_MS, Context, bind_any, open_socket

Admit = Callable[[str, str | None], bool]
"""Whether a subscription to a topic or prefix is granted to a peer's nation (None: not known)."""


class Publisher:
    """A PUB socket whose subscriptions pass through this process's hands, and its journal.

    ZeroMQ loses what a subscriber is too slow for, or subscribes too late to get; the journal is where
    it comes from again.
    """

    def __init__(
        self,
        context: Context,
        host: str,
        rejections: Rejections,
        admit: Admit | None = None,
    ) -> None:
        self.socket = open_socket(context, zmq.XPUB)
        self.socket.setsockopt(zmq.XPUB_MANUAL, 1)
        self.endpoint = bind_any(self.socket, host)
        self.journals = {kind: Journal(limit) for kind, limit in limits.JOURNAL_BYTES_MAX.items()}
        """What is kept for repair, by kind: many of one never push out the few of another."""
        self.latest: dict[str, bytes] = {}
        """The last body of each topic without numbers."""
        self._rejections = rejections
        self._admit = admit

    def publish(
        self, topic: str, body: bytes, incarnation: int = 0, sequence: int = 0, clock_ns: tuple[int, ...] = ()
    ) -> None:
        """Send one message and, where it has a number, keep it.

        ``clock_ns`` follows the moment of sending in the third frame (see ``codec.Received``).
        """
        kind = topic.partition("/")[0]
        if len(body) > limits.BODY_BYTES_MAX[kind]:
            # every receiver would refuse it: the sender must hear of it, not the log
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

    def relay(self, received: codec.Received) -> None:
        """Pass a message on as it came, with its first publisher's clock readings."""
        self.send([received.topic.text.encode(), received.body, codec.pack_clocks(received.clock_ns)])

    def serve(self) -> None:
        """Grant or refuse the subscriptions that came since the last call."""
        for _ in range(limits.DRAIN_MAX):
            try:
                frame = self.socket.recv(zmq.DONTWAIT, copy=False)
            except zmq.Again:
                return
            self._subscription(frame)

    def _subscription(self, frame: zmq.Frame) -> None:
        verb, prefix = frame.bytes[:1], frame.bytes[1:]
        if verb == b"\x00":
            self.socket.setsockopt(zmq.UNSUBSCRIBE, prefix)
        elif verb == b"\x01" and (self._admit is None or self._admit(prefix.decode(errors="replace"), None)):
            self.socket.setsockopt(zmq.SUBSCRIBE, prefix)
        else:
            self._rejections("subscription", WireError(Reason.RELEASE, f"to {prefix[:100]!r}"))

    def close(self, in_a_hurry: bool = False) -> None:
        """Send what is queued, unless there is a hurry, then close."""
        self.socket.close(linger=0 if in_a_hurry else CLOSING_MS)
