"""Makes sockets. Every option stands before bind and connect: several are ignored after."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias

import zmq

from fusion.constants import OPERATION, Chosen
from nodes.errors import BadInput
from nodes.link import limits
from nodes.link.trust import KeyPair, Peer, peer_of

Context: TypeAlias = "zmq.Context[zmq.Socket[bytes]]"

ZAP_DOMAIN = b"triwatch"
LOOPBACK = "127.0.0.1"
CLOSING_MS: Final[
    Annotated[int, Chosen("ms", "how long a closing publisher tries to send its last words", OPERATION)]
] = 500

_AFTER_A_CUT: Final[
    Annotated[
        dict[int, int],
        Chosen(
            "ms; keepalive s",
            "how soon a link that broke is noticed and back, by option of ZeroMQ; docs/link.md states them",
            OPERATION,
        ),
    ]
] = {
    # a call that nobody answers is made anew: TCP would wait 1, 2, 4 ... 64 s between two tries of it
    zmq.CONNECT_TIMEOUT: 2_000,
    # four ways to and fro, each 1.2 s by satellite, and a gate that is busy
    zmq.HANDSHAKE_IVL: 15_000,
    zmq.RECONNECT_IVL: 50,
    zmq.RECONNECT_IVL_MAX: 1_000,
    # a peer whose machine or line vanished is noticed although TCP would wait for hours; the other side, if
    # it has no heartbeat of its own, gives the connection up after HEARTBEAT_TTL
    zmq.HEARTBEAT_IVL: 1_000,
    zmq.HEARTBEAT_TIMEOUT: 5_000,
    zmq.HEARTBEAT_TTL: 6_000,
    # routers that forget a silent connection do not forget this one
    zmq.TCP_KEEPALIVE: 1,
    zmq.TCP_KEEPALIVE_IDLE: 10,
    zmq.TCP_KEEPALIVE_INTVL: 5,
    zmq.TCP_KEEPALIVE_CNT: 3,
}

_BETWEEN_MACHINES: Final[
    Annotated[
        dict[int, int],
        Chosen(
            "ms; keepalive s",
            "a line between machines may be slow: its silence is minded by its own hellos, and answered by "
            "another line beside it (dialled.py), not by libzmq, which would break it",
            OPERATION,
        ),
    ]
] = {
    # four or five tries of a call, each 1.2 s to and fro by satellite
    zmq.CONNECT_TIMEOUT: 5_000,
    # as long as a line that is dialled has
    zmq.HANDSHAKE_IVL: 60_000,
    zmq.HEARTBEAT_IVL: 0,
    zmq.TCP_KEEPALIVE_INTVL: 10,
    zmq.TCP_KEEPALIVE_CNT: 6,
}


def new_context() -> Context:
    """One context a process."""
    return zmq.Context()


def open_socket(context: Context, kind: int) -> zmq.Socket[bytes]:
    """A socket of ``kind`` with this coalition's limits, not yet bound or connected."""
    socket = context.socket(kind)
    socket.setsockopt(zmq.MAXMSGSIZE, limits.MESSAGE_BYTES_MAX)
    socket.setsockopt(zmq.SNDHWM, limits.SEND_QUEUE_MAX)
    socket.setsockopt(zmq.RCVHWM, limits.RECEIVE_QUEUE_MAX)
    socket.setsockopt(zmq.LINGER, 0)
    for option, value in _AFTER_A_CUT.items():
        socket.setsockopt(option, value)
    return socket


def be_patient(socket: zmq.Socket[bytes]) -> None:
    """Let a socket, not yet bound or connected, keep a connection between machines that is only slow."""
    for option, value in _BETWEEN_MACHINES.items():
        socket.setsockopt(option, value)


def serve_curve(socket: zmq.Socket[bytes], keys: KeyPair) -> None:
    """Be a CURVE server: whoever connects is asked for at the gate (``nodes.link.zap``)."""
    socket.setsockopt(zmq.CURVE_SERVER, 1)
    socket.setsockopt(zmq.CURVE_SECRETKEY, keys.secret)
    socket.setsockopt(zmq.ZAP_DOMAIN, ZAP_DOMAIN)
    # without a gate nobody gets in, rather than everybody
    socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)


def seek_curve(socket: zmq.Socket[bytes], keys: KeyPair, server: bytes) -> None:
    """Be a CURVE client of the process that has the key ``server``, and of no other."""
    socket.setsockopt(zmq.CURVE_SERVERKEY, server)
    socket.setsockopt(zmq.CURVE_PUBLICKEY, keys.public)
    socket.setsockopt(zmq.CURVE_SECRETKEY, keys.secret)


_EVENTS, _POLLIN = int(zmq.EVENTS), int(zmq.POLLIN)
"""As plain integers: Python's enumerations take as long as the question."""


def readable(socket: zmq.Socket[bytes]) -> bool:
    """Whether something can be received now; far cheaper to ask than to be refused."""
    return bool(int(socket.getsockopt(_EVENTS)) & _POLLIN)


class Poller(zmq.Poller):
    """Waits for the sockets of one process, and spares the first question to those that it found empty."""

    def __init__(self) -> None:
        super().__init__()
        self._empty: set[Any] = set()
        """Sockets of which the last `wait` has told already that nothing had come."""

    def wait(self, timeout_ms: int) -> None:
        """Sleep until something can be read, or for so long."""
        came = {one for one, _ in self.poll(timeout_ms)}
        self._empty = {one for one, _ in self.sockets if one not in came}

    def unregister(self, socket: Any) -> None:
        """Wait for it no more; nothing keeps it alive, by which a context would wait for it to be closed."""
        super().unregister(socket)
        self._empty.discard(socket)

    def readable(self, socket: zmq.Socket[bytes]) -> bool:
        """Whether something can be received now, or could when it was last waited for: who asks twice without
        waiting in between is told of now."""
        if socket in self._empty:
            self._empty.remove(socket)
            return False
        return readable(socket)


def bind_any(socket: zmq.Socket[bytes], host: str) -> str:
    """Bind to a port that the system chooses; the endpoint others connect to."""
    socket.bind(f"tcp://{host}:*")
    return socket.getsockopt_string(zmq.LAST_ENDPOINT)


def bind_at(socket: zmq.Socket[bytes], address: str) -> str:
    """Bind to one address. Raises BadInput where that cannot be."""
    socket.setsockopt(zmq.IPV6, int("[" in address))
    try:
        socket.bind(address)
    except zmq.ZMQError as error:
        reason = zmq.strerror(error.errno or 0)
        raise BadInput(
            f"--listen {address}: {reason}; choose an address and a port of this machine"
        ) from None
    return address


def peer_at(frame: zmq.Frame) -> Peer | None:
    """Who sent a frame, as CURVE has proven it; None where the socket has no CURVE."""
    try:
        return peer_of(str(frame.get("User-Id")))
    except zmq.ZMQError:
        return None
