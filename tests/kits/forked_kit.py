"""``triwatch`` as a process of its own, forked from one that has imported all: the tests start hundreds."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from nodes.demo.forks import Forks


@cache
def forks() -> Forks:
    """One server for all tests of this process; it ends with it."""
    return Forks()


class Started:
    """A running ``triwatch ARGUMENTS``, with what the tests need of `subprocess.Popen`.

    Its words are added to the file ``out``, those on standard error to ``err`` where that is another.
    """

    def __init__(self, arguments: Sequence[str], out: Path, err: Path | None = None) -> None:
        self._arguments = list(arguments)
        with ExitStack() as opened:
            files = [opened.enter_context(open(os.devnull, "rb"))]
            files += [opened.enter_context(path.open("ab")) for path in (out, err or out)]
            self.pid = forks().fork(self._arguments, [file.fileno() for file in files])

    def poll(self) -> int | None:
        """How it ended, negative the signal that killed it; None while it runs."""
        return forks().ended(self.pid)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        status = forks().ended(self.pid, timeout)
        if status is None:
            raise subprocess.TimeoutExpired(self._arguments, timeout or 0.0)
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)
