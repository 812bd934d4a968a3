"""The node without its sockets: a function of the scenario, whole however time is cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from fusion import Report
from nodes.link import limits
from nodes.sensing.scan import Scan
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.loader import load
from nodes.simulation.spec import Scenario
from nodes.tracking.columns import TrackColumns
from triwatch.v1 import status_pb2, track_pb2

SMALL = """
[scenario]
name = "small"
start = 2024-06-27T00:00:00Z
duration_s = 60.0
seed = 5

[[nodes]]
id = "KOR-1"
nation = "KOR"
report_period_s = 1.5
tracker = "imm"
joins_s = 6.0
leaves_s = 50.0
  [[nodes.sensors]]
  kind = "radar"
  lat_deg = 33.5
  lon_deg = 126.5
  alt_m = 2000.0
  range_km = 300.0
  period_s = 2.0
  pd = 0.9
  sigma_range_m = 30.0
  sigma_azimuth_mrad = 1.0
  sigma_elevation_mrad = 1.0
  false_alarms_per_scan = 0.5
  azimuth_limits_deg = [300.0, 120.0]
  [[nodes.sensors]]
  kind = "sonar"
  lat_deg = 33.0
  lon_deg = 127.0
  range_km = 40.0
  period_s = 5.0
  sigma_azimuth_mrad = 8.0

[[nodes]]
id = "USA-1"
nation = "USA"
releasable_to = ["KOR"]
  [[nodes.sensors]]
  kind = "infrared"
  lat_deg = 0.0
  lon_deg = 120.0
  alt_m = 35786000.0
  period_s = 2.0
  sigma_azimuth_mrad = 0.03
  sigma_elevation_mrad = 0.03

[[objects]]
id = "A"
kind = "waypoints"
environment = "AIR"
identity = "FRIEND"
call_sign = "VIPER 1"
waypoints = [[0.0, 34.0, 127.0, 9000.0], [60.0, 34.1, 127.1, 9000.0]]

[[objects]]
id = "B"
kind = "waypoints"
environment = "AIR"
waypoints = [[0.0, 33.5, 128.0, 6000.0], [60.0, 33.6, 127.9, 6000.0]]
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return load(str(path))


def moment(event: Scan | track_pb2.TrackBatch) -> int:
    """When a scan was made, or a report."""
    return event.time_ns if isinstance(event, Scan) else event.sent_time_ns


def reports(events: Iterator[object]) -> list[bytes]:
    return [e.SerializeToString(deterministic=True) for e in events if isinstance(e, track_pb2.TrackBatch)]


def test_the_same_scenario_gives_the_same_reports_however_time_is_cut(scenario: Scenario) -> None:
    end = scenario.time_ns(scenario.duration_s)
    whole = reports(simulated_node(scenario, "KOR-1").advance(end))
    assert whole
    pieces, node = [], simulated_node(scenario, "KOR-1")
    for tenth in range(701):
        pieces += reports(node.advance(scenario.time_ns(tenth / 10.0)))
    assert pieces == whole
    assert node.done


def test_events_come_in_time_order_and_sequences_have_no_gap(scenario: Scenario) -> None:
    node = simulated_node(scenario, "KOR-1", incarnation=4)
    last, expected = 0, 1
    for event in node.advance(scenario.time_ns(60.0)):
        now = moment(event)
        if not isinstance(event, Scan):
            assert set(event.valid_time_ns) <= {now}
            assert (event.sequence, event.incarnation) == (expected, 4)
            assert (now - scenario.time_ns(6.0)) % 1_500_000_000 == 0
            assert Report.from_bytes(event.SerializeToString()).fault is None
            expected += 1
        assert now >= last
        assert now == node.time_ns
        last = now
    assert expected > 20


def test_the_watermark_is_kept(scenario: Scenario) -> None:
    """Whatever comes after a heartbeat is valid later than it promised, with a higher sequence."""
    node = simulated_node(scenario, "KOR-1")
    for second in range(60):
        (status,) = node.statuses()
        mark = status.punctuation[0]
        for event in node.advance(scenario.time_ns(second + 1.0)):
            if isinstance(event, track_pb2.TrackBatch):
                assert min(event.valid_time_ns, default=event.sent_time_ns) > mark.low_watermark_ns
                assert event.sequence > mark.last_sequence
                assert event.stream == mark.stream


def test_it_joins_and_leaves_when_the_scenario_says(scenario: Scenario) -> None:
    node = simulated_node(scenario, "KOR-1")
    assert node.time_ns == scenario.time_ns(6.0)
    assert [s.state for s in node.statuses()] == [status_pb2.NODE_STATE_ALIVE]
    events = list(node.advance(scenario.time_ns(60.0)))
    times = [moment(e) for e in events]
    assert min(times) >= scenario.time_ns(6.0)
    assert max(times) <= scenario.time_ns(50.0)
    assert node.done
    assert [s.state for s in node.statuses()] == [status_pb2.NODE_STATE_LEAVING]
    assert list(node.advance(scenario.time_ns(60.0))) == []


@pytest.mark.parametrize(
    "blinded",
    [
        {"range_km = 300.0": "range_km = 1.5"},
        {"pd = 0.9": "pd = 0.0", "false_alarms_per_scan = 0.5": "false_alarms_per_scan = 0.0"},
    ],
    ids=["nothing in range", "nothing detected"],
)
def test_a_node_that_sees_nothing_still_reports(tmp_path: Path, blinded: dict[str, str]) -> None:
    text = SMALL
    for old, new in blinded.items():
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "blind.toml").write_text(text, encoding="utf-8")
    scenario = load(str(tmp_path / "blind.toml"))
    node = simulated_node(scenario, "KOR-1")
    events = [e for e in node.advance(scenario.time_ns(60.0)) if not isinstance(e, Scan)]
    assert [e.sequence for e in events] == list(range(1, 31)), "one every 1.5 s from 6 s to 50 s"
    assert {len(e.local_number) for e in events} == {0}
    assert all(Report.from_bytes(e.SerializeToString()).rows == 0 for e in events)
    assert node.statuses()[0].punctuation[0].last_sequence == 30


def test_every_stream_reports_also_the_one_without_a_track(tmp_path: Path) -> None:
    rule = '\n  [[nodes.releases]]\n  environments = ["SPACE"]\n  releasable_to = ["KOR"]\n'
    text = SMALL.replace('[[nodes]]\nid = "USA-1"', rule + '[[nodes]]\nid = "USA-1"')
    (tmp_path / "two.toml").write_text(text, encoding="utf-8")
    scenario = load(str(tmp_path / "two.toml"))
    events = list(simulated_node(scenario, "KOR-1").advance(scenario.time_ns(60.0)))
    said = {s: [e for e in events if not isinstance(e, Scan) and e.stream == s] for s in ("", "KOR")}
    assert [len(batches) for batches in said.values()] == [30, 30]
    assert {len(e.local_number) for e in said["KOR"]} == {0}


def test_a_scan_tells_nothing_of_where_it_came_from(scenario: Scenario) -> None:
    """No text but the replies' call signs: nothing that could name an object."""
    origins: list[tuple[str, ...]] = []
    node = simulated_node(scenario, "KOR-1", on_scan=lambda _, object_id: origins.append(object_id))
    scans = [e for e in node.advance(scenario.time_ns(60.0)) if isinstance(e, Scan)]
    assert len(scans) == len(origins)
    assert [len(s.measurement) for s in scans] == [len(o) for o in origins]
    assert set().union(*origins) == {"", "A", "B"}
    for scan in scans:
        told = {f.name: getattr(scan, f.name) for f in fields(scan)}
        replies = told.pop("replies")
        assert {type(value) for value in told.values()} <= {int, str, np.ndarray, type(None)}
        assert told["kind"] in ("radar", "sonar")
        assert replies is None or set(replies.call_sign) == {"VIPER 1"}


def test_a_friend_is_named_and_a_silent_one_is_not(scenario: Scenario) -> None:
    node = simulated_node(scenario, "KOR-1")
    final = [e for e in node.advance(scenario.time_ns(60.0)) if isinstance(e, track_pb2.TrackBatch)][-1]
    named = dict(zip(final.call_sign, final.identity, strict=True))
    assert named["VIPER 1"] == track_pb2.IDENTITY_FRIEND
    assert named[""] == track_pb2.IDENTITY_UNKNOWN


def test_the_heartbeat_says_what_is_covered_and_to_whom(scenario: Scenario) -> None:
    (status,) = simulated_node(scenario, "KOR-1").statuses()
    assert [s.kind for s in status.sensor] == ["radar", "sonar"]
    assert (status.sensor[0].azimuth_from_deg, status.sensor[0].azimuth_to_deg) == (300.0, 120.0)
    assert status.sensor[0].range_m == 300_000.0
    assert len(status.position) == 3
    assert status.punctuation[0].stream == "", "KOR and USA are all the members there are"
    assert status.tracks == 0


def test_an_unknown_node_is_a_key_error(scenario: Scenario) -> None:
    with pytest.raises(KeyError):
        simulated_node(scenario, "PRK-1")


def test_more_tracks_than_a_report_has_room_for_are_told_in_several(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node used to end with its own oversize report. Before the last part its moment is not spoken for."""
    n = 4500
    node = simulated_node(scenario, "KOR-1")

    def crowd(time_ns: int) -> TrackColumns:
        state = np.tile([6.4e6, 0.0, 0.0, 0.0, 0.0, 0.0], (n, 1))
        ones = np.ones(n, np.int64)
        many = TrackColumns.plain(
            time_ns, np.arange(1, n + 1), state, np.tile(np.eye(6), (n, 1, 1)), ones, ones, np.ones(n)
        )
        told = np.ones(n, np.bool_)
        return replace(many, tracklet_told=told, call_sign=("A" * 60,) * n, parent=ones, identity=ones)

    monkeypatch.setattr(node.tracker, "report", crowd)
    begin = node.time_ns
    spoken, sequences, numbers = [], [], []
    for event in node.advance(begin):
        if isinstance(event, track_pb2.TrackBatch):
            assert len(event.SerializeToString()) < limits.BODY_BYTES_MAX["report"] - 1000
            assert Report.from_bytes(event.SerializeToString()).fault is None
            (status,) = node.statuses()
            spoken.append(status.punctuation[0].low_watermark_ns)
            sequences.append((event.sequence, status.punctuation[0].last_sequence))
            numbers += event.local_number
    assert sequences == [(1, 1), (2, 2), (3, 3)]
    assert spoken == [begin - 1, begin - 1, begin]
    assert sorted(numbers) == list(range(1, n + 1))
