"""One connection between two machines, whichever end dialled it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, NamedTuple

import zmq

from fusion.constants import OPERATION, Chosen
from nodes.link.release import granted
from nodes.link.trust import KeyPair, Peer, Rights

SILENCE_S: Final[
    Annotated[
        float, Chosen("s", "wall time after which a line that says nothing counts as broken", OPERATION)
    ]
] = 6.0


class Way(NamedTuple):
    """How a core is dialled."""

    address: str
    server_key: bytes
    own: KeyPair


class Line:
    """Sends to one peer what it asked for and may read. ``route`` is the peer's at a bound socket, ``way``
    how it was dialled."""

    def __init__(
        self,
        peer: Peer,
        socket: zmq.Socket[bytes],
        now_s: float,
        *,
        route: bytes | None = None,
        way: Way | None = None,
    ) -> None:
        self.peer = peer
        self.way = way
        self.socket = socket
        self._route = [] if route is None else [route]
        self.began_s = now_s
        self.received_s: float | None = None
        self.policy_version = 0
        """The newest that the peer holds, as it says."""
        self.told: list[bytes] = []
        """The endpoint records that it was sent last."""
        self.told_s = 0.0
        """When."""
        self._asked: tuple[str, ...] = ()
        self._prefixes: tuple[bytes, ...] = ()
        self._wanted: dict[bytes, bool] = {}

    def alive(self, now_s: float) -> bool:
        """Whether the peer was heard lately."""
        return self.received_s is not None and now_s - self.received_s <= SILENCE_S

    def ask(self, prefixes: Iterable[str], rights: Rights | None) -> None:
        """Send from now on what of these ``rights`` lets the peer read; nothing else."""
        self._asked = tuple(prefixes)
        self.narrow(rights)

    def narrow(self, rights: Rights | None) -> None:
        """Judge anew what the peer may read of what it asked for."""
        parts = self._asked
        if rights is not None:
            parts = tuple(part for asked in self._asked for part in granted(asked, self.peer, rights))
        self._prefixes = tuple(part.encode() for part in parts)
        self._wanted.clear()

    def wants(self, topic: bytes) -> bool:
        """Whether a topic is among what is sent."""
        wanted = self._wanted.get(topic)
        if wanted is None:
            if len(self._wanted) > 4096:
                self._wanted.clear()
            wanted = self._wanted[topic] = topic.startswith(self._prefixes) if self._prefixes else False
        return wanted

    def send(self, frames: list[bytes]) -> bool:
        """Send without ever blocking; False where the peer is gone or takes no more: it comes by repair."""
        try:
            self.socket.send_multipart([*self._route, *frames], zmq.DONTWAIT, copy=False)
        except zmq.ZMQError:
            return False
        return True
