"""One event folded into the table: the order of steps, the same for both engines.

    advance -> tracklets -> predict -> verify and pair -> births -> fuse -> widen -> finish

`fold_reports` is that order. Every step is compiled; the two that estimate, `predict` and `fuse`, are the
engine's. With the compiled engine the whole order is one compiled call: what a call costs counts where a
report has few rows. With another engine Python runs the same lines.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fusion.arrays import Float, Ints
from fusion.contract import DECORRELATED, DROPPING, TERMINATED
from fusion.filters import Filter
from fusion.filters.compiled import CompiledFilter, fuse_rows, predict_rows
from fusion.kernel import compiled_as, kernel
from fusion.lifecycle.birth import birth
from fusion.lifecycle.membership import join
from fusion.lifecycle.opinion import finish
from fusion.lifecycle.sweep import sweep
from fusion.pairing.assignment import assign
from fusion.pairing.certainty import widen
from fusion.pairing.event import BORN, FITS, JOINED, KEPT, MISFIT, REBUILT, Pairing, Reports, new_pairing
from fusion.pairing.gating import candidates, verify
from fusion.pairing.hypotheses import NEITHER, OWN, SEQUENTIAL, begin_hypotheses
from fusion.pairing.reassign import reassign
from fusion.pairing.rebuild import overruled
from fusion.physics.motion import declared_motion, falls_by
from fusion.registration.considered import lessen
from fusion.registration.window import gather, note
from fusion.report.tracklet import (
    INDEPENDENT,
    NOTHING,
    UNKNOWN_CORRELATION,
    Prior,
    Tracklets,
    increment,
    whole,
)
from fusion.table.arrays import Arrays, save_source, save_track
from fusion.table.contributors import forget_report, remove_contributor
from fusion.table.digest import digest_changed
from fusion.table.lineage import note_pairing
from fusion.table.records import NONE
from fusion.table.tracks import Table

_SECOND_NS = 1_000_000_000
_COMPILED = CompiledFilter()
"""The engine where none is named; called from Python with numba's compiler disabled alone."""


def predict(engine: Filter | None, a: Arrays, rows: Ints, time_ns: int) -> None:
    """The engine's `Filter.predict`; in compiled code that of the compiled engine."""
    (engine or _COMPILED).predict(a, rows, time_ns)


def fuse(engine: Filter | None, a: Arrays, rows: Ints, origin: Float, tracklets: Tracklets) -> None:
    """The engine's `Filter.fuse`; in compiled code that of the compiled engine."""
    (engine or _COMPILED).fuse(a, rows, origin, tracklets)


@compiled_as(predict)
def _predict_compiled(engine: object, a: object, rows: object, time_ns: object) -> Callable[..., None]:
    return lambda engine, a, rows, time_ns: predict_rows(a, rows, time_ns)


@compiled_as(fuse)
def _fuse_compiled(
    engine: object, a: object, rows: object, origin: object, tracklets: object
) -> Callable[..., None]:
    return lambda engine, a, rows, origin, tracklets: fuse_rows(a, rows, origin, tracklets)


@kernel
def fold_reports(engine: Filter | None, a: Arrays, reports: Reports) -> None:
    """Fold the reports of one event; the caller has reserved room and opened a segment."""
    pairing = new_pairing(len(reports.slot))
    advance(a, reports.time_ns)
    tracklets = open_rows(a, reports, pairing)
    predict(engine, a, pairing.row, reports.time_ns)
    if pair(a, reports, pairing, tracklets):
        predict(engine, a, joined_rows(pairing), reports.time_ns)
        begin_tracks(a, reports, pairing)
    choose_what_is_fused(a, reports, pairing, tracklets)
    fuse(engine, a, pairing.row, reports.state, tracklets)
    widen(a, reports, pairing)
    finish(a, reports, pairing)
    digest_changed(a)


@kernel
def advance(a: Arrays, time_ns: int) -> None:
    """Bring the table's time to an event's; sweep when a whole second has passed."""
    counters = a.counters[0]
    second = time_ns // _SECOND_NS
    if second > counters.swept_s:
        counters.swept_s = second
        sweep(a, second * _SECOND_NS)
    counters.now_ns = time_ns


@kernel
def open_rows(a: Arrays, reports: Reports, pairing: Pairing) -> Tracklets:
    """Look up each report's pairing, form its tracklet, and journal the rows it will change.

    The tracklet is what the node carries, or else what its state adds to its last one.
    """
    n = len(reports.slot)
    kind, information, vector = np.empty(n, np.int64), np.empty((n, 21)), np.empty((n, 6))
    work, triangles, scratch, fall = np.empty((7, 6, 6)), np.empty((6, 21)), np.empty((2, 6)), np.empty(3)
    carried, carries = reports.carried, len(reports.carried.told) == n
    for r in range(n):
        slot, q, status, fresh = reports.slot[r], reports.q[r], reports.status[r], False
        save_source(a, slot)
        source = a.sources[slot]
        row = source.track
        pairing.row[r] = row
        pairing.seeks[r] = status not in (DROPPING, TERMINATED)
        if row >= 0:
            save_track(a, row)
        if reports.sensor[r] >= 0:
            note(source, reports.sensor[r], reports.time_ns, reports.place[r])
        kind[r] = INDEPENDENT if q > 0.0 else UNKNOWN_CORRELATION
        if status == TERMINATED:
            if row >= 0:
                remove_contributor(a, row, slot)
            forget_report(source)
            pairing.row[r] = NONE
            kind[r] = NOTHING
        elif source.seen == 1 and row >= 0 and carries and carried.told[r] == 1:
            kind[r] = INDEPENDENT if carried.information[r].any() else NOTHING
            information[r], vector[r] = carried.information[r], carried.vector[r]
            if reports.sensor[r] >= 0 and kind[r] == INDEPENDENT:
                falls_by(declared_motion(reports.motion[r], reports.environment[r]), reports.state[r], fall)
                gather(
                    source,
                    reports.sensor[r],
                    reports.time_ns,
                    reports.place[r],
                    reports.state[r],
                    fall,
                    carried.information[r],
                    carried.vector[r],
                    scratch,
                )
        elif source.seen == 1 and row >= 0 and q > 0.0 and source.q > 0.0:
            motion = declared_motion(reports.motion[r], reports.environment[r])
            age_s = (reports.time_ns - source.time_ns) * 1e-9
            prior = Prior(source.state, source.covariance, q, motion, age_s)
            increment(
                reports.state[r], reports.declared[r], prior, information[r], vector[r], work, triangles
            )
        else:
            for k in range(21):
                triangles[1, k] = reports.declared[r, k] + reports.off[r, k]
            whole(triangles[1], information[r], vector[r], triangles[0])
            fresh = True
        if reports.off[r].any() and not fresh:
            lessen(reports.declared[r], reports.off[r], information[r], vector[r], work, triangles)
        if reports.doubt[r] != 1.0:
            for k in range(21):
                information[r, k] /= reports.doubt[r]
            for i in range(6):
                vector[r, i] /= reports.doubt[r]
    return Tracklets(kind, information, vector)


@kernel
def pair(a: Arrays, reports: Reports, pairing: Pairing, tracklets: Tracklets) -> bool:
    """Everything between prediction and births; whether some report joined a track."""
    verify(a, reports, pairing, tracklets)
    remember(a, reports)
    reassign(a, reports, pairing)
    reject(a, reports, pairing)
    follow(a, reports, pairing)
    return find_pairings(a, reports, pairing)


@kernel
def reject(a: Arrays, reports: Reports, pairing: Pairing) -> None:
    """Dissolve the pairings that are surely of no track that there is."""
    for r in range(len(pairing.row)):
        row, likely = pairing.row[r], pairing.likely[r]
        surely_not = likely[OWN] <= likely[NEITHER] - 2.0 * SEQUENTIAL.threshold
        if row >= 0 and pairing.change[r] == KEPT and surely_not:
            note_pairing(a, DECORRELATED, reports.time_ns, row, reports.slot[r])
            remove_contributor(a, row, reports.slot[r])
            pairing.row[r] = NONE


@kernel
def follow(a: Arrays, reports: Reports, pairing: Pairing) -> None:
    """Set tracks to what their contributors say now where half of these do not fit them."""
    for r in range(len(pairing.row)):
        misfit = pairing.row[r] >= 0 and pairing.fit[r] == MISFIT and pairing.change[r] == KEPT
        if misfit and overruled(a, pairing.row[r], reports.time_ns):
            pairing.fit[r], pairing.change[r] = FITS, REBUILT


@kernel
def remember(a: Arrays, reports: Reports) -> None:
    """Keep each report as the one that the node's next is held against."""
    for r in range(len(reports.slot)):
        if reports.status[r] == TERMINATED:
            continue
        source = a.sources[reports.slot[r]]
        source.period_ns = reports.time_ns - source.time_ns if source.seen == 1 else 0
        source.seen = 1
        source.time_ns = reports.time_ns
        source.status = reports.status[r]
        source.environment = reports.environment[r]
        source.identity = reports.identity[r]
        source.confidence = reports.confidence[r]
        source.call_sign = reports.call_sign[r]
        source.motion = reports.motion[r]
        source.q = reports.q[r]
        for i in range(6):
            source.state[i] = reports.state[r, i]
        for i in range(21):
            source.covariance[i] = reports.declared[r, i]
            source.off[i] = reports.off[r, i]
        source.doubt = reports.doubt[r]


@kernel
def find_pairings(a: Arrays, reports: Reports, pairing: Pairing) -> bool:
    """Assign the reports without a pairing to tracks that they are likely of.

    ``pairing.seeks`` stays true for what found no track. False where there was nothing to assign.
    """
    rows, seeks = pairing.row, pairing.seeks
    some = False
    for r in range(len(rows)):
        seeks[r] = seeks[r] and rows[r] < 0
        some = some or seeks[r]
    if not some:
        return False
    match = np.empty(len(rows), np.int64)
    pairs = candidates(a, reports, rows, seeks)
    assign(pairs, len(rows), match)
    for k in range(len(pairs.report)):
        r, row = pairs.report[k], pairs.row[k]
        if match[r] == row and join(a, row, reports.slot[r], reports.time_ns):
            rows[r], pairing.fit[r], pairing.change[r] = row, FITS, JOINED
            begin_hypotheses(a.sources[reports.slot[r]], pairs.cost[k])
            seeks[r] = False
    return True


@kernel
def joined_rows(pairing: Pairing) -> Ints:
    """(n,) the rows of the tracks that were joined, NONE for other reports."""
    return np.where(pairing.change == JOINED, pairing.row, NONE)


@kernel
def begin_tracks(a: Arrays, reports: Reports, pairing: Pairing) -> None:
    """Births of what found no track."""
    for r in range(len(pairing.row)):
        if pairing.seeks[r] and pairing.row[r] < 0:
            pairing.row[r] = birth(a, reports, r)
            pairing.fit[r], pairing.change[r] = FITS, BORN


@kernel
def choose_what_is_fused(a: Arrays, reports: Reports, pairing: Pairing, tracklets: Tracklets) -> None:
    """What may be fused how, now that the pairings are known."""
    lower = np.empty(21)
    for r in range(len(pairing.row)):
        change = pairing.change[r]
        if pairing.row[r] < 0 or pairing.fit[r] == MISFIT or change in (BORN, REBUILT):
            tracklets.kind[r] = NOTHING
        elif change == JOINED:
            # the node's whole knowledge is new to this track
            whole(reports.covariance[r], tracklets.information[r], tracklets.vector[r], lower)


@kernel
def pass_time(a: Arrays, time_ns: int) -> None:
    """Fold the event of a report without rows: time alone goes on."""
    advance(a, time_ns)
    digest_changed(a)


def fold_event(table: Table, engine: Filter, reports: Reports) -> None:
    """Fold one event into the table with an engine."""
    table.reserve(len(reports.slot), int(reports.slot.max()) + 1)
    if isinstance(engine, CompiledFilter):
        fold_reports(None, table.arrays, reports)
    else:
        fold_reports.py_func(engine, table.arrays, reports)  # type: ignore[attr-defined]
