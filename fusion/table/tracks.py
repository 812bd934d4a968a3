"""The track table: shared tracks, the nodes' tracks they were made of, and the journal that undoes a fold.

All state of a fold lives in the arrays of one `Table`. A row of `tracks` is a shared track; a row of
`sources` is one node's track as last reported, with the shared track it is paired with. Before an event
changes a row it saves the row's before-image; a `Segment` holds those images, and `Table.undo` puts them
back. Row indices are storage only: whatever is decided is decided by numbers and keys, so that cores
whose rows lie elsewhere decide alike.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from fusion.arrays import Float, Ints, Records, RowT, word
from fusion.bearings.contacts import NOTHING_HEARD
from fusion.consistency.estimate import nothing_heard
from fusion.registration.estimate import nothing_known
from fusion.search.searches import Searches
from fusion.table.arrays import Arrays, Journal
from fusion.table.flights import FlightRows
from fusion.table.kept import Kept
from fusion.table.records import (
    COUNTERS,
    CRUISE,
    LINEAGE,
    MANOEUVRE,
    SAVED,
    SECOND,
    SOURCE,
    TRACK,
    Counters,
    LineageRecord,
    Saved,
    Source,
    Track,
)
from fusion.table.segments import Segment

_COUNTER = {name: word(COUNTERS, name)[0] for name in COUNTERS.names or ()}
"""By name the word of a counter: to look a field up by name takes numpy longer than to count."""
_SEGMENT = word(SAVED, "segment")[0]
"""The words before it say how much is saved: of tracks, then of sources."""
ArrayT = TypeVar("ArrayT", bound=NDArray[Any])

SHOWN_CONSTANT_VELOCITY, SHOWN_MANOEUVRE, SHOWN_FREE_FLIGHT, SHOWN_BOOST, SHOWN = range(5)
"""The modes as readers see them, straight motion with more and with less noise as one."""


class Table:
    """Tracks, sources, lineage and the open journal of the event being folded."""

    def __init__(self) -> None:
        n = 64
        self.flights = FlightRows()
        self.registration = Kept(nothing_known())
        self.consistency = Kept(nothing_heard())
        self.heard = Kept(NOTHING_HEARD)
        self.searches = Kept(Searches())
        self._touched: list[Ints] = []
        self._touched_count = 0
        self._lineage_told = 0  # so many records are as they were when last taken
        self._lineage_was = _zeros(0, LINEAGE, LineageRecord)  # those after them, as they were then
        tracks = _zeros(n, TRACK, Track)
        self._hold(
            Arrays(
                counters=_zeros(1, COUNTERS, Counters),
                tracks=tracks,
                words=_words(tracks),
                numbers=np.zeros(n, np.int64),
                sources=_zeros(n, SOURCE, Source),
                lineage=_zeros(n, LINEAGE, LineageRecord),
                journal=Journal(
                    saved=_zeros(1, SAVED, Saved),
                    tracks=_zeros(n, TRACK, Track),
                    track_rows=np.zeros(n, np.int64),
                    track_stamp=np.zeros(n, np.int64),
                    sources=_zeros(n, SOURCE, Source),
                    source_rows=np.zeros(n, np.int64),
                    source_stamp=np.zeros(n, np.int64),
                ),
            )
        )

    def _hold(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self._counters = _words(arrays.counters)[0]
        self._saved = _words(arrays.journal.saved)[0]
        self._source_words = _words(arrays.sources)
        self._journal_track_words = _words(arrays.journal.tracks)
        self._journal_source_words = _words(arrays.journal.sources)

    def __getstate__(self) -> dict[str, Any]:
        """All that a fold goes on from: not the room that there is, nor what was told of it."""
        a = self.arrays
        sources = np.flatnonzero(a.sources["key"])
        used = int(sources[-1]) + 1 if len(sources) else 0
        return {
            "flights": self.flights,
            "registration": self.registration,
            "consistency": self.consistency,
            "heard": self.heard,
            "searches": self.searches,
            "counters": a.counters,
            "tracks": a.tracks[: self.count("rows")],
            "sources": a.sources[:used],
            "lineage": a.lineage[: self.count("lineage")],
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]
        for name in ("flights", "registration", "consistency", "heard", "searches"):
            setattr(self, name, state[name])
        rows = len(state["tracks"])
        self.reserve(rows, len(state["sources"]))
        self._hold(self.arrays._replace(lineage=_grown(self.arrays.lineage, len(state["lineage"]))))
        a = self.arrays
        a.counters[:] = state["counters"]
        a.tracks[:rows] = state["tracks"]
        a.numbers[:rows] = a.tracks["number"][:rows] * a.tracks["alive"][:rows]
        a.sources[: len(state["sources"])] = state["sources"]
        a.lineage[: len(state["lineage"])] = state["lineage"]
        self._touch(np.arange(rows))

    def count(self, name: str) -> int:
        """One of the counters (`fusion.table.records.Counters`)."""
        value: int = self._counters.item(_COUNTER[name])
        return value

    def reserve(self, births: int, sources: int) -> None:
        """Make room for so many more tracks, and for the source rows below ``sources``."""
        a = self.arrays
        tracks = self.count("rows") + births
        # a birth, a pairing and an unpairing a report; a drop and a merge a track
        lineage = self.count("lineage") + 4 * births + 2 * max(tracks, len(a.tracks))
        if tracks <= len(a.tracks) and sources <= len(a.sources) and lineage <= len(a.lineage):
            return
        journal = a.journal._replace(
            tracks=_grown(a.journal.tracks, tracks),
            track_rows=_grown(a.journal.track_rows, tracks),
            track_stamp=_grown(a.journal.track_stamp, tracks),
            sources=_grown(a.journal.sources, sources),
            source_rows=_grown(a.journal.source_rows, sources),
            source_stamp=_grown(a.journal.source_stamp, sources),
        )
        rows = _grown(a.tracks, tracks)
        self._hold(
            a._replace(
                tracks=rows,
                words=_words(rows),
                numbers=_grown(a.numbers, tracks),
                sources=_grown(a.sources, sources),
                lineage=_grown(a.lineage, lineage),
                journal=journal,
            )
        )

    def open_segment(self) -> Records[Counters]:
        """Begin to journal; returns the counters as they are."""
        a = self.arrays
        self.flights.open_segment()
        self.registration.open_segment()
        self.consistency.open_segment()
        self.heard.open_segment()
        self.searches.open_segment()
        self._saved[:_SEGMENT] = 0
        self._saved[_SEGMENT] += 1
        return a.counters.copy()

    def close_segment(self, first_event: int, before: Records[Counters]) -> Segment:
        """What the events since `open_segment` changed, as it was."""
        journal = self.arrays.journal
        nt, ns = self._saved[:_SEGMENT].tolist()
        rows = journal.track_rows[:nt].copy()
        self._touch(rows)
        return Segment(
            first_event,
            rows,
            self._journal_track_words[:nt].copy(),
            journal.source_rows[:ns].copy(),
            self._journal_source_words[:ns].copy(),
            before,
            self.flights.close_segment(),
            self.registration.close_segment(),
            self.consistency.close_segment(),
            self.heard.close_segment(),
            self.searches.close_segment(),
        )

    def undo(self, segment: Segment) -> None:
        """Put the table back to what it was before the segment; segments go newest first."""
        a = self.arrays
        a.words[segment.track_rows] = segment.tracks
        number, alive = a.tracks["number"], a.tracks["alive"]
        a.numbers[segment.track_rows] = number[segment.track_rows] * alive[segment.track_rows]
        self._source_words[segment.source_rows] = segment.sources
        a.counters[:] = segment.counters
        self.flights.undo(segment.flights)
        self.registration.undo(segment.registration)
        self.consistency.undo(segment.consistency)
        self.heard.undo(segment.heard)
        self.searches.undo(segment.searches)
        self._touch(segment.track_rows)
        kept = self.count("lineage")
        if kept < self._lineage_told:
            undone = a.lineage[kept : self._lineage_told]
            both = np.concatenate([undone, self._lineage_was])
            self._lineage_was = cast("Records[LineageRecord]", both)
            self._lineage_told = kept

    def take_touched(self) -> Ints:
        """Rows of the tracks that may differ from what they were at the last call, each once."""
        touched = self._touched
        self._touched, self._touched_count = [], 0
        if len(touched) == 1:
            return touched[0]
        return _unique(touched)

    def take_lineage(self) -> Records[LineageRecord]:
        """Lineage records that were not there at the last call; what a rollback rewrote comes again."""
        a = self.arrays
        count, told, was = self.count("lineage"), self._lineage_told, self._lineage_was
        now = a.lineage[told:count]
        first = min(len(was), len(now))
        if first:
            differ = np.flatnonzero(was[:first] != now[:first])
            first = int(differ[0]) if len(differ) else first
        self._lineage_told, self._lineage_was = count, was[:0]
        return now[first:].copy()

    def forget_lineage(self, count: int) -> None:
        """Let go of the first ``count`` lineage records."""
        a = self.arrays
        have = self.count("lineage")
        a.lineage[: have - count] = a.lineage[count:have].copy()
        a.counters["lineage"] = have - count
        self._lineage_told = max(0, self._lineage_told - count)

    def _touch(self, rows: Ints) -> None:
        self._touched.append(rows)
        self._touched_count += len(rows)
        if self._touched_count > 4096 + 2 * len(self.arrays.tracks):
            self._touched = [_unique(self._touched)]
            self._touched_count = len(self._touched[0])

    def live_rows(self) -> Ints:
        """Rows of the live tracks, in the order of their numbers."""
        return self.arranged(np.arange(self.count("rows")))

    def arranged(self, rows: Ints) -> Ints:
        """Those of the rows that hold a live track, in the order of their numbers."""
        numbers = self.arrays.numbers[rows]
        live = numbers != 0
        arranged: Ints = rows[live][np.argsort(numbers[live], kind="stable")]
        return arranged


def shown_modes(tracks: Records[Track]) -> Float:
    """Mode probabilities (n, 4) as readers see them: constant velocity, manoeuvre, free flight, boost."""
    probability, ballistic = tracks["mode_probability"], tracks["ballistic"] == 1
    shown = np.zeros((len(tracks), SHOWN))
    cruise, second = probability[:, CRUISE], probability[:, SECOND]
    shown[:, SHOWN_MANOEUVRE] = probability[:, MANOEUVRE]
    shown[:, SHOWN_CONSTANT_VELOCITY] = np.where(ballistic, 0.0, cruise + second)
    shown[:, SHOWN_FREE_FLIGHT] = np.where(ballistic, cruise, 0.0)
    shown[:, SHOWN_BOOST] = np.where(ballistic, second, 0.0)
    return shown


def _unique(rows: list[Ints]) -> Ints:
    """The rows of several lists, ascending, each once."""
    if not rows:
        return np.zeros(0, np.int64)
    every = np.sort(np.concatenate(rows))
    return every[np.append(True, every[1:] != every[:-1])] if len(every) else every


def _zeros(n: int, dtype: np.dtype[np.void], row: type[RowT]) -> Records[RowT]:
    """``n`` empty rows."""
    return cast("Records[RowT]", np.zeros(n, dtype))


def _words(records: Records[Any]) -> Ints:
    return records.view(np.int64).reshape(len(records), -1)


def _grown(array: ArrayT, need: int) -> ArrayT:
    """An array with room for so many rows: itself where it has it, else a copy of twice the length."""
    size = len(array)
    if size >= need:
        return array
    while size < need:
        size *= 2
    grown = np.zeros(size, array.dtype)
    grown[: len(array)] = array
    return cast(ArrayT, grown)
