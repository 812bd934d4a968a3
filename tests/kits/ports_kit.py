"""Ports that nobody listens on, and that nobody is given for a connection of his own."""

from __future__ import annotations

import itertools
import os
import socket
from contextlib import closing

_LOWEST, _EACH = 20_000, 1_000
"""Below the ports that Linux hands out (32768 and up): one of those, closed, may be another's before it is
bound again. Each worker of a test run has a slice."""
_tries = itertools.count(os.getpid() % _EACH)


def free_port() -> int:
    """A port of the loopback, another one at each call."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for n in itertools.islice(_tries, _EACH):
        port = _LOWEST + _EACH * (worker % 10) + n % _EACH
        with closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no port is free from {_LOWEST + _EACH * (worker % 10)} on")
