"""The processes of an exercise: started, led, watched, ended."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Annotated, Final, Literal

import msgspec

from fusion.constants import OPERATION, Chosen
from nodes.control import clock
from nodes.control.piped_clock import CoreProgress, Lines, NodeProgress, Order, Progress, decode_progress

_log = logging.getLogger("triwatch.demo")

STOP_S: Final[
    Annotated[float, Chosen("s", "wall time that processes have to leave by themselves", OPERATION)]
] = 1.0
TAIL_LINES: Final[
    Annotated[int, Chosen("1", "last lines of a crashed process's output that are shown", OPERATION)]
] = 20
_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass
class Child:
    """One process and the last that it said of itself."""

    role: Literal["node", "core"]
    id: str
    nation: str
    process: subprocess.Popen[bytes]
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
    def out(self) -> IO[bytes]:
        """Where its progress comes from."""
        assert self.process.stdout is not None
        return self.process.stdout

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
        assert self.process.stdin is not None
        try:
            os.write(self.process.stdin.fileno(), msgspec.json.encode(order) + b"\n")
        except BlockingIOError:
            return  # its pipe is full of grants that it has not read
        except BrokenPipeError:
            return  # it is dying: ``watch`` will say so
        self._ordered = order

    def listen(self) -> None:
        """Take in the progress that has come."""
        try:
            data = os.read(self.out.fileno(), 1 << 16)
        except BlockingIOError:
            return
        for line in self._lines.feed(data):
            self.progress = decode_progress(line)
            self.progress_s = clock.monotonic_s()

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

    def __init__(self, root: Path) -> None:
        self._root = root
        self._logs = root / "logs"
        self._logs.mkdir()
        self.all: list[Child] = []

    def start(self, role: Literal["node", "core"], process_id: str, nation: str, *arguments: str) -> Child:
        """Start ``triwatch <role> <arguments>``."""
        log = self._logs / f"{process_id}.log"
        # -P: a directory "nodes" where the user happens to be must not be taken for this program
        command = [sys.executable, "-P", "-m", "nodes.cli", role, *arguments]
        command += ["--coalition", str(self._root), "--exercise"]
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
                env={**os.environ, **dict.fromkeys(_ONE_THREAD, "1")},
            )
        assert process.stdin is not None
        assert process.stdout is not None
        os.set_blocking(process.stdin.fileno(), False)
        os.set_blocking(process.stdout.fileno(), False)
        child = Child(role, process_id, nation, process, log)
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
            child.exit_code = child.process.poll()
            if child.exit_code is not None:
                yield child

    def stop(self) -> None:
        """End all: asked first, then made to. Returns when none is left, within about STOP_S."""
        self.order(Order(stop=True))
        end_s = clock.monotonic_s() + STOP_S
        for child in self.all:
            if child.exit_code is None:
                self._wait(child, end_s)
            for pipe in (child.process.stdin, child.process.stdout):
                if pipe is not None:
                    pipe.close()

    def _wait(self, child: Child, end_s: float) -> None:
        try:
            child.exit_code = child.process.wait(max(0.0, end_s - clock.monotonic_s()))
        except subprocess.TimeoutExpired:
            _log.warning("%s did not leave in %g s and is killed", child.id, STOP_S)
            child.process.kill()
            child.exit_code = child.process.wait()
