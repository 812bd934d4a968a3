"""A track begins: from a report that no track is near, perhaps off another track."""

from __future__ import annotations

import numpy as np

from fusion.arrays import Float
from fusion.contract import INITIATING, SPACE, SPLIT
from fusion.filters import fresh_modes
from fusion.kernel import kernel
from fusion.lifecycle.durations import LIFECYCLE
from fusion.lifecycle.rows import BLOCK, free_number, free_row
from fusion.pairing.event import Reports
from fusion.pairing.hypotheses import begin_hypotheses
from fusion.table.arrays import Arrays, save_track
from fusion.table.contributors import add_contributor
from fusion.table.lineage import note
from fusion.table.records import NONE, Track


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
    track.twin, track.twin_ratio = 0, 0.0
    track.neighbour_number[:] = 0
    track.contributor_count = 0
    track.confidence = 0.0
    track.q = source.q
    reset(track, reports, r)
    add_contributor(a, row, slot)
    begin_hypotheses(source, 0.0)
    if parent != 0:
        note(a, SPLIT, time_ns, number, parent, source.node, source.local_number)
    return row


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
def reset(track: Track, reports: Reports, r: int) -> None:
    """Set a track's estimate to report ``r``'s, its modes to what is fresh in the environment."""
    track.time_ns = reports.time_ns
    track.environment = reports.environment[r]
    for i in range(6):
        track.state[i] = reports.state[r, i]
    for i in range(21):
        track.covariance[i] = reports.covariance[r, i]
    fresh_modes(track)
