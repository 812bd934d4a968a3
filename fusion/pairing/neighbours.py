"""The tracks near each other: whose neighbours are held against each other, and which two are one object.

Two tracks of different nodes are told apart by the same evidence as a node's track and a shared one, each of
what other nodes contributed: it is added up from second to second, by as much as the younger's nodes report,
and past A they are one.
"""

from __future__ import annotations

import numpy as np

from fusion.arrays import Float, Ints
from fusion.kernel import kernel
from fusion.pairing.evidence import ratio, separation, track_at
from fusion.pairing.gating import is_near
from fusion.pairing.hypotheses import SEQUENTIAL
from fusion.table.arrays import Arrays, save_track
from fusion.table.records import CONTRIBUTORS_MAX, NEIGHBOURS, NONE, Track
from fusion.table.spatial_index import index_cells, near_tracks, spread2

_SECOND_NS = 1e9


@kernel
def share_a_node(a: Arrays, one: Track, other: Track) -> bool:
    """Whether a node contributes to both tracks."""
    for k in range(one.contributor_count):
        for j in range(other.contributor_count):
            if a.sources[one.contributor[k]].node == a.sources[other.contributor[j]].node:
                return True
    return False


@kernel
def _elder(one: Track, other: Track) -> bool:
    return one.birth_ns < other.birth_ns or (one.birth_ns == other.birth_ns and one.number < other.number)


@kernel
def _nearest(
    a: Arrays, row: int, near: Ints, count: int, position: Float, rows: Ints, distance2: Float
) -> None:
    """The nearest of the ``near`` tracks into ``rows`` (NEIGHBOURS,), NONE where there are no more."""
    track = a.tracks[row]
    rows[:] = NONE
    for c in range(count):
        other = near[c]
        if other == row or a.numbers[other] == 0:
            continue
        d2 = 0.0
        for i in range(3):
            d = position[row, i] - position[other, i]
            d2 += d * d
        if not is_near(track, a.tracks[other], d2):
            continue
        for k in range(NEIGHBOURS):
            nearer = rows[k] >= 0 and (
                d2 < distance2[k] or (d2 == distance2[k] and a.numbers[other] < a.numbers[rows[k]])
            )
            if rows[k] < 0 or nearer:
                for j in range(NEIGHBOURS - 1, k, -1):
                    rows[j], distance2[j] = rows[j - 1], distance2[j - 1]
                rows[k], distance2[k] = other, d2
                break


@kernel
def _period_s(a: Arrays, track: Track) -> float:
    """Mean time between the reports of a track's contributors."""
    total = 0.0
    for k in range(track.contributor_count):
        total += a.sources[track.contributor[k]].period_ns
    return total / (_SECOND_NS * track.contributor_count)


@kernel
def look_around(a: Arrays, time_ns: int, twins: Ints) -> int:
    """Find every track's neighbours, and weigh which of them it is one object with.

    Into ``twins`` (track rows, 2) the rows of tracks that are one, the younger and the elder; returns how
    many.
    """
    cells = index_cells(a, time_ns)
    n = len(cells.position)
    near = np.empty(n, np.int64)
    rows, distance2 = np.empty(NEIGHBOURS, np.int64), np.empty(NEIGHBOURS)
    work, triangles = np.empty((4, 6, 6)), np.empty((3, 21))
    px, x, py, y = np.empty(21), np.empty(6), np.empty(21), np.empty(6)
    found = 0
    for row in np.argsort(a.numbers[:n]):
        if a.numbers[row] == 0 or a.tracks[row].heard == 1:
            continue
        track = a.tracks[row]
        p = cells.position[row]
        count = near_tracks(a, cells, p[0], p[1], p[2], spread2(track.covariance), near)
        _nearest(a, row, near, count, cells.position, rows, distance2)
        if rows[0] < 0 and track.neighbour_number[0] == 0:
            continue
        save_track(a, row)
        best, twin, ready = -np.inf, NONE, False
        for k in range(NEIGHBOURS):
            track.neighbour[k] = rows[k]
            track.neighbour_number[k] = a.numbers[rows[k]] if rows[k] >= 0 else 0
            if rows[k] < 0:
                continue
            other = a.tracks[rows[k]]
            if not _elder(other, track) or track.contributor_count == 0:
                continue
            if other.contributor_count + track.contributor_count > CONTRIBUTORS_MAX:
                continue
            if share_a_node(a, track, other):
                continue
            if not ready:
                track_at(track, time_ns, x, px, work)
                ready = True
            track_at(other, time_ns, y, py, work)
            d2, log_det = separation(y, py, x, px, triangles)
            likely = ratio(track.environment, d2, log_det)
            if likely > best:
                best, twin = likely, rows[k]
        number = a.numbers[twin] if twin >= 0 else 0
        if number == 0 or number != track.twin:
            track.twin, track.twin_ratio = number, 0.0
        if twin < 0:
            continue
        new = min(1.0, 1.0 / max(_period_s(a, track), 1e-9))
        added = min(max(new * best, -0.5 * SEQUENTIAL.threshold), 0.5 * SEQUENTIAL.threshold)
        track.twin_ratio = min(max(track.twin_ratio + added, -SEQUENTIAL.threshold), SEQUENTIAL.threshold)
        if track.twin_ratio >= SEQUENTIAL.threshold:
            twins[found, 0], twins[found, 1] = row, twin
            found += 1
    return found
