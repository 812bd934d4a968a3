"""A node that calibrates itself sees what it would without its biases."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from nodes.errors import BadInput
from nodes.sensing.calibration import CalibratedScans, read_calibration
from nodes.simulation.loader import load
from nodes.simulation.source import SimulatedScans
from nodes.simulation.spec import Scenario
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
