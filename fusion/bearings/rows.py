"""The rows of the table that show what is heard: a track as long as the wedge in which its target may be."""

from __future__ import annotations

import numpy as np

from fusion.arrays import Float, Ints
from fusion.bearings.mixture import HEARING
from fusion.contract import CORRELATED, DROPPING, INITIATING, MAINTAINING
from fusion.filters import fresh_modes
from fusion.kernel import kernel
from fusion.lifecycle.rows import free_number, free_row
from fusion.linalg import unpack
from fusion.table.arrays import Arrays, save_source, save_track
from fusion.table.contributors import add_contributor, forget_report, remove_contributor
from fusion.table.lineage import note, note_pairing


@kernel
def row_of(a: Arrays, number: int) -> int:
    """The row of a live track, or -1."""
    for row in range(a.counters[0].rows):
        if a.numbers[row] == number and number != 0:
            return row
    return -1


@kernel
def begin_row(a: Arrays, number: int, birth_ns: int, environment: int) -> int:
    """A row for a target; the number that it has got: ``number``, or the next above that is free."""
    number = free_number(a, number)
    row = free_row(a)
    save_track(a, row)
    track = a.tracks[row]
    track.alive = 1
    track.number = number
    a.numbers[row] = number
    track.heard = 1
    track.birth_ns = birth_ns
    track.time_ns = birth_ns
    track.update_ns = birth_ns
    track.reports = 0
    track.status = INITIATING
    track.environment = environment
    track.identity, track.conflict, track.call_sign, track.parent = 0, 0, 0, 0
    track.twin, track.twin_ratio = 0, 0.0
    track.neighbour_number[:] = 0
    track.contributor_count = 0
    track.confidence = 0.0
    track.q = HEARING.q_m2ps3
    return number


@kernel
def show(a: Arrays, number: int, time_ns: int, state: Float, covariance: Float) -> None:
    """Set a target's row to where it may be at ``time_ns``: mean (6,) and covariance (6, 6)."""
    row = row_of(a, number)
    if row < 0:
        return
    save_track(a, row)
    track = a.tracks[row]
    track.time_ns = time_ns
    track.update_ns = time_ns
    track.reports += 1
    track.status = MAINTAINING if track.reports > 1 else INITIATING
    m = 0
    for i in range(6):
        track.state[i] = state[i]
        for j in range(i + 1):
            track.covariance[m] = covariance[i, j]
            m += 1
    fresh_modes(track)


@kernel
def attach(a: Arrays, number: int, slot: int, time_ns: int, period_ns: int, environment: int) -> None:
    """Note a contact's line; its target's row has it as a contributor."""
    save_source(a, slot)
    source = a.sources[slot]
    source.seen = 1
    source.time_ns = time_ns
    source.period_ns = period_ns
    source.status = MAINTAINING
    source.environment = environment
    source.identity, source.call_sign, source.motion = 0, 0, 0
    source.confidence, source.q, source.doubt = 0.0, 0.0, 1.0
    row = row_of(a, number)
    if row >= 0 and source.track != row:
        save_track(a, row)
        if add_contributor(a, row, slot) and a.tracks[row].contributor_count > 1:
            note_pairing(a, CORRELATED, time_ns, row, slot)


@kernel
def detach(a: Arrays, slot: int) -> None:
    """A contact's line is of its target no more."""
    save_source(a, slot)
    row = a.sources[slot].track
    if row >= 0:
        save_track(a, row)
        remove_contributor(a, row, slot)
    forget_report(a.sources[slot])


@kernel
def note_lineage(a: Arrays, event: int, time_ns: int, number: int, other: int) -> None:
    """Note what became of two tracks."""
    note(a, event, time_ns, number, other, -1, 0)


@kernel
def fade(a: Arrays, number: int) -> None:
    """A target that nobody has heard for a while is shown as dropping."""
    row = row_of(a, number)
    if row >= 0 and a.tracks[row].status != DROPPING:
        save_track(a, row)
        a.tracks[row].status = DROPPING


@kernel
def end_row(a: Arrays, number: int) -> None:
    """Take a target's row out of the picture; its contacts' sources are as if they had never reported."""
    row = row_of(a, number)
    if row < 0:
        return
    save_track(a, row)
    track = a.tracks[row]
    while track.contributor_count > 0:
        detach(a, track.contributor[0])
    track.alive = 0
    track.heard = 0
    a.numbers[row] = 0


@kernel
def ships(a: Arrays, surface: int, subsurface: int) -> tuple[Ints, Ints, Float, Float]:
    """Of the live tracks held by other means that sonars hear, in the order of rows: number (n,), time (n,),
    state (n, 6) and covariance (n, 6, 6)."""
    n = 0
    for row in range(a.counters[0].rows):
        if a.numbers[row] != 0 and a.tracks[row].heard == 0:
            n += a.tracks[row].environment in (surface, subsurface)
    number, time_ns = np.empty(n, np.int64), np.empty(n, np.int64)
    state, covariance = np.empty((n, 6)), np.empty((n, 6, 6))
    k = 0
    for row in range(a.counters[0].rows):
        track = a.tracks[row]
        if a.numbers[row] == 0 or track.heard == 1 or track.environment not in (surface, subsurface):
            continue
        number[k], time_ns[k] = track.number, track.time_ns
        for i in range(6):
            state[k, i] = track.state[i]
        unpack(track.covariance, covariance[k])
        k += 1
    return number, time_ns, state, covariance
