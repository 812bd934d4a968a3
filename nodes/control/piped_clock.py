"""Exercise control: how a launcher grants time to the processes it started, over their own pipes.

The launcher writes one JSON ``Order`` a line to a process's standard input; the process writes one
JSON ``NodeProgress`` or ``CoreProgress`` a line to its standard output. The end of the input means that
the launcher is gone, however it went, and ends the process.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Final

import msgspec
from msgspec import Struct

from fusion.constants import OPERATION, Chosen

_log = logging.getLogger("triwatch.exercise")

EXIT_ORPHANED = 3

_LINE_BYTES_MAX: Final[
    Annotated[int, Chosen("bytes", "longest line between a launcher and its processes", OPERATION)]
] = 1 << 20


class Order(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From the launcher."""

    until_ns: int = 0
    """Scenario time, UTC ns, up to which the process may live."""
    stop: bool = False
    """Leave."""


class NodeProgress(Struct, frozen=True, kw_only=True, tag="node"):
    """How far a node is."""

    time_ns: int
    done: bool
    incarnation: int
    published: dict[str, int]
    """Last sequence by topic."""
    policy: int = 1
    """Version of the policy that it holds."""


class CoreProgress(Struct, frozen=True, kw_only=True, tag="core"):
    """How far a core is."""

    received: dict[str, int]
    """By node: the scenario time of its last heartbeat whose reports are folded and published."""
    left: list[str]
    """Nodes that said goodbye and of whose reports none is missing."""
    missing: int
    counts: dict[str, int]
    input_digest: str
    picture_digest: str
    time_ns: int
    final_time_ns: int
    published: dict[str, int]
    incarnation: int
    policy: int = 1
    """Version of the policy that it holds."""


Progress = NodeProgress | CoreProgress


class TimeSource:
    """What a process is led by. This one only says stop; subclasses also tell the time."""

    stop = False
    """Leave now."""
    exercise = False
    """There is a launcher, which also wants to see raw detections."""
    speed = 0.0
    """Scenario seconds a wall second; 0 where scenario time does not follow the wall clock."""

    def __init__(self) -> None:
        self.wake_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        """Can be read when there is news."""
        self._news = False

    def limit_ns(self) -> int:
        """Scenario time, UTC ns, up to which this process may live now."""
        return 0

    def wake(self) -> None:
        """There is news; may be called from a signal handler or another thread."""
        os.eventfd_write(self.wake_fd, 1)
        self._news = True  # only now: who sees it finds something to read

    def acknowledge(self) -> None:
        """The news has been seen."""
        if self._news:
            self._news = False
            with suppress(BlockingIOError):
                os.eventfd_read(self.wake_fd)

    def report(self, progress: Progress) -> None:
        """Tell how far this process is."""


class PipedTimeSource(TimeSource):
    """A process under a launcher. ``orphaned`` is called, in another thread, when the launcher is gone."""

    exercise = True

    def __init__(self, orphaned: Callable[[], object]) -> None:
        super().__init__()
        self._orphaned = orphaned
        self._until_ns = 0
        # standard output is the launcher's from here on: what libraries print goes to the log
        self._out = os.dup(sys.stdout.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        self._decoder = msgspec.json.Decoder(Order)
        self._encoder = msgspec.json.Encoder()
        threading.Thread(target=self._listen, name="exercise control", daemon=True).start()

    def limit_ns(self) -> int:
        return self._until_ns

    def report(self, progress: Progress) -> None:
        line = self._encoder.encode(progress) + b"\n"
        while line:
            line = line[os.write(self._out, line) :]

    def _listen(self) -> None:
        lines = Lines()
        while data := os.read(0, 65536):
            for line in lines.feed(data):
                order = self._decoder.decode(line)
                self._until_ns = max(self._until_ns, order.until_ns)
                self.stop = self.stop or order.stop
            self.wake()
        if not self.stop:
            _log.error("the launcher is gone")
            self._orphaned()
            os._exit(EXIT_ORPHANED)


class Lines:
    """Cuts a stream of bytes into lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The whole lines that ``data`` completes. Raises ValueError where one has no end in sight."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LINE_BYTES_MAX:
            raise ValueError(f"a line of more than {_LINE_BYTES_MAX} bytes")
        return lines


def decode_progress(line: bytes) -> Progress:
    """One line from a process. Raises msgspec.MsgspecError."""
    progress: Progress = msgspec.json.decode(line, type=Progress)
    return progress
