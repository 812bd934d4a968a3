"""A node that calibrates itself sees what it would without its biases."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.errors import BadInput
from nodes.sensing.calibration import CalibratedScans, read_calibration
from nodes.sensing.turned import turned
from nodes.simulation.loader import load
from nodes.simulation.source import SimulatedScans
from nodes.simulation.spec import PlatformSpec, Scenario
from nodes.simulation.truth import World

NODE = "KOR-AEW"


def found(path: Path, bias: dict[str, float], used: bool = True, sensor: int = 1) -> Path:
    path.write_text(
        json.dumps({"registration": [{"node": NODE, "sensor": sensor, "bias": bias, "used": used}]})
    )
    return path


def of_node(**change: object) -> Scenario:
    """`misaligned`, for 40 s, with another ``KOR-AEW``."""
    plan = msgspec.structs.replace(load("misaligned"), duration_s=40.0)
    nodes = tuple(msgspec.structs.replace(n, **change) if n.id == NODE else n for n in plan.nodes)
    return msgspec.structs.replace(plan, nodes=nodes)


BIAS = {"range_m": 120.0, "azimuth_rad": 2e-3, "elevation_rad": 0.0, "clock_s": 0.25}


def test_calibrated_scans_are_those_of_a_sensor_without_biases(tmp_path: Path) -> None:
    (radar,) = load("misaligned").node(NODE).sensors
    assert (radar.bias_range_m, radar.bias_azimuth_mrad) == (120.0, 2.0)
    radar = msgspec.structs.replace(radar, false_alarms_per_scan=0.0)  # these are anywhere
    biased = of_node(bias_clock_s=0.25, sensors=(radar,))
    aligned = of_node(
        bias_clock_s=0.0,
        sensors=(msgspec.structs.replace(radar, bias_range_m=0.0, bias_azimuth_mrad=0.0),),
    )
    calibration = read_calibration(found(tmp_path / "x.json", BIAS), NODE, biased.node(NODE).declared)
    end_ns = biased.time_ns(38.0)
    source = CalibratedScans(SimulatedScans(biased, NODE, World(biased)), calibration)
    assert source.known_ns(end_ns) == end_ns
    seen = list(source.scans(end_ns))
    wanted = list(SimulatedScans(aligned, NODE, World(aligned)).scans(end_ns))
    assert [scan.time_ns for scan in seen] == [scan.time_ns for scan in wanted]
    assert sum(len(scan.measurement) for scan in seen) > 50
    for one, other in zip(seen, wanted, strict=True):
        apart = one.measurement - other.measurement
        apart[:, 1] = (apart[:, 1] + np.pi) % (2.0 * np.pi) - np.pi
        assert (np.abs(apart) < 1e-6).all()


def test_a_platform_that_is_off_is_calibrated(tmp_path: Path) -> None:
    """A heading and a place that are wholly known leave the scans of a platform without them."""
    (radar,) = load("misaligned").node(NODE).sensors
    one = msgspec.structs.replace(radar, false_alarms_per_scan=0.0, platform=1)
    carrier = PlatformSpec(bias_heading_mrad=5.0, bias_east_m=400.0, bias_north_m=-300.0)
    biased, aligned = of_node(sensors=(one,), platforms=(carrier,)), of_node(sensors=(one,))
    off = {"heading_rad": 5e-3, "east_m": 400.0, "north_m": -300.0}
    path = found(tmp_path / "x.json", dict.fromkeys(BIAS, 0.0) | off)
    calibration = read_calibration(path, NODE, biased.node(NODE).declared)
    end_ns = biased.time_ns(38.0)
    raw = list(SimulatedScans(biased, NODE, World(biased)).scans(end_ns))
    seen = CalibratedScans(SimulatedScans(biased, NODE, World(biased)), calibration).scans(end_ns)
    wanted = SimulatedScans(aligned, NODE, World(aligned)).scans(end_ns)
    for before, after, true in zip(raw, seen, wanted, strict=True):
        assert np.linalg.norm(before.position_m - true.position_m) == pytest.approx(500.0, abs=1.0)
        assert np.abs(after.position_m - true.position_m).max() < 0.1
        assert np.abs(after.axes - true.axes).max() < 1e-7
        apart = after.measurement - true.measurement
        apart[:, 1] = (apart[:, 1] + np.pi) % (2.0 * np.pi) - np.pi
        assert np.abs(apart).max(initial=0.0) < 1e-6
    assert len(raw) > 5


@given(
    azimuth=st.floats(-3.0, 3.0),
    elevation=st.floats(-1.4, 1.4),
    roll=st.floats(-0.05, 0.05),
    pitch=st.floats(-0.05, 0.05),
)
def test_a_line_of_sight_that_is_turned_is_turned_back(
    azimuth: float, elevation: float, roll: float, pitch: float
) -> None:
    seen = np.array([[azimuth, elevation]])
    back = turned(turned(seen, roll, pitch), -roll, -pitch)
    assert (back - seen + np.pi) % (2.0 * np.pi) == pytest.approx(np.pi, abs=1e-9)


def test_to_the_north_pitch_is_elevation_and_to_the_east_roll_lowers_it() -> None:
    north, east = np.array([[0.0, 0.0]]), np.array([[np.pi / 2.0, 0.0]])
    assert turned(north, 0.0, 1e-3) == pytest.approx(np.array([[0.0, 1e-3]]))
    assert turned(east, 1e-3, 0.0) == pytest.approx(np.array([[np.pi / 2.0, -1e-3]]))


def test_what_is_not_significant_is_left_in(tmp_path: Path) -> None:
    sensors = load("misaligned").node(NODE).declared
    calibration = read_calibration(found(tmp_path / "x.json", BIAS, used=False), NODE, sensors)
    assert calibration.clock_ns == 0
    assert not np.concatenate(calibration.offset).any()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "no result with `registration`"),
        ('{"registration": [{"node": "KOR-AEW"}]}', "no result with `registration`"),
        ('{"registration": []}', "tells of no sensor of KOR-AEW"),
        ("{", "no result with `registration`"),
    ],
)
def test_a_file_that_is_none_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(BadInput, match=said):
        read_calibration(path, NODE, load("misaligned").node(NODE).declared)


def test_a_sensor_too_many_and_values_that_are_none_are_refused(tmp_path: Path) -> None:
    sensors = load("misaligned").node(NODE).declared
    with pytest.raises(BadInput, match="has 1 sensors, it tells of 3"):
        read_calibration(found(tmp_path / "x.json", BIAS, sensor=3), NODE, sensors)
    with pytest.raises(BadInput, match="no result"):
        read_calibration(found(tmp_path / "x.json", BIAS | {"range_m": float("nan")}), NODE, sensors)
    with pytest.raises(BadInput, match="No such file"):
        read_calibration(tmp_path / "none.json", NODE, sensors)
