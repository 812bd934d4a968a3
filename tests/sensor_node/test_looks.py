"""What a node tells of where it listened and heard nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from fusion.physics.geodesy import enu_axes, geodetic2ecef
from fusion.picture import Picture
from fusion.report.report import Report
from fusion_oracle.reports import at_ns, report
from nodes.sensing.scan import Scan
from nodes.sensing.sensors import Radar, Sonar
from nodes.sensor_node.looks import Looks
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.loader import checked
from triwatch.v1 import track_pb2

LAT_DEG, LON_DEG = 36.0, 131.0
PLACE, AXES = geodetic2ecef(LAT_DEG, LON_DEG, 0.0), enu_axes(LAT_DEG, LON_DEG)
SONAR = Sonar(
    lat_deg=LAT_DEG, lon_deg=LON_DEG, range_km=10.0, period_s=10.0, sigma_azimuth_mrad=10.0, pd=0.8,
    azimuth_limits_deg=(-30.0, 60.0),
)  # fmt: skip


def scan(t_s: float, bearings: list[float], sensor: int = 0) -> Scan:
    return Scan(at_ns(t_s), sensor, "sonar", PLACE, AXES, np.array([0.01]), np.array(bearings).reshape(-1, 1))


def told(t_s: float, bearing: float | None = None) -> track_pb2.TrackBatch:
    """A report, of a contact 5 km off in a bearing."""
    if bearing is None:
        return report("JPN-1", 1, t_s, np.zeros((0, 6)), local=[], environment=[], status=[], q=[])
    place = PLACE + 5e3 * (np.sin(bearing) * AXES[0] + np.cos(bearing) * AXES[1])
    return report("JPN-1", 1, t_s, np.concatenate([place, np.zeros(3)]))


def test_a_quiet_look_is_told_as_its_sensor_is_declared() -> None:
    looks, batch = Looks([SONAR]), told(10.0)
    looks.take(scan(8.0, []))
    looks.tell(batch)
    assert list(batch.look_time_ns) == [at_ns(8.0)]
    assert list(batch.look_position) == pytest.approx(PLACE.tolist())
    assert list(batch.look_probability) == pytest.approx([0.7 * 0.8])
    assert list(batch.look_range) == pytest.approx([9_000.0])
    assert list(batch.look_blind) == [1_000.0]
    assert list(batch.look_sector) == [330.0, 60.0]
    assert Report.from_bytes(batch.SerializeToString()).fault is None


def test_what_is_heard_and_not_told_of_leaves_the_look_out() -> None:
    """It may be the contact that is searched for."""
    for bearing, row, count in ((1.0, None, 0), (1.0, 1.02, 1), (1.0, 2.0, 0), (-3.1, 3.12, 1)):
        looks, batch = Looks([SONAR]), told(10.0, row)
        looks.take(scan(8.0, [bearing]))
        looks.tell(batch)
        assert len(batch.look_time_ns) == count


def test_a_line_of_bearing_explains_what_is_heard() -> None:
    looks, batch = Looks([SONAR]), told(10.0)
    batch.line_bearing.append(1.01)
    batch.line_sigma.append(0.01)
    looks.take(scan(8.0, [1.0]))
    looks.tell(batch)
    assert len(batch.look_time_ns) == 1


def test_looks_of_a_sensor_are_a_minute_apart_and_of_sonars_alone() -> None:
    radar = Radar(
        lat_deg=LAT_DEG, lon_deg=LON_DEG, range_km=10.0, period_s=10.0, sigma_range_m=10.0,
        sigma_azimuth_mrad=1.0, sigma_elevation_mrad=1.0,
    )  # fmt: skip
    looks, count = Looks([SONAR, radar, SONAR]), []
    for t_s in range(0, 130, 10):
        looks.take(scan(t_s, []))
        looks.take(scan(t_s, [], 1))
        looks.take(scan(t_s, [], 2))
        batch = told(t_s)
        looks.tell(batch)
        count.append(len(batch.look_time_ns))
    assert count == [2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 2]


def test_a_node_of_a_scenario_tells_looks_and_areas_that_a_picture_folds() -> None:
    sonar = {"kind": "sonar", "lat_deg": 36.0, "lon_deg": 131.0, "range_km": 3.0, "period_s": 10.0}
    area = {
        "lat_deg": 36.0, "lon_deg": 131.0, "half_east_km": 4.0, "half_north_km": 3.0,
        "from_s": 15.0, "until_s": 500.0, "prior": 0.6,
    }  # fmt: skip
    node = {
        "id": "JPN-1", "nation": "JPN", "report_period_s": 10.0, "tells_looks": True, "areas": [area],
        "sensors": [sonar | {"sigma_azimuth_mrad": 10.0}],
    }  # fmt: skip
    head = {"name": "quiet", "start": datetime(2024, 6, 27, tzinfo=UTC), "duration_s": 200.0, "seed": 1}
    scenario = checked({"scenario": head, "nodes": [node], "objects": [far_away()]}, "quiet")
    made = [
        event
        for event in simulated_node(scenario, "JPN-1").advance(scenario.time_ns(200.0))
        if isinstance(event, track_pb2.TrackBatch)
    ]
    assert sum(len(batch.area_number) for batch in made) == 1
    assert 3 <= sum(len(batch.look_time_ns) for batch in made) <= 4
    picture = Picture()
    for batch in made:
        assert picture.fold(batch) == "folded"
    (one,) = picture.searches.maps
    assert one.name.node_id == "JPN-1"
    assert one.exists < 0.55


def far_away() -> dict[str, object]:
    points = [[0.0, 40.0, 140.0, 0.0], [200.0, 40.01, 140.0, 0.0]]
    return {"id": "S", "kind": "waypoints", "environment": "SURFACE", "waypoints": points}
