"""What a picture tells of itself only where it has changed: biases, weights, search maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fusion.consistency.estimate import Consistency
from fusion.consistency.told import words_told
from fusion.registration.estimate import Registration
from fusion.registration.told import biases_told
from fusion.search.search_map import SearchMap
from fusion.search.told import maps_told
from fusion.table.tracks import Table
from triwatch.v1 import picture_pb2


class Told(NamedTuple):
    """What an update says beside its tracks."""

    biases: Sequence[picture_pb2.SensorBias]
    words: Sequence[picture_pb2.NodeConsistency]
    search: picture_pb2.SearchMaps | None


class News:
    """What the deltas have told so far; a snapshot tells all, and counts as none of them."""

    def __init__(self) -> None:
        self._biases: Registration | None = None
        self._words: Consistency | None = None
        self._maps: tuple[SearchMap, ...] = ()

    def of(self, table: Table, snapshot: bool) -> Told:
        """What the next update has to say: a snapshot everything, a delta what is new; then that is told."""
        known, words, maps = table.registration.value, table.consistency.value, table.searches.value.maps
        told = Told(
            biases_told(known) if snapshot or known is not self._biases else (),
            words_told(words) if snapshot or words is not self._words else (),
            maps_told(maps) if (maps if snapshot else maps is not self._maps) else None,
        )
        if not snapshot:
            self._biases, self._words, self._maps = known, words, maps
        return told
