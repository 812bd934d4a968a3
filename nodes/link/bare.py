"""PUB and SUB with nothing of the link on them: the floor that the link's latency is compared with."""

from __future__ import annotations

from collections.abc import Sequence

import zmq

from nodes.link.sockets import LOOPBACK, bind_any, new_context


class BarePublisher:
    """Publishes frames on loopback; ``endpoint`` is where."""

    def __init__(self) -> None:
        self._socket = new_context().socket(zmq.PUB)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.SNDHWM, 0)
        self.endpoint = bind_any(self._socket, LOOPBACK)

    def send(self, frames: Sequence[bytes]) -> None:
        """Send one message."""
        self._socket.send_multipart(frames, copy=False)


class BareSubscriber:
    """Receives what is published at an endpoint under a topic."""

    def __init__(self, endpoint: str, topic: bytes) -> None:
        self._socket = new_context().socket(zmq.SUB)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RCVHWM, 0)
        self._socket.setsockopt(zmq.SUBSCRIBE, topic)
        self._socket.connect(endpoint)

    def receive(self, timeout_s: float) -> list[bytes] | None:
        """The next message's frames; None where none comes in time."""
        self._socket.setsockopt(zmq.RCVTIMEO, max(0, round(timeout_s * 1e3)))
        try:
            return self._socket.recv_multipart()
        except zmq.Again:
            return None
