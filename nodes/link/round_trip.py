"""How long an answer of another process takes, and when it is late.

Source: RFC 6298, equations 2.2 to 2.4 (Jacobson and Karels). Every request has a number of its own, so an
answer to one that was repeated is no riddle (Karn) and always counts.
"""

from __future__ import annotations

_GAIN, _VARIATION_GAIN, _VARIATIONS = 1 / 8, 1 / 4, 4.0


class RoundTrip:
    """The estimate for one process, s."""

    def __init__(self) -> None:
        self._smooth_s: float | None = None
        self._variation_s = 0.0

    def took(self, round_trip_s: float) -> None:
        """An answer came so long after its question."""
        if self._smooth_s is None:
            self._smooth_s, self._variation_s = round_trip_s, round_trip_s / 2.0
            return
        off_s = abs(self._smooth_s - round_trip_s)
        self._variation_s += _VARIATION_GAIN * (off_s - self._variation_s)
        self._smooth_s += _GAIN * (round_trip_s - self._smooth_s)

    @property
    def late_s(self) -> float:
        """After so long an answer is late; 0 where nothing is known."""
        return 0.0 if self._smooth_s is None else self._smooth_s + _VARIATIONS * self._variation_s
