"""The table as compiled code sees it: its arrays, and the journal that every change of a row goes through."""

from __future__ import annotations

from typing import NamedTuple

from fusion.arrays import Ints, Records
from fusion.kernel import kernel
from fusion.table.records import Counters, LineageRecord, Saved, Source, Track


class Journal(NamedTuple):
    """Before-images of the open segment: the k-th saved image and its row; and by row, when last saved."""

    saved: Records[Saved]
    """(1,)."""
    tracks: Records[Track]
    track_rows: Ints
    track_stamp: Ints
    """(track rows,) the segment in which the row was last saved."""
    sources: Records[Source]
    source_rows: Ints
    source_stamp: Ints


class Arrays(NamedTuple):
    """All state of a fold. A row is saved to the journal before it is changed."""

    counters: Records[Counters]
    """(1,)."""
    tracks: Records[Track]
    words: Ints
    """(track rows, words): the memory of ``tracks`` as integers."""
    numbers: Ints
    """(track rows,) each row's track number, 0 where the row is free."""
    sources: Records[Source]
    lineage: Records[LineageRecord]
    journal: Journal


@kernel
def save_track(a: Arrays, row: int) -> None:
    """Journal a track row before its first change in this segment."""
    saved = a.journal.saved[0]
    if a.journal.track_stamp[row] != saved.segment:
        a.journal.track_stamp[row] = saved.segment
        a.journal.tracks[saved.tracks] = a.tracks[row]
        a.journal.track_rows[saved.tracks] = row
        saved.tracks += 1


@kernel
def save_source(a: Arrays, slot: int) -> None:
    """Journal a source row before its first change in this segment."""
    saved = a.journal.saved[0]
    if a.journal.source_stamp[slot] != saved.segment:
        a.journal.source_stamp[slot] = saved.segment
        a.journal.sources[saved.sources] = a.sources[slot]
        a.journal.source_rows[saved.sources] = slot
        saved.sources += 1
