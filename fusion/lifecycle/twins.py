"""Two tracks of one object become one."""

from __future__ import annotations

import numpy as np

from fusion.contract import MERGED
from fusion.kernel import kernel
from fusion.lifecycle.durations import LIFECYCLE
from fusion.lifecycle.membership import drop
from fusion.lifecycle.opinion import settle
from fusion.pairing.gating import distance, track_at
from fusion.pairing.rivals import is_near
from fusion.table.arrays import Arrays, save_source, save_track
from fusion.table.contributors import add_contributor, remove_contributor
from fusion.table.lineage import note
from fusion.table.records import CONTRIBUTORS_MAX, NONE, Track
from fusion.table.spatial_index import index_cells, near_tracks, spread2


@kernel
def merge_twins(a: Arrays, time_ns: int) -> None:
    """Merge tracks of disjoint nodes that have been one for several sweeps: the elder keeps its number."""
    reach_m2 = LIFECYCLE.twin_reach_m * LIFECYCLE.twin_reach_m
    cells = index_cells(a, time_ns)
    n = len(cells.position)
    near = np.empty(n, np.int64)
    work, triangles = np.empty((4, 6, 6)), np.empty((3, 21))
    px, x, py, y = np.empty(21), np.empty(6), np.empty(21), np.empty(6)
    order = np.argsort(a.numbers[:n])
    for row in order:
        if a.numbers[row] == 0 or a.tracks[row].contributor_count == 0 or a.tracks[row].heard == 1:
            continue
        track = a.tracks[row]
        best, twin = LIFECYCLE.twin_chi2, NONE
        nearest, rival = np.inf, NONE
        ready = False
        px0, py0, pz0 = cells.position[row, 0], cells.position[row, 1], cells.position[row, 2]
        count = near_tracks(a, cells, px0, py0, pz0, spread2(track.covariance), near)
        for c in range(count):
            other = a.tracks[near[c]]
            if near[c] == row or a.numbers[near[c]] == 0:
                continue
            d2 = 0.0
            for i in range(3):
                d = cells.position[row, i] - cells.position[near[c], i]
                d2 += d * d
            if is_near(track, other, d2) and (
                d2 < nearest or (d2 == nearest and other.number < a.numbers[rival])
            ):
                nearest, rival = d2, near[c]
            if not _elder(other, track):
                continue
            if other.contributor_count + track.contributor_count > CONTRIBUTORS_MAX:
                continue
            if (
                d2
                > 2.0 * LIFECYCLE.twin_chi2 * (spread2(track.covariance) + spread2(other.covariance))
                + reach_m2
            ):
                continue
            if _share_a_node(a, track, other):
                continue
            if not ready:
                track_at(track, time_ns, x, px, work)
                ready = True
            track_at(other, time_ns, y, py, work)
            apart, _ = distance(y, py, x, px, triangles)
            if apart < best or (apart == best and twin >= 0 and other.number < a.numbers[twin]):
                best, twin = apart, near[c]
        number = a.numbers[rival] if rival >= 0 else 0
        if number != track.rival_number:
            save_track(a, row)
            track.rival, track.rival_number = rival, number
        if twin < 0:
            if track.twin != 0:
                save_track(a, row)
                track.twin, track.twin_count = 0, 0
            continue
        save_track(a, row)
        track.twin_count = track.twin_count + 1 if track.twin == a.numbers[twin] else 1
        track.twin = a.numbers[twin]
        if track.twin_count >= LIFECYCLE.twin_sweeps:
            _merge(a, row, twin, time_ns)


@kernel
def _share_a_node(a: Arrays, one: Track, other: Track) -> bool:
    for k in range(one.contributor_count):
        for j in range(other.contributor_count):
            if a.sources[one.contributor[k]].node == a.sources[other.contributor[j]].node:
                return True
    return False


@kernel
def _elder(one: Track, other: Track) -> bool:
    return one.birth_ns < other.birth_ns or (one.birth_ns == other.birth_ns and one.number < other.number)


@kernel
def _merge(a: Arrays, row: int, into: int, time_ns: int) -> None:
    """Give a track's contributors to its elder twin and drop it; what they tell next counts there."""
    save_track(a, into)
    track = a.tracks[row]
    while track.contributor_count > 0:
        slot = track.contributor[0]
        save_source(a, slot)
        remove_contributor(a, row, slot)
        add_contributor(a, into, slot)
    note(a, MERGED, time_ns, a.numbers[into], track.number, NONE, 0)
    drop(a, row)
    settle(a, into)
