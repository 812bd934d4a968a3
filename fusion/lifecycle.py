"""The life of shared tracks: birth, confirmation, coasting, merge, drop.

Everything here happens at moments that the reports themselves set: at a report's time, or when the
reports' time passes a whole second (`sweep`). No clock is read.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from fusion.arrays import Float
from fusion.constants import JUDGED, Chosen, constants
from fusion.contract import (
    CORRELATED,
    DROPPING,
    ENVIRONMENTS,
    FRIENDS,
    HOSTILES,
    IDENTITIES,
    INITIATING,
    LAND,
    MAINTAINING,
    MERGED,
    SPACE,
    SPLIT,
    SUBSURFACE,
    SURFACE,
    by_environment,
)
from fusion.filters import fresh_modes
from fusion.kernel import kernel
from fusion.pairing.event import MISFIT, Pairing, Reports
from fusion.pairing.gating import distance, track_at
from fusion.pairing.rivals import is_near
from fusion.physics.height import level
from fusion.table.arrays import Arrays, save_source, save_track
from fusion.table.contributors import add_contributor, forget_report, remove_contributor
from fusion.table.lineage import note, note_pairing
from fusion.table.records import CONTRIBUTORS_MAX, MODES, NONE, Track
from fusion.table.spatial_index import index_cells, near_tracks, spread2

BLOCK = 100_000
"""Track numbers in a node's block."""


@constants
class Lifecycle(NamedTuple):
    """How long tracks and pairings live, what merges and what came off what."""

    source_silent_s: Annotated[float, Chosen("s", "a contributor is dropped after this,", JUDGED)] = 30.0
    silent_periods: Annotated[
        int, Chosen("1", "or after so many of its own report periods where that is longer", JUDGED)
    ] = 4
    coast_s: Annotated[
        tuple[float, ...], Chosen("s", "how long a track lives on that no node sees, by environment", JUDGED)
    ] = by_environment({SPACE: 120.0, SURFACE: 30.0, SUBSURFACE: 60.0, LAND: 30.0}, 10.0)
    stale_s: Annotated[
        float, Chosen("s", "a track is shown as dropping when nobody saw it for so long,", JUDGED)
    ] = 10.0
    stale_periods: Annotated[
        int, Chosen("1", "or for so many report periods of a contributor where that is longer", JUDGED)
    ] = 2
    underground_level: Annotated[
        float,
        Chosen(
            "1", "`fusion.physics.height.level` below which a coasting track has landed", "6 km deep; judged"
        ),
    ] = 0.998
    twin_chi2: Annotated[
        float, Chosen("1", "tracks of disjoint nodes nearer than this may be one", "chi2.sf(25, 6) = 3e-4")
    ] = 25.0
    twin_sweeps: Annotated[int, Chosen("1", "and are merged after so many seconds of it", JUDGED)] = 3
    twin_reach_m: Annotated[
        float, Chosen("m", "added to the ball in which twins are looked for, before the exact test", JUDGED)
    ] = 1000.0
    split_reach_m: Annotated[
        float, Chosen("m", "a track in space begins so near its parent, at most", JUDGED)
    ] = 30_000.0
    split_speed_mps: Annotated[
        float, Chosen("m/s", "and with a velocity that differs by less than this", JUDGED)
    ] = 500.0
    separating_s: Annotated[
        float,
        Chosen("s", "what parts so soon from a track that came off another came off that other too", JUDGED),
    ] = 60.0
    space_vote: Annotated[
        float,
        Chosen(
            "1", "votes of one node for SPACE: it wins a tie, since a launch is first seen by few", JUDGED
        ),
    ] = 1.5


LIFECYCLE = Lifecycle()


@kernel
def _coast_ns(environment: int) -> int:
    return int(LIFECYCLE.coast_s[environment] * 1e9)


@kernel
def free_row(a: Arrays) -> int:
    """A row for a new track; the caller has reserved room."""
    n = a.counters[0].rows
    for row in range(n):
        if a.numbers[row] == 0:
            return row
    a.counters[0].rows = n + 1
    return n


@kernel
def free_number(a: Arrays, number: int) -> int:
    """``number``, or the next above it that no live track carries."""
    taken = True
    while taken:
        taken = False
        for row in range(a.counters[0].rows):
            if a.numbers[row] == number:
                taken = True
                break
        if taken:
            number += 1
    return number


@kernel
def reset(track: Track, reports: Reports, r: int) -> None:
    """Set a track's estimate to report ``r``'s, its modes to what is fresh in the environment."""
    track.time_ns = reports.time_ns
    track.environment = reports.environment[r]
    for i in range(6):
        track.state[i] = reports.state[r, i]
    for i in range(21):
        track.covariance[i] = reports.covariance[r, i]
    fresh_modes(track)


@kernel
def loosen(track: Track, factor: float) -> None:
    """Widen a track's covariances, every mode's, by a factor."""
    for i in range(21):
        track.covariance[i] *= factor
        for m in range(MODES):
            track.mode_covariance[m, i] *= factor


@kernel
def _parent(a: Arrays, state: Float, time_ns: int) -> int:
    """Row of the space track that a new one came out of: the nearest in reach of like velocity, or NONE."""
    best, parent = LIFECYCLE.split_reach_m * LIFECYCLE.split_reach_m, NONE
    for row in range(a.counters[0].rows):
        if a.numbers[row] == 0 or a.tracks[row].environment != SPACE:
            continue
        track = a.tracks[row]
        dt = (time_ns - track.time_ns) * 1e-9
        if dt > LIFECYCLE.stale_s:
            continue
        d2, v2 = 0.0, 0.0
        for i in range(3):
            d = state[i] - track.state[i] - dt * track.state[i + 3]
            v = state[i + 3] - track.state[i + 3]
            d2 += d * d
            v2 += v * v
        nearer = d2 < best or (d2 == best and parent >= 0 and track.number < a.numbers[parent])
        if nearer and v2 < LIFECYCLE.split_speed_mps * LIFECYCLE.split_speed_mps and track.birth_ns < time_ns:
            best, parent = d2, row
    return parent


@kernel
def _shed_by(a: Arrays, row: int, time_ns: int) -> int:
    """The number of the track that something parting from a row's came off."""
    track = a.tracks[row]
    if track.parent != 0 and time_ns - track.birth_ns < np.int64(LIFECYCLE.separating_s * 1e9):
        return track.parent
    return track.number


@kernel
def birth(a: Arrays, reports: Reports, r: int) -> int:
    """A new track from report ``r``; returns its row. The report's state is set, not fused."""
    slot, parent_slot, time_ns = reports.slot[r], reports.parent_slot[r], reports.time_ns
    origin = a.sources[parent_slot].track if parent_slot >= 0 else NONE
    if origin < 0 and reports.environment[r] == SPACE:
        origin = _parent(a, reports.state[r], time_ns)
    parent = _shed_by(a, origin, time_ns) if origin >= 0 else 0
    source = a.sources[slot]
    number = free_number(a, reports.block * BLOCK + source.local_number % BLOCK)
    row = free_row(a)
    save_track(a, row)
    track = a.tracks[row]
    track.alive = 1
    track.heard = 0
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
    reset(track, reports, r)
    add_contributor(a, row, slot)
    if parent != 0:
        note(a, SPLIT, time_ns, number, parent, source.node, source.local_number)
    return row


@kernel
def join(a: Arrays, row: int, slot: int, time_ns: int) -> bool:
    """Pair a source with a live track; False where the track has no room for another contributor."""
    save_track(a, row)
    if not add_contributor(a, row, slot):
        return False
    note_pairing(a, CORRELATED, time_ns, row, slot)
    return True


@kernel
def drop(a: Arrays, row: int) -> None:
    """Take a track out of the picture."""
    save_track(a, row)
    track = a.tracks[row]
    for k in range(track.contributor_count):
        save_source(a, track.contributor[k])
        a.sources[track.contributor[k]].track = NONE
        forget_report(a.sources[track.contributor[k]])
    track.contributor_count = 0
    track.alive = 0
    a.numbers[row] = 0


@kernel
def settle(a: Arrays, row: int) -> None:
    """What the contributors' newest reports say of a track together: environment, identity, name, noise.

    Environment by majority; space outvotes nothing but wins a tie, since a launch is first seen by few.
    Identity: each kind's confidences are summed and the largest sum is shown; that friends and foes
    stand against each other is shown beside it, not averaged away.
    """
    track = a.tracks[row]
    votes = np.zeros(ENVIRONMENTS)
    weight = np.zeros(IDENTITIES)
    friends, hostiles = False, False
    q, declared = 0.0, 0
    for k in range(track.contributor_count):
        source = a.sources[track.contributor[k]]
        if 0 < source.environment < ENVIRONMENTS:
            votes[source.environment] += LIFECYCLE.space_vote if source.environment == SPACE else 1.0
        if 0 < source.identity < IDENTITIES:
            weight[source.identity] += source.confidence
            friends = friends or source.identity in FRIENDS
            hostiles = hostiles or source.identity in HOSTILES
        if source.call_sign != 0:
            track.call_sign = source.call_sign
        if source.q > 0.0:
            q += source.q
            declared += 1
    most = 0.0
    for e in range(1, ENVIRONMENTS):
        if votes[e] > most:
            most = votes[e]
            track.environment = e
    heaviest, total = -1.0, 0.0
    for i in range(1, IDENTITIES):
        total += weight[i]
        if weight[i] > heaviest and weight[i] > 0.0:
            heaviest = weight[i]
            track.identity = i
    track.confidence = heaviest / total if total > 0.0 else 0.0
    track.conflict = 1 if friends and hostiles else 0
    if declared > 0:
        track.q = q / declared


@kernel
def finish(a: Arrays, reports: Reports, pairing: Pairing) -> None:
    """Close an event for the tracks that were fused, and for the sources that have none."""
    for r in range(len(pairing.row)):
        row = pairing.row[r]
        if row < 0:
            forget_report(a.sources[reports.slot[r]])
            continue
        if pairing.fit[r] == MISFIT:
            continue
        track = a.tracks[row]
        settle(a, row)
        if reports.status[r] != DROPPING:
            track.update_ns = reports.time_ns
            track.reports += 1
            track.status = MAINTAINING if track.reports > 1 else INITIATING
        elif unseen(a, track):
            track.status = DROPPING


@kernel
def unseen(a: Arrays, track: Track) -> bool:
    """Whether no contributor sees the track: there is none, or each only carries it on."""
    seeing = 0
    for k in range(track.contributor_count):
        seeing += a.sources[track.contributor[k]].status != DROPPING
    return seeing == 0


@kernel
def _underground(track: Track, dt_s: float) -> bool:
    """Whether a state carried straight is some 6 km below the ellipsoid."""
    x = track.state[0] + dt_s * track.state[3]
    y = track.state[1] + dt_s * track.state[4]
    z = track.state[2] + dt_s * track.state[5]
    return level(x, y, z) < LIFECYCLE.underground_level


@kernel
def sweep(a: Arrays, time_ns: int) -> None:
    """What time alone brings: silent contributors leave, tracks without any coast and drop, twins merge."""
    for row in range(a.counters[0].rows):
        if a.numbers[row] == 0 or a.tracks[row].heard == 1:  # of those `fusion.bearings` decides
            continue
        track = a.tracks[row]
        k = 0
        while k < track.contributor_count:
            slot = track.contributor[k]
            source = a.sources[slot]
            silent_ns = max(
                np.int64(LIFECYCLE.source_silent_s * 1e9), LIFECYCLE.silent_periods * source.period_ns
            )
            if time_ns - source.time_ns > silent_ns:
                save_track(a, row)
                save_source(a, slot)
                remove_contributor(a, row, slot)
                forget_report(source)
            else:
                k += 1
        age_ns = time_ns - track.update_ns
        alone = unseen(a, track)
        sunk = track.environment == SPACE and _underground(track, (time_ns - track.time_ns) * 1e-9)
        if alone and (sunk or age_ns > _coast_ns(track.environment)):
            drop(a, row)
            continue
        soonest = np.int64(LIFECYCLE.stale_s * 1e9)
        for k in range(track.contributor_count):
            soonest = max(soonest, LIFECYCLE.stale_periods * a.sources[track.contributor[k]].period_ns)
        if alone or age_ns > soonest:
            save_track(a, row)
            track.status = DROPPING
    _merge_twins(a, time_ns)


@kernel
def _share_a_node(a: Arrays, one: Track, other: Track) -> bool:
    for k in range(one.contributor_count):
        for j in range(other.contributor_count):
            if a.sources[one.contributor[k]].node == a.sources[other.contributor[j]].node:
                return True
    return False


@kernel
def _merge_twins(a: Arrays, time_ns: int) -> None:
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
