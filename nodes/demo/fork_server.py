"""The process that an exercise's nodes and cores are forked from: ``python -P -m nodes.demo.fork_server``.

It imports all that they run and loads their kernels, once: four seconds of a processor that each of them
would take by itself, and memory that they share. Standard input is its end of a pair of sockets
(SOCK_SEQPACKET), one message each way:

- to it, a `Request` with the three descriptors that become standard input, output and error: fork;
- from it, `Loaded` when it can fork, `Begun` to each request, in their order, and `Ended` of each process
  once it has ended.

It has one thread and no descriptor but these, and ends when the other end of the pair is closed.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
import socket
import sys
import traceback
from contextlib import suppress
from typing import Annotated, Final, Never

import msgspec
from setproctitle import setproctitle, setthreadtitle

from fusion.constants import OPERATION, Chosen

MESSAGE_BYTES_MAX: Final[
    Annotated[int, Chosen("bytes", "of a request to fork: nearly all of it is the environment", OPERATION)]
] = 1 << 20
_MODULES: Final = (
    "nodes.cli.core",
    "nodes.cli.node",
    "nodes.cli.process",
    "nodes.core.process",
    "nodes.core.warnings",
    "nodes.gateways.cap_process",
    "nodes.recording.recorder",
    "nodes.sensor_node.live",
    "nodes.sensor_node.process",
    "nodes.sensor_node.recorded",
    "nodes.sensor_node.rehearsal",
)
"""What the two commands import once they run."""
_COMMAND: Final = (sys.executable, "-P", "-m", "nodes.cli")
"""What starts the same process by itself: its title in lists of processes."""


class Request(msgspec.Struct, frozen=True):
    """Fork a process that runs ``triwatch ARGUMENTS`` with this environment, in this folder."""

    arguments: list[str]
    environment: dict[bytes, bytes]
    folder: bytes


class Loaded(msgspec.Struct, frozen=True, tag=True):
    """Everything is."""


class Begun(msgspec.Struct, frozen=True, tag=True):
    """It runs."""

    pid: int


class Ended(msgspec.Struct, frozen=True, tag=True):
    """It ended: its exit status, or the negative number of the signal that killed it."""

    pid: int
    status: int


Answer = Loaded | Begun | Ended


def preload() -> None:
    """Import and load everything."""
    from fusion.warm import warm_fold
    from fusion.warning.warm import warm_warning
    from nodes.sensor_node.warm import warm_nodes

    for module in _MODULES:
        importlib.import_module(module)
    warm_fold()
    warm_warning()
    warm_nodes()
    gc.collect()
    gc.freeze()  # a child's collections leave these pages as they are, so they stay shared


def serve(control: socket.socket) -> None:
    """Fork what is asked for until nobody can ask any more."""
    ended, on_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(on_end)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    while True:
        ready, _, _ = select.select([control.fileno(), ended], [], [])
        if ended in ready:
            os.read(ended, 4096)
            _tell_ended(control)
        if control.fileno() in ready:
            message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES_MAX, 3)
            if not message:
                return
            request = msgspec.msgpack.decode(message, type=Request)
            if (pid := os.fork()) == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for descriptor in (ended, on_end):
                    os.close(descriptor)
                control.close()
                run(request, descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            control.send(msgspec.msgpack.encode(Begun(pid)))


def _tell_ended(control: socket.socket) -> None:
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            status = os.waitstatus_to_exitcode(found[1])
            control.send(msgspec.msgpack.encode(Ended(found[0], status)))


def run(request: Request, descriptors: list[int]) -> Never:
    """What a forked process does: be the command, in a session of its own."""
    status = 1
    try:
        os.setsid()
        # before its environment is emptied, next to which the title lies
        setproctitle(" ".join([*_COMMAND, *request.arguments]))
        setthreadtitle(f"triwatch {request.arguments[0]}")
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.chdir(request.folder)
        os.environb.clear()
        os.environb.update(request.environment)
        sys.argv = ["triwatch", *request.arguments]
        importlib.import_module("nodes.cli").main(request.arguments)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    # libraries' words on standard output would be taken for nobody's, and standard input is the socket
    asked = socket.socket(fileno=os.dup(0))
    preload()
    with suppress(ConnectionError):  # nobody is left to be told
        asked.send(msgspec.msgpack.encode(Loaded()))
        serve(asked)
