"""The processes of an exercise: started, led, watched, ended."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from fusion.constants import OPERATION, Chosen
from nodes.control import clock
from nodes.control.piped_clock import CoreProgress, Lines, NodeProgress, Order, Progress, decode_progress
from nodes.demo.forks import Forks

_log = logging.getLogger("triwatch.demo")

STOP_S: Final[
    Annotated[float, Chosen("s", "wall time that processes have to leave by themselves", OPERATION)]
] = 1.0
TAIL_LINES: Final[
    Annotated[int, Chosen("1", "last lines of a crashed process's output that are shown", OPERATION)]
] = 20


@dataclass
class Child:
    """One process and the last that it said of itself."""

    role: Literal["node", "core"]
    id: str
    nation: str
    pid: int
    stdin: int
    """Descriptor of its orders; writes do not wait."""
    stdout: int
    """Descriptor of its progress; reads do not wait."""
    log: Path
    progress: Progress | None = None
    progress_s: float = 0.0
    """When that was, monotonic wall seconds."""
    exit_code: int | None = None
    dismissed: bool = False
    """It is meant to be gone."""
    _lines: Lines = field(default_factory=Lines)
    _ordered: Order = field(default_factory=Order)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.exit_code is None

    @property
    def node(self) -> NodeProgress | None:
        """Its progress, if it is a node that has said something."""
        return self.progress if isinstance(self.progress, NodeProgress) else None

    @property
    def core(self) -> CoreProgress | None:
        """Its progress, if it is a core that has said something."""
        return self.progress if isinstance(self.progress, CoreProgress) else None

    def order(self, order: Order) -> None:
        """Write ``order``, unless it is the last one; never waits for a process that does not read."""
        if order == self._ordered or not self.alive:
            return
        try:
            os.write(self.stdin, msgspec.json.encode(order) + b"\n")
        except BlockingIOError:
            return  # its pipe is full of grants that it has not read
        except BrokenPipeError:
            return  # it is dying: ``watch`` will say so
        self._ordered = order

    def listen(self) -> None:
        """Take in the progress that has come."""
        try:
            data = os.read(self.stdout, 1 << 16)
        except BlockingIOError:
            return
        for line in self._lines.feed(data):
            self.progress = decode_progress(line)
            self.progress_s = clock.monotonic_s()

    def kill(self) -> None:
        """Kill it, if it runs."""
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)

    def tail(self) -> list[str]:
        """The end of its log."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        return lines[-TAIL_LINES:]

    def why(self) -> str:
        """How it ended, in words."""
        code = self.exit_code or 0
        if code < 0:
            return f"killed by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"


class Children:
    """All processes of one exercise, each in a session of its own with its input and output held here.

    They end when this process ends, however it ends: the end of their input tells them.
    """

    def __init__(self, root: Path, forks: Forks) -> None:
        self._root = root
        self._forks = forks
        self._logs = root / "logs"
        self._logs.mkdir()
        self.all: list[Child] = []

    def start(self, role: Literal["node", "core"], process_id: str, nation: str, *arguments: str) -> Child:
        """Start ``triwatch <role> <arguments>``."""
        log = self._logs / f"{process_id}.log"
        words = [role, *arguments, "--coalition", str(self._root), "--exercise"]
        their_stdin, stdin = os.pipe()
        stdout, their_stdout = os.pipe()
        with log.open("wb") as stderr:
            pid = self._forks.fork(words, (their_stdin, their_stdout, stderr.fileno()))
        os.close(their_stdin)
        os.close(their_stdout)
        os.set_blocking(stdin, False)
        os.set_blocking(stdout, False)
        child = Child(role, process_id, nation, pid, stdin, stdout, log)
        self.all.append(child)
        return child

    def nodes(self) -> list[Child]:
        """The nodes, dead or alive."""
        return [c for c in self.all if c.role == "node"]

    def cores(self) -> list[Child]:
        """The cores, dead or alive."""
        return [c for c in self.all if c.role == "core"]

    def order(self, order: Order) -> None:
        """Order all."""
        for child in self.all:
            child.order(order)

    def named(self, process_id: str) -> Child | None:
        """The process of that id, if there is one."""
        return next((c for c in self.all if c.id == process_id), None)

    def watch(self) -> Iterator[Child]:
        """Take in all progress; yields each process that has died since the last call."""
        for child in self.all:
            if not child.alive:
                continue
            child.listen()
            child.exit_code = self._forks.ended(child.pid)
            if child.exit_code is not None:
                yield child

    def stop(self) -> None:
        """End all: asked first, then made to. Returns when none is left, within about STOP_S."""
        self.order(Order(stop=True))
        end_s = clock.monotonic_s() + STOP_S
        for child in self.all:
            if child.exit_code is None:
                self._wait(child, end_s)
            os.close(child.stdin)
            os.close(child.stdout)

    def _wait(self, child: Child, end_s: float) -> None:
        child.exit_code = self._forks.ended(child.pid, max(0.0, end_s - clock.monotonic_s()))
        if child.exit_code is None:
            _log.warning("%s did not leave in %g s and is killed", child.id, STOP_S)
            child.kill()
            child.exit_code = self._forks.ended(child.pid, None)
