"""Two tracks of one object become one."""

from __future__ import annotations

import numpy as np

from fusion.contract import MERGED
from fusion.kernel import kernel
from fusion.lifecycle.membership import drop
from fusion.lifecycle.opinion import settle
from fusion.pairing.hypotheses import begin_hypotheses
from fusion.pairing.neighbours import look_around, share_a_node
from fusion.table.arrays import Arrays, save_source, save_track
from fusion.table.contributors import add_contributor, remove_contributor
from fusion.table.lineage import note
from fusion.table.records import NONE


@kernel
def merge_twins(a: Arrays, time_ns: int) -> None:
    """Look which tracks are near each other, and merge those that are one: the elder keeps its number."""
    twins = np.empty((a.counters[0].rows, 2), np.int64)
    for k in range(look_around(a, time_ns, twins)):
        row, into = twins[k, 0], twins[k, 1]
        if a.numbers[row] != 0 and a.numbers[into] != 0:
            _merge(a, row, into, time_ns)


@kernel
def _merge(a: Arrays, row: int, into: int, time_ns: int) -> None:
    """Give a track's contributors to its elder twin and drop it; what they tell next counts there."""
    track = a.tracks[row]
    if share_a_node(a, track, a.tracks[into]):
        return
    save_track(a, row)
    save_track(a, into)
    while track.contributor_count > 0:
        slot = track.contributor[0]
        save_source(a, slot)
        remove_contributor(a, row, slot)
        add_contributor(a, into, slot)
        begin_hypotheses(a.sources[slot], 0.0)
    note(a, MERGED, time_ns, a.numbers[into], track.number, NONE, 0)
    drop(a, row)
    settle(a, into)
