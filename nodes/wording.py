"""How a person is told of tracks, places and times: on the page, the terminal and the scorecard alike.

`web/src/model` says the same in the browser; a test holds the two to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

_BLOCK = 100_000
"""A node numbers the tracks that it reports first within a block of so many."""


def track_name(number: int) -> str:
    """A track's short name, as in "T5027-12": the block of the node that reported it first, and the number
    within it."""
    block, rest = divmod(number, _BLOCK)
    return f"T{block}-{rest}" if block else f"T{rest}"


def place(lat_deg: float, lon_deg: float) -> str:
    """As in "39.2° N, 125.7° E"."""
    north, east = "S" if lat_deg < 0 else "N", "W" if lon_deg < 0 else "E"
    return f"{abs(lat_deg):.1f}° {north}, {abs(lon_deg):.1f}° {east}"


def clock_time(time_ns: int) -> str:
    """Time of day in UTC, as in "00:01:03Z"; a begun second is not yet over."""
    return f"{datetime.fromtimestamp(time_ns // 10**9, UTC):%H:%M:%S}Z"


def span(seconds: float) -> str:
    """A duration, as in "12 s", "3:05", "1:02:09"."""
    whole = round(abs(seconds))
    sign = "−" if seconds < 0 and whole else ""
    if whole < 60:
        return f"{sign}{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}:{minutes:02}:{rest:02}" if hours else f"{sign}{minutes}:{rest:02}"


def delay(milliseconds: float) -> str:
    """A short time, as in "3.4 ms", "285 ms", "6.3 s"."""
    if milliseconds < 99.95:
        return f"{milliseconds:.1f} ms"
    return f"{milliseconds:.0f} ms" if milliseconds < 999.5 else f"{milliseconds / 1000:.1f} s"


def together(words: Sequence[str]) -> str:
    """As in "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def count(n: int, noun: str) -> str:
    """As in "1 track", "1,200 tracks"."""
    return f"{n:,} {noun}" + ("" if n == 1 else "s")
