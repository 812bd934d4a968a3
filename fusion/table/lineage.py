"""What became of tracks: found to be, found not to be, split, merged. Events as in the contract."""

from __future__ import annotations

from numba import njit

from fusion.table.tracks import LINEAGE_COUNT

CORRELATED, DECORRELATED, SPLIT, MERGED = 1, 2, 3, 4


@njit(cache=True)
def note(a, event, time_ns, track, other, node, local_number):
    """Append one lineage record; a rollback takes it back with the globals."""
    k = a.globals[LINEAGE_COUNT]
    record = a.lineage[k]
    record.event = event
    record.time_ns = time_ns
    record.track = track
    record.other = other
    record.node = node
    record.local_number = local_number
    a.globals[LINEAGE_COUNT] = k + 1
