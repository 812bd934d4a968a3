"""Which shared track a node's track belongs to.

A pairing is sticky: once made it holds, and every report is held against it. A report that does not fit
is not fused; a pairing that fits badly on the average is in doubt, and its report is assigned anew. Reports
without a pairing, or with one in doubt, are assigned to the tracks in whose gate they lie, each track at
most once a node, at least total cost; what remains is born.

Costs are -2 ln likelihood up to a constant, d² + ln det S with S = P_report + P_track over all six
dimensions: a track that knows little does not attract what belongs to one that knows much.
Source: Blackman and Popoli 1999, *Design and Analysis of Modern Tracking Systems*, section 6.4 and eq. 9.11.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from fusion.arrays import Bools, Float, Ints
from fusion.constants import JUDGED, Chosen, constants
from fusion.contract import SURFACE
from fusion.filters import mode_noise
from fusion.kernel import kernel
from fusion.linalg import factorise, log_fixed, mahalanobis2
from fusion.pairing.assignment import Pairs
from fusion.pairing.event import ALONE, DOUBTFUL, FITS, MISFIT, SURPRISE, Pairing, Reports
from fusion.pairing.rivals import rival_row, weigh
from fusion.physics.motion import motion_in, propagate_packed
from fusion.table.arrays import Arrays
from fusion.table.contributors import has_contributor_of
from fusion.table.records import CONTRIBUTORS_MAX, CRUISE, Track
from fusion.table.spatial_index import index_cells, near_tracks, spread2


@constants
class Gating(NamedTuple):
    """What a report may be paired with. χ² are of six degrees of freedom unless said otherwise."""

    fuse_chi2: Annotated[
        float, Chosen("1", "past it a report surprises the track it is paired with", "chi2.sf(25, 6) = 3e-4")
    ] = 25.0
    join_chi2: Annotated[
        float, Chosen("1", "past it no track is a candidate for a report", "chi2.sf(33, 6) = 1e-5")
    ] = 33.0
    doubt_chi2: Annotated[
        float, Chosen("1", "mean d² past which a pairing is held against its alternatives", JUDGED)
    ] = 14.0
    dissolve_chi2: Annotated[
        float, Chosen("1", "mean d² past which a pairing ends though there is no alternative", JUDGED)
    ] = 30.0
    neutral_chi2: Annotated[float, Chosen("1", "d² in the mean, of one object", "mean of chi2(6)")] = 6.0
    stick_chi2: Annotated[float, Chosen("1", "by how much an alternative must fit better", JUDGED)] = 4.0
    memory: Annotated[float, Chosen("1", "weight of a report in the running mean of d²", JUDGED)] = 0.25
    misfit_max: Annotated[
        float, Chosen("1", "d² in that mean at most, so that one report cannot decide", JUDGED)
    ] = 40.0
    bias_m2: Annotated[
        float,
        Chosen(
            "m²", "added to position variances: sensors are never quite registered", "15 m, squared; judged"
        ),
    ] = 225.0
    turn_mps2: Annotated[
        float, Chosen("m/s²", "half the acceleration by which a track may leave its course", "10 g; judged")
    ] = 50.0


GATING = Gating()


@kernel
def distance(state: Float, p: Float, x: Float, px: Float, triangles: Float) -> tuple[float, float]:
    """(d², ln det S) of two estimates at one moment, covariances packed. ``triangles`` (3, 21) is
    scratch."""
    s, factor, difference = triangles[0], triangles[1], triangles[2]
    for k in range(21):
        s[k] = p[k] + px[k]
    for i in range(6):
        difference[i] = state[i] - x[i]
    for i in range(3):
        s[i * (i + 3) // 2] += GATING.bias_m2
    det = factorise(s, factor)
    if det <= 0.0:
        return np.inf, 0.0
    return mahalanobis2(factor, difference, triangles[2, 6:]), log_fixed(det)


@kernel
def _believed(track: Track, key: int) -> bool:
    """Whether a report that the track did not expect is to be believed: most contributors say the like.

    One contributor alone may have swapped targets; two in a row, and half of all, have seen a manoeuvre.
    """
    if track.surprised_by != key:
        track.surprised += 1
        track.surprised_by = key
    if track.surprised < max(2, (track.contributor_count + 1) // 2):
        return False
    track.surprised, track.surprised_by = 0, 0
    return True


@kernel
def verify(a: Arrays, reports: Reports, pairing: Pairing) -> None:
    """Hold each paired report against its track, predicted to its time.

    ``pairing.fit`` says how it fits, ``pairing.surprise`` by how much the track did not expect it.
    """
    state, covariance, fit = reports.state, reports.covariance, pairing.fit
    work, triangles, px, x = np.empty((4, 6, 6)), np.empty((3, 21)), np.empty(21), np.empty(6)
    for r in range(len(fit)):
        fit[r] = FITS
        row = pairing.row[r]
        if row < 0:
            continue
        track = a.tracks[row]
        source = a.sources[reports.slot[r]]
        d2, _ = distance(state[r], covariance[r], track.state, track.covariance, triangles)
        rival = rival_row(a, track)
        if rival < 0 or track.environment == SURFACE:  # ships: see `fusion.pairing.roadstead`
            source.rivalry = 0.0
        elif track.contributor_count > 1:
            track_at(a.tracks[rival], reports.time_ns, x, px, work)
            weigh(source, d2, distance(state[r], covariance[r], x, px, triangles)[0])
        if track.contributor_count == 1:
            source.misfit, source.doubtful = 0.0, 0
            if d2 > GATING.fuse_chi2:
                fit[r] = ALONE
            continue
        expected = d2 <= GATING.fuse_chi2
        if expected:
            track.surprised, track.surprised_by = 0, 0
        elif _believed(track, source.key):
            fit[r] = SURPRISE
            pairing.surprise[r] = d2 / 6.0
            source.misfit, source.doubtful = 0.0, 0
            continue
        source.misfit += GATING.memory * (min(d2, GATING.misfit_max) - source.misfit)
        source.doubtful = 1 if source.misfit > GATING.doubt_chi2 else 0
        if source.doubtful == 1:
            fit[r] = DOUBTFUL
        elif not expected:
            fit[r] = MISFIT


@kernel
def _out_of_reach(track: Track, covariance: Float, ux: float, uy: float, uz: float, dt: float) -> bool:
    """A cheap ball around the gate: both uncertainties, what the speed's adds, and what a turn could."""
    drift2 = 2.0 * dt * dt * (track.covariance[9] + track.covariance[14] + track.covariance[20])
    turn = GATING.turn_mps2 * dt * dt
    variance = spread2(covariance) + spread2(track.covariance) + 3.0 * GATING.bias_m2 + drift2
    return bool(ux * ux + uy * uy + uz * uz > 2.0 * (GATING.join_chi2 * variance + turn * turn))


@kernel
def track_at(track: Track, time_ns: int, x: Float, px: Float, work: Float) -> None:
    """A track's combined estimate carried to ``time_ns`` in its cruising mode, the track left as it is.

    Into ``x`` (6,) and ``px`` (21,); ``work`` (4, 6, 6) is scratch.
    """
    environment = track.environment
    for i in range(6):
        x[i] = track.state[i]
    for k in range(21):
        px[k] = track.covariance[k]
    q = mode_noise(environment, CRUISE, track.q)
    propagate_packed(motion_in(environment), x, px, q, (time_ns - track.time_ns) * 1e-9, work)


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
    """Every (report, track) pair within the joining gate, for the reports marked in ``seeks`` (n,).

    ``rows`` (n,) are the tracks that they are paired with. One that seeks may be paired already, in doubt:
    its own track is a candidate like others, only a little preferred.
    """
    state, covariance, time_ns = reports.state, reports.covariance, reports.time_ns
    cells = index_cells(a, time_ns)
    n = len(cells.position)
    claimed = np.zeros(n, np.bool_)
    for r in range(len(rows)):
        if rows[r] >= 0 and not seeks[r]:
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
            if track.contributor_count == CONTRIBUTORS_MAX and rows[r] != row:
                continue
            if has_contributor_of(a, track, reports.slot[r]):
                continue
            track_at(track, time_ns, x, px, work)
            d2, spread = distance(state[r], covariance[r], x, px, triangles)
            if d2 > GATING.join_chi2:
                continue
            stick = GATING.stick_chi2 if rows[r] == row else 0.0
            pairs = listed(a, pairs, first, found, r, row, d2 + spread - stick)
            found += 1
    return Pairs(pairs.report[:found], pairs.row[:found], pairs.cost[:found])
