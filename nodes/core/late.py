"""Reports that come far behind what a picture has folded already, and wait for their turn.

A late report is put in its place, and all that came after it is folded again: the later, the more. Together
they cost no more than one of them, so they wait, and are brought in at most as often as leaves nine tenths of
the core's time to what is new. None is left out, and a core that has time takes them at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from fusion import Report
from fusion.constants import OPERATION, Chosen
from nodes.control import clock
from nodes.core.views import View, Views

LATE_MOMENTS: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "moments of reports that would be folded again for one that waits: fewer cost less than a report "
            "of a hundred tracks",
            OPERATION,
        ),
    ]
] = 32
LATE_SHARE: Final[
    Annotated[float, Chosen("1", "share of a core's time that late reports may take", OPERATION)]
] = 0.1
WAITING_MAX: Final[
    Annotated[
        int, Chosen("1", "late reports that wait at a time; those beyond them are taken at once", OPERATION)
    ]
] = 4096


class LateReports:
    """Those that wait to be folded into ``views``, by ``fold``."""

    def __init__(self, views: Views, fold: Callable[[Report, tuple[int, ...]], None]) -> None:
        self._views = views
        self._fold = fold
        self._waiting: list[tuple[Report, tuple[int, ...]]] = []
        self._due_s = 0.0

    def wait(self, report: Report, clock_ns: tuple[int, ...]) -> bool:
        """Let a report wait, if it is late enough for that; whether it does."""
        first_ns = report.times_ns[0] if report.times_ns else 0
        after = self._views.fullest.picture.kept_after(first_ns) if first_ns else 0
        if after < LATE_MOMENTS or len(self._waiting) >= WAITING_MAX:
            return False
        self._waiting.append((report, clock_ns))
        return True

    def waiting(self, view: View) -> int:
        """How many wait that go into one picture."""
        return sum(view.takes(report.key.stream) for report, _ in self._waiting)

    @property
    def due_s(self) -> float | None:
        """When those that wait are brought in, monotonic wall seconds; None where none waits."""
        return self._due_s if self._waiting else None

    def bring_in(self, now_s: float) -> None:
        """Fold those that wait, if it is time."""
        if not self._waiting or now_s < self._due_s:
            return
        began_s = clock.monotonic_s()
        waiting, self._waiting = self._waiting, []
        for report, clock_ns in waiting:
            self._fold(report, clock_ns)
        for view in self._views.all:
            _ = view.picture.live  # whoever asks for it has all of it folded, which is what it costs
        done_s = clock.monotonic_s()
        self._due_s = done_s + self.cost_s(done_s - began_s) / LATE_SHARE

    def cost_s(self, took_s: float) -> float:
        """What bringing them in has cost that took so long."""
        return took_s
