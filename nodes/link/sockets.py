"""Makes sockets. Every option stands before bind and connect: several are ignored after."""

from __future__ import annotations

from typing import TypeAlias

import zmq

from nodes.link import limits

Context: TypeAlias = "zmq.Context[zmq.Socket[bytes]]"

LOOPBACK = "127.0.0.1"
CLOSING_MS = 500
"""How long a closing publisher tries to send its last words."""


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
    socket.setsockopt(zmq.RECONNECT_IVL, 50)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
    # a peer whose machine vanished is noticed although TCP would wait for hours
    socket.setsockopt(zmq.HEARTBEAT_IVL, 2_000)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 10_000)
    return socket


def bind_any(socket: zmq.Socket[bytes], host: str) -> str:
    """Bind to a port that the system chooses; the endpoint others connect to."""
    socket.bind(f"tcp://{host}:*")
    return socket.getsockopt_string(zmq.LAST_ENDPOINT)
