"""Two targets side by side, nearer than gates tell apart: wrong pairings are found and turned."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import Picture
from fusion.lifecycle.rows import BLOCK
from fusion.pairing.reassign import take_back
from fusion_oracle import reports as r
from triwatch.v1 import picture_pb2, track_pb2

SURFACE = int(track_pb2.ENVIRONMENT_SURFACE)
SIGMA_M = 60.0


def places(t: float, apart_m: float) -> np.ndarray:
    """Two targets on parallel courses."""
    ahead = np.array([*r.PLACE_M, 0.0, 150.0, 0.0])
    ahead[:3] += ahead[3:] * t
    beside = ahead.copy()
    beside[0] += apart_m
    return np.array([ahead, beside])


BLOCKS = {"A": 1, "B": 2, "C": 3}
"""Number blocks: a track's number tells whose track it began as."""


def contributors(picture: Picture) -> set[frozenset[tuple[str, int]]]:
    """Which nodes' tracks each shared track is made of, by the node's own numbers, from what was told."""
    nodes = {block: node_id for node_id, block in BLOCKS.items()}
    update = picture.delta()
    made = {number: {(nodes[number // BLOCK], number % BLOCK)} for number in update.number}
    assert set(made) == set(picture.tracks().number.tolist())
    for lineage in update.lineage:
        source = (lineage.node_id, lineage.local_number)
        if lineage.event == picture_pb2.LINEAGE_EVENT_CORRELATED:
            made[lineage.track].add(source)
        elif lineage.event == picture_pb2.LINEAGE_EVENT_DECORRELATED:
            made[lineage.track].remove(source)
    return {frozenset(sources) for sources in made.values()}


def run(seed: int, swaps_at_s: float, seconds: int = 90, apart_m: float = 250.0) -> Picture:
    """Three nodes see both targets; the third takes one for the other at a moment, and says nothing of it."""
    rng = np.random.default_rng(seed)
    picture = Picture(blocks=BLOCKS)
    state = dict.fromkeys("ABC")
    for t in range(seconds):
        truth = places(t, apart_m)
        for name in "ABC":
            # errors that last, as a tracker's do, not as a detection's
            fresh = rng.normal(0.0, 1.0, (2, 6)) * [*[SIGMA_M] * 3, 4.0, 4.0, 4.0]
            state[name] = fresh if state[name] is None else 0.8 * state[name] + 0.6 * fresh
            seen = truth + state[name]
            if name == "C" and t >= swaps_at_s:
                seen = seen[::-1]
            picture.fold(r.report(name, t + 1, t, seen, np.array([r.diagonal(SIGMA_M, 4.0)] * 2), q=1.0))
    return picture


@pytest.mark.parametrize("seed", range(6))
def test_a_tracker_that_takes_one_for_the_other_is_followed(seed: int) -> None:
    """The third node's numbers change places; the picture keeps its own and pairs the node's anew."""
    before, after = run(seed, np.inf), run(seed, 45.0)
    assert len(after.tracks()) == 2
    assert set(before.tracks().number.tolist()) == set(after.tracks().number.tolist())
    straight = {frozenset({("A", 1), ("B", 1), ("C", 1)}), frozenset({("A", 2), ("B", 2), ("C", 2)})}
    turned = {frozenset({("A", 1), ("B", 1), ("C", 2)}), frozenset({("A", 2), ("B", 2), ("C", 1)})}
    assert contributors(before) == straight
    assert contributors(after) == turned


@pytest.mark.parametrize("seed", range(6))
def test_pairings_that_are_right_are_left_alone(seed: int) -> None:
    """Near as the targets are, nothing is exchanged in 90 s of noise."""
    events = [lineage.event for lineage in run(seed, np.inf).delta().lineage]
    assert events.count(picture_pb2.LINEAGE_EVENT_CORRELATED) == 4, "each track's second and third node"
    assert picture_pb2.LINEAGE_EVENT_DECORRELATED not in events


def test_an_exchange_is_told() -> None:
    """So that the test before this one can fail."""
    events = [lineage.event for lineage in run(0, 45.0).delta().lineage]
    assert events.count(picture_pb2.LINEAGE_EVENT_DECORRELATED) == 2


def roadstead(seed: int, seconds: int = 400) -> Picture:
    """Two ships lie 80 m apart; a third node's tracks begin between them and settle on the other one each.

    What it told before stays in the shared tracks for long: they lean towards it.
    """
    rng = np.random.default_rng(seed)
    picture, sigma_m = Picture(blocks=BLOCKS), 12.0
    truth = np.array([[*r.PLACE_M, 0.0, 0.0, 0.0]] * 2)
    truth[1, 0] += 80.0
    error = {name: rng.normal(0.0, 1.0, (2, 6)) * [*[sigma_m] * 3, 0.2, 0.2, 0.2] for name in "ABC"}
    spread = np.array([r.diagonal(sigma_m, 0.2)] * 2)
    for t in range(0, seconds, 5):
        for k, name in enumerate("ABC"):
            fresh = rng.normal(0.0, 1.0, (2, 6)) * [*[sigma_m] * 3, 0.2, 0.2, 0.2]
            error[name] = 0.95 * error[name] + 0.31 * fresh
            seen = truth + error[name]
            if name == "C":
                settled = min(t / 100.0, 1.0)
                seen = seen + (seen[::-1] - seen) * (0.3 + 0.7 * settled)
            picture.fold(r.report(name, t // 5 + 1, t + k, seen, spread, q=1e-3, environment=SURFACE))
    return picture


@pytest.mark.parametrize("seed", range(6))
def test_ships_are_paired_by_what_the_nodes_say_not_by_what_was_fused(seed: int) -> None:
    picture = roadstead(seed)
    assert len(picture.tracks()) == 2
    assert contributors(picture) == {
        frozenset({("A", 1), ("B", 1), ("C", 2)}),
        frozenset({("A", 2), ("B", 2), ("C", 1)}),
    }


def anchorage(seed: int, seconds: int) -> tuple[Picture, np.ndarray]:
    """Three ships at anchor, 60 m from each other; a third node's tracks begin a place further round each.

    So they are paired, all three wrongly, and no two of them the right way round. Then they settle.
    """
    rng = np.random.default_rng(seed)
    picture, sigma_m = Picture(blocks=BLOCKS), 12.0
    truth = np.array([[*r.PLACE_M, 0.0, 0.0, 0.0]] * 3)
    truth[1, 0] += 60.0
    truth[2, :2] += [30.0, 52.0]
    spread = np.array([r.diagonal(sigma_m, 0.2)] * 3)
    error = {name: rng.normal(0.0, 1.0, (3, 6)) * [*[8.0] * 3, 0.1, 0.1, 0.1] for name in "ABC"}
    for t in range(0, seconds, 5):
        for k, name in enumerate("ABC"):
            fresh = rng.normal(0.0, 1.0, (3, 6)) * [*[8.0] * 3, 0.1, 0.1, 0.1]
            error[name] = 0.95 * error[name] + 0.31 * fresh
            seen = truth + error[name]
            if name == "C" and t < 20:
                seen = truth[[1, 2, 0]] + error[name]
            picture.fold(r.report(name, t // 5 + 1, t + k, seen, spread, q=1e-3, environment=SURFACE))
    return picture, truth


@pytest.mark.parametrize("seed", range(6))
def test_pairings_wrong_in_a_ring_are_turned_and_what_was_fused_is_let_go(seed: int) -> None:
    """No exchange of two mends three; nor does the mean of right and wrong reports hold afterwards."""
    picture, truth = anchorage(seed, 30)
    assert len(picture.tracks()) == 3
    assert contributors(picture) == {
        frozenset({("A", 1), ("B", 1), ("C", 1)}),
        frozenset({("A", 2), ("B", 2), ("C", 2)}),
        frozenset({("A", 3), ("B", 3), ("C", 3)}),
    }
    error_m = np.linalg.norm(picture.tracks().state[:, :3] - truth[:, :3], axis=1)
    assert np.sqrt((error_m**2).mean()) < 18.0


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(range(8)), min_size=6, max_size=6, unique=True),
    st.lists(st.booleans(), min_size=6, max_size=6),
    st.lists(st.integers(1, 3), min_size=8, max_size=8),
)
def test_of_moves_between_tracks_none_is_left_half_done(
    goals: list[int], moves: list[bool], contributors: list[int]
) -> None:
    """Eight tracks, six of them held by a node's reports of which some are to move to others."""
    picture = Picture(blocks=BLOCKS)
    ships = np.array([[*r.PLACE_M, 0.0, 0.0, 0.0]] * 8)
    ships[:, 0] += 1e4 * np.arange(8)
    picture.fold(r.report("A", 1, 0, ships, np.array([r.diagonal(SIGMA_M, 4.0)] * 8), environment=SURFACE))
    assert len(picture.tracks()) == 8
    a = picture._table.arrays
    tracks = picture._table.live_rows()
    a.tracks["contributor_count"][tracks] = contributors
    rows, holder = tracks[:6].copy(), np.full(len(a.numbers), -1)
    holder[rows] = np.arange(6)
    match = np.where(moves, tracks[goals], -1)
    match[match == rows] = -1
    wanted = match.copy()
    take_back(a, rows, holder, match)
    assert all(match[k] in (-1, wanted[k]) for k in range(6))
    for k in np.flatnonzero(match >= 0):
        gives_way = holder[match[k]]
        assert gives_way < 0 or match[gives_way] >= 0, "two tracks of one node in one"
        assert a.tracks["contributor_count"][rows[k]] > 1 or rows[k] in match, "a track of nobody's"
    for k in range(6):
        ring = [k]
        while wanted[ring[-1]] >= 0 and (after := holder[wanted[ring[-1]]]) >= 0 and after not in ring:
            ring.append(after)
        if wanted[ring[-1]] >= 0 and holder[wanted[ring[-1]]] == k:
            assert (match[ring] == wanted[ring]).all(), "a whole exchange is made"
