"""Which nodes' tracks a shared track is made of."""

from __future__ import annotations

from numba import njit

from fusion.table.tracks import CONTRIBUTORS_MAX


@njit(cache=True)
def has_contributor_of(a, track, node, incarnation, slot):
    """Whether a node contributes to a track, beyond doubt, with another of its tracks than ``slot``."""
    for k in range(track.contributor_count):
        s = track.contributor[k]
        if s == slot or a.sources[s].doubtful == 1:
            continue
        if a.sources[s].node == node and a.sources[s].incarnation == incarnation:
            return True
    return False


@njit(cache=True)
def add_contributor(a, row, slot):
    """Pair a source with a track; both rows are journalled. False where the track has no room left."""
    track = a.tracks[row]
    k = track.contributor_count
    if k == CONTRIBUTORS_MAX:
        return False
    track.contributor[k] = slot
    track.contributor_count = k + 1
    a.sources[slot].track = row
    a.sources[slot].rivalry = 0.0
    return True


@njit(cache=True)
def remove_contributor(a, row, slot):
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
    a.sources[slot].track = -1


@njit(cache=True)
def forget_report(source):
    """Let a source without a track be as if it had never reported: nothing of its past is in any track."""
    source.seen = 0
    source.misfit, source.doubtful = 0.0, 0
