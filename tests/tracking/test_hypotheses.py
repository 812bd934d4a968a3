"""Other readings: tracks whose plumes pass each other keep to their own missile."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial

import numpy as np
import pytest

from fusion.physics.geodesy import geodetic2ecef
from nodes.sensing.measurement import INFRARED, Look
from nodes.sensing.sensors import Sensor
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.sensors.platform import Platform
from nodes.simulation.spec import InfraredSpec
from nodes.simulation.truth import World
from nodes.tracking.environment import SPACE
from nodes.tracking.filters import NationalFilter, national_filter
from nodes.tracking.held_tracks import HeldTracks
from nodes.tracking.hypotheses import BETTER, DOUBTED, Doubts, Other, branched
from nodes.tracking.motion_models import ignition
from nodes.tracking.scan_likelihood import weigh
from nodes.tracking.track import Track
from nodes.tracking.track_report import HELD_BACK_NS, TrackReport
from origins import Origins
from triwatch.v1 import track_pb2
from warning_chain import scenario

MOMENT_S = 5


@pytest.fixture(scope="module")
def world() -> World:
    return World(scenario("salvo"))


def fed(world: World, node_id: str, seed: int, until_s: int) -> dict[tuple[str, int], Counter[str]]:
    """By reported track: seconds in which what was last reported of it held detections of which missile."""
    one = scenario("salvo", seed)
    origins = Origins()
    node = simulated_node(one, node_id, world=world, on_scan=partial(origins.receive, node_id))
    origins.listen(node)
    seconds: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for t in range(1, until_s + 1):
        for _ in node.advance(one.time_ns(float(t))):
            pass
        for track, of in origins.national().items():
            seconds[track].update(of)
    return seconds


@pytest.mark.parametrize(
    ("node_id", "seed", "until_s"),
    [
        ("USA-IR", 6, 170),  # two plumes change places for a while
        ("USA-IR", 22, 170),  # three do, in a ring, and one of them is a candidate yet
        ("USA-IR", 56, 140),  # two begin as ghosts where their lines of sight cross
        ("USA-IR", 11, 150),  # one burns out beside another
        (
            "USA-IR",
            0,
            120,
        ),  # two come over the clouds together; one ghost sinks to where silence is no wonder
        ("USA-SHIP", 8, 175),  # a radar's candidate begins with one missile and goes on with the next
    ],
)
def test_no_track_of_two_missiles(world: World, node_id: str, seed: int, until_s: int) -> None:
    found = fed(world, node_id, seed, until_s)
    assert len(found) >= 9
    for track, seconds in found.items():
        second = sorted(seconds.values(), reverse=True)[1:2]
        assert sum(second) <= MOMENT_S, (track, seconds)


def filter_at(x: float) -> NationalFilter:
    state = np.array([6_400e3, x, 0.0, 500.0, 0.0, 0.0])
    return national_filter("imm", ignition("ekf"), state, np.diag([1e6] * 3 + [1e4] * 3))


def track(x: float, number: int) -> Track:
    return Track(filter_at(x), 0, SPACE, 0, 0, number=number)


def reading(log_weight: float, *tracks: Track) -> Other:
    branches = [branched(t) for t in tracks]
    for branch in branches:
        branch.filter = filter_at(float(branch.filter.x[1]) + 5_000.0)
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


def in_doubt(log_weight: float, *more: Sensor) -> HeldTracks:
    """Three tracks of infrared sensors and ``more``, and another reading of the first two."""
    held = HeldTracks("imm", (*scenario("salvo").node("USA-IR").declared, *more))
    held.tracks = [track(9e3 * i, i + 1) for i in range(3)]
    for one in held.tracks:
        one.hit(0, 0, one.number)
    held.doubts.others = [reading(log_weight, *held.tracks[:2])]
    return held


def test_a_track_in_doubt_is_not_reported_until_the_doubt_is_over() -> None:
    held = in_doubt(DOUBTED + 1.0)
    report = TrackReport(held, tells_lines=False)
    assert report.make(10**9).number.tolist() == [3]
    held.doubts.others[0].log_weight = DOUBTED - 1.0
    columns = report.make(2 * 10**9)
    assert columns.number.tolist() == [1, 2, 3]
    assert set(columns.status.tolist()) == {track_pb2.TRACK_STATUS_MAINTAINING}


def test_a_radars_doubt_is_reported_all_the_same() -> None:
    held = in_doubt(DOUBTED + 1.0, *scenario("salvo").node("USA-SHIP").declared)
    for one in held.tracks[:2]:
        one.hit(len(held.sensors) - 1, 0, one.number)
    assert TrackReport(held, tells_lines=False).make(10**9).number.tolist() == [1, 2, 3]


def test_a_track_long_in_doubt_is_reported_now_and_then() -> None:
    held = in_doubt(DOUBTED + 1.0)
    report, period_ns, told = TrackReport(held, tells_lines=False), 10**9, []
    for at in range(period_ns, 3 * HELD_BACK_NS, period_ns):
        for one in held.tracks:
            one.hit(0, at, one.number)
        if 1 in report.make(at).number.tolist():
            told.append(at)
    assert told == [HELD_BACK_NS, 2 * HELD_BACK_NS]


def test_the_end_of_a_track_in_doubt_is_told() -> None:
    held = in_doubt(DOUBTED + 1.0)
    held.remove(held.tracks[:1])
    columns = TrackReport(held, tells_lines=False).make(10**9)
    assert columns.number.tolist() == [1, 3]
    assert columns.status.tolist()[0] == track_pb2.TRACK_STATUS_TERMINATED


def test_silence_tells_against_a_track_in_the_clouds_but_less_than_above_them() -> None:
    spec = scenario("salvo").node("USA-IR").sensors[0]
    assert isinstance(spec, InfraredSpec)
    low, high = (aloft(spec.min_target_alt_m + up, number) for number, up in enumerate((-300.0, 3e3), 1))
    position, axes = Platform(spec).at(0.0)
    look = Look(INFRARED, position, axes, np.diag(np.square([3e-5, 3e-5])))
    w = weigh([low, high], spec, 0, look, np.empty((0, 2)))
    assert w.watched.tolist() == [True, True]
    assert w.looked.tolist() == [False, True]
    assert w.told(1, None) < w.told(0, None) < 0.0


def aloft(height_m: float, number: int) -> Track:
    """A track in steep climb in the salvo's place, known to a kilometre."""
    position = np.array(geodetic2ecef(39.2, 125.8, height_m))
    up = position / np.linalg.norm(position)
    filter = national_filter(
        "imm", ignition("ekf"), np.append(position, 500.0 * up), np.diag([1e6] * 3 + [1e4] * 3)
    )
    return Track(filter, 0, SPACE, 0, 0, number=number)
