"""Segments: before-images of the rows that a run of events changed, which undo the run."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fusion.arrays import Ints, Records
from fusion.bearings.contacts import Heard
from fusion.consistency.estimate import Consistency
from fusion.kernel import kernel
from fusion.registration.estimate import Registration
from fusion.search.searches import Searches
from fusion.table.flights import Row
from fusion.table.records import Counters


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
    counters: Records[Counters]
    """(1,) as they were before the first event."""
    flights: dict[int, Row | None] = field(default_factory=dict)
    registration: Registration | None = None
    """None where it did not change."""
    consistency: Consistency | None = None
    """The same."""
    heard: Heard | None = None
    """The same."""
    searches: Searches | None = None
    """The same."""
    level: int = 0

    def absorb(self, later: Segment) -> None:
        """Become the before-image of this run and the next one together: the older image of a row wins."""
        rows, images = _merged(self.track_rows, self.tracks, later.track_rows, later.tracks)
        self.track_rows, self.tracks = rows, images
        rows, images = _merged(self.source_rows, self.sources, later.source_rows, later.sources)
        self.source_rows, self.sources = rows, images
        self.flights = {**later.flights, **self.flights}
        self.registration = later.registration if self.registration is None else self.registration
        self.consistency = later.consistency if self.consistency is None else self.consistency
        self.heard = later.heard if self.heard is None else self.heard
        self.searches = later.searches if self.searches is None else self.searches
        self.level += 1


@kernel
def _merged(rows: Ints, images: Ints, later_rows: Ints, later_images: Ints) -> tuple[Ints, Ints]:
    """Two sets of before-images, rows (n,) and images (n, words), as one."""
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
