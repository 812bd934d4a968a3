"""How long something took, over any number of samples, in bounded memory."""

from __future__ import annotations

from hdrh.histogram import HdrHistogram

_LEAST_NS, _MOST_NS, _DIGITS = 1, 3_600_000_000_000, 3


class Latency:
    """A histogram of durations up to an hour to three significant digits; ``max`` is exact."""

    def __init__(self) -> None:
        self._histogram = HdrHistogram(_LEAST_NS, _MOST_NS, _DIGITS)
        self._max_ns = 0

    @property
    def count(self) -> int:
        """How many samples."""
        return int(self._histogram.get_total_count())

    def add(self, duration_ns: int) -> None:
        """Record one sample."""
        self._histogram.record_value(min(max(duration_ns, _LEAST_NS), _MOST_NS))
        self._max_ns = max(self._max_ns, duration_ns)

    def percentile_ms(self, percent: float) -> float | None:
        """The least duration, ms, that ``percent`` % of the samples do not exceed; None without samples."""
        if not self.count:
            return None
        return min(int(self._histogram.get_value_at_percentile(percent)), self._max_ns) * 1e-6

    def summary_ms(self) -> dict[str, float | None]:
        """The percentiles of the scorecard."""
        return {
            "p50": self.percentile_ms(50.0),
            "p99": self.percentile_ms(99.0),
            "p999": self.percentile_ms(99.9),
            "max": self._max_ns * 1e-6 if self.count else None,
        }
