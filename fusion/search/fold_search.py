"""The search in the fold: who is lost begins a map, who is regained has the number of before again.

Nothing is searched before somebody tells where it listens: pictures without looks and areas are as they were.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fusion.arrays import Ints, Records
from fusion.contract import DROPPING, FRIENDS, MERGED, SUBSURFACE
from fusion.linalg import unpack
from fusion.report.report import Event
from fusion.search.regained import REGAINING, likelihood_ratio
from fusion.search.search_map import SearchMap, lost_contact
from fusion.search.searches import (
    Searches,
    begun,
    brought_to,
    ended,
    gathered,
    with_areas,
    withheld,
)
from fusion.table.arrays import save_track
from fusion.table.digest import digest_again
from fusion.table.lineage import note
from fusion.table.records import NONE, Track
from fusion.table.tracks import Table

_NS = 1_000_000_000


def fold_search(table: Table, event: Event, lineage: int) -> None:
    """Fold what an event tells of the search, and what it did to tracks under water; after the event itself.

    ``lineage`` is how many lineage records there were before it.
    """
    known = table.searches.value
    if not known.heard_ns and not event.search:
        return
    time_ns = event.key.valid_time_ns
    known = brought_to(known, time_ns)
    if len(event.search.areas.number):
        known = with_areas(known, event.key.node_id, event.search.areas)
    if len(event.search.looks.time_ns):
        known = gathered(known, event.search.looks)
    for track in _lost(table, lineage):
        known = begun(known, _map_of(track, time_ns))
    if known.maps:
        known = _without_taken(table, known)
        for row in _young(table, time_ns):
            known = _asked(table, known, row, time_ns)
    table.searches.put(known)


def _changed(table: Table) -> tuple[Ints, Records[Track]]:
    """Rows that the open journal holds, and what each was."""
    journal = table.arrays.journal
    count = int(journal.saved["tracks"][0])
    return journal.track_rows[:count], journal.tracks[:count]


def _lost(table: Table, lineage: int) -> Iterator[Track]:
    """Contacts under water that this event dropped, as they were: no friends, and none that another number
    carries on."""
    a = table.arrays
    rows, before = _changed(table)
    gone = (
        (before["alive"] == 1)
        & (before["environment"] == SUBSURFACE)
        & (before["reports"] >= REGAINING.reports)
        & ~np.isin(before["identity"], FRIENDS)
        & (a.numbers[rows] != before["number"])
    )
    if not gone.any():
        return
    new = a.lineage[lineage : table.count("lineage")]
    carried_on = set(new["other"][new["event"] == MERGED].tolist())
    carried_on |= {target.number for target in table.heard.value.targets}
    lost = [before[k] for k in np.flatnonzero(gone).tolist()]
    for track in sorted(lost, key=lambda track: int(track.number)):
        if int(track.number) not in carried_on and not (a.numbers == track.number).any():
            yield track


def _map_of(track: Track, time_ns: int) -> SearchMap:
    covariance = np.empty((6, 6))
    unpack(np.ascontiguousarray(track.covariance), covariance)
    return lost_contact(int(track.number), int(track.time_ns), track.state.copy(), covariance)


def _without_taken(table: Table, known: Searches) -> Searches:
    """Without the maps whose number a live track carries."""
    for one in known.maps:
        if one.name.track and (table.arrays.numbers == one.name.track).any():
            known = ended(known, one.name)
    return known


def _young(table: Table, time_ns: int) -> list[int]:
    """Rows of the tracks under water that this event changed and that began lately, by number."""
    a = table.arrays
    rows, _ = _changed(table)
    tracks = a.tracks[rows]
    young = (
        (a.numbers[rows] != 0)
        & (tracks["environment"] == SUBSURFACE)
        & (tracks["status"] != DROPPING)
        & (tracks["reports"] >= REGAINING.reports)
        & (time_ns - tracks["birth_ns"] <= REGAINING.decide_s * _NS)
    )
    return sorted(rows[young].tolist(), key=lambda row: int(a.numbers[row]))


def _asked(table: Table, known: Searches, row: int, time_ns: int) -> Searches:
    """After a track was held against the maps that began before it."""
    track = table.arrays.tracks[row]
    covariance = np.empty((6, 6))
    unpack(np.ascontiguousarray(track.covariance), covariance)
    best: SearchMap | None = None
    most = REGAINING.doubt
    for one in known.maps:
        if one.since_ns < int(track.birth_ns):
            ratio = likelihood_ratio(one, int(track.time_ns), track.state, covariance)
            if ratio > most:
                best, most = one, ratio
    if best is None:
        return known
    if most < REGAINING.accept:
        return withheld(known, best.name, time_ns + round(REGAINING.hold_s * _NS))
    if best.name.track:
        _renumber(table, row, best.name.track, time_ns)
    return ended(known, best.name)


def _renumber(table: Table, row: int, number: int, time_ns: int) -> None:
    """Give a track the number that its contact had before it was lost."""
    a = table.arrays
    save_track(a, row)
    track = a.tracks[row]
    note(a, MERGED, time_ns, number, int(track.number), NONE, 0)
    table.heard.put(table.heard.value.renumbered(int(track.number), number))
    a.tracks["number"][row] = number
    a.numbers[row] = number
    digest_again(a, row)
