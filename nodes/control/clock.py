"""The one module that reads the wall clock.

Everything else is told the time. ``monotonic_ns`` is for intervals and latencies: on one machine it is
the same clock in every process. ``utc_ns`` is for what people and files call the time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass


def monotonic_ns() -> int:
    """CLOCK_MONOTONIC, ns: comparable between the processes of one machine, never set back."""
    return time.monotonic_ns()


def monotonic_s() -> float:
    """CLOCK_MONOTONIC in seconds, for time-outs and back-off."""
    return time.monotonic()


def processor_s() -> float:
    """Processor time that this process has used, s: what a run costs on a busy machine too."""
    return time.process_time()


def utc_ns() -> int:
    """The wall clock, ns since 1970 UTC; may be stepped."""
    return time.time_ns()


def sleep(duration_s: float) -> None:
    """Let ``duration_s`` of wall time pass."""
    time.sleep(max(duration_s, 0.0))


@dataclass(frozen=True, slots=True)
class Pace:
    """Scenario time as a line over a clock: ``start_ns`` at ``origin_ns``, then ``speed`` times as fast.

    ``origin_ns`` is on whichever of the two clocks the caller asks with.
    """

    start_ns: int
    origin_ns: int
    speed: float

    def scenario_ns(self, clock_ns: int) -> int:
        """Scenario time, UTC ns, when the clock shows ``clock_ns``; ``start_ns`` before the origin."""
        return self.start_ns + max(0, round((clock_ns - self.origin_ns) * self.speed))

    def wait_s(self, scenario_ns: int, clock_ns: int) -> float:
        """Wall seconds until ``scenario_ns`` is due; 0 where it is past."""
        due_ns = self.origin_ns + (scenario_ns - self.start_ns) / self.speed
        return max(0.0, (due_ns - clock_ns) * 1e-9)
