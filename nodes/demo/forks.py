"""The launcher's side of `nodes.demo.fork_server`."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from nodes.control import clock
from nodes.demo.fork_server import MESSAGE_BYTES_MAX, Answer, Begun, Ended, Request

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
EXIT_LOST: Final = 255
"""Exit status of a process that ended when nobody was left who could be told how."""


class Forks:
    """Starts processes of ``triwatch`` by forking them. The server is started at once and not waited for.

    Not for several threads. Whatever happens to this process, the server ends with it; the processes go on.
    """

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # -P: a directory "nodes" where the user happens to be must not be taken for this program
        self._server = subprocess.Popen(
            [sys.executable, "-P", "-m", "nodes.demo.fork_server"],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, **dict.fromkeys(_ONE_THREAD, "1")},
        )
        theirs.close()
        self._answers = msgspec.msgpack.Decoder(Answer)
        self._status: dict[int, int | None] = {}
        """Of each process; None while it runs."""
        self._loaded = False

    def ready(self) -> bool:
        """Whether `fork` waits for nothing. Raises ConnectionError where the server could not load."""
        if not self._loaded and select.select([self._control], [], [], 0.0)[0]:
            self._take()
        return self._loaded

    def fork(
        self,
        arguments: Sequence[str],
        descriptors: Sequence[int],
        environment: Mapping[bytes, bytes] = os.environb,
    ) -> int:
        """Process id of a new ``triwatch ARGUMENTS`` with ``descriptors`` as its input, output and error.

        Waits for the server to be ready. Raises OSError where there is none any more.
        """
        inherited = {**environment, **{name.encode(): b"1" for name in _ONE_THREAD}}
        request = Request(list(arguments), inherited, os.fsencode(Path.cwd()))
        socket.send_fds(self._control, [msgspec.msgpack.encode(request)], list(descriptors))
        while (begun := self._take()) is None:
            pass
        self._status[begun] = None
        return begun

    def ended(self, pid: int, within_s: float | None = 0.0) -> int | None:
        """Exit status of a process, negative the signal that killed it; None if it runs on after that time.

        ``within_s`` None: waits for its end.
        """
        end_s = None if within_s is None else clock.monotonic_s() + within_s
        while self._status[pid] is None:
            left_s = None if end_s is None else max(0.0, end_s - clock.monotonic_s())
            if not select.select([self._control], [], [], left_s)[0]:
                break
            try:
                self._take()
            except ConnectionError:
                self._status |= {one: EXIT_LOST for one, status in self._status.items() if status is None}
        return self._status[pid]

    def close(self) -> None:
        """End the server, loading or not."""
        self._control.close()
        self._server.kill()
        self._server.wait()

    def _take(self) -> int | None:
        """Take in an answer; the process id where it is of a new process."""
        message = self._control.recv(MESSAGE_BYTES_MAX)
        if not message:
            raise ConnectionResetError("the process that starts nodes and cores is gone")
        answer = self._answers.decode(message)
        self._loaded = True
        if isinstance(answer, Begun):
            return answer.pid
        if isinstance(answer, Ended):
            self._status[answer.pid] = answer.status
        return None
