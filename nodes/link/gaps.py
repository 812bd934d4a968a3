"""Which numbers of a stream have come, and which are missing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from nodes.link import limits


class SequenceSet:
    """The numbers of one stream, from 1: what is held, what is known to exist.

    Held numbers are kept as closed ranges, so a gap of a million costs no more than a gap of one.
    """

    def __init__(self) -> None:
        self._first: list[int] = []
        self._last: list[int] = []
        self._announced = 0
        self.limit = limits.SEQUENCE_MAX
        """Of numbers above this one none is missed."""

    def note(self, number: int) -> bool:
        """Number ``number`` came; False where it was held already, or would make one gap too many."""
        at = bisect_right(self._first, number) - 1
        if at >= 0 and number <= self._last[at]:
            return False
        joins_left = at >= 0 and self._last[at] == number - 1
        joins_right = at + 1 < len(self._first) and self._first[at + 1] == number + 1
        if joins_left and joins_right:
            self._last[at] = self._last.pop(at + 1)
            del self._first[at + 1]
        elif joins_left:
            self._last[at] = number
        elif joins_right:
            self._first[at + 1] = number
        elif len(self._first) >= limits.GAPS_MAX:
            return False
        else:
            self._first.insert(at + 1, number)
            self._last.insert(at + 1, number)
        return True

    def discard(self, number: int) -> None:
        """Number ``number`` has not come after all."""
        at = bisect_right(self._first, number) - 1
        if at < 0 or number > self._last[at]:
            return
        first, last = self._first.pop(at), self._last.pop(at)
        for begin, end in ((number + 1, last), (first, number - 1)):
            if begin <= end:
                self._first.insert(at, begin)
                self._last.insert(at, end)

    def announce(self, highest: int) -> None:
        """Numbers up to ``highest`` exist, in place of what was announced before."""
        self._announced = highest

    @property
    def highest(self) -> int:
        """The highest number known to exist."""
        return max(self._announced, self.highest_held)

    def holds(self, number: int) -> bool:
        """Whether ``number`` has come."""
        at = bisect_right(self._first, number) - 1
        return at >= 0 and number <= self._last[at]

    def held(self, first: int = 1) -> Iterator[int]:
        """The numbers from ``first`` on that have come, ascending."""
        for begin, end in zip(self._first, self._last, strict=True):
            yield from range(max(begin, first), end + 1)

    @property
    def highest_held(self) -> int:
        """The highest number that has come; 0 before the first."""
        return self._last[-1] if self._last else 0

    @property
    def complete_to(self) -> int:
        """Every number up to this one has come."""
        return self._last[0] if self._first and self._first[0] == 1 else 0

    @property
    def whole(self) -> bool:
        """Whether none is missing, which costs nothing to say however many gaps there are."""
        return self.complete_to >= min(self.highest, self.limit)

    @property
    def missing_count(self) -> int:
        """How many numbers up to the limit are known to exist and have not come."""
        held = sum(
            min(last, self.limit) - first + 1
            for first, last in zip(self._first, self._last, strict=True)
            if first <= self.limit
        )
        return min(self.highest, self.limit) - held

    def missing(self, ranges_max: int) -> list[tuple[int, int]]:
        """The lowest missing ranges, both ends included."""
        found: list[tuple[int, int]] = []
        after = 0
        highest = min(self.highest, self.limit)
        for first, last in zip(self._first, self._last, strict=True):
            if after + 1 > highest:
                return found
            if first > after + 1:
                found.append((after + 1, min(first - 1, highest)))
                if len(found) == ranges_max:
                    return found
            after = last
        if highest > after:
            found.append((after + 1, highest))
        return found
