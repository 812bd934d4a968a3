"""Neighbours so near that a pairing may be the wrong way round, and the exchange when it is.

Where targets fly or lie side by side a wrong pairing passes every gate. What tells is that a node's reports
fit the neighbour better than their own track, report after report: each source keeps a running mean of
d² against its own track less d² against the nearest other one, its *rivalry*. When a node's two pairings
would together be better the other way round they are exchanged; a pairing whose neighbour has none of the
node's tracks moves over. Of ships more is known: see `fusion.pairing.roadstead`.
"""

from __future__ import annotations

from numba import njit

from fusion.table.contributors import add_contributor, remove_contributor
from fusion.table.lineage import CORRELATED, DECORRELATED, note
from fusion.table.spatial_index import spread2
from fusion.table.tracks import CONTRIBUTORS_MAX, save_source, save_track

NEAR_CHI2 = 60.0
"""Two tracks this near, in sums of their position variances, are rivals; the gates tell others apart."""
MEMORY = 0.25
DIFFERENCE_MAX = 30.0
RIVALRY_CHI2 = 1.5
"""From which a pairing is looked at. A track leans towards what is in it, so a little tells already."""
EXCHANGE_CHI2 = 4.0
"""Of two pairings together, to exchange them; of one alone, to move it."""


@njit(cache=True)
def rival_row(a, track):
    """The row of a track's rival, or -1."""
    if track.rival_number == 0 or a.numbers[track.rival] != track.rival_number:
        return -1
    return track.rival


@njit(cache=True)
def is_near(track, other, distance2):
    """Whether two tracks so far apart, m², are rivals."""
    return distance2 < NEAR_CHI2 * (spread2(track.covariance) + spread2(other.covariance))


@njit(cache=True)
def weigh(source, own_chi2, rival_chi2):
    """Take one report's fit to its own track and to the rival into the source's rivalry."""
    difference = min(max(own_chi2 - rival_chi2, -DIFFERENCE_MAX), DIFFERENCE_MAX)
    source.rivalry += MEMORY * (difference - source.rivalry)


@njit(cache=True)
def _sibling(a, track, source, slot):
    """The slot of the same node's track among a track's contributors, or -1."""
    for k in range(track.contributor_count):
        s = track.contributor[k]
        other = a.sources[s]
        if s != slot and other.node == source.node and other.incarnation == source.incarnation:
            return s
    return -1


@njit(cache=True)
def part_rivals(a, slot, rows, fits, joined, fitting, time_ns):
    """Exchange or move the pairings that fit better so; ``joined`` becomes 1 for the reports concerned."""
    some = False
    for r in range(len(rows)):
        if rows[r] < 0 or joined[r] != 0:
            continue
        source = a.sources[slot[r]]
        if source.rivalry <= RIVALRY_CHI2:
            continue
        row = rows[r]
        other = rival_row(a, a.tracks[row])
        if other < 0 or a.tracks[row].contributor_count < 2:
            continue
        sibling = _sibling(a, a.tracks[other], source, slot[r])
        if sibling >= 0 and source.rivalry + a.sources[sibling].rivalry <= EXCHANGE_CHI2:
            continue
        if sibling < 0 and (
            source.rivalry <= EXCHANGE_CHI2 or a.tracks[other].contributor_count == CONTRIBUTORS_MAX
        ):
            continue
        save_track(other, a)
        note(a, DECORRELATED, time_ns, a.numbers[row], 0, source.node, source.local_number)
        remove_contributor(a, row, slot[r])
        if sibling >= 0:
            save_source(sibling, a)
            moved = a.sources[sibling]
            note(a, DECORRELATED, time_ns, a.numbers[other], 0, moved.node, moved.local_number)
            remove_contributor(a, other, sibling)
            add_contributor(a, row, sibling)
            note(a, CORRELATED, time_ns, a.numbers[row], 0, moved.node, moved.local_number)
            moved.rivalry, moved.misfit, moved.doubtful = 0.0, 0.0, 0
            for s in range(len(rows)):
                if slot[s] == sibling and rows[s] >= 0:
                    rows[s], joined[s], fits[s] = row, 1, fitting
        add_contributor(a, other, slot[r])
        note(a, CORRELATED, time_ns, a.numbers[other], 0, source.node, source.local_number)
        source.rivalry, source.misfit, source.doubtful = 0.0, 0.0, 0
        rows[r], joined[r], fits[r] = other, 1, fitting
        some = True
    return some
