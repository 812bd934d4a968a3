"""Where others connect, and who may: the server sockets of one process.

Answers libzmq's question (ZAP, RFC 27) for every connection.

libzmq asks over an inproc socket and waits with the handshake until it is answered; the process serves it
in its loop with everything else. What never gets as far as the question, a peer without CURVE or with
another server's key, is known from the sockets' own monitors.
"""

from __future__ import annotations

from typing import Any

import zmq
from zmq.utils.monitor import parse_monitor_message

from nodes.errors import BadInput
from nodes.link import limits
from nodes.link.errors import Reason, WireError
from nodes.link.rejections import Rejections
from nodes.link.sockets import (
    ZAP_DOMAIN,
    Context,
    Poller,
    be_patient,
    bind_any,
    bind_at,
    open_socket,
    serve_curve,
)
from nodes.link.trust import Trust

_ADDRESS = "inproc://zeromq.zap.01"
_VERSION = b"1.0"


class Gate:
    """Lets in whom the policy knows; everybody else is counted."""

    def __init__(
        self, context: Context, poller: Poller, host: str, trust: Trust, rejections: Rejections
    ) -> None:
        self._context = context
        # stands before any server socket: those that bind before it would have nobody to ask
        self._socket = context.socket(zmq.ROUTER)
        self._socket.bind(_ADDRESS)
        self._poller = poller
        poller.register(self._socket, zmq.POLLIN)
        self._host = host
        self._trust = trust
        self._rejections = rejections
        self._monitors: dict[Any, Any] = {}
        self._admitted: set[bytes] = set()

    def open(self, kind: int, address: str = "", patient: bool = False) -> tuple[zmq.Socket[bytes], str]:
        """A server socket, bound, in the poller and watched; and the endpoint that others connect to.

        ``address`` is where to bind; none: a port of the system's choice. ``patient`` is what serves other
        machines. Raises BadInput where the address is taken.
        """
        socket = open_socket(self._context, kind)
        if patient:
            be_patient(socket)
        if keys := self._trust.transport:
            serve_curve(socket, keys)
        monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL)
        try:
            endpoint = bind_at(socket, address) if address else bind_any(socket, self._host)
        except BadInput:
            socket.disable_monitor()
            for one in (monitor, socket):
                one.close()
            raise
        for one in (socket, monitor):
            self._poller.register(one, zmq.POLLIN)
        self._monitors[socket] = monitor
        return socket, endpoint

    def shut(self, socket: zmq.Socket[bytes], linger_ms: int = 0) -> None:
        """Close a socket that ``open`` gave."""
        monitor = self._monitors.pop(socket)
        for one in (socket, monitor):
            self._poller.unregister(one)
        socket.disable_monitor()
        monitor.close()
        socket.close(linger=linger_ms)

    def readable(self, socket: zmq.Socket[bytes]) -> bool:
        """Whether something has come at a socket that ``open`` gave."""
        return self._poller.readable(socket)

    def serve(self) -> None:
        """Answer what was asked and count what failed since the last call."""
        for _ in range(limits.DRAIN_MAX):
            if not self._poller.readable(self._socket):
                break
            self._answer(self._socket.recv_multipart(zmq.DONTWAIT))
        for monitor in self._monitors.values():
            for _ in range(limits.DRAIN_MAX):
                if not self._poller.readable(monitor):
                    break
                event = parse_monitor_message(monitor.recv_multipart(zmq.DONTWAIT))
                if event["event"] == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
                    text = f"no CURVE with this process's key (libzmq says {event['value']:#x})"
                    self._rejections("connection", WireError(Reason.HANDSHAKE, text))

    def lost(self) -> bool:
        """Whether somebody who was let in would be so no longer; asked again, it speaks of those who
        come from now on."""
        if all(self._trust.peer(public) for public in self._admitted):
            return False
        self._admitted.clear()
        return True

    def close(self) -> None:
        """Let nobody in any more."""
        self._poller.unregister(self._socket)
        self._socket.close()

    def _answer(self, frames: list[bytes]) -> None:
        *route, version, request, domain, address, _, mechanism = frames[:8]
        public = frames[8] if len(frames) == 9 else b""
        known = version == _VERSION and domain == ZAP_DOMAIN and mechanism == b"CURVE"
        peer = self._trust.peer(public) if known else None
        if peer is None:
            text = f"key {public.hex()[:16]} from {address[:50]!a} is not in the policy"
            self._rejections("connection", WireError(Reason.STRANGER, text))
            answer = [b"400", b"not in the policy", b"", b""]
        else:
            self._admitted.add(public)
            answer = [b"200", b"", peer.user_id, b""]
        self._socket.send_multipart([*route, _VERSION, request, *answer])
