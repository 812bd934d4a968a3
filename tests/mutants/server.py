"""Runs pytest in forks of a process that has imported what never changes: a mutant costs its tests alone.

    python server.py SOCKET        answers one client after another, each in a fork; ends with its input
    python server.py SOCKET ARG... asks it to run pytest with these arguments; exits as pytest does

A client that is killed takes its run with it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path

LIBRARIES = ("numpy", "numba", "pytest", "_pytest.assertion.rewrite", "hypothesis", "hypothesis.strategies",
             "msgspec", "google.protobuf.message", "zmq", "click", "rich.console", "mcap.reader",
             "nacl.signing", "scipy.stats", "scipy.optimize")  # fmt: skip
"""Of others: nothing here may import what is mutated."""


def serve(path: str) -> None:
    """Answer clients until the input ends."""
    for name in LIBRARIES:
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(name)
    assert not {"fusion", "nodes"} & sys.modules.keys()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
            connection, _ = listening.accept()
            with connection:
                answer(connection)


def answer(connection: socket.socket) -> None:
    """Run pytest once, as asked."""
    arguments = json.loads(connection.makefile("rb").readline())
    child = os.fork()
    if not child:
        os.setsid()
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        import pytest

        code = 3
        with contextlib.suppress(BaseException):
            code = int(pytest.main(arguments))
        os._exit(code)
    ended = os.pidfd_open(child)
    if ended not in select.select([ended, connection], [], [])[0]:
        os.killpg(child, signal.SIGKILL)  # the client is gone
    os.close(ended)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(OSError):
        connection.sendall(bytes([code & 0xFF]))


def ask(path: str, arguments: list[str]) -> int:
    """The exit status of pytest with these arguments."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(json.dumps(arguments).encode() + b"\n")
        return (connection.recv(1) or b"\x03")[0]


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(ask(sys.argv[1], sys.argv[2:]))
    Path(sys.argv[1]).unlink(missing_ok=True)
    serve(sys.argv[1])
