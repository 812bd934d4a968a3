"""A node's tracks near each other: whose is whose, decided for all of them together.

Pairings are wrong in pairs and in longer cycles, so what a node's reports of one moment are paired with is
assigned anew, at most total log-likelihood over the hypotheses of all (`fusion.pairing.hypotheses`). An
exchange needs A in all; a move to a track that has none of the node's needs the pairing to be rejected. What
changes is set to what its contributors say now: a shared track leans towards all that was ever fused into it.
"""

from __future__ import annotations

import numpy as np

from fusion.arrays import Ints
from fusion.contract import CORRELATED, DECORRELATED
from fusion.kernel import kernel
from fusion.pairing.assignment import Pairs, assign
from fusion.pairing.event import FITS, REBUILT, Pairing, Reports
from fusion.pairing.gating import listed, room_for_pairs
from fusion.pairing.hypotheses import (
    FIRST,
    NEITHER,
    OWN,
    SEQUENTIAL,
    begin_hypotheses,
    neighbour_row,
)
from fusion.pairing.rebuild import rebuild
from fusion.table.arrays import Arrays, save_track
from fusion.table.contributors import add_contributor, remove_contributor
from fusion.table.lineage import note_pairing
from fusion.table.records import CONTRIBUTORS_MAX, NEIGHBOURS, Track


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
def _alternatives(a: Arrays, reports: Reports, pairing: Pairing, holder: Ints) -> Pairs:
    """What the reports that hold a row may be paired with. ``holder`` (track rows,) is who holds a row."""
    rows = pairing.row
    pairs = room_for_pairs(len(rows))
    found = 0
    for r in range(len(rows)):
        if rows[r] < 0 or holder[rows[r]] != r:
            continue
        own, source, first = a.tracks[rows[r]], a.sources[reports.slot[r]], found
        likely = pairing.likely[r]
        pairs = listed(a, pairs, first, found, r, rows[r], 0.0)
        found += 1
        for k in range(NEIGHBOURS):
            row = neighbour_row(a, own, k)
            if row < 0 or source.other_number[k] != a.numbers[row]:
                continue
            if likely[FIRST + k] <= likely[NEITHER] - SEQUENTIAL.threshold:
                continue
            leaving = reports.slot[holder[row]] if holder[row] >= 0 else -1
            # a node alone with a track leaves it only in exchange: else the track would be empty
            if leaving < 0 and own.contributor_count < 2:
                continue
            if not _is_free(a, a.tracks[row], reports.slot[r], leaving):
                continue
            needed = 0.5 * SEQUENTIAL.exchange if leaving >= 0 else SEQUENTIAL.exchange
            cost = likely[OWN] - likely[FIRST + k] + needed
            pairs = listed(a, pairs, first, found, r, row, cost)
            found += 1
    return Pairs(pairs.report[:found], pairs.row[:found], pairs.cost[:found])


@kernel
def take_back(a: Arrays, rows: Ints, holder: Ints, match: Ints) -> None:
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
def reassign(a: Arrays, reports: Reports, pairing: Pairing) -> None:
    """Assign a node's reports in tracks with neighbours anew.

    ``pairing.change`` becomes `REBUILT` for the reports that change tracks: they are in these, and not to be
    fused.
    """
    rows, slot, time_ns = pairing.row, reports.slot, reports.time_ns
    n, some = len(rows), False
    for r in range(n):
        some = some or (rows[r] >= 0 and pairing.likely[r].any())
    if not some:
        return
    holder = np.full(len(a.numbers), -1)
    for r in range(n):
        if rows[r] >= 0 and a.tracks[rows[r]].neighbour_number[0] != 0 and holder[rows[r]] < 0:
            holder[rows[r]] = r
    match = np.empty(n, np.int64)
    assign(_alternatives(a, reports, pairing, holder), n, match)
    for r in range(n):
        if match[r] == rows[r]:
            match[r] = -1
    take_back(a, rows, holder, match)
    for r in range(n):
        if match[r] >= 0:
            save_track(a, match[r])
            note_pairing(a, DECORRELATED, time_ns, rows[r], slot[r])
            remove_contributor(a, rows[r], slot[r])
    for r in range(n):
        if match[r] >= 0:
            note_pairing(a, CORRELATED, time_ns, match[r], slot[r])
            add_contributor(a, match[r], slot[r])
            begin_hypotheses(a.sources[slot[r]], -SEQUENTIAL.threshold)
            pairing.change[r], pairing.fit[r] = REBUILT, FITS
    for r in range(n):
        if match[r] >= 0:
            rebuild(a, rows[r], time_ns)
            rebuild(a, match[r], time_ns)
            rows[r] = match[r]
