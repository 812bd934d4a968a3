"""Rows that are few and looked at seldom: the missiles' flights, as Python values.

A row is never changed, only put in another's place, so a before-image is the row itself and a rollback puts
it back. What of a row a reader sees is in its ``digest``; their sum is kept, as that of the tracks is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol


class Row(Protocol):
    """A value by track number."""

    @property
    def number(self) -> int:
        """Of its track."""

    @property
    def digest(self) -> int:
        """128 bits over what a reader sees of it; 0 where nothing is."""


class FlightRows(Mapping[int, Row]):
    """Rows by track number, and the open journal of what they were."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._before: dict[int, Row | None] = {}
        self.shown = 0
        """Rows of which a reader sees something."""
        self.sum = 0
        """Of their digests, modulo 2^128."""

    def __getitem__(self, number: int) -> Row:
        return self._rows[number]

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, row: Row) -> None:
        """Add a row, or put it in the place of the one with its number."""
        self._journal(row.number)
        self._set(row.number, row)

    def delete(self, number: int) -> None:
        """Take a row out, if it is there."""
        if number in self._rows:
            self._journal(number)
            self._set(number, None)

    def open_segment(self) -> None:
        """Begin to journal."""
        self._before = {}

    def close_segment(self) -> dict[int, Row | None]:
        """What changed since, as it was; None for what was not there."""
        before, self._before = self._before, {}
        return before

    def undo(self, before: Mapping[int, Row | None]) -> None:
        """Put rows back to what they were."""
        for number, row in before.items():
            self._set(number, row)

    def _journal(self, number: int) -> None:
        self._before.setdefault(number, self._rows.get(number))

    def _set(self, number: int, row: Row | None) -> None:
        gone = self._rows.pop(number, None)
        for one, sign in ((gone, -1), (row, 1)):
            if one is not None and one.digest:
                self.shown += sign
                self.sum = (self.sum + sign * one.digest) % 2**128
        if row is not None:
            self._rows[number] = row
