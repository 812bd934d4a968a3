"""Canonical order, checkpoints, rollback and finality.

The history holds the events that may still be reordered, in canonical order, and for the run already
folded a list of segments, each with the before-images of the rows it changed. A report that belongs
before what is folded undoes the segments down to it; folding then goes forward again. Where segments hold
much more than the table, old ones are joined in pairs, so that their number grows with the logarithm of the
events and a row is kept but once a segment. What is FINAL can no longer be reordered: its events and
segments are let go.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Annotated, Final

import numpy as np

from fusion.arrays import Ints
from fusion.constants import OPERATION, Chosen
from fusion.report.report import Event, EventKey
from fusion.table.segments import Segment
from fusion.table.tracks import Table

SEGMENTS_A_LEVEL: Final[
    Annotated[int, Chosen("1", "segments of one size before they are joined to a larger one", OPERATION)]
] = 16
IMAGES_A_TRACK: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "before-images of a track that may lie in as many segments: what four nodes report while "
            "time becomes FINAL is deleted before it is worth joining",
            OPERATION,
        ),
    ]
] = 5


class History:
    """Events in canonical order and the means to take them back.

    ``fold`` is called for each event in turn; everything it changes must lie in the table.
    """

    def __init__(self, table: Table, fold: Callable[[Event], None]) -> None:
        self._table = table
        self._fold = fold
        self._keys: list[EventKey] = []
        self._events: list[Event] = []
        self._folded = 0
        self._valid = 0  # events below this index are folded and still in their right place
        self._segments: list[Segment] = []
        self._images = 0  # of tracks, in all segments

    def __len__(self) -> int:
        return len(self._keys)

    def insert(self, event: Event) -> None:
        """Put an event in its place."""
        at = bisect_left(self._keys, event.key)
        self._keys.insert(at, event.key)
        self._events.insert(at, event)
        self._valid = min(self._valid, at)

    def settle(self) -> None:
        """Fold what is not folded, first undoing what came after it."""
        while self._folded > self._valid:
            segment = self._segments.pop()
            self._images -= len(segment.track_rows)
            self._table.undo(segment)
            self._folded = segment.first_event
        while self._folded < len(self._events):
            before = self._table.open_segment()
            self._fold(self._events[self._folded])
            segment = self._table.close_segment(self._folded, before)
            self._segments.append(segment)
            self._images += len(segment.track_rows)
            self._folded += 1
            if self._images > IMAGES_A_TRACK * self._table.count("rows"):
                self._thin()
        self._valid = self._folded

    def _thin(self) -> None:
        """Join the two oldest segments of every level that has grown too long."""
        level, end = 0, len(self._segments)
        while True:
            start = end
            while start > 0 and self._segments[start - 1].level <= level:
                start -= 1
            if end - start <= SEGMENTS_A_LEVEL:
                return
            kept, joined = self._segments[start], self._segments.pop(start + 1)
            self._images -= len(kept.track_rows) + len(joined.track_rows)
            kept.absorb(joined)
            self._images += len(kept.track_rows)
            level, end = level + 1, start + 1

    def after(self, time_ns: int) -> int:
        """How many events are kept that are valid later."""
        return len(self._keys) - bisect_right(self._keys, time_ns, key=lambda key: key.valid_time_ns)

    def surplus_ns(self, rows_max: int) -> int:
        """Where more than ``rows_max`` rows are held, up to when the older half of them is valid; else 0."""
        rows = sum(_rows(event) for event in self._events)
        if rows <= rows_max:
            return 0
        surplus = rows - rows_max // 2
        for event in self._events:
            surplus -= _rows(event)
            if surplus <= 0:
                return event.key.valid_time_ns
        return 0

    def forget(self, final_ns: int) -> bool:
        """Let go of the events valid up to ``final_ns``, as far as whole segments reach; True if any went."""
        self.settle()
        upto = bisect_right(self._keys, final_ns, key=lambda key: key.valid_time_ns)
        keep = 0
        while keep < len(self._segments) and self._segment_end(keep) <= upto:
            keep += 1
        if keep == 0:
            return False
        gone = self._segment_end(keep - 1)
        then = self._segments[keep].counters if keep < len(self._segments) else self._table.arrays.counters
        lineage = int(then["lineage"][0])
        self._table.forget_lineage(lineage)
        self._images -= sum(len(segment.track_rows) for segment in self._segments[:keep])
        del self._segments[:keep], self._keys[:gone], self._events[:gone]
        for segment in self._segments:
            segment.first_event -= gone
            segment.counters["lineage"] -= lineage
        self._folded -= gone
        self._valid -= gone
        return True

    def _segment_end(self, k: int) -> int:
        return self._segments[k + 1].first_event if k + 1 < len(self._segments) else self._folded

    def held_sources(self, slots: Callable[[Event], Ints]) -> Ints:
        """Source rows that the kept events or the kept before-images name."""
        named = [slots(event) for event in self._events]
        named += [segment.source_rows for segment in self._segments]
        return np.unique(np.concatenate(named)) if named else np.zeros(0, np.int64)


def _rows(event: Event) -> int:
    return len(event.local_number) + len(event.lines.contact)
