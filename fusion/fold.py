"""One event folded into the table: the order of steps, the same for both engines.

    sweep -> tracklets -> predict -> verify pairings -> assign the unpaired -> births -> fuse -> finish

The steps are compiled; the two that estimate, `predict` and `fuse`, are the engine's. With the compiled
engine the whole event is one call: what a call costs counts where a report has few rows.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from fusion.filters import ENVIRONMENT_SPACE, Filter
from fusion.filters.compiled import CompiledFilter, fuse_rows, predict_rows
from fusion.lifecycle import DROPPING, TERMINATED, birth, finish, join, loosen, reset, sweep
from fusion.pairing.assignment import assign
from fusion.pairing.gating import ALONE, DISSOLVE_CHI2, DOUBTFUL, FITS, MISFIT, SURPRISE, candidates, verify
from fusion.pairing.rivals import part_rivals
from fusion.pairing.roadstead import regroup
from fusion.physics.geodesy import Float
from fusion.physics.motion import CONSTANT_VELOCITY, FREE_FLIGHT
from fusion.report.report import Event
from fusion.report.tracklet import INDEPENDENT, NOTHING, UNKNOWN_CORRELATION, increment, whole
from fusion.table.contributors import forget_report, remove_contributor
from fusion.table.digest import digest_changed
from fusion.table.lineage import DECORRELATED, note
from fusion.table.tracks import NOW_NS, SWEPT_S, Ints, Table, save_source, save_track

_SECOND_NS = 1_000_000_000


@njit(cache=True)
def _motion(motion, environment):
    if motion in (FREE_FLIGHT, CONSTANT_VELOCITY):
        return motion
    return FREE_FLIGHT if environment == ENVIRONMENT_SPACE else CONSTANT_VELOCITY


@njit(cache=True)
def advance(a, time_ns):
    """Bring the table's time to an event's; sweep when a whole second has passed."""
    second = time_ns // _SECOND_NS
    if second > a.globals[SWEPT_S]:
        a.globals[SWEPT_S] = second
        sweep(a, second * _SECOND_NS)
    a.globals[NOW_NS] = time_ns


@njit(cache=True)
def open_rows(
    a,
    slot,
    time_ns,
    state,
    covariance,
    status,
    q,
    motion,
    environment,
    carried,
    rows,
    wanted,
    kind,
    information,
    vector,
):
    """Look up each report's pairing, form its tracklet, and journal the rows it will change.

    ``rows`` (n,) becomes the paired track's row or -1, ``wanted`` whether an unpaired report may find or
    found a track, ``kind``, ``information`` and ``vector`` the tracklet: what the node carries, or else what
    its state adds to its last one.
    """
    work, triangles = np.empty((7, 6, 6)), np.empty((6, 21))
    carries = len(carried.told) == len(slot)
    for r in range(len(slot)):
        save_source(slot[r], a)
        source = a.sources[slot[r]]
        row = source.track
        rows[r] = row
        if row >= 0:
            save_track(row, a)
        kind[r] = INDEPENDENT if q[r] > 0.0 else UNKNOWN_CORRELATION
        if status[r] == TERMINATED:
            if row >= 0:
                remove_contributor(a, row, slot[r])
            forget_report(source)
            rows[r] = -1
            wanted[r] = False
            kind[r] = NOTHING
            continue
        wanted[r] = status[r] != DROPPING
        dt = (time_ns - source.time_ns) * 1e-9
        known = source.seen == 1 and q[r] > 0.0 and source.q > 0.0
        if source.seen == 1 and row >= 0 and carries and carried.told[r] == 1:
            kind[r] = INDEPENDENT if carried.information[r].any() else NOTHING
            information[r], vector[r] = carried.information[r], carried.vector[r]
        elif known and row >= 0:
            model = _motion(motion[r], environment[r])
            increment(
                state[r], covariance[r], source.state, source.covariance, q[r], model, dt,
                information[r], vector[r], work, triangles,
            )  # fmt: skip
        else:
            whole(covariance[r], information[r], vector[r], triangles[0])


@njit(cache=True)
def leave(a, r, slot, rows, time_ns):
    """Dissolve the pairing of report ``r``."""
    source = a.sources[slot[r]]
    note(a, DECORRELATED, time_ns, a.numbers[rows[r]], 0, source.node, source.local_number)
    remove_contributor(a, rows[r], slot[r])
    source.misfit, source.doubtful = 0.0, 0
    rows[r] = -1


@njit(cache=True)
def find_pairings(a, slot, rows, wanted, fits, state, covariance, time_ns, joined):
    """Assign the reports without a pairing, and those whose pairing is in doubt, to tracks in their gate.

    ``joined`` (n,) becomes 1 for the reports newly paired; ``wanted`` stays true for what found no track.
    False where there was nothing to assign.
    """
    some = False
    for r in range(len(rows)):
        wanted[r] = wanted[r] and (rows[r] < 0 or fits[r] == DOUBTFUL)
        if fits[r] == DOUBTFUL and not wanted[r]:
            fits[r] = MISFIT
        some = some or wanted[r]
    if not some:
        return False
    report_of, track_of, cost = candidates(a, slot, rows, wanted, state, covariance, time_ns)
    match = np.empty(len(rows), np.int64)
    assign(report_of, track_of, cost, len(rows), match)
    for r in range(len(rows)):
        if wanted[r] and rows[r] >= 0:
            moved = match[r] >= 0 and match[r] != rows[r]
            if moved or (match[r] < 0 and a.sources[slot[r]].misfit > DISSOLVE_CHI2):
                leave(a, r, slot, rows, time_ns)
            else:
                wanted[r] = False
                fits[r] = MISFIT if match[r] < 0 else FITS
    for r in range(len(rows)):
        if wanted[r] and match[r] >= 0 and join(a, match[r], slot[r], time_ns):
            rows[r] = match[r]
            fits[r] = FITS
            joined[r] = 1
            wanted[r] = False
    return True


@njit(cache=True)
def settle_kinds(a, rows, fits, surprise, joined, kind, covariance, information, vector):
    """What may be fused how, now that the pairings are known."""
    lower = np.empty(21)
    for r in range(len(rows)):
        if rows[r] < 0 or fits[r] == MISFIT or fits[r] == ALONE or joined[r] == 2:
            kind[r] = NOTHING
        elif joined[r] == 1:
            # the node's whole knowledge is new to this track
            whole(covariance[r], information[r], vector[r], lower)
        elif fits[r] == SURPRISE:
            # the target did what no mode foresaw: what the track knew counts for less, the report for all
            loosen(a.tracks[rows[r]], surprise[r])
            whole(covariance[r], information[r], vector[r], lower)


@njit(cache=True)
def remember(
    a, slot, time_ns, state, covariance, status, q, motion, environment, identity, confidence, call_sign
):
    """Keep each report as the one that the node's next is held against."""
    for r in range(len(slot)):
        source = a.sources[slot[r]]
        if status[r] == TERMINATED:
            continue
        source.period_ns = time_ns - source.time_ns if source.seen == 1 else 0
        source.seen = 1
        source.time_ns = time_ns
        source.status = status[r]
        source.environment = environment[r]
        source.identity = identity[r]
        source.confidence = confidence[r]
        source.call_sign = call_sign[r]
        source.motion = motion[r]
        source.q = q[r]
        for i in range(6):
            source.state[i] = state[r, i]
        for i in range(21):
            source.covariance[i] = covariance[r, i]


@njit(cache=True)
def found_tracks(
    a, slot, rows, wanted, fits, block, time_ns, state, covariance, environment, parent_slot, joined
):
    """Births of what found no track. ``joined`` becomes 2 for them."""
    for r in range(len(rows)):
        if wanted[r] and rows[r] < 0:
            rows[r] = birth(
                a, slot[r], block, time_ns, state[r], covariance[r], environment[r], parent_slot[r]
            )
            fits[r] = FITS
            joined[r] = 2


@njit(cache=True)
def set_anew(a, rows, fits, state, covariance, environment, time_ns):
    """Tracks that one node alone holds follow it when it moves away from them."""
    for r in range(len(rows)):
        if rows[r] >= 0 and fits[r] == ALONE:
            reset(a.tracks[rows[r]], state[r], covariance[r], environment[r], time_ns)


@njit(cache=True)
def open_event(
    a,
    slot,
    time_ns,
    state,
    covariance,
    status,
    q,
    motion,
    environment,
    carried,
    rows,
    wanted,
    kind,
    information,
    vector,
):
    """Everything before the first prediction."""
    advance(a, time_ns)
    open_rows(
        a, slot, time_ns, state, covariance, status, q, motion, environment, carried,
        rows, wanted, kind, information, vector,
    )  # fmt: skip


@njit(cache=True)
def pair_event(
    a, slot, time_ns, state, covariance, status, q, motion, environment, identity, confidence, call_sign,
    rows, wanted, fits, surprise, joined,
):  # fmt: skip
    """Everything between prediction and fusion; True where some report was assigned anew."""
    verify(a, slot, rows, state, covariance, time_ns, fits, surprise)
    parted = part_rivals(a, slot, rows, fits, joined, FITS, time_ns)
    set_anew(a, rows, fits, state, covariance, environment, time_ns)
    remember(
        a, slot, time_ns, state, covariance, status, q, motion, environment, identity, confidence, call_sign
    )
    regroup(a, slot, rows, fits, joined, state, covariance, time_ns)
    found = find_pairings(a, slot, rows, wanted, fits, state, covariance, time_ns, joined)
    return found or parted


@njit(cache=True)
def close_event(a, slot, rows, fits, status, time_ns):
    """Everything after fusion."""
    finish(a, slot, rows, fits, status, time_ns)
    digest_changed(a)


@njit(cache=True)
def _fold_compiled(
    a, slot, parent_slot, call_sign, block, time_ns, state, covariance, status, q, motion, environment,
    carried, identity, confidence,
):  # fmt: skip
    """All of `fold_event` with the compiled engine."""
    n = len(slot)
    rows, kind, fits = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    joined, wanted = np.zeros(n, np.int64), np.empty(n, np.bool_)
    surprise, information, vector = np.empty(n), np.empty((n, 21)), np.empty((n, 6))
    open_event(
        a, slot, time_ns, state, covariance, status, q, motion, environment, carried,
        rows, wanted, kind, information, vector,
    )  # fmt: skip
    predict_rows(a, rows, time_ns)
    assigned = pair_event(
        a, slot, time_ns, state, covariance, status, q, motion, environment, identity, confidence, call_sign,
        rows, wanted, fits, surprise, joined,
    )  # fmt: skip
    if assigned:
        predict_rows(a, np.where(joined == 1, rows, -1), time_ns)
        found_tracks(
            a, slot, rows, wanted, fits, block, time_ns, state, covariance, environment, parent_slot, joined
        )
    settle_kinds(a, rows, fits, surprise, joined, kind, covariance, information, vector)
    fuse_rows(a, rows, kind, state, information, vector)
    close_event(a, slot, rows, fits, status, time_ns)


def fold_event(
    table: Table,
    engine: Filter,
    event: Event,
    slot: Ints,
    parent_slot: Ints,
    call_sign: Ints,
    block: int,
) -> None:
    """Fold one event.

    ``slot`` (n,) are the rows' source rows, ``parent_slot`` those of the tracks they split from or -1,
    ``call_sign`` the keys of their names, ``block`` the node's block of track numbers.
    """
    n = len(slot)
    table.reserve(n, int(slot.max()) + 1)
    a = table.arrays
    time_ns = event.key.valid_time_ns
    e = event
    report = (e.state, e.covariance, e.status, e.process_noise, e.motion, e.environment)
    if isinstance(engine, CompiledFilter):
        _fold_compiled(
            a, slot, parent_slot, call_sign, block, time_ns, *report, e.carried, e.identity, e.confidence
        )
        return
    rows, kind, fits = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    joined, wanted = np.zeros(n, np.int64), np.empty(n, np.bool_)
    surprise: Float = np.empty(n)
    information: Float = np.empty((n, 21))
    vector: Float = np.empty((n, 6))
    open_event(a, slot, time_ns, *report, e.carried, rows, wanted, kind, information, vector)
    engine.predict(a, rows, time_ns)
    assigned = pair_event(
        a, slot, time_ns, *report, e.identity, e.confidence, call_sign,
        rows, wanted, fits, surprise, joined,
    )  # fmt: skip
    if assigned:
        engine.predict(a, np.where(joined == 1, rows, -1), time_ns)
        found_tracks(
            a, slot, rows, wanted, fits, block, time_ns,
            e.state, e.covariance, e.environment, parent_slot, joined,
        )  # fmt: skip
    settle_kinds(a, rows, fits, surprise, joined, kind, e.covariance, information, vector)
    engine.fuse(a, rows, kind, e.state, information, vector)
    close_event(a, slot, rows, fits, e.status, time_ns)
