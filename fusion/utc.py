"""Times for people: never a count of nanoseconds."""

from __future__ import annotations

import numpy as np

_NS_PER_MS = 1_000_000


def utc_text(time_ns: int) -> str:
    """UTC nanoseconds as in "2024-06-27T00:01:03.250Z"; what no clock has, as the number of seconds.

    To the millisecond, rounded down.
    """
    if not -(2**63) <= time_ns < 2**63:
        return f"{time_ns // 10**9} s"
    return f"{np.datetime64(time_ns // _NS_PER_MS, 'ms')}Z"
