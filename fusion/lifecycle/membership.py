"""A source joins a track, and parts from one that is dropped."""

from __future__ import annotations

from fusion.contract import CORRELATED
from fusion.kernel import kernel
from fusion.table.arrays import Arrays, save_source, save_track
from fusion.table.contributors import add_contributor, forget_report
from fusion.table.lineage import note_pairing
from fusion.table.records import NONE


@kernel
def join(a: Arrays, row: int, slot: int, time_ns: int) -> bool:
    """Pair a source with a live track; False where the track has no room for another contributor."""
    save_track(a, row)
    if not add_contributor(a, row, slot):
        return False
    note_pairing(a, CORRELATED, time_ns, row, slot)
    return True


@kernel
def drop(a: Arrays, row: int) -> None:
    """Take a track out of the picture."""
    save_track(a, row)
    track = a.tracks[row]
    for k in range(track.contributor_count):
        save_source(a, track.contributor[k])
        a.sources[track.contributor[k]].track = NONE
        forget_report(a.sources[track.contributor[k]])
    track.contributor_count = 0
    track.alive = 0
    a.numbers[row] = 0
