"""A platform off its course and place, a line of sight that is turned: what is measured, and declared."""

from __future__ import annotations

import tomllib

import msgspec
import numpy as np
import pytest

from fusion.physics.geodesy import ecef2enu, enu_axes, geodetic2ecef
from nodes.errors import BadInput
from nodes.sensing.scan import Scan
from nodes.sensor_node.report import to_batch
from nodes.simulation import loader
from nodes.simulation.biases import true_biases
from nodes.simulation.sensors import SimulatedSensor
from nodes.simulation.spec import Scenario
from nodes.simulation.truth import Snapshot
from nodes.tracking.columns import TrackColumns
from triwatch.v1.track_pb2 import ENVIRONMENT_SPACE, ENVIRONMENT_SURFACE

TEXT = """
[scenario]
name = "ship"
start = 2024-06-27T00:00:00Z
duration_s = 100.0
[[nodes]]
id = "JPN-DDG"
nation = "JPN"
[[nodes.platforms]]
bias_heading_mrad = 5.0
bias_east_m = 300.0
bias_north_m = -400.0
bias_course = [[0, 0, 0, 0], [100, 1, 50, 0]]
  [[nodes.sensors]]
  kind = "radar"
  lat_deg = 34.0
  lon_deg = 129.0
  alt_m = 30.0
  range_km = 300.0
  period_s = 4.0
  pd = 1.0
  sigma_range_m = 1e-3
  sigma_azimuth_mrad = 1e-6
  sigma_elevation_mrad = 1e-6
  bias_azimuth_mrad = 1.0
  platform = 1
  misalignment = {heading_mrad = 4.0, east_m = 200.0, north_m = 200.0, azimuth_mrad = 2.0}
  [[nodes.sensors]]
  kind = "sonar"
  lat_deg = 34.0
  lon_deg = 129.0
  range_km = 60.0
  period_s = 4.0
  pd = 1.0
  sigma_azimuth_mrad = 1e-6
  platform = 1
  misalignment = {heading_mrad = 4.0}
[[nodes]]
id = "USA-IR"
nation = "USA"
  [[nodes.sensors]]
  kind = "infrared"
  lat_deg = 0.0
  lon_deg = 120.0
  alt_m = 35786000.0
  period_s = 4.0
  pd = 1.0
  sigma_azimuth_mrad = 1e-6
  sigma_elevation_mrad = 1e-6
  bias_roll_mrad = 2.0
  bias_pitch_mrad = -1.0
"""


def world(text: str = TEXT) -> Scenario:
    return loader.checked(tomllib.loads(text), "ship.toml")


def seen(node_id: str, index: int, position: np.ndarray, environment: int, t_s: float = 0.0) -> Scan:
    """Of one object that stands still."""
    scene = world()
    sensor = SimulatedSensor(scene.node(node_id).sensors[index], index, node_id, scene)
    state = np.concatenate([position, np.zeros(3)])[None]
    there = Snapshot(t_s, ("X",), state, np.array([environment]), np.zeros(1, int), np.ones(1, bool), ("",))
    return sensor.scan(t_s, there).scan


def test_radar_and_sonar_of_a_ship_share_its_heading_and_its_place() -> None:
    target = geodetic2ecef(34.1, 129.2, 0.0)
    east, north, _ = ecef2enu(target, 34.0, 129.0, 0.0)
    azimuth = np.arctan2(east, north)
    radar, sonar = (seen("JPN-DDG", k, target, ENVIRONMENT_SURFACE) for k in (0, 1))
    assert radar.measurement[0, 1] - azimuth == pytest.approx(6e-3, abs=1e-6)
    assert sonar.measurement[0, 0] - azimuth == pytest.approx(5e-3, abs=1e-6)
    for scan in (radar, sonar):
        moved = ecef2enu(scan.position_m, 34.0, 129.0, 0.0)
        assert moved[:2] == pytest.approx([300.0, -400.0], abs=0.1)
        assert np.abs(scan.axes - enu_axes(34.0 - 400.0 / 110_918.0, 129.0 + 300.0 / 92_380.0)).max() < 1e-6
    late = seen("JPN-DDG", 0, target, ENVIRONMENT_SURFACE, 100.0)
    assert late.measurement[0, 1] - azimuth == pytest.approx(7e-3, abs=1e-6)
    assert ecef2enu(late.position_m, 34.0, 129.0, 0.0)[0] == pytest.approx(350.0, abs=0.1)


def test_a_line_of_sight_is_turned_as_a_whole() -> None:
    """What is seen at r is taken to be at r + w x r, w a vector of roll about north and pitch about east."""
    target = geodetic2ecef(38.0, 128.0, 1e5)
    scan = seen("USA-IR", 0, target, ENVIRONMENT_SPACE)
    apart = scan.axes @ (target - scan.position_m)
    line = apart / np.linalg.norm(apart) + np.cross([-1e-3, 2e-3, 0.0], apart / np.linalg.norm(apart))
    azimuth, elevation = scan.measurement[0]
    assert np.sin(elevation) == pytest.approx(line[2], abs=1e-5)
    assert np.array([np.sin(azimuth), np.cos(azimuth)]) * np.cos(elevation) == pytest.approx(
        line[:2], abs=1e-5
    )


def test_what_is_off_is_known_in_the_end_and_what_may_be_is_declared() -> None:
    scene = world()
    radar, sonar = true_biases(scene)["JPN-DDG"]
    assert radar == pytest.approx([0.0, 1e-3, 0.0, 0.0, 6e-3, 350.0, -400.0, 0.0, 0.0])
    assert sonar == pytest.approx([0.0, 0.0, 0.0, 0.0, 6e-3, 350.0, -400.0, 0.0, 0.0])
    assert true_biases(scene)["USA-IR"][0][7:] == pytest.approx([2e-3, -1e-3])
    sensors = [(one, geodetic2ecef(34.0, 129.0, 0.0)) for one in scene.node("JPN-DDG").declared]
    none = TrackColumns.plain(1, *(np.zeros(shape) for shape in (0, (0, 6), (0, 6, 6), 0, 0, 0)))
    batch = to_batch(none, "JPN-DDG", "JPN", 1, 1, "", sensors)
    assert list(batch.sensor_platform) == [1, 1]
    assert list(zip(batch.bias_sensor, batch.bias_kind, strict=True)) == [
        (1, 2),
        (1, 5),
        (1, 6),
        (1, 7),
        (2, 5),
    ]
    assert list(batch.bias_sigma) == pytest.approx([2e-3, 4e-3, 200.0, 200.0, 4e-3])
    plain = [(msgspec.structs.replace(one, platform=0, misalignment=None), place) for one, place in sensors]
    bare = to_batch(none, "JPN-DDG", "JPN", 1, 1, "", plain)
    assert not [*bare.sensor_platform, *bare.bias_sensor, *bare.bias_kind, *bare.bias_sigma]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  platform = 1\n", "", r"nodes\[0\].platforms\[0\]: no sensor has platform = 1"),
        ("[100, 1, 50, 0]", "[0, 1, 50, 0]", r"nodes\[0\].platforms\[0\].bias_course\[1\]"),
        ("heading_mrad = 4.0", "heading_mrad = -4.0", r"misalignment.heading_mrad: expected"),
        ("heading_mrad = 4.0", "yaw_mrad = 4.0", r"misalignment.yaw_mrad: unknown key"),
        ("bias_east_m = 300.0", "bias_east_m = 1e6", r"platforms\[0\].bias_east_m: expected"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(old: str, new: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        world(TEXT.replace(old, new))
    assert "\n" not in str(caught.value)
