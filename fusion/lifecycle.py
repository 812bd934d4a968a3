"""The life of shared tracks: birth, confirmation, coasting, merge, drop.

Everything here happens at moments that the reports themselves set: at a report's time, or when the
reports' time passes a whole second (`sweep`). No clock is read.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from fusion.filters import ENVIRONMENT_SPACE, fresh_modes
from fusion.pairing.gating import MISFIT, distance, track_at
from fusion.pairing.rivals import is_near
from fusion.table.contributors import add_contributor, forget_report, remove_contributor
from fusion.table.lineage import CORRELATED, MERGED, SPLIT, note
from fusion.table.spatial_index import index_cells, near_tracks, spread2
from fusion.table.tracks import CONTRIBUTORS_MAX, MODES, ROWS, save_source, save_track

INITIATING, MAINTAINING, DROPPING, TERMINATED = 1, 2, 3, 4
FRIENDS = (2, 3)
HOSTILES = (5, 6)

SOURCE_SILENT_S = 30.0
"""A contributor is dropped after this, or after four of its own report periods where that is longer."""
_COAST_S = (10.0, 10.0, 120.0, 30.0, 60.0, 30.0)
"""How long a track lives on that no node sees, by environment (unspecified, air, space, surface, ...)."""
_STALE_S = 10.0
TWIN_CHI2 = 25.0
TWIN_SWEEPS = 3
SPLIT_REACH_M = 30_000.0
SPLIT_SPEED_MPS = 500.0
SEPARATING_NS = 60 * 10**9
"""For so long what parts from a track that came off another came off that other too: of bodies that a missile
lets go some part only later from each other's tracks."""


@njit(cache=True)
def _coast_ns(environment):
    return np.int64(_COAST_S[environment if 0 <= environment < len(_COAST_S) else 0] * 1e9)


@njit(cache=True)
def free_row(a):
    """A row for a new track; the caller has reserved room."""
    n = a.globals[ROWS]
    for row in range(n):
        if a.numbers[row] == 0:
            return row
    a.globals[ROWS] = n + 1
    return n


@njit(cache=True)
def free_number(a, number):
    """``number``, or the next above it that no live track carries."""
    taken = True
    while taken:
        taken = False
        for row in range(a.globals[ROWS]):
            if a.numbers[row] == number:
                taken = True
                break
        if taken:
            number += 1
    return number


@njit(cache=True)
def reset(track, state, covariance, environment, time_ns):
    """Set a track's estimate to a report's, its modes to what is fresh in the environment."""
    track.time_ns = time_ns
    track.environment = environment
    for i in range(6):
        track.state[i] = state[i]
    for i in range(21):
        track.covariance[i] = covariance[i]
    fresh_modes(track)


@njit(cache=True)
def loosen(track, factor):
    """Widen a track's covariances, every mode's, by a factor."""
    for i in range(21):
        track.covariance[i] *= factor
        for m in range(MODES):
            track.mode_covariance[m, i] *= factor


@njit(cache=True)
def _parent(a, state, time_ns):
    """Row of the space track that a new one came out of: nearest in reach and of like velocity; -1 = none."""
    best, parent = SPLIT_REACH_M * SPLIT_REACH_M, -1
    for row in range(a.globals[ROWS]):
        if a.numbers[row] == 0 or a.tracks[row].environment != ENVIRONMENT_SPACE:
            continue
        track = a.tracks[row]
        dt = (time_ns - track.time_ns) * 1e-9
        if dt > _STALE_S:
            continue
        d2, v2 = 0.0, 0.0
        for i in range(3):
            d = state[i] - track.state[i] - dt * track.state[i + 3]
            v = state[i + 3] - track.state[i + 3]
            d2 += d * d
            v2 += v * v
        nearer = d2 < best or (d2 == best and parent >= 0 and track.number < a.numbers[parent])
        if nearer and v2 < SPLIT_SPEED_MPS * SPLIT_SPEED_MPS and track.birth_ns < time_ns:
            best, parent = d2, row
    return parent


@njit(cache=True)
def _shed_by(a, row, time_ns):
    """The number of the track that something parting from a row's came off."""
    track = a.tracks[row]
    if track.parent != 0 and time_ns - track.birth_ns < SEPARATING_NS:
        return track.parent
    return track.number


@njit(cache=True)
def birth(a, slot, block, time_ns, state, covariance, environment, parent_slot):
    """A new track from one report; returns its row. The report's state is set, not fused."""
    origin = a.sources[parent_slot].track if parent_slot >= 0 else -1
    if origin < 0 and environment == ENVIRONMENT_SPACE:
        origin = _parent(a, state, time_ns)
    parent = _shed_by(a, origin, time_ns) if origin >= 0 else 0
    source = a.sources[slot]
    number = free_number(a, block * 100_000 + source.local_number % 100_000)
    row = free_row(a)
    save_track(row, a)
    track = a.tracks[row]
    track.alive = 1
    track.number = number
    a.numbers[row] = number
    track.birth_ns = time_ns
    track.reports = 0
    track.status = INITIATING
    track.identity = 0
    track.conflict = 0
    track.call_sign = 0
    track.parent = parent
    track.surprised, track.surprised_by = 0, 0
    track.twin, track.twin_count = 0, 0
    track.rival, track.rival_number = 0, 0
    track.contributor_count = 0
    track.confidence = 0.0
    track.q = source.q
    reset(track, state, covariance, environment, time_ns)
    add_contributor(a, row, slot)
    if parent != 0:
        note(a, SPLIT, time_ns, number, parent, source.node, source.local_number)
    return row


@njit(cache=True)
def join(a, row, slot, time_ns):
    """Pair a source with a live track; False where the track has no room for another contributor."""
    save_track(row, a)
    if not add_contributor(a, row, slot):
        return False
    source = a.sources[slot]
    note(a, CORRELATED, time_ns, a.numbers[row], 0, source.node, source.local_number)
    return True


@njit(cache=True)
def drop(a, row):
    """Take a track out of the picture."""
    save_track(row, a)
    track = a.tracks[row]
    for k in range(track.contributor_count):
        save_source(track.contributor[k], a)
        a.sources[track.contributor[k]].track = -1
        forget_report(a.sources[track.contributor[k]])
    track.contributor_count = 0
    track.alive = 0
    a.numbers[row] = 0


@njit(cache=True)
def settle(a, row):
    """What the contributors' newest reports say of a track together: environment, identity, name, noise.

    Environment by majority; space outvotes nothing but wins a tie, since a launch is first seen by few.
    Identity: each kind's confidences are summed and the largest sum is shown; that friends and foes
    stand against each other is shown beside it, not averaged away.
    """
    track = a.tracks[row]
    votes = np.zeros(8)
    weight = np.zeros(8)
    friends, hostiles = False, False
    q, declared = 0.0, 0
    for k in range(track.contributor_count):
        source = a.sources[track.contributor[k]]
        if 0 < source.environment < 8:
            votes[source.environment] += 1.5 if source.environment == ENVIRONMENT_SPACE else 1.0
        if 0 < source.identity < 8:
            weight[source.identity] += source.confidence
            friends = friends or source.identity in FRIENDS
            hostiles = hostiles or source.identity in HOSTILES
        if source.call_sign != 0:
            track.call_sign = source.call_sign
        if source.q > 0.0:
            q += source.q
            declared += 1
    most = 0.0
    for e in range(1, 8):
        if votes[e] > most:
            most = votes[e]
            track.environment = e
    heaviest, total = -1.0, 0.0
    for i in range(1, 8):
        total += weight[i]
        if weight[i] > heaviest and weight[i] > 0.0:
            heaviest = weight[i]
            track.identity = i
    track.confidence = heaviest / total if total > 0.0 else 0.0
    track.conflict = 1 if friends and hostiles else 0
    if declared > 0:
        track.q = q / declared


@njit(cache=True)
def finish(a, slot, rows, fits, status, time_ns):
    """Close an event for the tracks that were fused, and for the sources that have none."""
    for r in range(len(rows)):
        row = rows[r]
        if row < 0:
            forget_report(a.sources[slot[r]])
            continue
        if fits[r] == MISFIT:
            continue
        track = a.tracks[row]
        settle(a, row)
        if status[r] != DROPPING:
            track.update_ns = time_ns
            track.reports += 1
            track.status = MAINTAINING if track.reports > 1 else INITIATING
        elif unseen(a, track):
            track.status = DROPPING


@njit(cache=True)
def unseen(a, track):
    """Whether no contributor sees the track: there is none, or each only carries it on."""
    seeing = 0
    for k in range(track.contributor_count):
        seeing += a.sources[track.contributor[k]].status != DROPPING
    return seeing == 0


@njit(cache=True)
def _underground(track, dt_s):
    """Whether a state carried straight is some 6 km below the ellipsoid."""
    x = track.state[0] + dt_s * track.state[3]
    y = track.state[1] + dt_s * track.state[4]
    z = track.state[2] + dt_s * track.state[5]
    return (x * x + y * y) / (6378137.0 * 6378137.0) + z * z / (6356752.3 * 6356752.3) < 0.998


@njit(cache=True)
def sweep(a, time_ns):
    """What time alone brings: silent contributors leave, tracks without any coast and drop, twins merge."""
    for row in range(a.globals[ROWS]):
        if a.numbers[row] == 0:
            continue
        track = a.tracks[row]
        k = 0
        while k < track.contributor_count:
            slot = track.contributor[k]
            source = a.sources[slot]
            silent_ns = max(np.int64(SOURCE_SILENT_S * 1e9), 4 * source.period_ns)
            if time_ns - source.time_ns > silent_ns:
                save_track(row, a)
                save_source(slot, a)
                remove_contributor(a, row, slot)
                forget_report(source)
            else:
                k += 1
        age_ns = time_ns - track.update_ns
        alone = unseen(a, track)
        sunk = track.environment == ENVIRONMENT_SPACE and _underground(
            track, (time_ns - track.time_ns) * 1e-9
        )
        if alone and (sunk or age_ns > _coast_ns(track.environment)):
            drop(a, row)
            continue
        soonest = np.int64(_STALE_S * 1e9)
        for k in range(track.contributor_count):
            soonest = max(soonest, 2 * a.sources[track.contributor[k]].period_ns)
        if alone or age_ns > soonest:
            save_track(row, a)
            track.status = DROPPING
    _merge_twins(a, time_ns)


@njit(cache=True)
def _share_a_node(a, one, other):
    for k in range(one.contributor_count):
        for j in range(other.contributor_count):
            if a.sources[one.contributor[k]].node == a.sources[other.contributor[j]].node:
                return True
    return False


@njit(cache=True)
def _merge_twins(a, time_ns):
    """Merge tracks of disjoint nodes that have been one for several sweeps: the elder keeps its number."""
    cells = index_cells(a, time_ns)
    n = len(cells.position)
    near = np.empty(n, np.int64)
    work, triangles = np.empty((4, 6, 6)), np.empty((3, 21))
    px, x, py, y = np.empty(21), np.empty(6), np.empty(21), np.empty(6)
    order = np.argsort(a.numbers[:n])
    for row in order:
        if a.numbers[row] == 0 or a.tracks[row].contributor_count == 0:
            continue
        track = a.tracks[row]
        best, twin = TWIN_CHI2, -1
        nearest, rival = np.inf, -1
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
            if d2 > 2.0 * TWIN_CHI2 * (spread2(track.covariance) + spread2(other.covariance)) + 1e6:
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
            save_track(row, a)
            track.rival, track.rival_number = rival, number
        if twin < 0:
            if track.twin != 0:
                save_track(row, a)
                track.twin, track.twin_count = 0, 0
            continue
        save_track(row, a)
        track.twin_count = track.twin_count + 1 if track.twin == a.numbers[twin] else 1
        track.twin = a.numbers[twin]
        if track.twin_count >= TWIN_SWEEPS:
            _merge(a, row, twin, time_ns)


@njit(cache=True)
def _elder(one, other):
    return one.birth_ns < other.birth_ns or (one.birth_ns == other.birth_ns and one.number < other.number)


@njit(cache=True)
def _merge(a, row, into, time_ns):
    """Give a track's contributors to its elder twin and drop it; what they tell next counts there."""
    save_track(into, a)
    track = a.tracks[row]
    while track.contributor_count > 0:
        slot = track.contributor[0]
        save_source(slot, a)
        remove_contributor(a, row, slot)
        add_contributor(a, into, slot)
    note(a, MERGED, time_ns, a.numbers[into], track.number, -1, 0)
    drop(a, row)
    settle(a, into)
