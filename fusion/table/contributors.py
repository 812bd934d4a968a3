"""Which nodes' tracks a shared track is made of."""

from __future__ import annotations

from fusion.kernel import kernel
from fusion.table.arrays import Arrays
from fusion.table.records import CONTRIBUTORS_MAX, NONE, Source, Track


@kernel
def has_contributor_of(a: Arrays, track: Track, slot: int) -> bool:
    """Whether the node of the source in ``slot`` contributes to a track with another of its tracks."""
    source = a.sources[slot]
    for k in range(track.contributor_count):
        s = track.contributor[k]
        if s == slot:
            continue
        if a.sources[s].node == source.node and a.sources[s].incarnation == source.incarnation:
            return True
    return False


@kernel
def add_contributor(a: Arrays, row: int, slot: int) -> bool:
    """Pair a source with a track; both rows are journalled. False where the track has no room left."""
    track = a.tracks[row]
    k = track.contributor_count
    if k == CONTRIBUTORS_MAX:
        return False
    track.contributor[k] = slot
    track.contributor_count = k + 1
    a.sources[slot].track = row
    return True


@kernel
def remove_contributor(a: Arrays, row: int, slot: int) -> None:
    """Dissolve a pairing, the others keep their order; both rows are journalled."""
    track = a.tracks[row]
    last = track.contributor_count - 1
    for k in range(track.contributor_count):
        if track.contributor[k] == slot:
            for j in range(k, last):
                track.contributor[j] = track.contributor[j + 1]
            track.contributor[last] = 0
            track.contributor_count = last
            break
    a.sources[slot].track = NONE


@kernel
def forget_report(source: Source) -> None:
    """Let a source without a track be as if it had never reported: nothing of its past is in any track."""
    source.seen = 0
