"""Sensor models: what they see, how wrong they are, and that chance depends on the seed alone."""

from typing import Any

import numpy as np
import pymap3d
import pytest
from pymap3d.los import lookAtSpheroid
from scipy import stats

from nodes.simulation.sensors import SimulatedScan, SimulatedSensor
from nodes.simulation.sensors.resolution import merge_unresolved
from nodes.simulation.sensors.view import look, over_horizon, unblocked
from nodes.simulation.spec import InfraredSpec, Node, RadarSpec, Scenario, SensorSpec, SonarSpec
from nodes.simulation.truth import Snapshot
from triwatch.v1.track_pb2 import (
    ENVIRONMENT_AIR,
    ENVIRONMENT_SPACE,
    ENVIRONMENT_SUBSURFACE,
    ENVIRONMENT_SURFACE,
)

LAT, LON = 36.7, 127.5
RADAR: dict[str, Any] = {
    "lat_deg": LAT,
    "lon_deg": LON,
    "alt_m": 100.0,
    "range_km": 500.0,
    "period_s": 4.0,
    "sigma_range_m": 30.0,
    "sigma_azimuth_mrad": 1.0,
    "sigma_elevation_mrad": 2.0,
    "pd": 1.0,
}
INFRARED: dict[str, Any] = {
    "lat_deg": 0.0,
    "lon_deg": 120.0,
    "alt_m": 35_786_000.0,
    "period_s": 2.0,
    "sigma_azimuth_mrad": 0.03,
    "sigma_elevation_mrad": 0.05,
    "pd": 1.0,
}
SONAR: dict[str, Any] = {
    "lat_deg": 32.0,
    "lon_deg": 126.0,
    "range_km": 40.0,
    "period_s": 10.0,
    "sigma_azimuth_mrad": 8.0,
    "pd": 1.0,
}


def snapshot(
    places: list[tuple[float, float, float]],
    environment: int | list[int] = ENVIRONMENT_AIR,
    boosting: bool | list[bool] = False,
) -> Snapshot:
    """Objects at latitude deg, longitude deg, height m, named by their index."""
    n = len(places)
    position = np.array([pymap3d.geodetic2ecef(*p) for p in places]).reshape(n, 3)
    return Snapshot(
        time_s=0.0,
        object_id=tuple(str(i) for i in range(n)),
        state=np.concatenate([position, np.zeros((n, 3))], axis=1),
        environment=np.broadcast_to(environment, (n,)).astype(np.int64),
        identity=np.zeros(n, dtype=np.int64),
        boosting=np.broadcast_to(boosting, (n,)).astype(np.bool_),
        call_sign=("",) * n,
    )


def scenario(*sensors: SensorSpec, seed: int = 7, node_id: str = "N1", **node: Any) -> Scenario:
    return Scenario(
        name="test",
        start_ns=1_719_446_400_000_000_000,
        duration_s=100.0,
        seed=seed,
        description="",
        nodes=(Node(id=node_id, nation="KOR", sensors=sensors, **node),),
        objects=(),
        file="test.toml",
    )


def sensor(spec: SensorSpec, seed: int = 7, node_id: str = "N1", index: int = 0) -> SimulatedSensor:
    return SimulatedSensor(spec, index, node_id, scenario(spec, seed=seed, node_id=node_id))


def scans(spec: SensorSpec, what: Snapshot, count: int, seed: int = 7) -> list[SimulatedScan]:
    one = sensor(spec, seed)
    return [one.scan(one.phase_s + k * spec.period_s, what) for k in range(count)]


def seen(spec: SensorSpec, what: Snapshot) -> list[str]:
    ((_, origin),) = scans(spec, what, 1)
    return sorted(origin, key=lambda name: (len(name), name))


def wrapped(angle: np.ndarray) -> np.ndarray:
    return (angle + np.pi) % (2.0 * np.pi) - np.pi


def ring(height_m: float, count: int = 40, degrees: float = 1.5) -> list[tuple[float, float, float]]:
    turn = 2.0 * np.pi * np.arange(count) / count
    return [(LAT + degrees * np.cos(a), LON + degrees * np.sin(a), height_m) for a in turn]


# --- errors


def test_radar_residuals_are_what_it_declares() -> None:
    """Against pymap3d's azimuth, elevation and range: zero mean, chi-square with three degrees each."""
    places = ring(9000.0)
    results = scans(RadarSpec(**RADAR), snapshot(places), 100)
    expected = np.array([pymap3d.geodetic2aer(*p, LAT, LON, 100.0) for p in places])
    normal = []
    for scan, origin in results:
        assert scan.measurement.shape == (40, 3)
        for name, (r, az, el) in zip(origin, scan.measurement, strict=True):
            true_az, true_el, true_r = expected[int(name)]
            off = np.array([r - true_r, wrapped(az - np.radians(true_az)), el - np.radians(true_el)])
            normal.append(off / scan.sigma)
    z = np.array(normal)
    assert results[0].scan.sigma == pytest.approx([30.0, 1e-3, 2e-3])
    assert np.abs(z.mean(axis=0)).max() < 4.0 / np.sqrt(len(z))
    low, high = stats.chi2.interval(0.9999, 3 * len(z))
    assert low < np.sum(z**2) < high
    assert np.abs(np.corrcoef(z.T) - np.eye(3)).max() < 0.07
    for column in z.T:
        assert stats.kstest(column, "norm").pvalue > 1e-4


def test_infrared_and_sonar_residuals_are_what_they_declare() -> None:
    places = [(39.2, 125.7, 60_000.0), (20.0, 150.0, 200_000.0)]
    z = []
    for scan, origin in scans(InfraredSpec(**INFRARED), snapshot(places, ENVIRONMENT_SPACE, True), 500):
        for name, (az, el) in zip(origin, scan.measurement, strict=True):
            true_az, true_el, _ = pymap3d.geodetic2aer(*places[int(name)], 0.0, 120.0, 35_786_000.0)
            assert el < 0.0
            z.append(np.array([wrapped(az - np.radians(true_az)), el - np.radians(true_el)]) / scan.sigma)
    low, high = stats.chi2.interval(0.9999, 2 * len(z))
    assert low < np.sum(np.square(z)) < high
    ships = [(32.1, 126.1, 0.0), (31.9, 126.2, -80.0)]
    b = []
    for scan, origin in scans(
        SonarSpec(**SONAR), snapshot(ships, [ENVIRONMENT_SURFACE, ENVIRONMENT_SUBSURFACE]), 500
    ):
        assert scan.measurement.shape == (2, 1)
        for name, (bearing,) in zip(origin, scan.measurement, strict=True):
            true_az = pymap3d.geodetic2aer(*ships[int(name)], 32.0, 126.0, 0.0)[0]
            b.append(wrapped(bearing - np.radians(true_az)) / scan.sigma[0])
    low, high = stats.chi2.interval(0.9999, len(b))
    assert low < np.sum(np.square(b)) < high


def test_biases_are_added_and_not_declared() -> None:
    spec = RadarSpec(**RADAR, bias_range_m=200.0, bias_azimuth_mrad=-5.0)
    places = ring(9000.0)
    off = []
    for scan, origin in scans(spec, snapshot(places), 50):
        for name, (r, az, _) in zip(origin, scan.measurement, strict=True):
            true_az, _, true_r = pymap3d.geodetic2aer(*places[int(name)], LAT, LON, 100.0)
            off.append((r - true_r, wrapped(az - np.radians(true_az))))
    assert np.mean(off, axis=0) == pytest.approx([200.0, -5e-3], abs=3.0)
    assert np.mean(off, axis=0)[1] == pytest.approx(-5e-3, abs=1e-4)
    assert scans(spec, snapshot(places), 1)[0].scan.sigma == pytest.approx([30.0, 1e-3, 2e-3])


def test_biases_drift_and_jump_as_their_course_says() -> None:
    """1 mrad in azimuth more within 40 s, then 2 mrad in elevation at once; the seed's noise is the same."""
    course = ((0.0, 0.0, 0.0, 0.0), (40.0, 0.0, 1.0, 0.0), (40.001, 0.0, 1.0, 2.0))
    still, moving = RadarSpec(**RADAR, bias_elevation_mrad=3.0), RadarSpec(**RADAR, bias_course=course)
    places = ring(9000.0)
    for (one, _), (other, _) in zip(
        scans(still, snapshot(places), 25), scans(moving, snapshot(places), 25), strict=True
    ):
        t_s = (other.time_ns - 1_719_446_400_000_000_000) * 1e-9
        for off in other.measurement - one.measurement:
            assert off[0] == pytest.approx(0.0, abs=1e-6)
            assert wrapped(off[1]) == pytest.approx(1e-3 * min(1.0, t_s / 40.0), abs=1e-9)
            assert off[2] == pytest.approx(-3e-3 + (2e-3 if t_s > 40.001 else 0.0), abs=1e-9)


def test_azimuth_stays_within_a_turn_across_north() -> None:
    north = snapshot([(LAT + 1.0, LON, 9000.0)])
    azimuths = np.concatenate([scan.measurement[:, 1] for scan, _ in scans(RadarSpec(**RADAR), north, 100)])
    assert azimuths.min() >= 0.0
    assert azimuths.max() < 2.0 * np.pi
    assert np.any(azimuths < 0.1)
    assert np.any(azimuths > 6.1)


def test_probability_of_detection() -> None:
    found = sum(len(s.origin) for s in scans(RadarSpec(**(RADAR | {"pd": 0.8})), snapshot(ring(9000.0)), 100))
    assert stats.binomtest(found, 4000, 0.8).pvalue > 1e-4
    assert (
        sum(len(s.origin) for s in scans(RadarSpec(**(RADAR | {"pd": 0.0})), snapshot(ring(9000.0)), 5)) == 0
    )


# --- false alarms


def test_false_alarms_are_poisson_and_fill_the_volume_evenly() -> None:
    spec = RadarSpec(**RADAR, false_alarms_per_scan=3.0, min_elevation_deg=2.0, max_elevation_deg=60.0)
    results = scans(spec, snapshot([]), 1000)
    counts = np.array([len(s.origin) for s in results])
    assert all(name == "" for s in results for name in s.origin)
    assert stats.poisson.cdf(counts.sum(), 3000) == pytest.approx(0.5, abs=0.4999)
    assert counts.var() / counts.mean() == pytest.approx(1.0, abs=0.15)
    r, az, el = np.concatenate([s.scan.measurement for s in results]).T
    # even in volume: the cube of range, the azimuth and the sine of elevation are each uniform
    low, high = np.sin(np.radians([2.0, 60.0]))
    for value, start, width in (
        (r**3, 1000.0**3, 500_000.0**3),
        (az, 0.0, 2.0 * np.pi),
        (np.sin(el), low, high - low),
    ):
        assert stats.kstest(value, stats.uniform(start, width).cdf).pvalue > 1e-4


def test_false_alarms_keep_to_the_sensors_limits() -> None:
    spec = RadarSpec(
        **RADAR,
        false_alarms_per_scan=20.0,
        azimuth_limits_deg=(330.0, 40.0),
        min_target_alt_m=2_000.0,
        max_target_alt_m=20_000.0,
    )
    results = scans(spec, snapshot([]), 50)
    assert sum(len(s.origin) for s in results) > 900
    for scan, _ in results:
        for r, az, el in scan.measurement:
            alt = pymap3d.aer2geodetic(np.degrees(az), np.degrees(el), r, LAT, LON, 100.0)[2]
            assert 1_900.0 < alt < 20_100.0 + r**2 / 1e10
            assert (np.degrees(az) - 330.0) % 360.0 <= 70.0


def test_false_alarms_from_orbit_lie_on_the_earths_disc() -> None:
    results = scans(InfraredSpec(**INFRARED, false_alarms_per_scan=20.0), snapshot([]), 20)
    az, el = np.degrees(np.concatenate([s.scan.measurement for s in results])).T
    ground = lookAtSpheroid(0.0, 120.0, 35_786_000.0, az, 90.0 + el)[2]
    # the disc is a sphere's: near the poles its rim stands a little over the ellipsoid's
    assert np.mean(np.isfinite(ground)) > 0.98


# --- coverage


def test_range_elevation_azimuth_and_height_limits() -> None:
    places = [
        (LAT + 1.0, LON, 9000.0),
        (LAT, LON + 1.0, 9000.0),
        (LAT - 1.0, LON, 9000.0),
        (LAT + 0.05, LON, 9000.0),
    ]
    what = snapshot(places)
    assert seen(RadarSpec(**RADAR), what) == ["0", "1", "2", "3"]
    assert seen(RadarSpec(**(RADAR | {"range_km": 100.0})), what) == ["1", "3"]
    assert seen(RadarSpec(**RADAR, min_range_km=20.0), what) == ["0", "1", "2"]
    assert seen(RadarSpec(**RADAR, max_elevation_deg=30.0), what) == ["0", "1", "2"]
    assert seen(RadarSpec(**RADAR, min_elevation_deg=30.0), what) == ["3"]
    assert seen(RadarSpec(**RADAR, azimuth_limits_deg=(300.0, 60.0)), what) == ["0", "3"]
    assert seen(RadarSpec(**RADAR, azimuth_limits_deg=(60.0, 300.0)), what) == ["1", "2"]
    assert seen(RadarSpec(**RADAR, min_target_alt_m=15_000.0), what) == []
    assert seen(RadarSpec(**RADAR, max_target_alt_m=5_000.0), what) == []


def least_height_m(a: np.ndarray, b: np.ndarray) -> float:
    """Of the straight line between two points above the ellipsoid, by sampling it."""
    line = a + np.linspace(0.0, 1.0, 4001)[:, None] * (b - a)
    return float(np.min(pymap3d.ecef2geodetic(*line.T)[2]))


@pytest.mark.parametrize("alt_m", [20.0, 500.0, 9000.0])
def test_horizon_without_refraction_is_the_straight_line(alt_m: float) -> None:
    rng = np.random.default_rng(1)
    places = [
        (LAT + rng.uniform(-6.0, 6.0), LON + rng.uniform(-6.0, 6.0), 10.0 ** rng.uniform(1.0, 4.5))
        for _ in range(400)
    ]
    what = snapshot(places)
    position = np.array(pymap3d.geodetic2ecef(LAT, LON, alt_m))
    axes = np.eye(3)
    one = sensor(
        RadarSpec(**(RADAR | {"alt_m": alt_m, "range_km": 5000.0, "refraction": False, "min_range_km": 0.0}))
    )
    visible = {int(name) for name in one.scan(one.phase_s, what).origin}
    blocked = 0
    for i, target in enumerate(what.state[:, :3]):
        clear = least_height_m(position, target)
        # within 100 m of grazing the mean sphere and the ellipsoid may differ
        if abs(clear) > 100.0 or clear == pytest.approx(min(alt_m, places[i][2]), abs=1.0):
            assert (i in visible) == (clear > 0.0), places[i]
        blocked += clear < 0.0
    assert 50 < blocked < 390
    assert axes.shape == (3, 3)


def test_refraction_reaches_further_by_the_four_thirds_rule() -> None:
    """An aircraft at 10 km meets the horizon of a radar at 100 m at sqrt(2 k R)(sqrt(h1) + sqrt(h2))."""

    def farthest_km(refraction: bool) -> float:
        degrees = np.arange(2.0, 5.0, 0.005)
        what = snapshot([(LAT + d, LON, 10_000.0) for d in degrees])
        found = seen(RadarSpec(**(RADAR | {"range_km": 900.0, "refraction": refraction})), what)
        return float(degrees[int(found[-1])]) * 111.0

    for k, refraction in ((1.0, False), (4.0 / 3.0, True)):
        expected = np.sqrt(2.0 * k * 6371e3) * (np.sqrt(100.0) + np.sqrt(10_000.0)) / 1e3
        assert farthest_km(refraction) == pytest.approx(expected, rel=0.01)


def test_line_of_sight_from_orbit_is_blocked_by_the_earth() -> None:
    rng = np.random.default_rng(2)
    places = [
        (rng.uniform(-90.0, 90.0), rng.uniform(-180.0, 180.0), 10.0 ** rng.uniform(4.0, 6.3))
        for _ in range(300)
    ]
    what = snapshot(places, ENVIRONMENT_SPACE, True)
    position = np.array(pymap3d.geodetic2ecef(0.0, 120.0, 35_786_000.0))
    visible = {int(name) for name in seen(InfraredSpec(**INFRARED), what)}
    expected = {i for i, s in enumerate(what.state) if least_height_m(position, s[:3]) > 0.0}
    assert 50 < len(expected) < 250
    assert visible == expected


def test_infrared_sees_burning_vehicles_above_the_clouds_and_nothing_else() -> None:
    places = [(39.2, 125.7, 60_000.0), (39.2, 126.7, 60_000.0), (39.2, 125.0, 5_000.0)]
    assert seen(InfraredSpec(**INFRARED), snapshot(places, ENVIRONMENT_SPACE, [True, False, True])) == ["0"]
    ground = InfraredSpec(**(INFRARED | {"lat_deg": LAT, "lon_deg": LON, "alt_m": 100.0, "range_km": 600.0}))
    assert seen(ground, snapshot(places, ENVIRONMENT_SPACE, True)) == ["0", "1"]


def test_sonar_hears_what_is_in_the_water_and_near() -> None:
    places = [
        (32.1, 126.0, 0.0),
        (32.0, 126.1, -100.0),
        (32.1, 126.1, 300.0),
        (33.0, 126.0, 0.0),
        (32.0, 126.0, 0.0),
    ]
    what = snapshot(
        places,
        [
            ENVIRONMENT_SURFACE,
            ENVIRONMENT_SUBSURFACE,
            ENVIRONMENT_AIR,
            ENVIRONMENT_SURFACE,
            ENVIRONMENT_SURFACE,
        ],
    )
    assert seen(SonarSpec(**SONAR), what) == ["0", "1"], "not the aircraft, not what is far, not its own ship"


def test_radar_does_not_see_what_is_under_water() -> None:
    spec = RadarSpec(**(RADAR | {"lat_deg": 32.0, "lon_deg": 126.0, "alt_m": 8000.0, "refraction": True}))
    what = snapshot([(32.1, 126.0, 0.0), (32.1, 126.1, -50.0)], [ENVIRONMENT_SURFACE, ENVIRONMENT_SUBSURFACE])
    assert seen(spec, what) == ["0"]


def test_geometry_helpers_take_empty_snapshots() -> None:
    view = look(snapshot([]), np.array(pymap3d.geodetic2ecef(LAT, LON, 0.0)), np.eye(3), 0.0)
    assert over_horizon(view, True).shape == (0,)
    assert unblocked(view).shape == (0,)
    for spec in (RadarSpec(**RADAR), InfraredSpec(**INFRARED), SonarSpec(**SONAR)):
        ((scan, origin),) = scans(spec, snapshot([]), 1)
        assert scan.measurement.shape == (0, len(scan.sigma))
        assert origin == ()


# --- resolution


def test_close_targets_merge_and_far_ones_do_not() -> None:
    true = np.array([[50e3, 1.0, 0.1], [50.05e3, 1.001, 0.1], [50e3, 1.1, 0.1], [60e3, 1.0, 0.1]])
    merged, kept = merge_unresolved(true, 100.0, 5e-3)
    assert kept == [0, 2, 3]
    assert merged[0] == pytest.approx([50.025e3, 1.0005, 0.1])
    assert np.array_equal(merged[1:], true[2:])


def test_merging_across_north_and_in_chains() -> None:
    true = np.array([[50e3, 0.001, 0.1], [50e3, 2.0 * np.pi - 0.001, 0.1]])
    merged, kept = merge_unresolved(true, 100.0, 5e-3)
    assert kept == [0]
    assert wrapped(merged[0, 1]) == pytest.approx(0.0, abs=1e-9)
    chain = np.array([[50e3 + 80.0 * k, 1.0, 0.1] for k in range(5)])
    assert merge_unresolved(chain, 100.0, 5e-3)[1] == [0]


def test_resolution_is_off_unless_asked_for() -> None:
    pair = snapshot([(LAT + 1.0, LON, 9000.0), (LAT + 1.0, LON + 1e-4, 9000.0)])
    assert seen(RadarSpec(**RADAR), pair) == ["0", "1"]
    assert seen(RadarSpec(**RADAR, resolution_range_m=100.0, resolution_angle_mrad=3.0), pair) == ["0"]


# --- chance and order


def test_a_scan_depends_on_seed_node_sensor_and_number_alone() -> None:
    spec, what = RadarSpec(**(RADAR | {"pd": 0.7}), false_alarms_per_scan=2.0), snapshot(ring(9000.0))
    one = sensor(spec)
    times = [one.phase_s + 4.0 * k for k in range(10)]
    forward = [one.scan(t, what).scan.measurement for t in times]
    other = sensor(spec)
    backward = [other.scan(t, what).scan.measurement for t in reversed(times)][::-1]
    for a, b in zip(forward, backward, strict=True):
        assert np.array_equal(a, b)
    for different in (sensor(spec, seed=8), sensor(spec, node_id="N2"), sensor(spec, index=1)):
        first = different.scan(different.phase_s, what).scan.measurement
        assert first.shape != forward[0].shape or not np.array_equal(first, forward[0])
    assert not np.array_equal(forward[0][:5], forward[1][:5])


def test_nothing_can_be_told_from_the_order_of_detections() -> None:
    spec = RadarSpec(**RADAR, false_alarms_per_scan=10.0)
    places = [name == "" for s in scans(spec, snapshot(ring(9000.0, 10)), 200) for name in s.origin[:1]]
    assert 0.3 < np.mean(places) < 0.7


def test_a_moving_platform_measures_from_where_it_is() -> None:
    spec = RadarSpec(
        **(RADAR | {"phase_s": 0.0, "sigma_range_m": 0.001}), track=((0.0, 32.0, 126.0), (100.0, 32.1, 126.0))
    )
    one = sensor(spec)
    what = snapshot([(33.0, 126.0, 9000.0)])
    for t, lat in ((0.0, 32.0), (48.0, 32.048), (100.0, 32.1), (400.0, 32.1)):
        scan = one.scan(t, what).scan
        assert scan.position_m == pytest.approx(pymap3d.geodetic2ecef(lat, 126.0, 100.0), abs=0.01)
        assert scan.measurement[0, 0] == pytest.approx(
            pymap3d.geodetic2aer(33.0, 126.0, 9000.0, lat, 126.0, 100.0)[2], abs=0.1
        )
        up = scan.position_m / np.linalg.norm(scan.position_m)
        assert scan.axes[2] @ up > 0.9999
        assert np.allclose(scan.axes @ scan.axes.T, np.eye(3))
    across = RadarSpec(**RADAR, track=((0.0, 0.0, 179.9), (100.0, 0.0, -179.9)))
    middle = sensor(across).scan(50.0, snapshot([])).scan.position_m
    assert middle == pytest.approx(pymap3d.geodetic2ecef(0.0, 180.0, 100.0), abs=0.01)


# --- the node's day


def test_schedule_is_in_order_and_keeps_to_the_nodes_life() -> None:
    plan = scenario(
        RadarSpec(**RADAR),
        RadarSpec(**(RADAR | {"period_s": 1.5})),
        report_period_s=2.0,
        joins_s=20.0,
        leaves_s=60.0,
    )
    node = plan.nodes[0]
    sensors = [SimulatedSensor(spec, i, node.id, plan) for i, spec in enumerate(node.sensors)]
    for one, period in zip(sensors, (4.0, 1.5), strict=True):
        times = np.array(list(one.times_s(node.joins_s, node.leaves_s or plan.duration_s)))
        assert times[0] >= 20.0
        assert times[0] - period < 20.0
        assert times[-1] < 60.0
        assert times[-1] + period >= 60.0
        assert np.allclose(np.diff(times), period)


def test_joining_late_sees_the_same_scans_as_being_there() -> None:
    what, spec = snapshot(ring(9000.0)), RadarSpec(**RADAR)
    always, late = sensor(spec), sensor(spec)
    t = list(always.times_s(0.0, 100.0))[10]
    assert t in list(late.times_s(30.0, 100.0))
    assert np.array_equal(always.scan(t, what).scan.measurement, late.scan(t, what).scan.measurement)
