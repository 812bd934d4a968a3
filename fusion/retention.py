"""When history is deleted: now and then behind FINAL, and where that stands still, what is too much of it."""

from __future__ import annotations

from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen

FORGET_EVERY_EVENTS: Final[
    Annotated[int, Chosen("1", "history that is FINAL is deleted after so many events ...", OPERATION)]
] = 64
FORGET_EVERY_ROWS: Final[
    Annotated[int, Chosen("1", "... and when so many rows have come, or one a track", OPERATION)]
] = 1000
HISTORY_ROWS_MAX: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "rows of reports that may still be put in another order, where FINAL does not come on: "
            "some 120 MB; of more the older half is deleted, and what then comes behind it has the "
            "picture made anew",
            OPERATION,
        ),
    ]
] = 200_000
HISTORY_ROWS_A_TRACK: Final[
    Annotated[int, Chosen("1", "the same for each track of a large picture", OPERATION)]
] = 40


class Retention:
    """What has come since history was last deleted."""

    def __init__(self) -> None:
        self._events = self._rows = 0

    def add(self, events: int, rows: int) -> None:
        """Count what a report brought."""
        self._events += events
        self._rows += rows

    def due(self, live: int) -> bool:
        """Whether so much has come that deleting is worth its cost, in a picture of so many live tracks."""
        return self._events >= FORGET_EVERY_EVENTS or self._rows >= max(FORGET_EVERY_ROWS, live)

    def start_anew(self) -> None:
        """Count from here: history is deleted now."""
        self._events = self._rows = 0


def rows_max(live: int) -> int:
    """Rows of history that a picture of so many live tracks may keep where FINAL does not come on."""
    return max(HISTORY_ROWS_MAX, HISTORY_ROWS_A_TRACK * live)
