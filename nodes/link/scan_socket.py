"""Where a sensor's own programme hands its node scans: proto/README.md, section 13."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

import zmq

from nodes.errors import BadInput
from nodes.link import limits
from nodes.link.errors import Reason, WireError
from nodes.link.rejections import Rejections
from nodes.link.sockets import LOOPBACK, new_context, open_socket, readable

_ADDRESS = re.compile(r"tcp://(?P<host>\[[0-9a-fA-F:]+\]|[^:\[\]]+):(?P<port>\d{1,5})")


class ScanSocket:
    """A PULL socket bound to ``address``, tcp://127.0.0.1:PORT or another of the loopback's.

    What it takes is not signed, so that it listens to its own machine only. Raises BadInput where the address
    is another's, or cannot be had.
    """

    def __init__(self, address: str, rejections: Rejections) -> None:
        self._rejections = rejections
        endpoint = _loopback(address)
        self._context = new_context()
        self._socket = open_socket(self._context, zmq.PULL)
        self._socket.setsockopt(zmq.IPV6, int("[" in endpoint))
        try:
            self._socket.bind(endpoint)
        except zmq.ZMQError as error:
            self.close()
            raise BadInput(f"{address}: cannot be bound: {error}; name another port") from None

    def messages(self) -> Iterator[bytes]:
        """What has come, each the body of one scan; what is left untaken waits, and then its sender."""
        for _ in range(limits.DRAIN_MAX):
            if not readable(self._socket):
                return
            frames = self._socket.recv_multipart(zmq.DONTWAIT)
            if len(frames) != 1:
                self._refuse(Reason.FRAMES, f"{len(frames)} frames, expected 1")
            elif len(frames[0]) > limits.BODY_BYTES_MAX["detections"]:
                self._refuse(
                    Reason.OVERSIZE,
                    f"{len(frames[0])} bytes, a scan may have {limits.BODY_BYTES_MAX['detections']}",
                )
            else:
                yield frames[0]

    def close(self) -> None:
        """Take no more."""
        self._socket.close()
        self._context.term()

    def _refuse(self, reason: Reason, text: str) -> None:
        self._rejections("scan", WireError(reason, text))


def _loopback(address: str) -> str:
    """The endpoint to bind. Raises BadInput where it is none, or not this machine's own."""
    parts = _ADDRESS.fullmatch(address)
    if parts is None or not 0 < int(parts["port"]) < 1 << 16:
        raise BadInput(f"{address}: expected tcp://{LOOPBACK}:PORT")
    host = LOOPBACK if parts["host"] == "localhost" else parts["host"]
    try:
        own = ip_address(host.strip("[]")).is_loopback
    except ValueError:
        own = False
    if not own:
        raise BadInput(
            f"{address}: scans are not signed and are taken from this machine alone: expected"
            f" tcp://{LOOPBACK}:PORT; from another, through a tunnel (ssh -L)"
        )
    return f"tcp://{host}:{parts['port']}"
