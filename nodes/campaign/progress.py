"""How far a campaign is, for people: one line that changes on a terminal, few lines elsewhere."""

from __future__ import annotations

from typing import Annotated, Final, TextIO

from fusion.constants import OPERATION, Chosen
from nodes import wording
from nodes.campaign.campaign import Progress
from nodes.control import clock

QUIET_S: Final[
    Annotated[float, Chosen("s", "wall time between two lines where the output is no terminal", OPERATION)]
] = 15.0


class Teller:
    """Says `Progress` to ``out``."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._changes = out.isatty()
        self._began_s = clock.monotonic_s()
        self._said_s = float("-inf")
        self._open = False

    def __call__(self, progress: Progress) -> None:
        """Say it, unless something was said just before."""
        now_s = clock.monotonic_s()
        last = progress.there == progress.planned
        if now_s - self._said_s < (0.2 if self._changes else QUIET_S) and not last:
            return
        self._said_s = now_s
        line = self._line(progress, now_s - self._began_s)
        if self._changes:
            self._out.write(f"\r\x1b[K{line}")
            self._open = True
        else:
            self._out.write(f"{line}\n")
        self._out.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._open:
            self._out.write("\n")

    @staticmethod
    def _line(progress: Progress, passed_s: float) -> str:
        line = f"{progress.there:,} of {wording.count(progress.planned, 'run')}"
        if progress.failed:
            line += f", {progress.failed:,} failed"
        left = progress.planned - progress.there
        if progress.made and left:
            line += f", {wording.span(left * passed_s / progress.made)} left"
        return line
