"""Other readings: tracks whose plumes pass each other keep to their own missile."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from nodes.national.behaviour import IGNITION
from nodes.national.doubts import BETTER, Doubts, Other, branched
from nodes.national.environment import SPACE
from nodes.national.filters import national_filter
from nodes.national.node import NationalNode
from nodes.national.track import Track
from nodes.scenario.truth import World
from origins import Origins
from warning_chain import scenario

MOMENT_S = 5


@pytest.fixture(scope="module")
def world() -> World:
    return World(scenario("salvo"))


def fed(world: World, node_id: str, seed: int, until_s: int) -> dict[tuple[str, int], Counter[str]]:
    """By confirmed track: seconds in which its recent detections were of which missile."""
    one = scenario("salvo", seed)
    node = NationalNode(one, node_id, world=world)
    origins = Origins([node])
    seconds: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for t in range(1, until_s + 1):
        for _ in node.advance(one.time_ns(float(t))):
            pass
        for track, of in origins.national(one.time_ns(float(t))).items():
            seconds[track].update(of)
    return seconds


@pytest.mark.parametrize(
    ("node_id", "seed", "until_s"),
    [
        ("USA-IR", 6, 170),  # two plumes change places for a while
        ("USA-IR", 22, 170),  # three do, in a ring, and one of them is a candidate yet
        ("USA-IR", 56, 140),  # two begin as ghosts where their lines of sight cross
        ("USA-IR", 11, 150),  # one burns out beside another
        ("USA-SHIP", 8, 175),  # a radar's candidate begins with one missile and goes on with the next
    ],
)
def test_no_track_of_two_missiles(world: World, node_id: str, seed: int, until_s: int) -> None:
    found = fed(world, node_id, seed, until_s)
    assert len(found) >= 9
    for track, seconds in found.items():
        second = sorted(seconds.values(), reverse=True)[1:2]
        assert sum(second) <= MOMENT_S, (track, seconds)


def track(x: float, number: int) -> Track:
    state = np.array([6_400e3, x, 0.0, 500.0, 0.0, 0.0])
    filter = national_filter("imm", IGNITION, state, np.diag([1e6] * 3 + [1e4] * 3))
    return Track(filter, 0, SPACE, 0, 0, number=number)


def reading(log_weight: float, *tracks: Track) -> Other:
    branches = [branched(t) for t in tracks]
    for branch in branches:
        branch.filter.x[1] += 5_000.0
    return Other(list(tracks), branches, log_weight, 0)


def test_a_better_reading_is_held_and_what_was_held_becomes_the_other_one() -> None:
    a, b = track(0.0, 1), track(9e3, 2)
    was, doubts = (a.filter, b.filter), Doubts()
    other = reading(BETTER + 2.0, a, b)
    its = tuple(branch.filter for branch in other.branches)
    doubts.others = [other]
    doubts.settle(1)
    assert (a.filter, b.filter) == its
    assert (a.number, b.number) == (1, 2)
    assert doubts.others == [other]
    assert tuple(branch.filter for branch in other.branches) == was
    assert other.log_weight == -2.0 - BETTER


def test_a_reading_of_some_of_the_same_tracks_is_told_against_what_is_held_now() -> None:
    a, b, c, d = (track(9e3 * i, i + 1) for i in range(4))
    best, shares, apart = reading(3.0, a, b), reading(1.0, b, c), reading(-1.0, c, d)
    was_a = a.filter.x.copy()
    doubts = Doubts()
    doubts.others = [shares, best, apart]
    doubts.settle(1)
    assert [o.log_weight for o in (best, shares, apart)] == [-3.0, -2.0, -1.0]
    assert set(shares.tracks) == {a, b, c}
    np.testing.assert_array_equal(shares.branches[shares.tracks.index(a)].filter.x, was_a)
    assert apart.tracks == [c, d]


def test_what_has_come_to_the_same_is_no_other_reading() -> None:
    a, b = track(0.0, 1), track(9e3, 2)
    doubts = Doubts()
    doubts.others = [Other([a, b], [branched(a), branched(b)], -0.5, 0)]
    doubts.settle(1)
    assert doubts.others == []
