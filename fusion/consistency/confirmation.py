"""Whether the others tell of a node's tracks where they should: else it invents them, or shifts them all.

A radar should see a track nearer than nine tenths of the range at which it helps to hold one that another
node holds too, in the same environment and window, where the earth is not between. A member that agrees with
nobody has no such range, so it cannot accuse; and where only two see, neither is believed more than the
other.

Each track counts once. With u of n such tracks told of by no other node, the log-likelihood ratio of 80 %
against 20 % by chance is (2 u - n) ln 4 (Wald 1945): past `alarm` the node is alone."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from fusion.arrays import Bools, Float, Ints
from fusion.constants import JUDGED, Chosen, constants
from fusion.contract import ENVIRONMENTS, MAINTAINING, RADAR
from fusion.kernel import kernel
from fusion.physics.geodesy import WGS84_A_M, WGS84_B_M
from fusion.registration.elimination import Layout
from fusion.registration.window import window_of
from fusion.table.arrays import Arrays
from fusion.table.records import Track


@constants
class Confirmation(NamedTuple):
    """When a node's tracks ought to be others' too."""

    age_s: Annotated[
        float, Chosen("s", "of a track from which others should tell of it: some three scans", JUDGED)
    ] = 30.0
    reach_share: Annotated[
        float, Chosen("1", "of the range at which a radar holds confirmed tracks counts as seen", JUDGED)
    ] = 0.9
    dip_m: Annotated[
        float,
        Chosen("m", "below the ellipsoid a line of sight may pass: air bends it, ships lie low", JUDGED),
    ] = 100.0
    alarm: Annotated[
        float, Chosen("1", "log-likelihood ratio from which a node is alone", "ln 1e4; Wald 1945")
    ] = 9.2
    unseen: Annotated[
        float,
        Chosen("1", "share of its tracks that others may miss by chance, and tell of by chance", JUDGED),
    ] = 0.2
    weight: Annotated[float, Chosen("1", "of one track more or less", "ln (0.8 / 0.2)")] = 1.3863


CONFIRMATION = Confirmation()


@kernel
def confirmed(
    a: Arrays, window: int, time_ns: int, index: Ints, layout: Layout, node_of: Ints, words: int
) -> tuple[Ints, Ints]:
    """(expected, unconfirmed) of every word, each (``words``,), once a window is over at ``time_ns``.

    ``index`` is that of `fusion.consistency.agreement.judge`; ``node_of`` (S,) is each sensor's node.
    """
    expected, unconfirmed = np.zeros(words, np.int64), np.zeros(words, np.int64)
    sensors = len(node_of)
    reach2, place = np.zeros((sensors, ENVIRONMENTS)), np.zeros((sensors, 3))
    n = a.counters[0].rows
    for row in range(n):
        if a.numbers[row] == 0 or not _several_nodes(a, a.tracks[row]):
            continue
        track = a.tracks[row]
        for k in range(track.contributor_count):
            source = a.sources[track.contributor[k]]
            if source.window != window or source.window_sensor < 0:
                continue
            s, r2 = source.window_sensor, 0.0
            for i in range(3):
                place[s, i] = source.window_place[i]
                d = track.state[i] - source.window_place[i]
                r2 += d * d
            reach2[s, track.environment] = max(reach2[s, track.environment], r2)
    for row in range(n):
        track = a.tracks[row]
        if a.numbers[row] == 0 or (time_ns - track.birth_ns) * 1e-9 < CONFIRMATION.age_s:
            continue
        several = _several_nodes(a, track)
        for k in range(track.contributor_count):
            source = a.sources[track.contributor[k]]
            word = index[source.node, source.environment]
            if word < 0 or source.status != MAINTAINING or window_of(source.time_ns) != window:
                continue
            for s in range(sensors):
                if node_of[s] == source.node or layout.kind[s] != RADAR:
                    continue
                if _sees(place[s], reach2[s, track.environment], source.state):
                    expected[word] += 1
                    unconfirmed[word] += not several
                    break
    return expected, unconfirmed


@kernel
def _several_nodes(a: Arrays, track: Track) -> bool:
    """Whether more nodes than one contribute."""
    for k in range(1, track.contributor_count):
        if a.sources[track.contributor[k]].node != a.sources[track.contributor[0]].node:
            return True
    return False


@kernel
def _sees(place: Float, reach2: float, state: Float) -> bool:
    """Whether a radar at ``place`` (3,) of so far a reach, m², ought to see what is at ``state`` (6,)."""
    r2, along, straight = 0.0, 0.0, 0.0
    flat = WGS84_A_M / WGS84_B_M  # the ellipsoid becomes a sphere
    for i in range(3):
        stretch = flat if i == 2 else 1.0
        p, d = stretch * place[i], stretch * (state[i] - place[i])
        r2 += (state[i] - place[i]) * (state[i] - place[i])
        along -= p * d
        straight += d * d
    if r2 > CONFIRMATION.reach_share * CONFIRMATION.reach_share * reach2 or straight == 0.0:
        return False
    t = min(max(along / straight, 0.0), 1.0)
    nearest2 = 0.0
    for i in range(3):
        stretch = flat if i == 2 else 1.0
        x = stretch * (place[i] + t * (state[i] - place[i]))
        nearest2 += x * x
    lowest = WGS84_A_M - CONFIRMATION.dip_m
    return nearest2 >= lowest * lowest


def alone(expected: Ints, unconfirmed: Ints) -> Bools:
    """(n,) whether more of a node's tracks are told of by nobody than chance explains."""
    return np.asarray((2.0 * unconfirmed - expected) * CONFIRMATION.weight >= CONFIRMATION.alarm)
