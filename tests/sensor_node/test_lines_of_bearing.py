"""What nothing but sonars has detected is told by its bearings, where the node tells lines."""

from __future__ import annotations

import itertools

import numpy as np

from fusion import Picture
from fusion.report.report import Report
from national_kit import START_NS, hydrophone, place, scan, straight
from nodes.sensing.sensors import Sonar
from nodes.sensor_node.report import to_batch
from nodes.tracking.tracker import NationalTracker
from triwatch.v1 import track_pb2

EARS = hydrophone(32.62, 126.48)
BOAT = place(32.45, 126.45, -80.0, 2.0, 1.0)


def reports(tells_lines: bool, looks: int = 12) -> list[track_pb2.TrackBatch]:
    """One sonar that hears one boat each ten seconds and reports each five."""
    tracker = NationalTracker("KOR-1", "ukf", [EARS], tells_lines)
    rng = np.random.default_rng(3)
    made = []
    for k in range(2 * looks):
        t = 5.0 * k
        if k % 2 == 0:
            tracker.process(scan(EARS, t, [straight(BOAT, t)], rng, detected=1.0))
        made.append(to_batch(tracker.report(START_NS + round(1e9 * t)), "KOR-1", "KOR", 1, k + 1, ""))
    return made


def test_a_node_that_tells_lines_tells_each_bearing_once() -> None:
    told = reports(tells_lines=True)
    assert not any(len(batch.local_number) for batch in told)
    times = [t for batch in told for t in batch.line_time_ns]
    assert times == sorted(set(times))
    assert len(times) >= 9  # all but those that made a contact of it
    for before, batch in itertools.pairwise(told):
        newest = max([*before.line_time_ns, 0])
        assert all(t > newest for t in batch.line_time_ns)
    last = next(batch for batch in reversed(told) if batch.line_contact)
    assert last.line_reach[0] == 1e3 * EARS.range_km
    assert last.line_sound_speed[0] == EARS.sound_mps
    east_north = np.array(straight(BOAT, 0.0)[:3]) - np.array(last.line_position)
    assert np.linalg.norm(east_north) < 1e3 * EARS.range_km


def test_one_that_does_not_tells_its_tracks() -> None:
    told = reports(tells_lines=False)
    assert not any(len(batch.line_contact) for batch in told)
    assert len(told[-1].local_number) == 1


def test_a_picture_shows_it_either_way() -> None:
    for tells_lines in (True, False):
        picture = Picture()
        for batch in reports(tells_lines):
            assert Report.from_bytes(batch.SerializeToString()).fault is None
            picture.fold(batch)
        assert picture.tracks().environment.tolist() == [track_pb2.ENVIRONMENT_SUBSURFACE]


def test_the_ears_say_how_fast_sound_is() -> None:
    assert isinstance(EARS, Sonar)
    assert EARS.sound_mps == 1_500.0
