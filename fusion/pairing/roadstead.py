"""Ships near each other: whose track is whose, decided for all of a node's tracks together.

Nations' first tracks of ships at anchor are wider than the ships are apart, and first pairings are partly
wrong, in pairs and in longer cycles. A shared track leans towards all that was ever fused into it, the wrong
pairing's reports as well; where hardly anything moves each node's track is a long mean of its own, and
leans towards nobody's. So at every report a node's tracks of ships with near neighbours are assigned anew,
at least total cost, by what the other nodes say of each; and a shared track whose pairings change is set to
what its contributors say now.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from fusion.arrays import Float, Ints
from fusion.constants import JUDGED, Chosen, constants
from fusion.contract import CORRELATED, DECORRELATED, SURFACE
from fusion.filters import NOISE, fresh_modes
from fusion.kernel import kernel
from fusion.linalg import invert, multiply_packed
from fusion.pairing.assignment import Pairs, assign
from fusion.pairing.event import FITS, REBUILT, Pairing, Reports
from fusion.pairing.gating import GATING, distance, listed, room_for_pairs
from fusion.pairing.rivals import is_near, rival_row
from fusion.physics.motion import motion_in, propagate_packed
from fusion.table.arrays import Arrays, save_track
from fusion.table.contributors import add_contributor, remove_contributor
from fusion.table.lineage import note_pairing
from fusion.table.records import CONTRIBUTORS_MAX, Source, Track
from fusion.table.spatial_index import index_cells, near_tracks, spread2


@constants
class Roadstead(NamedTuple):
    """Pairing of ships near each other."""

    stick_chi2: Annotated[
        float, Chosen("1", "by how much an alternative must fit better, a report", JUDGED)
    ] = 1.0


ROADSTEAD = Roadstead()


@kernel
def _source_at(source: Source, motion: int, time_ns: int, x: Float, px: Float, work: Float) -> None:
    """What a node's track last said, carried to ``time_ns``."""
    for i in range(6):
        x[i] = source.state[i]
    for i in range(21):
        px[i] = source.covariance[i]
    q = source.q if source.q > 0.0 else NOISE.undeclared_m2ps3
    propagate_packed(motion, x, px, q, (time_ns - source.time_ns) * 1e-9, work)


@kernel
def _peers_chi2(a: Arrays, track: Track, reports: Reports, r: int, work: Float, triangles: Float) -> float:
    """Mean d² of report ``r`` against the other nodes' tracks in a shared track; `neutral_chi2` of none.

    ``work`` (4, 6, 6) and ``triangles`` (5, 21) are scratch.
    """
    x, px = triangles[4, :6], triangles[3]
    node = a.sources[reports.slot[r]].node
    total, count = 0.0, 0
    for k in range(track.contributor_count):
        peer = a.sources[track.contributor[k]]
        if peer.node == node or peer.seen == 0 or peer.doubtful == 1:
            continue
        _source_at(peer, motion_in(track.environment), reports.time_ns, x, px, work)
        total += min(
            distance(reports.state[r], reports.covariance[r], x, px, triangles)[0], GATING.misfit_max
        )
        count += 1
    return total / count if count > 0 else GATING.neutral_chi2


@kernel
def _is_free(a: Arrays, track: Track, slot: int, leaving: int) -> bool:
    """Whether a track has room for a source: none of the same node's, or only ``leaving``, which may go."""
    source = a.sources[slot]
    for k in range(track.contributor_count):
        s = track.contributor[k]
        other = a.sources[s]
        if s != leaving and other.node == source.node and other.incarnation == source.incarnation:
            return False
    return leaving >= 0 or track.contributor_count < CONTRIBUTORS_MAX


@kernel
def _alternatives(a: Arrays, reports: Reports, rows: Ints, holder: Ints) -> Pairs:
    """What the reports that hold a row may be paired with. ``holder`` (track rows,) is who holds a row."""
    state = reports.state
    cells = index_cells(a, reports.time_ns)
    pairs = room_for_pairs(len(rows))
    work, triangles = np.empty((4, 6, 6)), np.empty((5, 21))
    near = np.empty(len(holder), np.int64)
    found = 0
    for r in range(len(rows)):
        if rows[r] < 0 or holder[rows[r]] != r:
            continue
        own, spread, first = a.tracks[rows[r]], spread2(reports.covariance[r]), found
        count = near_tracks(a, cells, state[r, 0], state[r, 1], state[r, 2], spread, near)
        for c in range(count):
            row = near[c]
            track = a.tracks[row]
            if row != rows[r]:
                leaving = reports.slot[holder[row]] if holder[row] >= 0 else -1
                d2 = 0.0
                for i in range(3):
                    d2 += (state[r, i] - cells.position[row, i]) ** 2
                if track.environment != SURFACE or not is_near(own, track, d2):
                    continue
                # a node alone with a track leaves it only in exchange: else the track would be empty
                alone = leaving < 0 and own.contributor_count < 2
                if alone or not _is_free(a, track, reports.slot[r], leaving):
                    continue
            chi2 = _peers_chi2(a, track, reports, r, work, triangles)
            stick = ROADSTEAD.stick_chi2 if row == rows[r] else 0.0
            pairs = listed(a, pairs, first, found, r, row, chi2 - stick)
            found += 1
    return Pairs(pairs.report[:found], pairs.row[:found], pairs.cost[:found])


@kernel
def _rebuild(a: Arrays, row: int, time_ns: int) -> None:
    """Set a track to what its contributors last said, taken together; the row is journalled.

    Where one declares no process noise, what they say may be one knowledge: covariance intersection with
    equal weights.
    """
    track = a.tracks[row]
    work, lower, inverse, px = np.empty((4, 6, 6)), np.empty(21), np.empty(21), np.empty(21)
    x, y, total, vector = np.empty(6), np.empty(6), np.zeros(21), np.zeros(6)
    count, declared = 0, 0
    for k in range(track.contributor_count):
        source = a.sources[track.contributor[k]]
        _source_at(source, motion_in(track.environment), time_ns, x, px, work)
        invert(px, lower, inverse)
        for i in range(6):
            if count == 0:
                track.state[i] = x[i]
            x[i] -= track.state[i]
        multiply_packed(inverse, x, y)
        for i in range(6):
            vector[i] += y[i]
        for i in range(21):
            total[i] += inverse[i]
        count += 1
        declared += source.q > 0.0
    if count == 0:
        return
    invert(total, lower, inverse)
    multiply_packed(inverse, vector, y)
    for i in range(6):
        track.state[i] += y[i]
    for i in range(21):
        track.covariance[i] = inverse[i] if declared == count else count * inverse[i]
    track.time_ns = time_ns
    fresh_modes(track)


@kernel
def _is_crowded(a: Arrays, row: int) -> bool:
    """Whether a row holds a ship with a near neighbour."""
    return row >= 0 and a.tracks[row].environment == SURFACE and rival_row(a, a.tracks[row]) >= 0


@kernel
def _take_back(a: Arrays, rows: Ints, holder: Ints, match: Ints) -> None:
    """Take back the moves to a track whose holder stays, or that leave a track to nobody, and the moves that
    counted on these."""
    back = True
    while back:
        back = False
        taken = np.zeros(len(a.numbers), np.bool_)
        for r in range(len(rows)):
            if match[r] >= 0:
                taken[match[r]] = True
        for r in range(len(rows)):
            if match[r] < 0:
                continue
            other = holder[match[r]]
            stays = other >= 0 and match[other] < 0
            deserted = a.tracks[rows[r]].contributor_count == 1 and not taken[rows[r]]
            if stays or deserted:
                match[r] = -1
                back = True


@kernel
def regroup(a: Arrays, reports: Reports, pairing: Pairing) -> None:
    """Assign a node's tracks of ships with near neighbours anew.

    ``pairing.change`` becomes `REBUILT` for the reports that change tracks: they are in these, and not to be
    fused.
    """
    rows, slot, time_ns = pairing.row, reports.slot, reports.time_ns
    n, some = len(rows), False
    for r in range(n):
        some = some or _is_crowded(a, rows[r])
    if not some:
        return
    holder = np.full(len(a.numbers), -1)
    for r in range(n):
        if _is_crowded(a, rows[r]) and holder[rows[r]] < 0:
            holder[rows[r]] = r
    match = np.empty(n, np.int64)
    assign(_alternatives(a, reports, rows, holder), n, match)
    for r in range(n):
        if match[r] == rows[r]:
            match[r] = -1
    _take_back(a, rows, holder, match)
    for r in range(n):
        if match[r] >= 0:
            save_track(a, match[r])
            note_pairing(a, DECORRELATED, time_ns, rows[r], slot[r])
            remove_contributor(a, rows[r], slot[r])
    for r in range(n):
        if match[r] >= 0:
            source = a.sources[slot[r]]
            note_pairing(a, CORRELATED, time_ns, match[r], slot[r])
            add_contributor(a, match[r], slot[r])
            source.misfit, source.doubtful = 0.0, 0
            pairing.change[r], pairing.fit[r] = REBUILT, FITS
    for r in range(n):
        if match[r] >= 0:
            _rebuild(a, rows[r], time_ns)
            _rebuild(a, match[r], time_ns)
            rows[r] = match[r]
