"""Which shared tracks a node's track may belong to, and whether its report fits its own.

Reports without a pairing are assigned to tracks that they are likelier of than of another object, each track
at most once a node, at least total cost -2 λ (`fusion.pairing.evidence`); what remains is born.
Source: Blackman and Popoli 1999, *Design and Analysis of Modern Tracking Systems*, section 6.4 and eq. 9.11.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from fusion.arrays import Bools, Float, Ints
from fusion.constants import JUDGED, Chosen, constants
from fusion.kernel import kernel
from fusion.pairing.assignment import Pairs
from fusion.pairing.event import FITS, MISFIT, Pairing, Reports
from fusion.pairing.evidence import OTHERS, nothing_said, ratio, separation, track_at
from fusion.pairing.hypotheses import SEQUENTIAL, begin_hypotheses, news, weigh
from fusion.report.tracklet import Tracklets
from fusion.table.arrays import Arrays
from fusion.table.contributors import has_contributor_of
from fusion.table.records import CONTRIBUTORS_MAX, Track
from fusion.table.spatial_index import index_cells, near_tracks, spread2


@constants
class Gating(NamedTuple):
    """What fits a track, and where to look. χ² are of six degrees of freedom."""

    fit_chi2: Annotated[
        float, Chosen("1", "past it a report does not fit its track", "chi2.sf(25, 6) = 3e-4")
    ] = 25.0
    reach_chi2: Annotated[
        float, Chosen("1", "tracks are looked at within this, in sums of position variances", JUDGED)
    ] = 60.0
    turn_mps2: Annotated[
        float, Chosen("m/s²", "half the acceleration by which a track may leave its course", "10 g; judged")
    ] = 50.0


GATING = Gating()


@kernel
def is_near(track: Track, other: Track, distance2: float) -> bool:
    """Whether two tracks so far apart, m², may be taken for each other."""
    variance = spread2(track.covariance) + spread2(other.covariance) + 3.0 * OTHERS.registered_m2
    return distance2 < GATING.reach_chi2 * variance


@kernel
def verify(a: Arrays, reports: Reports, pairing: Pairing, tracklets: Tracklets) -> None:
    """Hold each paired report against its track, predicted to its time, and weigh its hypotheses.

    One that fits a track which has no neighbour, and that is surely of it, is out of question.
    """
    state, covariance, fit = reports.state, reports.covariance, pairing.fit
    triangles, said = np.empty((3, 21)), nothing_said()
    for r in range(len(fit)):
        fit[r] = FITS
        row = pairing.row[r]
        if row < 0:
            continue
        track, source = a.tracks[row], a.sources[reports.slot[r]]
        d2, _ = separation(state[r], covariance[r], track.state, track.covariance, triangles)
        if d2 > GATING.fit_chi2:
            fit[r] = MISFIT
        alone = track.neighbour_number[0] == 0
        if alone and track.contributor_count == 1:
            begin_hypotheses(source, 0.0)
        elif fit[r] == MISFIT or not alone or source.none > -SEQUENTIAL.threshold:
            weigh(a, reports, r, row, news(covariance[r], tracklets.information[r]), said, pairing.likely[r])


@kernel
def _out_of_reach(track: Track, covariance: Float, ux: float, uy: float, uz: float, dt: float) -> bool:
    """A cheap ball around the gate: both uncertainties, what the speed's adds, and what a turn could."""
    drift2 = 2.0 * dt * dt * (track.covariance[9] + track.covariance[14] + track.covariance[20])
    turn = GATING.turn_mps2 * dt * dt
    variance = spread2(covariance) + spread2(track.covariance) + 3.0 * OTHERS.registered_m2 + drift2
    return bool(ux * ux + uy * uy + uz * uz > 2.0 * (GATING.reach_chi2 * variance + turn * turn))


@kernel
def _with_room(pairs: Pairs, found: int) -> Pairs:
    """The pairs, with room for one more behind the ``found`` there are."""
    size = len(pairs.report)
    if found < size:
        return pairs
    report, row, cost = np.empty(2 * size, np.int64), np.empty(2 * size, np.int64), np.empty(2 * size)
    report[:size], row[:size], cost[:size] = pairs.report, pairs.row, pairs.cost
    return Pairs(report, row, cost)


@kernel
def room_for_pairs(reports: int) -> Pairs:
    """No pairs yet, of so many reports."""
    room = 4 * reports + 16
    return Pairs(np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room))


@kernel
def listed(a: Arrays, pairs: Pairs, first: int, found: int, report: int, row: int, cost: float) -> Pairs:
    """Put a pair among the ``found`` there are, behind ``first`` by ascending track number; gives the pairs,
    with more room where they were full."""
    pairs = _with_room(pairs, found)
    k = found
    while k > first and a.numbers[pairs.row[k - 1]] > a.numbers[row]:
        pairs.report[k], pairs.row[k], pairs.cost[k] = (
            pairs.report[k - 1],
            pairs.row[k - 1],
            pairs.cost[k - 1],
        )
        k -= 1
    pairs.report[k], pairs.row[k], pairs.cost[k] = report, row, cost
    return pairs


@kernel
def candidates(a: Arrays, reports: Reports, rows: Ints, seeks: Bools) -> Pairs:
    """Every (report, track) pair that is likelier than another object, for the reports marked in ``seeks``
    (n,). ``rows`` (n,) are the tracks that the others are in."""
    state, covariance, time_ns = reports.state, reports.covariance, reports.time_ns
    cells = index_cells(a, time_ns)
    n = len(cells.position)
    claimed = np.zeros(n, np.bool_)
    for r in range(len(rows)):
        if rows[r] >= 0:
            claimed[rows[r]] = True
    pairs = room_for_pairs(len(rows))
    work, triangles, px, x = np.empty((4, 6, 6)), np.empty((3, 21)), np.empty(21), np.empty(6)
    near = np.empty(n, np.int64)
    found = 0
    for r in range(len(rows)):
        if not seeks[r]:
            continue
        first = found
        count = near_tracks(a, cells, state[r, 0], state[r, 1], state[r, 2], spread2(covariance[r]), near)
        for c in range(count):
            row = near[c]
            if claimed[row]:
                continue
            track = a.tracks[row]
            dt = (time_ns - track.time_ns) * 1e-9
            ux = state[r, 0] - cells.position[row, 0]
            uy = state[r, 1] - cells.position[row, 1]
            uz = state[r, 2] - cells.position[row, 2]
            if _out_of_reach(track, covariance[r], ux, uy, uz, dt):
                continue
            if track.contributor_count == CONTRIBUTORS_MAX or has_contributor_of(a, track, reports.slot[r]):
                continue
            track_at(track, time_ns, x, px, work)
            d2, log_det = separation(state[r], covariance[r], x, px, triangles)
            likely = ratio(reports.environment[r], d2, log_det)
            if likely > -SEQUENTIAL.threshold:
                pairs = listed(a, pairs, first, found, r, row, -likely)
                found += 1
    return Pairs(pairs.report[:found], pairs.row[:found], pairs.cost[:found])
