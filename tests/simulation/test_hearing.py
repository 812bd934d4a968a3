"""Passive sonar: how far a contact is heard by its loudness and the listener's own noise, and how surely."""

from dataclasses import replace
from typing import Any

import numpy as np
import pymap3d
import pytest
from scipy import stats

from nodes.sensing.sensors import in_water
from nodes.sensing.wire import from_message, to_message
from nodes.simulation.sensors import SimulatedScan, SimulatedSensor
from nodes.simulation.spec import Node, Scenario, SonarSpec, Waypoints
from nodes.simulation.truth import Snapshot
from triwatch.v1.track_pb2 import ENVIRONMENT_SUBSURFACE

LAT, LON = 32.0, 126.0
CURVE = ((0.0, 1.0), (5.0, 0.9), (10.0, 0.5), (20.0, 0.1), (30.0, 0.0))
EARS: dict[str, Any] = {
    "lat_deg": LAT,
    "lon_deg": LON,
    "range_km": 30.0,
    "min_range_km": 0.1,
    "period_s": 10.0,
    "pd": 0.8,
    "sigma_azimuth_mrad": 10.0,
    "range_curve": CURVE,
}
SAIL = ((0.0, LAT, LON), (100_000.0, LAT + 10.0, LON))
"""North by 10 degrees of latitude in 100,000 s: 11.09 m/s, 21.6 knots."""


def at_km(ranges_km: list[float], noise_db: list[float] | None = None) -> Snapshot:
    """Contacts due east at these ranges, named by their index."""
    n = len(ranges_km)
    places = [pymap3d.aer2ecef(90.0, 0.0, 1e3 * r, LAT, LON, 0.0) for r in ranges_km]
    return Snapshot(
        time_s=0.0,
        object_id=tuple(str(i) for i in range(n)),
        state=np.concatenate([np.array(places), np.zeros((n, 3))], axis=1),
        environment=np.full(n, ENVIRONMENT_SUBSURFACE),
        identity=np.zeros(n, np.int64),
        boosting=np.zeros(n, np.bool_),
        call_sign=("",) * n,
        noise_db=None if noise_db is None else np.array(noise_db),
    )


def simulated(spec: SonarSpec) -> SimulatedSensor:
    scenario = Scenario(
        name="test",
        start_ns=1_719_446_400_000_000_000,
        duration_s=1e5,
        seed=11,
        description="",
        nodes=(Node(id="N1", nation="KOR", sensors=(spec,)),),
        objects=(),
        file="test.toml",
    )
    return SimulatedSensor(spec, 0, "N1", scenario)


def scans(spec: SonarSpec, what: Snapshot, count: int) -> list[SimulatedScan]:
    one = simulated(spec)
    return [one.scan(one.phase_s + k * spec.period_s, what) for k in range(count)]


def heard(spec: SonarSpec, what: Snapshot, count: int = 1_500) -> list[float]:
    """Share of the scans in which each contact is heard."""
    origins = [name for _, origin in scans(spec, what, count) for name in origin]
    return [origins.count(str(i)) / count for i in range(len(what.object_id))]


def expected(ranges_km: list[float]) -> list[float]:
    rows = np.array(CURVE)
    return [0.8 * float(np.interp(r, rows[:, 0], rows[:, 1])) for r in ranges_km]


def test_a_contact_is_heard_as_often_as_the_curve_says() -> None:
    ranges = [2.0, 7.5, 15.0, 25.0]
    assert heard(SonarSpec(**EARS), at_km(ranges)) == pytest.approx(expected(ranges), abs=0.04)


def test_six_decibels_are_a_factor_of_two_in_range() -> None:
    """6.02 dB louder at 15 km is heard as 0 dB at 7.5 km; 6.02 dB quieter at 5 km as at 10."""
    loud = 20.0 * np.log10(2.0)
    got = heard(SonarSpec(**EARS), at_km([15.0, 5.0], [loud, -loud]))
    assert got == pytest.approx(expected([7.5, 10.0]), abs=0.04)


def test_own_noise_grows_with_speed_and_costs_range() -> None:
    """At 21.6 knots, between rows of 10 and 30, 6.02 dB: half the range."""
    loud = 20.0 * np.log10(2.0) / 0.58
    noise = ((10.0, 0.0), (30.0, loud))
    still, under_way = SonarSpec(**EARS, own_noise=noise), SonarSpec(**EARS, own_noise=noise, track=SAIL)
    assert heard(still, at_km([5.0]), 600) == pytest.approx(expected([5.0]), abs=0.06)
    one, beside = simulated(under_way), at_km([5.0])
    hits = 0
    for k in range(1_500):
        t_s = one.phase_s + 10.0 * k
        own, _ = one.scan(t_s, beside)
        place = own.position_m + 5e3 * own.axes[0]
        hits += len(one.scan(t_s, replace(beside, state=np.append(place, np.zeros(3))[None])).origin)
    assert hits / 1_500 == pytest.approx(expected([10.0])[0], abs=0.04)


def test_each_bearing_is_as_sure_as_its_signal() -> None:
    """Sigma grows with the range as heard, and what is measured scatters as each detection says."""
    spec = SonarSpec(**(EARS | {"pd": 1.0, "range_curve": ((0.0, 1.0), (30.0, 1.0))}), sigma_far_mrad=60.0)
    scatter, by_range = [], {}
    for scan, origin in scans(spec, at_km([2.0, 15.0, 29.0]), 700):
        assert scan.detection_sigma is not None
        off = (scan.measurement[:, 0] - np.pi / 2.0) / scan.detection_sigma[:, 0]
        scatter += off.tolist()
        by_range |= dict(zip(origin, scan.detection_sigma[:, 0].tolist(), strict=True))
    assert by_range == pytest.approx({"0": 0.01, "1": 0.03, "2": 0.058}, rel=1e-3)
    assert stats.kstest(scatter, "norm").pvalue > 1e-3


def test_what_a_scan_says_of_each_detection_survives_the_wire() -> None:
    spec = SonarSpec(**EARS, sigma_far_mrad=60.0, false_alarms_per_scan=2.0)
    for scan, _ in scans(spec, at_km([3.0, 8.0]), 5):
        back = from_message(to_message(scan, "N1", 1, 1), [spec.declared])
        assert (back.detection_sigma is None) == (not len(scan.measurement))
        if len(scan.measurement):
            assert np.array_equal(back.detection_sigma, scan.detection_sigma)
    message = to_message(scans(spec, at_km([3.0]), 1)[0].scan, "N1", 1, 1)
    del message.detection_sigma[:]
    message.detection_sigma.extend([0.01] * (len(message.measurement) + 1))
    with pytest.raises(ValueError, match="detection_sigma: expected"):
        from_message(message, [spec.declared])


def test_a_dipping_sonar_is_where_it_dips_and_silent_between() -> None:
    spec = SonarSpec(**EARS, stations=((100.0, 160.0, 32.0, 126.0), (300.0, 340.0, 32.5, 126.5)), phase_s=0.0)
    one = simulated(spec)
    times = list(one.times_s(0.0, 1_000.0))
    assert times == [100.0, 110.0, 120.0, 130.0, 140.0, 150.0, 300.0, 310.0, 320.0, 330.0]
    assert [in_water(spec, t) for t in (99.0, 100.0, 159.9, 160.0, 310.0)] == [False, True, True, False, True]
    first, second = (one.scan(t, at_km([1.0])).scan.position_m for t in (150.0, 300.0))
    assert first == pytest.approx(pymap3d.geodetic2ecef(32.0, 126.0, 0.0))
    assert second == pytest.approx(pymap3d.geodetic2ecef(32.5, 126.5, 0.0))


def test_a_submarine_is_louder_while_it_snorkels() -> None:
    boat = Waypoints(
        id="S",
        environment="SUBSURFACE",
        waypoints=((0.0, 32.0, 126.0, -20.0), (600.0, 32.1, 126.0, -20.0)),
        noise_db=-3.0,
        noise_course=((100.0, 0.0), (101.0, 20.0), (200.0, 20.0), (201.0, 0.0)),
    )
    assert [boat.noise_at(t) for t in (0.0, 100.5, 150.0, 300.0)] == pytest.approx([-3.0, 7.0, 17.0, -3.0])
