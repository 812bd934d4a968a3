"""How long something took, over any number of samples, in bounded memory."""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import accumulate

_LEAST_NS = 1_000
_WIDTH = math.log(1.01)
_BINS = 2_100  # up to 1,100 s


class Latency:
    """A histogram whose bins are 1 % wide, from 1 µs; percentiles are a bin's upper end, ``max`` is exact."""

    def __init__(self) -> None:
        self._bins = [0] * _BINS
        self._max_ns = 0
        self.count = 0

    def add(self, duration_ns: int) -> None:
        """One sample."""
        ratio = max(duration_ns, _LEAST_NS) / _LEAST_NS
        self._bins[min(int(math.log(ratio) / _WIDTH), _BINS - 1)] += 1
        self._max_ns = max(self._max_ns, duration_ns)
        self.count += 1

    def percentile_ms(self, percent: float) -> float | None:
        """The least duration, ms, that ``percent`` % of the samples do not exceed; None without samples."""
        if not self.count:
            return None
        wanted = math.ceil(self.count * percent / 100.0)
        index = bisect_left(list(accumulate(self._bins)), wanted)
        return min(_LEAST_NS * math.exp((index + 1) * _WIDTH), self._max_ns) * 1e-6

    def summary_ms(self) -> dict[str, float | None]:
        """The percentiles of the scorecard."""
        return {
            "p50": self.percentile_ms(50.0),
            "p99": self.percentile_ms(99.0),
            "p999": self.percentile_ms(99.9),
            "max": self._max_ns * 1e-6 if self.count else None,
        }
