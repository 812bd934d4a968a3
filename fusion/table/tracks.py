"""The track table: shared tracks, the nodes' tracks they were made of, and the journal that undoes a fold.

All state of a fold lives in the arrays of one `Table`. A row of `tracks` is a shared track; a row of
`sources` is one node's track as last reported, with the shared track it is paired with. Before an event
changes a row it saves the row's before-image; a `Segment` holds those images, and `Table.undo` puts them
back. Row indices are storage only: whatever is decided is decided by numbers and keys, so that cores
whose rows lie elsewhere decide alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fusion.physics.geodesy import Float

CONTRIBUTORS_MAX = 24
MODES = 3
CRUISE, SECOND, MANOEUVRE = range(MODES)
"""The modes of a track. In space CRUISE is free flight and SECOND boost; elsewhere CRUISE is straight motion
as noisy as the nodes declare and SECOND the same with a tenth of the noise (see `fusion.filters`)."""
SHOWN_CONSTANT_VELOCITY, SHOWN_MANOEUVRE, SHOWN_FREE_FLIGHT, SHOWN_BOOST, SHOWN = range(5)
"""The modes as readers see them, straight motion with more and with less noise as one."""

TRACK = np.dtype(
    [
        ("alive", "i8"),
        ("number", "i8"),
        ("time_ns", "i8"),  # the state is valid at
        ("birth_ns", "i8"),
        ("update_ns", "i8"),  # newest report of a node that saw it, not merely carried it on
        ("reports", "i8"),
        ("status", "i8"),
        ("environment", "i8"),
        ("identity", "i8"),
        ("conflict", "i8"),
        ("call_sign", "i8"),  # key of the text; 0 = none
        ("parent", "i8"),
        ("ballistic", "i8"),  # 1 where its modes are those of space
        ("contributor_count", "i8"),
        ("surprised", "i8"),  # contributors in a row that the track did not expect, and the last one's key
        ("surprised_by", "i8"),
        ("twin", "i8"),  # number of a track that may be the same object, and for how many sweeps
        ("twin_count", "i8"),
        ("rival_number", "i8"),  # the nearest track, where it is near; 0 = none
        ("contributor", "i8", (CONTRIBUTORS_MAX,)),  # source rows
        ("rival", "i8"),  # row of that track
        ("digest", "u8", (2,)),
        ("confidence", "f8"),
        ("q", "f8"),
        ("mode_probability", "f8", (MODES,)),
        ("mode_state", "f8", (MODES, 6)),
        ("mode_covariance", "f8", (MODES, 21)),
        ("state", "f8", (6,)),
        ("covariance", "f8", (21,)),
    ]
)

SOURCE = np.dtype(
    [
        ("seen", "i8"),
        ("key", "i8"),  # hash of node, incarnation and local number
        ("node", "i8"),
        ("incarnation", "i8"),
        ("local_number", "i8"),
        ("track", "i8"),  # row of the paired track, -1 = none
        ("time_ns", "i8"),
        ("period_ns", "i8"),  # between its last two reports; 0 = unknown
        ("status", "i8"),
        ("doubtful", "i8"),  # 1 while the pairing is in doubt
        ("environment", "i8"),
        ("identity", "i8"),
        ("call_sign", "i8"),
        ("motion", "i8"),
        ("rivalry", "f8"),  # running mean of d² against the paired track less that against its rival
        ("misfit", "f8"),  # running mean of d² against the paired track
        ("confidence", "f8"),
        ("q", "f8"),
        ("state", "f8", (6,)),
        ("covariance", "f8", (21,)),
    ]
)

LINEAGE = np.dtype(
    [
        ("event", "i8"),
        ("time_ns", "i8"),
        ("track", "i8"),
        ("other", "i8"),
        ("node", "i8"),
        ("local_number", "i8"),
    ]
)

# slots of Table.globals, saved with every segment
NOW_NS, SWEPT_S, ROWS, LINEAGE_COUNT, LIVE, DIGEST, _DIGEST_2, GLOBALS = range(8)
"""LIVE counts the live tracks; at DIGEST stand the two lanes of the sum of their digests."""
# slots of Table.journal_counts
SAVED_TRACKS, SAVED_SOURCES, SEGMENT, COUNTS = range(4)

Records = NDArray[np.void]
Ints = NDArray[np.int64]


@dataclass(slots=True)
class Segment:
    """Before-images of every row that a run of events changed."""

    first_event: int
    track_rows: Ints
    tracks: Ints
    """(rows, words of a track): numpy copies records field by field, whole numbers at once."""
    source_rows: Ints
    sources: Ints
    """(rows, words of a source)."""
    globals: Ints
    level: int = 0

    def absorb(self, later: Segment) -> None:
        """Become the before-image of this run and the next one together: the older image of a row wins."""
        rows, images = _merged(self.track_rows, self.tracks, later.track_rows, later.tracks)
        self.track_rows, self.tracks = rows, images
        rows, images = _merged(self.source_rows, self.sources, later.source_rows, later.sources)
        self.source_rows, self.sources = rows, images
        self.level += 1


@njit(cache=True)
def _merged(rows, images, later_rows, later_images):
    """Two sets of before-images as one."""
    high = 0
    for row in rows:
        high = max(high, row)
    for row in later_rows:
        high = max(high, row)
    held = np.zeros(high + 1, np.bool_)
    for row in rows:
        held[row] = True
    n = len(rows)
    for row in later_rows:
        n += not held[row]
    out_rows, out = np.empty(n, np.int64), np.empty((n, images.shape[1]), np.int64)
    k = len(rows)
    for i in range(k):
        out_rows[i] = rows[i]
        out[i] = images[i]
    for i in range(len(later_rows)):
        if not held[later_rows[i]]:
            out_rows[k] = later_rows[i]
            out[k] = later_images[i]
            k += 1
    return out_rows, out


class Arrays(NamedTuple):
    """The table as compiled code sees it. ``words`` and ``numbers`` follow from ``tracks``:
    the same memory as (n, w) integers, and each row's number, 0 where the row is free."""

    tracks: Records
    words: Ints
    numbers: Ints
    sources: Records
    lineage: Records
    globals: Ints
    journal_tracks: Records
    journal_track_rows: Ints
    track_stamp: Ints
    journal_sources: Records
    journal_source_rows: Ints
    source_stamp: Ints
    journal_counts: Ints


class Table:
    """Tracks, sources, lineage and the open journal of the event being folded."""

    def __init__(self) -> None:
        n = 64
        self._touched: list[Ints] = []
        self._touched_count = 0
        self._lineage_told = 0  # so many records are as they were when last taken
        self._lineage_was: Records = np.zeros(0, LINEAGE)  # those after them, as they were then
        tracks = np.zeros(n, TRACK)
        self._hold(
            Arrays(
                tracks=tracks,
                words=_words(tracks),
                numbers=np.zeros(n, np.int64),
                sources=np.zeros(n, SOURCE),
                lineage=np.zeros(n, LINEAGE),
                globals=np.zeros(GLOBALS, np.int64),
                journal_tracks=np.zeros(n, TRACK),
                journal_track_rows=np.zeros(n, np.int64),
                track_stamp=np.zeros(n, np.int64),
                journal_sources=np.zeros(n, SOURCE),
                journal_source_rows=np.zeros(n, np.int64),
                source_stamp=np.zeros(n, np.int64),
                journal_counts=np.zeros(COUNTS, np.int64),
            )
        )

    def _hold(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self._source_words = _words(arrays.sources)
        self._journal_track_words = _words(arrays.journal_tracks)
        self._journal_source_words = _words(arrays.journal_sources)

    def reserve(self, births: int, sources: int) -> None:
        """Make room for so many more tracks, and for the source rows below ``sources``."""
        a = self.arrays
        tracks = int(a.globals[ROWS]) + births
        # a birth, a pairing and an unpairing a report; a drop and a merge a track
        lineage = int(a.globals[LINEAGE_COUNT]) + 4 * births + 2 * max(tracks, len(a.tracks))
        if tracks <= len(a.tracks) and sources <= len(a.sources) and lineage <= len(a.lineage):
            return
        needs = {"lineage": lineage}
        for name in ("tracks", "numbers", "journal_tracks", "journal_track_rows", "track_stamp"):
            needs[name] = tracks
        for name in ("sources", "journal_sources", "journal_source_rows", "source_stamp"):
            needs[name] = sources
        short = {k: _grown(getattr(a, k), n) for k, n in needs.items() if n > len(getattr(a, k))}
        if short:
            if "tracks" in short:
                short["words"] = _words(short["tracks"])
            self._hold(a._replace(**short))

    def open_segment(self) -> Ints:
        """Begin to journal; returns the globals as they are."""
        a = self.arrays
        a.journal_counts[SAVED_TRACKS] = 0
        a.journal_counts[SAVED_SOURCES] = 0
        a.journal_counts[SEGMENT] += 1
        return a.globals.copy()

    def close_segment(self, first_event: int, before: Ints) -> Segment:
        """What the events since `open_segment` changed, as it was."""
        a = self.arrays
        nt, ns = int(a.journal_counts[SAVED_TRACKS]), int(a.journal_counts[SAVED_SOURCES])
        rows = a.journal_track_rows[:nt].copy()
        self._touch(rows)
        return Segment(
            first_event,
            rows,
            self._journal_track_words[:nt].copy(),
            a.journal_source_rows[:ns].copy(),
            self._journal_source_words[:ns].copy(),
            before,
        )

    def undo(self, segment: Segment) -> None:
        """Put the table back to what it was before the segment; segments go newest first."""
        a = self.arrays
        a.words[segment.track_rows] = segment.tracks
        number, alive = a.tracks["number"], a.tracks["alive"]
        a.numbers[segment.track_rows] = number[segment.track_rows] * alive[segment.track_rows]
        self._source_words[segment.source_rows] = segment.sources
        a.globals[:] = segment.globals
        self._touch(segment.track_rows)
        kept = int(a.globals[LINEAGE_COUNT])
        if kept < self._lineage_told:
            undone = a.lineage[kept : self._lineage_told]
            self._lineage_was = np.concatenate([undone, self._lineage_was])
            self._lineage_told = kept

    def take_touched(self) -> Ints:
        """Rows of the tracks that may differ from what they were at the last call, each once."""
        touched = self._touched
        self._touched, self._touched_count = [], 0
        if len(touched) == 1:
            return touched[0]
        return _unique(touched)

    def take_lineage(self) -> Records:
        """Lineage records that were not there at the last call; what a rollback rewrote comes again."""
        a = self.arrays
        count, told, was = int(a.globals[LINEAGE_COUNT]), self._lineage_told, self._lineage_was
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
        have = int(a.globals[LINEAGE_COUNT])
        a.lineage[: have - count] = a.lineage[count:have].copy()
        a.globals[LINEAGE_COUNT] = have - count
        self._lineage_told = max(0, self._lineage_told - count)

    def _touch(self, rows: Ints) -> None:
        self._touched.append(rows)
        self._touched_count += len(rows)
        if self._touched_count > 4096 + 2 * len(self.arrays.tracks):
            self._touched = [_unique(self._touched)]
            self._touched_count = len(self._touched[0])

    def live_rows(self) -> Ints:
        """Rows of the live tracks, in the order of their numbers."""
        return self.arranged(np.arange(int(self.arrays.globals[ROWS])))

    def arranged(self, rows: Ints) -> Ints:
        """Those of the rows that hold a live track, in the order of their numbers."""
        numbers = self.arrays.numbers[rows]
        live = numbers != 0
        arranged: Ints = rows[live][np.argsort(numbers[live], kind="stable")]
        return arranged


def shown_modes(tracks: Records) -> Float:
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


def _words(records: Records) -> Ints:
    return records.view(np.int64).reshape(len(records), -1)


def _grown(array: NDArray[Any], need: int) -> NDArray[Any]:
    size = len(array)
    while size < need:
        size *= 2
    grown = np.zeros(size, array.dtype)
    grown[: len(array)] = array
    return grown


@njit(cache=True)
def save_track(row, a):
    """Journal a track row before its first change in this segment."""
    counts = a.journal_counts
    if a.track_stamp[row] != counts[SEGMENT]:
        a.track_stamp[row] = counts[SEGMENT]
        k = counts[SAVED_TRACKS]
        a.journal_tracks[k] = a.tracks[row]
        a.journal_track_rows[k] = row
        counts[SAVED_TRACKS] = k + 1


@njit(cache=True)
def save_source(row, a):
    """Journal a source row before its first change in this segment."""
    counts = a.journal_counts
    if a.source_stamp[row] != counts[SEGMENT]:
        a.source_stamp[row] = counts[SEGMENT]
        k = counts[SAVED_SOURCES]
        a.journal_sources[k] = a.sources[row]
        a.journal_source_rows[k] = row
        counts[SAVED_SOURCES] = k + 1
