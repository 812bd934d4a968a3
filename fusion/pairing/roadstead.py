"""Ships near each other: whose track is whose, decided for all of a node's tracks together.

Nations' first tracks of ships at anchor are wider than the ships are apart, and first pairings are partly
wrong, in pairs and in longer cycles. A shared track leans towards all that was ever fused into it, the wrong
pairing's reports as well; where hardly anything moves each node's track is a long mean of its own, and
leans towards nobody's. So at every report a node's tracks of ships with near neighbours are assigned anew,
at least total cost, by what the other nodes say of each; and a shared track whose pairings change is set to
what its contributors say now.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from fusion.filters import ENVIRONMENT_SURFACE, Q_CRUISE_UNKNOWN, fresh_modes, mode_motion
from fusion.linalg import invert, multiply_packed
from fusion.pairing.assignment import assign
from fusion.pairing.gating import FITS, MISFIT_MAX, NEUTRAL_CHI2, distance, listed
from fusion.pairing.rivals import is_near, rival_row
from fusion.physics.motion import propagate_packed
from fusion.table.contributors import add_contributor, remove_contributor
from fusion.table.lineage import CORRELATED, DECORRELATED, note
from fusion.table.spatial_index import index_cells, near_tracks, spread2
from fusion.table.tracks import CONTRIBUTORS_MAX, save_track

STICK_CHI2 = 1.0
"""By how much an alternative must fit better, a report."""


@njit(cache=True)
def _source_at(source, motion, time_ns, x, px, work):
    """What a node's track last said, carried to ``time_ns``."""
    for i in range(6):
        x[i] = source.state[i]
    for i in range(21):
        px[i] = source.covariance[i]
    q = source.q if source.q > 0.0 else Q_CRUISE_UNKNOWN
    propagate_packed(motion, x, px, q, (time_ns - source.time_ns) * 1e-9, work)


@njit(cache=True)
def _peers_chi2(a, track, node, state, covariance, time_ns, x, px, work, triangles):
    """Mean d² of a report against the other nodes' tracks in a shared track; `NEUTRAL_CHI2` of none."""
    total, count = 0.0, 0
    for k in range(track.contributor_count):
        peer = a.sources[track.contributor[k]]
        if peer.node == node or peer.seen == 0 or peer.doubtful == 1:
            continue
        _source_at(peer, mode_motion(track.environment), time_ns, x, px, work)
        total += min(distance(state, covariance, x, px, triangles)[0], MISFIT_MAX)
        count += 1
    return total / count if count > 0 else NEUTRAL_CHI2


@njit(cache=True)
def _is_free(a, track, slot, leaving):
    """Whether a track has room for a source: none of the same node's, or only ``leaving``, which may go."""
    source = a.sources[slot]
    for k in range(track.contributor_count):
        s = track.contributor[k]
        other = a.sources[s]
        if s != leaving and other.node == source.node and other.incarnation == source.incarnation:
            return False
    return leaving >= 0 or track.contributor_count < CONTRIBUTORS_MAX


@njit(cache=True)
def _alternatives(a, slot, rows, holder, state, covariance, time_ns):
    """(report, track row, cost) for the reports that hold a row, ordered by report, then by track number."""
    cells = index_cells(a, time_ns)
    room = 4 * len(rows) + 16
    pairs = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
    work, triangles, px, x = np.empty((4, 6, 6)), np.empty((3, 21)), np.empty(21), np.empty(6)
    near = np.empty(len(holder), np.int64)
    found = 0
    for r in range(len(rows)):
        if rows[r] < 0 or holder[rows[r]] != r:
            continue
        own, p, first = a.tracks[rows[r]], covariance[r], found
        count = near_tracks(a, cells, state[r, 0], state[r, 1], state[r, 2], spread2(p), near)
        for c in range(count):
            row = near[c]
            track = a.tracks[row]
            if row != rows[r]:
                leaving = slot[holder[row]] if holder[row] >= 0 else -1
                d2 = 0.0
                for i in range(3):
                    d2 += (state[r, i] - cells.position[row, i]) ** 2
                if track.environment != ENVIRONMENT_SURFACE or not is_near(own, track, d2):
                    continue
                # a node alone with a track leaves it only in exchange: else the track would be empty
                if not _is_free(a, track, slot[r], leaving) or (leaving < 0 and own.contributor_count < 2):
                    continue
            node = a.sources[slot[r]].node
            chi2 = _peers_chi2(a, track, node, state[r], p, time_ns, x, px, work, triangles)
            stick = STICK_CHI2 if row == rows[r] else 0.0
            pairs = listed(a, pairs, first, found, r, row, chi2 - stick)
            found += 1
    return pairs[0][:found], pairs[1][:found], pairs[2][:found]


@njit(cache=True)
def _rebuild(a, row, time_ns):
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
        _source_at(source, mode_motion(track.environment), time_ns, x, px, work)
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


@njit(cache=True)
def _is_crowded(a, row):
    """Whether a row holds a ship with a near neighbour."""
    return row >= 0 and a.tracks[row].environment == ENVIRONMENT_SURFACE and rival_row(a, a.tracks[row]) >= 0


@njit(cache=True)
def _take_back(a, rows, holder, match):
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


@njit(cache=True)
def regroup(a, slot, rows, fits, joined, state, covariance, time_ns):
    """Assign a node's tracks of ships with near neighbours anew.

    ``joined`` (n,) becomes 2 for the reports that change tracks: they are in these, and not to be fused.
    """
    n, some = len(rows), False
    for r in range(n):
        some = some or _is_crowded(a, rows[r])
    if not some:
        return
    holder = np.full(len(a.numbers), -1)
    for r in range(n):
        if _is_crowded(a, rows[r]) and holder[rows[r]] < 0:
            holder[rows[r]] = r
    report_of, track_of, cost = _alternatives(a, slot, rows, holder, state, covariance, time_ns)
    match = np.empty(n, np.int64)
    assign(report_of, track_of, cost, n, match)
    for r in range(n):
        if match[r] == rows[r]:
            match[r] = -1
    _take_back(a, rows, holder, match)
    for r in range(n):
        if match[r] >= 0:
            source = a.sources[slot[r]]
            save_track(match[r], a)
            note(a, DECORRELATED, time_ns, a.numbers[rows[r]], 0, source.node, source.local_number)
            remove_contributor(a, rows[r], slot[r])
    for r in range(n):
        if match[r] >= 0:
            source = a.sources[slot[r]]
            note(a, CORRELATED, time_ns, a.numbers[match[r]], 0, source.node, source.local_number)
            add_contributor(a, match[r], slot[r])
            source.misfit, source.doubtful = 0.0, 0
            joined[r], fits[r] = 2, FITS
    for r in range(n):
        if match[r] >= 0:
            _rebuild(a, rows[r], time_ns)
            _rebuild(a, match[r], time_ns)
            rows[r] = match[r]
