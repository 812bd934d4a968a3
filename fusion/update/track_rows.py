"""Tracks by their numbers, as columns: what a reader of pictures or reports holds of them.

The rows lie side by side in one structured array; a track that goes is replaced by the last one, so that
a column of all that are held is a view, never a copy.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Records = NDArray[np.void]

ROW = np.dtype(
    [
        ("number", "i8"),
        ("track_time_ns", "i8"),  # the state is valid at, UTC ns
        ("environment", "i8"),
        ("identity", "i8"),
        ("status", "i8"),
        ("parent", "i8"),  # number of the track it split from; 0 = none
        ("birth_time_ns", "i8"),
        ("quality", "i8"),
        ("identity_conflict", "i8"),
        ("contributor_count", "i8"),
        ("identity_confidence", "f8"),
        ("process_noise", "f8"),  # m2/s3
        ("mode_probability", "f8", (4,)),  # constant velocity, manoeuvre, free flight, boost
        ("state", "f8", (6,)),  # ECEF m, m/s
        ("covariance", "f8", (21,)),  # lower triangle by rows
        ("call_sign", "i8"),  # index into the texts of whoever holds the row
        ("stream", "i8"),  # index of the release group there; 0 = every member
        ("contributor_first", "i8"),  # where its contributors begin
        ("revision", "i8"),  # of the holder when the row was last written
    ]
)
"""A track as contract columns; integers that are enumerations hold values known to this version."""


class TrackRows:
    """Rows of tracks, each number once."""

    def __init__(self) -> None:
        self._slot: dict[int, int] = {}
        self._held: Records = np.zeros(64, ROW)

    def __len__(self) -> int:
        return len(self._slot)

    def __contains__(self, number: int) -> bool:
        return number in self._slot

    @property
    def rows(self) -> Records:
        """(n,) all that is held, in no order: a view, good until the next change."""
        return self._held[: len(self._slot)]

    def row(self, number: int) -> np.void | None:
        """One track, as a view; None where it is not held."""
        slot = self._slot.get(number)
        return None if slot is None else self._held[slot]

    def put(self, rows: Records) -> None:
        """New rows; each replaces the one of its number. Numbers must differ from each other."""
        n = len(self._slot)
        slots = [self._slot.setdefault(number, len(self._slot)) for number in rows["number"].tolist()]
        if len(self._slot) > len(self._held):
            grown = np.zeros(max(2 * len(self._held), len(self._slot)), ROW)
            grown[:n] = self._held[:n]
            self._held = grown
        self._held[slots] = rows

    def remove(self, numbers: Iterable[int]) -> list[int]:
        """These tracks are gone; those of them that were held."""
        gone = []
        for number in numbers:
            slot = self._slot.pop(number, None)
            if slot is None:
                continue
            gone.append(number)
            last = len(self._slot)
            if slot != last:
                self._held[slot] = self._held[last]
                self._slot[int(self._held[slot]["number"])] = slot
        return gone

    def clear(self) -> None:
        """Nothing is held any more."""
        self._slot.clear()

    def copy(self) -> TrackRows:
        """An independent table with the same rows."""
        twin = copy.copy(self)
        twin._slot, twin._held = dict(self._slot), self.rows.copy()
        return twin


def rows_of(n: int, **columns: Any) -> Records:
    """n rows of these columns, zero in all others."""
    rows = np.zeros(n, ROW)
    for name, values in columns.items():
        rows[name] = values
    return rows
