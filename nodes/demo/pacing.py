"""How far every process may live: along the wall clock, and never far ahead of the slowest."""

from __future__ import annotations

from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes.control.clock import Pace

HORIZON_NS: Final[
    Annotated[
        int,
        Chosen(
            "ns",
            "scenario time that any process may be ahead of the slowest while the wall clock sets the "
            "pace: so much does a busy machine disturb nobody",
            OPERATION,
        ),
    ]
] = 4_000_000_000
HURRIED_HORIZON_NS: Final[
    Annotated[
        int,
        Chosen(
            "ns",
            "the same at full speed: a common report period, so that a moment's picture holds "
            "everybody's report of it before anyone reports the next. Heartbeats come as often",
            OPERATION,
        ),
    ]
] = 1_000_000_000
TICK_S: Final[Annotated[float, Chosen("s", "wall time between two grants", OPERATION)]] = 0.05


class Pacer:
    """Grants scenario time from ``start_ns`` to ``end_ns``; ``speed`` None is as fast as they can."""

    def __init__(self, start_ns: int, end_ns: int, speed: float | None) -> None:
        self._start_ns = start_ns
        self._end_ns = end_ns
        self._speed = speed
        self._horizon_ns = HORIZON_NS if speed else HURRIED_HORIZON_NS
        self._pace: Pace | None = None
        self.until_ns = start_ns
        """The last grant."""

    def start(self, clock_ns: int) -> None:
        """The exercise begins now."""
        if self._speed is not None:
            self._pace = Pace(self._start_ns, clock_ns, self._speed)

    def grant(self, clock_ns: int, slowest_ns: int, hold_ns: int | None = None) -> int:
        """Scenario time up to which all may live, when the slowest has lived up to ``slowest_ns``; not
        beyond ``hold_ns``, where given."""
        wanted = self._pace.scenario_ns(clock_ns) if self._pace else self._end_ns
        held = self._end_ns if hold_ns is None else hold_ns
        allowed = min(wanted, slowest_ns + self._horizon_ns, self._end_ns, held)
        self.until_ns = max(self.until_ns, allowed)
        return self.until_ns

    def behind_s(self, clock_ns: int) -> float:
        """Scenario seconds that the exercise is behind its wall clock."""
        if self._pace is None:
            return 0.0
        return max(0, min(self._pace.scenario_ns(clock_ns), self._end_ns) - self.until_ns) * 1e-9
