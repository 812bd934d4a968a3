"""The order of a core's updates, however they come.

Source: proto/README.md, section 9, "To follow a picture". An update that was lost and repaired comes after
later ones: these wait for it. A snapshot waits for nobody; a core that started anew begins again with its
first update or a snapshot.
"""

from __future__ import annotations

from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from fusion.update.decode import Update

WAITING_MAX: Final[
    Annotated[int, Chosen("1", "so many updates wait for those before them ...", OPERATION)]
] = 1000
WAITING_ROWS_MAX: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "... and so many rows; past that the oldest waits no longer, and the picture is incomplete",
            OPERATION,
        ),
    ]
] = 200_000

Key = tuple[int, int]


class UpdateOrder:
    """Which of the updates received apply next."""

    def __init__(self) -> None:
        self.at: Key = (0, 0)
        """Incarnation and sequence of the last update whose turn came."""
        self.complete = True
        """Whether every change up to there has been told; a snapshot tells all."""
        self.passed_over = 0
        """Updates that had not come when a snapshot made them needless, or when they were given up."""
        self._waiting: dict[Key, Update] = {}
        self._rows = 0

    def take(self, update: Update) -> list[Update]:
        """The updates whose turn has come, now that this one is here, in their order.

        One that is older than what had its turn, or came before, changes nothing.
        """
        key = update.key
        mends = update.snapshot and not self.complete and key == self.at
        if mends:
            self.complete = True
            return [update]
        held = self._waiting.get(key)
        if key <= self.at or (held is not None and (held.snapshot or not update.snapshot)):
            return []
        self._waiting[key] = update  # a snapshot asked for, in place of the delta of the same number
        self._rows += len(update.rows) - (len(held.rows) if held is not None else 0)
        due: list[Update] = []
        while (turn := self._next()) is not None:
            due.append(turn)
        return due

    def copy(self) -> UpdateOrder:
        """An independent one."""
        twin = UpdateOrder()
        twin.at, twin.complete, twin.passed_over = self.at, self.complete, self.passed_over
        twin._waiting, twin._rows = dict(self._waiting), self._rows
        return twin

    @property
    def missing(self) -> list[tuple[int, int]]:
        """Sequences, as ranges with both ends, that are not here while later ones of their core's start are:
        what the picture waits for."""
        if not self._waiting:
            return []
        newest = max(incarnation for incarnation, _ in self._waiting)
        held = sorted(sequence for incarnation, sequence in self._waiting if incarnation == newest)
        last = self.at[1] if self.at[0] == newest else 0
        found = []
        for sequence in held:
            if sequence > last + 1:
                found.append((last + 1, sequence - 1))
            last = sequence
        return found

    def _next(self) -> Update | None:
        """Take out the one whose turn it is, and all that it makes obsolete."""
        incarnation, sequence = self.at
        turn = self._waiting.get((incarnation, sequence + 1))
        if turn is None:
            turn = self._beginning()
        if turn is None and (len(self._waiting) > WAITING_MAX or self._rows > WAITING_ROWS_MAX):
            turn = self._waiting[min(self._waiting)]
            self.complete = False
        if turn is None:
            return None
        self.complete = self.complete or turn.snapshot or turn.incarnation > incarnation
        self.at = turn.key
        needless = [key for key in self._waiting if key <= self.at]
        if turn.incarnation == incarnation and sequence:
            self.passed_over += turn.sequence - sequence - len(needless)
        for key in needless:
            self._rows -= len(self._waiting.pop(key).rows)
        return turn

    def _beginning(self) -> Update | None:
        """The newest update that needs none before it."""
        begins = [
            key
            for key, update in self._waiting.items()
            if update.snapshot or (key[0] > self.at[0] and key[1] == 1)
        ]
        return self._waiting[max(begins)] if begins else None
