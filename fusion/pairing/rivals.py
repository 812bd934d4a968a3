"""Neighbours so near that a pairing may be the wrong way round, and the exchange when it is.

Where targets fly or lie side by side a wrong pairing passes every gate. What tells is that a node's reports
fit the neighbour better than their own track, report after report: each source keeps a running mean of
d² against its own track less d² against the nearest other one, its *rivalry*. When a node's two pairings
would together be better the other way round they are exchanged; a pairing whose neighbour has none of the
node's tracks moves over. Of ships more is known: see `fusion.pairing.roadstead`.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fusion.constants import JUDGED, Chosen, constants
from fusion.contract import CORRELATED, DECORRELATED
from fusion.kernel import kernel
from fusion.pairing.event import FITS, JOINED, KEPT, Pairing, Reports
from fusion.table.arrays import Arrays, save_source, save_track
from fusion.table.contributors import add_contributor, remove_contributor
from fusion.table.lineage import note_pairing
from fusion.table.records import CONTRIBUTORS_MAX, NONE, Source, Track
from fusion.table.spatial_index import spread2


@constants
class Rivalry(NamedTuple):
    """When two tracks are rivals, and when their pairings are turned."""

    near_chi2: Annotated[
        float,
        Chosen("1", "rivals are nearer than this, in sums of their position variances", JUDGED),
    ] = 60.0
    memory: Annotated[float, Chosen("1", "weight of a report in a source's rivalry", JUDGED)] = 0.25
    difference_max: Annotated[
        float,
        Chosen("1", "one report's d² against the own track less that against the rival, at most", JUDGED),
    ] = 30.0
    looked_at_chi2: Annotated[
        float,
        Chosen("1", "rivalry from which a pairing is looked at: a track leans towards what is in it", JUDGED),
    ] = 1.5
    exchange_chi2: Annotated[
        float,
        Chosen("1", "rivalry of two pairings together to exchange them, of one alone to move it", JUDGED),
    ] = 4.0


RIVALRY = Rivalry()


@kernel
def rival_row(a: Arrays, track: Track) -> int:
    """The row of a track's rival, or NONE."""
    if track.rival_number == 0 or a.numbers[track.rival] != track.rival_number:
        return NONE
    return track.rival


@kernel
def is_near(track: Track, other: Track, distance2: float) -> bool:
    """Whether two tracks so far apart, m², are rivals."""
    return distance2 < RIVALRY.near_chi2 * (spread2(track.covariance) + spread2(other.covariance))


@kernel
def weigh(source: Source, own_chi2: float, rival_chi2: float) -> None:
    """Take one report's fit to its own track and to the rival into the source's rivalry."""
    difference = min(max(own_chi2 - rival_chi2, -RIVALRY.difference_max), RIVALRY.difference_max)
    source.rivalry += RIVALRY.memory * (difference - source.rivalry)


@kernel
def _sibling(a: Arrays, track: Track, slot: int) -> int:
    """The slot of the same node's track among a track's contributors, or NONE."""
    source = a.sources[slot]
    for k in range(track.contributor_count):
        s = int(track.contributor[k])
        other = a.sources[s]
        if s != slot and other.node == source.node and other.incarnation == source.incarnation:
            return s
    return NONE


@kernel
def _leave(a: Arrays, row: int, slot: int, time_ns: int) -> None:
    """Take a source out of a track, the doubts about it with it; both rows are journalled."""
    note_pairing(a, DECORRELATED, time_ns, row, slot)
    remove_contributor(a, row, slot)
    source = a.sources[slot]
    source.rivalry, source.misfit, source.doubtful = 0.0, 0.0, 0


@kernel
def _enter(a: Arrays, row: int, slot: int, time_ns: int) -> None:
    """Put a source that is in no track into one with room; both rows are journalled."""
    add_contributor(a, row, slot)
    note_pairing(a, CORRELATED, time_ns, row, slot)


@kernel
def part_rivals(a: Arrays, reports: Reports, pairing: Pairing) -> bool:
    """Exchange or move the pairings that fit better so; whether there were any."""
    rows, slot, time_ns = pairing.row, reports.slot, reports.time_ns
    some = False
    for r in range(len(rows)):
        if rows[r] < 0 or pairing.change[r] != KEPT:
            continue
        source = a.sources[slot[r]]
        if source.rivalry <= RIVALRY.looked_at_chi2:
            continue
        row = rows[r]
        other = rival_row(a, a.tracks[row])
        if other < 0 or a.tracks[row].contributor_count < 2:
            continue
        sibling = _sibling(a, a.tracks[other], slot[r])
        if sibling >= 0 and source.rivalry + a.sources[sibling].rivalry <= RIVALRY.exchange_chi2:
            continue
        if sibling < 0 and (
            source.rivalry <= RIVALRY.exchange_chi2 or a.tracks[other].contributor_count == CONTRIBUTORS_MAX
        ):
            continue
        save_track(a, other)
        _leave(a, row, slot[r], time_ns)
        if sibling >= 0:
            save_source(a, sibling)
            _leave(a, other, sibling, time_ns)
            _enter(a, row, sibling, time_ns)
            for s in range(len(rows)):
                if slot[s] == sibling and rows[s] >= 0:
                    rows[s], pairing.change[s], pairing.fit[s] = row, JOINED, FITS
        _enter(a, other, slot[r], time_ns)
        rows[r], pairing.change[r], pairing.fit[r] = other, JOINED, FITS
        some = True
    return some
