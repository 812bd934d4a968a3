"""The targets that sensors share in a window: pairings, and tracks that are one though biases part them.

Biases break the pairing of tracks before anything is known of them: 2 mrad at 400 km are 800 m. So tracks
that the biases not yet known may part are looked at together, and taken for one target where no node has two
tracks among them: an isolated one. The reach falls as biases become known. What the picture pairs is left
alone by this.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from fusion.arrays import Float, Ints
from fusion.constants import JUDGED, Chosen, constants
from fusion.kernel import kernel
from fusion.registration.elimination import PARTS_MAX, Parts
from fusion.registration.kinds import AZIMUTH, CLOCK, EAST, ELEVATION, HEADING, NORTH, PITCH, RANGE, ROLL
from fusion.table.arrays import Arrays
from fusion.table.records import CONTRIBUTORS_MAX, Source, Track
from fusion.table.spatial_index import spread2


@constants
class Isolation(NamedTuple):
    """Which tracks may be one target."""

    reach_sigmas: Annotated[
        float, Chosen("1", "tracks within so many sigmas of biases and estimates may be one", JUDGED)
    ] = 3.5
    speed_sigma_mps: Annotated[
        float, Chosen("m/s", "added to the sigma of a velocity: estimates lag in turns", JUDGED)
    ] = 5.0
    targets_max: Annotated[
        int,
        Chosen(
            "1", "in a window; of more every second, third, ... counts: 20 show 0.03 mrad in 300 s", JUDGED
        ),
    ] = 100
    together_max: Annotated[
        int, Chosen("1", "of more tracks within reach of each other nothing is known to be isolated", JUDGED)
    ] = 8


ISOLATION = Isolation()


@kernel
def _off2(source: Source, track: Track, off: Float) -> float:
    """Variance m² of where a source's sensor has a track; ``off`` (9,) are its biases' mean squares."""
    r2, v2 = 0.0, 0.0
    for i in range(3):
        r = track.state[i] - source.window_place[i]
        r2 += r * r
        v2 += track.state[i + 3] * track.state[i + 3]
    seen = off[RANGE] + r2 * (off[AZIMUTH] + off[ELEVATION]) + v2 * off[CLOCK]
    return float(seen + (off[EAST] + off[NORTH] + r2 * (off[HEADING] + off[ROLL] + off[PITCH])))


@kernel
def shared_targets(a: Arrays, window: int, time_ns: int, off: Float) -> Parts:
    """The parts of a window by target, of those that several sensors share.

    ``time_ns`` is when the window ended; ``off`` (S, 9) are the mean squares of what each sensor's biases may
    still be off.
    """
    live = np.argsort(a.numbers[: a.counters[0].rows], kind="mergesort")
    rows, n = np.empty(len(live), np.int64), 0
    for row in live:
        if a.numbers[row] != 0 and _has_part(a, a.tracks[row], window):
            rows[n] = row
            n += 1
    rows = rows[:n]
    root = _isolated(a, rows, window, time_ns, off)
    order = np.argsort(root, kind="mergesort")
    found = np.empty(PARTS_MAX * max(1, n), np.int64)
    first = np.zeros(n + 1, np.int64)
    targets, count, k = 0, 0, 0
    while k < n:
        begin = count
        several, sensor = False, -1
        at = root[order[k]]
        while k < n and root[order[k]] == at:
            track = a.tracks[rows[order[k]]]
            for c in range(track.contributor_count):
                slot = track.contributor[c]
                source = a.sources[slot]
                if source.window == window and count - begin < PARTS_MAX:
                    several = several or (sensor >= 0 and source.window_sensor != sensor)
                    sensor = source.window_sensor
                    found[count] = slot
                    count += 1
            k += 1
        if several:
            targets += 1
            first[targets] = count
        else:
            count = begin
    stride = (targets + ISOLATION.targets_max - 1) // ISOLATION.targets_max
    if stride > 1:
        kept, count = 0, 0
        for t in range(0, targets, stride):
            for p in range(first[t], first[t + 1]):
                found[count] = found[p]
                count += 1
            kept += 1
            first[kept] = count
        targets = kept
    sensors = np.empty(count, np.int64)
    information, vector = np.empty((count, 21)), np.empty((count, 6))
    state, place = np.empty((count, 6)), np.empty((count, 3))
    for p in range(count):
        source = a.sources[found[p]]
        sensors[p] = source.window_sensor
        for i in range(21):
            information[p, i] = source.window_information[i]
        for i in range(6):
            vector[p, i], state[p, i] = source.window_vector[i], source.window_state[i]
        for i in range(3):
            place[p, i] = source.window_place[i]
    return Parts(first[: targets + 1], sensors, information, vector, state, place)


@kernel
def _has_part(a: Arrays, track: Track, window: int) -> bool:
    parts = 0
    for c in range(track.contributor_count):
        parts += a.sources[track.contributor[c]].window == window
    return parts > 0


@kernel
def _isolated(a: Arrays, rows: Ints, window: int, time_ns: int, off: Float) -> Ints:
    """(n,) for each row the index of the first that it is one target with; its own where with none."""
    n = len(rows)
    x, v2 = np.empty((n, 3)), np.empty(n)
    reach2 = np.empty(n)
    widest = 0.0
    for k in range(n):
        track = a.tracks[rows[k]]
        dt_s = (time_ns - track.time_ns) * 1e-9
        for i in range(3):
            x[k, i] = track.state[i] + dt_s * track.state[i + 3]
        largest = 0.0
        for c in range(track.contributor_count):
            source = a.sources[track.contributor[c]]
            if source.window == window:
                largest = max(largest, _off2(source, track, off[source.window_sensor]))
        sigmas2 = ISOLATION.reach_sigmas * ISOLATION.reach_sigmas
        reach2[k] = sigmas2 * (largest + spread2(track.covariance))
        speed2 = ISOLATION.speed_sigma_mps * ISOLATION.speed_sigma_mps
        v2[k] = sigmas2 * (speed2 + track.covariance[9] + track.covariance[14] + track.covariance[20])
        widest = max(widest, reach2[k])
    root = np.arange(n)
    along = np.argsort(x[:, 0], kind="mergesort")
    farthest = np.sqrt(2.0 * widest)
    for p in range(n):
        k = along[p]
        q = p + 1
        while q < n and x[along[q], 0] - x[k, 0] <= farthest:
            j = along[q]
            q += 1
            apart2, faster2 = 0.0, 0.0
            for i in range(3):
                d = x[k, i] - x[j, i]
                w = a.tracks[rows[k]].state[i + 3] - a.tracks[rows[j]].state[i + 3]
                apart2 += d * d
                faster2 += w * w
            if apart2 <= reach2[k] + reach2[j] and faster2 <= v2[k] + v2[j]:
                one, other = _root_of(root, k), _root_of(root, j)
                root[max(one, other)] = min(one, other)
    for k in range(n):
        root[k] = _root_of(root, k)
    order = np.argsort(root, kind="mergesort")
    begin = 0
    while begin < n:
        end = begin + 1
        while end < n and root[order[end]] == root[order[begin]]:
            end += 1
        if end - begin > ISOLATION.together_max or (
            end - begin > 1 and _node_twice(a, rows, order[begin:end])
        ):
            for k in range(begin, end):
                root[order[k]] = order[k]
        begin = end
    return root


@kernel
def _root_of(root: Ints, k: int) -> int:
    while root[k] != k:
        k = root[k]
    return k


@kernel
def _node_twice(a: Arrays, rows: Ints, members: Ints) -> bool:
    """Whether a node has two tracks among the contributors of several tracks."""
    nodes, n = np.empty(ISOLATION.together_max * CONTRIBUTORS_MAX, np.int64), 0
    for k in members:
        track = a.tracks[rows[k]]
        for c in range(track.contributor_count):
            node = a.sources[track.contributor[c]].node
            for i in range(n):
                if nodes[i] == node:
                    return True
            nodes[n] = node
            n += 1
    return False
