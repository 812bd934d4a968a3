"""Traffic and the world as a whole: plausible motion, existence, and the same numbers every time."""

from pathlib import Path

import numpy as np
import pymap3d
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymap3d.vincenty import vdist

from nodes.errors import BadInput
from nodes.simulation.knots import Bundle, Trajectory
from nodes.simulation.loader import load
from nodes.simulation.spec import Recorded, Synthetic, Turns
from nodes.simulation.synthetic import synthetic_paths
from nodes.simulation.truth import World
from nodes.simulation.waypoints import waypoint_path
from triwatch.v1.track_pb2 import ENVIRONMENT_AIR, ENVIRONMENT_SPACE, IDENTITY_FRIEND, IDENTITY_HOSTILE

SCENARIO = """
[scenario]
name = "small"
start = 2024-06-27T00:00:00Z
duration_s = 600.0
seed = 5

[[nodes]]
id = "KOR-1"
nation = "KOR"
  [[nodes.sensors]]
  kind = "radar"
  lat_deg = 36.7
  lon_deg = 127.5
  range_km = 900.0
  period_s = 1.0
  sigma_range_m = 30.0
  sigma_azimuth_mrad = 1.0
  sigma_elevation_mrad = 1.0

[[objects]]
id = "M1"
kind = "ballistic"
launch_s = 30.0
launch_lat_deg = 39.2
launch_lon_deg = 125.7
azimuth_deg = 80.0
apogee_km = 100.0
range_km = 400.0
burn_s = 80.0

[[objects]]
id = "F1"
kind = "waypoints"
environment = "AIR"
identity = "FRIEND"
call_sign = "KESTREL 1"
waypoints = [[100.0, 33.0, 127.0, 9000.0], [400.0, 33.5, 127.6, 9500.0]]

[[objects]]
id = "traffic"
kind = "recorded"
file = "rows.csv"
environment = "AIR"
start_s = 50.0
"""


def speeds_and_accelerations(path: Trajectory) -> tuple[np.ndarray, np.ndarray]:
    velocity = path.state[:, 3:]
    gain = np.linalg.norm(np.diff(velocity, axis=0), axis=1) / np.diff(path.time_s)
    return np.linalg.norm(velocity, axis=1), gain


def write_rows(folder: Path, rows: list[tuple[float, str, float, float, float]]) -> Path:
    lines = ["time_s,object_id,lat_deg,lon_deg,alt_m", *(",".join(map(str, row)) for row in rows)]
    (folder / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "rows.csv"


@pytest.fixture
def world(tmp_path: Path) -> World:
    write_rows(
        tmp_path,
        [
            (10.0 * k, name, 32.0 + lat + 0.018 * k, 126.0, 9000.0)
            for k in range(31)
            for name, lat in (("a", 0.0), ("b", 0.5))
        ],
    )
    (tmp_path / "small.toml").write_text(SCENARIO, encoding="utf-8")
    return World(load(str(tmp_path / "small.toml")))


# --- knots


@given(
    st.lists(st.tuples(st.floats(0.01, 50.0), st.floats(-300.0, 300.0)), min_size=2, max_size=20),
    st.floats(0.0, 1.0),
)
@settings(max_examples=50)
def test_a_cubic_is_reproduced_exactly(steps: list[tuple[float, float]], share: float) -> None:
    time = np.cumsum([gap for gap, _ in steps])
    a, b, c = steps[0][1], steps[1][1] / 100.0, 0.001

    def state(t: np.ndarray) -> np.ndarray:
        p = np.stack([a * t + b * t**2 + c * t**3, -t, 5.0 + 0.0 * t], axis=-1)
        v = np.stack([a + 2 * b * t + 3 * c * t**2, -1.0 + 0.0 * t, 0.0 * t], axis=-1)
        return np.concatenate([p, v], axis=-1)

    t = time[0] + share * (time[-1] - time[0])
    alive, found = Bundle([Trajectory(time, state(time))]).at(float(t))
    assert list(alive) == [0]
    assert np.allclose(found[0], state(np.array(t)), rtol=1e-6, atol=1e-6 * (1.0 + np.abs(state(time)).max()))


def test_a_path_exists_from_its_first_knot_to_its_last_both_included() -> None:
    early = Trajectory(np.array([0.0, 10.0]), np.zeros((2, 6)))
    late = Trajectory(np.array([5.0, 20.0]), np.ones((2, 6)))
    bundle = Bundle([early, late])
    assert [list(bundle.at(t)[0]) for t in (-0.1, 0.0, 5.0, 10.0, 10.1, 20.0, 20.1)] == [
        [], [0], [0, 1], [0, 1], [1], [1], [],
    ]  # fmt: skip
    assert Bundle([]).at(0.0)[1].shape == (0, 6)


# --- waypoints


def test_a_leg_is_a_great_circle_at_even_speed_and_height() -> None:
    path = waypoint_path([[0.0, 33.0, 127.0, 9000.0], [600.0, 33.5, 128.2, 9000.0]], "airliner")
    bundle = Bundle([path])
    length = float(vdist(33.0, 127.0, 33.5, 128.2)[0]) * (1.0 + 9000.0 / 6.37e6)
    for t in np.linspace(0.0, 600.0, 50):
        state = bundle.at(float(t))[1][0]
        lat, lon, alt = pymap3d.ecef2geodetic(*state[:3])
        assert alt == pytest.approx(9000.0, abs=1.0)
        assert np.linalg.norm(state[3:]) == pytest.approx(length / 600.0, rel=2e-3)
        assert float(vdist(33.0, 127.0, lat, lon)[0]) == pytest.approx(length * t / 600.0, rel=3e-3, abs=5.0)


@pytest.mark.parametrize(
    ("kind", "speed", "turn_mps2"),
    [
        ("airliner", 230.0, 3.923),
        ("fighter", 230.0, 39.23),
        ("ship", 10.0, 0.2942),
        ("submarine", 5.0, 0.1961),
    ],
)
def test_corners_are_rounded_within_what_the_platform_bears(
    kind: Turns, speed: float, turn_mps2: float
) -> None:
    step = speed * 600.0 / 111_195.0
    rows = [
        [0.0, 0.0, 126.0, 0.0],
        [600.0, step, 126.0, 0.0],
        [1200.0, step, 126.0 + step, 0.0],
        [1800.0, 0.0, 126.0 + step, 0.0],
    ]
    path = waypoint_path(rows, kind)
    speeds, gain = speeds_and_accelerations(path)
    assert 0.9 * turn_mps2 < gain.max() < 1.05 * turn_mps2 + 0.02
    assert speeds.max() < 1.02 * speed
    assert np.all(np.diff(path.time_s) > 0.0)
    # a corner is cut by at most the square of the change of speed over eight times the acceleration
    state = Bundle([path]).at(600.0)[1][0]
    cut = np.linalg.norm(state[:3] - pymap3d.geodetic2ecef(step, 126.0, 0.0))
    assert cut < 1.05 * 2.0 * speed**2 / (8.0 * turn_mps2) + 1.0


def test_waypoints_straight_on_and_standing_still() -> None:
    onward = waypoint_path(
        [[0.0, 0.0, 10.0, 0.0], [100.0, 0.0, 10.1, 0.0], [200.0, 0.0, 10.2, 0.0]], "airliner"
    )
    speeds, gain = speeds_and_accelerations(onward)
    assert gain.max() < 0.02
    assert np.ptp(speeds) < 1e-3
    still = waypoint_path([[0.0, 30.0, 120.0, 0.0], [100.0, 30.0, 120.0, 0.0]], "ship")
    assert np.abs(still.state[:, 3:]).max() < 1e-6


def test_waypoints_over_the_antimeridian_and_the_pole() -> None:
    over = waypoint_path([[0.0, 10.0, 179.9, 9000.0], [100.0, 10.0, -179.9, 9000.0]], "airliner")
    assert np.linalg.norm(over.state[:, 3:], axis=1).max() < 230.0
    polar = waypoint_path([[0.0, 89.9, 0.0, 9000.0], [100.0, 89.9, 180.0, 9000.0]], "airliner")
    assert np.linalg.norm(polar.state[:, 3:], axis=1).max() < 230.0


# --- synthetic traffic


@pytest.mark.parametrize(
    ("environment", "fastest", "turn_mps2"), [("AIR", 262.0, 3.923), ("SURFACE", 12.5, 0.2942)]
)
def test_synthetic_traffic_is_seeded_and_plausible(
    environment: str, fastest: float, turn_mps2: float
) -> None:
    spec = Recorded(id="t", file="absent.csv", environment=environment)  # type: ignore[arg-type]
    what = Synthetic(count=40, lat_deg=32.5, lon_deg=126.5, radius_km=200.0, duration_s=1200.0)
    paths, again = synthetic_paths(spec, what, 7), synthetic_paths(spec, what, 7)
    assert len(paths) == 40
    for object_id, path in paths.items():
        assert np.array_equal(path.state, again[object_id].state)
        speeds, gain = speeds_and_accelerations(path)
        assert speeds.max() < fastest, object_id
        assert gain.max() < 1.1 * turn_mps2 + 0.02, object_id
        assert 0.0 <= path.time_s[0] < path.time_s[-1] <= 1200.0
    other = synthetic_paths(spec, what, 8)
    assert not np.array_equal(paths["001"].state, other["001"].state)


# --- the world


def test_world_shows_what_exists(world: World) -> None:
    assert world.at(0.0).object_id == ()
    snapshot = world.at(120.0)
    assert snapshot.object_id == ("M1", "F1", "traffic/a", "traffic/b")
    assert snapshot.state.shape == (4, 6)
    assert list(snapshot.environment) == [ENVIRONMENT_SPACE, *[ENVIRONMENT_AIR] * 3]
    assert list(snapshot.identity)[:2] == [IDENTITY_HOSTILE, IDENTITY_FRIEND]
    assert snapshot.call_sign == ("", "KESTREL 1", "", "")
    assert world.at(99.9).object_id == ("M1", "traffic/a", "traffic/b")
    assert world.at(400.1).object_id == ()


def test_world_knows_when_the_engine_burns(world: World) -> None:
    burning = [bool(world.at(t).boosting[0]) for t in (30.0, 70.0, 109.9, 110.1, 200.0)]
    assert burning == [True, True, True, False, False]
    assert not world.at(105.0).boosting[1:].any()


def test_flights_tell_launch_and_impact(world: World) -> None:
    (flight,) = world.flights()
    assert (flight.object_id, flight.parent_object_id) == ("M1", "")
    assert flight.launch_s == 30.0
    assert flight.burnout_s == pytest.approx(110.0)
    last = world.at(flight.impact_s).state[0]
    lat, lon, alt = pymap3d.ecef2geodetic(*last[:3])
    assert (lat, lon) == pytest.approx((flight.impact_lat_deg, flight.impact_lon_deg), abs=1e-6)
    assert alt == pytest.approx(0.0, abs=0.5)
    assert "M1" not in world.at(flight.impact_s + 0.01).object_id


def test_the_world_does_not_depend_on_who_asks_or_in_which_order(world: World, tmp_path: Path) -> None:
    again = World(load(str(tmp_path / "small.toml")))
    times = [300.0, 120.0, 45.5, 399.0]
    forward = {t: world.at(t).state for t in times}
    for t in reversed(times):
        assert np.array_equal(forward[t], again.at(t).state)


def test_errors_name_file_and_key(tmp_path: Path) -> None:
    file = tmp_path / "small.toml"
    file.write_text(SCENARIO, encoding="utf-8")
    with pytest.raises(BadInput, match=rf"^{file}: objects\[2\]\.file: rows\.csv is neither"):
        World(load(str(file)))
    file.write_text(SCENARIO.replace("burn_s = 80.0", "burn_s = 600.0"), encoding="utf-8")
    with pytest.raises(BadInput, match=rf"^{file}: objects\[0\]\.burn_s: no flight that burns for 600 s"):
        World(load(str(file)))


def test_ids_that_meet_are_refused(tmp_path: Path) -> None:
    write_rows(tmp_path, [(0.0, "a", 32.0, 126.0, 0.0), (10.0, "a", 32.001, 126.0, 0.0)])
    text = SCENARIO.replace('id = "F1"', 'id = "M1-V1"').replace(
        "burn_s = 80.0", "burn_s = 80.0\nseparates_s = 100.0\nvehicles = 1"
    )
    (tmp_path / "small.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="two objects come to have the id M1-V1"):
        World(load(str(tmp_path / "small.toml")))
