"""What a way carries without anything of ours: messages over one TCP connection, which is never
given up, and how late they come.

    python bare_tcp.py listen ADDRESS SECONDS        prints how far behind it was at the end and at most, s
    python bare_tcp.py speak ADDRESS BYTES PERIOD

Both read CLOCK_MONOTONIC, which the hosts of one kernel share.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import time

PORT = 7500
_HEAD = struct.Struct("!Id")
"""Bytes of the whole message, and when it was written."""


def listen(address: str, seconds: float) -> tuple[float, float]:
    """Take what one connection brings, so long: the age then of the newest message that has come, and the
    longest that one took."""
    end_s = time.monotonic() + seconds
    newest_s, longest_s, held = time.monotonic(), 0.0, b""
    with contextlib.suppress(TimeoutError), socket.create_server((address, PORT)) as server:
        server.settimeout(seconds)
        peer, _ = server.accept()
        while (left_s := end_s - time.monotonic()) > 0.0:
            peer.settimeout(left_s)
            held += peer.recv(65536)
            while len(held) >= _HEAD.size and len(held) >= _HEAD.unpack_from(held)[0]:
                size, newest_s = _HEAD.unpack_from(held)
                longest_s = max(longest_s, time.monotonic() - newest_s)
                held = held[size:]
    return end_s - newest_s, longest_s


def speak(address: str, size: int, period_s: float) -> None:
    """Write a message each so many seconds until this process is killed."""
    while True:
        with contextlib.suppress(OSError):  # nobody listens yet
            peer = socket.create_connection((address, PORT))
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                peer.sendall(_HEAD.pack(size, time.monotonic()).ljust(size, b"\0"))
                time.sleep(period_s)
        time.sleep(0.2)


if __name__ == "__main__":
    if sys.argv[1] == "listen":
        print(*listen(sys.argv[2], float(sys.argv[3])))
    else:
        speak(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
