"""Echoes and towed arrays: what is measured, against pymap3d and differences, and what the wire refuses."""

from dataclasses import replace
from typing import Any

import numpy as np
import pymap3d
import pytest
from scipy import stats

from fusion.physics.geodesy import enu_axes, geodetic2ecef
from nodes.sensing.measurement import DOPPLER, ECHO, TOWED, Look, expected_spread, measure
from nodes.sensing.scan import Ping, Scan
from nodes.sensing.sensors import Multistatic, Sonar
from nodes.sensing.wire import from_message, to_message
from nodes.simulation.sensors import SimulatedSensor
from nodes.simulation.spec import MultistaticSpec, Node, PingSource, Scenario, SonarSpec
from nodes.simulation.truth import Snapshot
from nodes.tracking.position_fix import Height, Sighting, echo_fix
from triwatch.v1.track_pb2 import ENVIRONMENT_SUBSURFACE

START_NS = 1_719_446_400 * 10**9
LAT, LON = 36.0, 131.0
EARS: dict[str, Any] = {
    "lat_deg": LAT,
    "lon_deg": LON,
    "range_km": 15.0,
    "period_s": 60.0,
    "sigma_range_m": 60.0,
    "sigma_azimuth_mrad": 30.0,
    "pd": 1.0,
}
SOURCE = PingSource(id="S1", lat_deg=36.03, lon_deg=131.05, alt_m=-30.0, period_s=60.0, phase_s=5.0)


def place(east_m: float, north_m: float, up_m: float) -> np.ndarray:
    return np.array(pymap3d.enu2ecef(east_m, north_m, up_m, LAT, LON, 0.0))


def drifting(at_m: np.ndarray, velocity_mps: np.ndarray, t_s: float, **levels: float) -> Snapshot:
    """One submarine, in uniform motion from ``at_m`` at time 0."""
    state = np.concatenate([at_m + t_s * velocity_mps, velocity_mps])
    return Snapshot(
        time_s=t_s,
        object_id=("SUB",),
        state=state[None],
        environment=np.array([ENVIRONMENT_SUBSURFACE]),
        identity=np.zeros(1, np.int64),
        boosting=np.zeros(1, np.bool_),
        call_sign=("",),
        **{name: np.array([db]) for name, db in levels.items()},
    )


def simulated(spec: MultistaticSpec | SonarSpec, *sources: PingSource) -> SimulatedSensor:
    node = Node(id="N1", nation="USA", sensors=(spec,))
    scenario = Scenario(
        name="test",
        start_ns=START_NS,
        duration_s=1e5,
        seed=4,
        description="",
        nodes=(node,),
        objects=(),
        file="test.toml",
        sources=sources,
    )
    return SimulatedSensor(spec, 0, "N1", scenario)


VELOCITY = np.array(pymap3d.enu2uvw(-3.0, 4.0, 0.0, LAT, LON))


@pytest.mark.parametrize("doppler", [False, True])
def test_an_echo_is_of_where_the_target_was_and_scatters_as_declared(doppler: bool) -> None:
    """The way there and back is sought by bisection in time, with no line of the simulation's."""
    pitch = {"frequency_hz": 3_000.0, "sigma_doppler_hz": 1.0} if doppler else {}
    one = simulated(MultistaticSpec(**EARS, source="S1", **pitch), SOURCE)
    source, ears = np.array(geodetic2ecef(36.03, 131.05, -30.0)), np.array(geodetic2ecef(LAT, LON, 0.0))
    start, off = place(5_000.0, -3_000.0, -120.0), []
    for t_s in list(one.times_s(0.0, 24_000.0)):
        ping_s = t_s - 20.0  # 30 km of sound
        assert (ping_s - 5.0) % 60.0 == pytest.approx(0.0)
        scan, origin = one.scan(t_s, drifting(start, VELOCITY, t_s))
        low, high = ping_s, t_s
        for _ in range(60):
            middle = 0.5 * (low + high)
            there = np.linalg.norm(start + middle * VELOCITY - source) / 1_500.0 < middle - ping_s
            low, high = (low, middle) if there else (middle, high)
        hit = start + low * VELOCITY
        away = np.linalg.norm(hit - ears)
        way = np.linalg.norm(hit - source) + away
        if way > 29_900.0:
            break
        hidden = way - np.linalg.norm(source - ears) < 1_000.0
        assert origin == (() if hidden else ("SUB",)), "not behind the ping's own way"
        if hidden:
            continue
        assert scan.ping is not None
        assert scan.ping.position_m == pytest.approx(source)
        azimuth = np.radians(pymap3d.ecef2aer(*hit, LAT, LON, 0.0)[0])
        wanted = [way, azimuth]
        if doppler:
            unit = (hit - source) / np.linalg.norm(hit - source) + (hit - ears) / away
            wanted.append(float(unit @ VELOCITY))
        off.append((scan.measurement[0] - wanted) / scan.sigma)
    z = np.array(off)
    assert len(z) > 40
    z[:, 1] -= np.round(z[:, 1] * 0.03 / (2.0 * np.pi)) * 2.0 * np.pi / 0.03
    low_chi2, high_chi2 = stats.chi2.interval(0.9999, z.size)
    assert low_chi2 < np.sum(z**2) < high_chi2


def test_a_source_that_is_silent_or_gone_is_not_heard() -> None:
    quiet = replace_source(silent_s=((60.0, 130.0),))
    assert list(simulated(MultistaticSpec(**EARS, source="S1"), quiet).times_s(0.0, 300.0)) == [
        25.0,
        205.0,
        265.0,
    ]
    dropped = replace_source(stations=((100.0, 200.0, 36.03, 131.05),))
    assert list(simulated(MultistaticSpec(**EARS, source="S1"), dropped).times_s(0.0, 300.0)) == [
        145.0,
        205.0,
    ]


def replace_source(**changes: Any) -> PingSource:
    names = PingSource.__struct_fields__
    return PingSource(**({name: getattr(SOURCE, name) for name in names} | changes))


def test_twelve_decibels_of_echo_are_a_factor_of_two() -> None:
    curve = ((0.0, 1.0), (4.0, 0.8), (8.0, 0.2), (15.0, 0.0))
    own = MultistaticSpec(**EARS, range_curve=curve)
    still = np.zeros(3)
    for east_m, db, wanted in ((4_000.0, 0.0, 0.8), (4_000.0, -12.04, 0.2), (8_000.0, 12.04, 0.8)):
        one = simulated(own)
        heard = [
            len(one.scan(one.phase_s + 60.0 * k, drifting(place(east_m, 0, 0), still, 0, echo_db=db)).origin)
            for k in range(700)
        ]
        assert np.mean(heard) == pytest.approx(wanted, abs=0.05)


# --- what the tracker expects


def looks() -> dict[str, Look]:
    ears, axes = np.array(geodetic2ecef(LAT, LON, 0.0)), enu_axes(LAT, LON)
    more = np.array([*geodetic2ecef(36.03, 131.05, -30.0), 1_500.0, 20.0])
    return {
        "echo": Look(ECHO, ears, axes, np.diag([60.0, 0.03]) ** 2, more=more),
        "doppler": Look(DOPPLER, ears, axes, np.diag([60.0, 0.03, 0.5]) ** 2, more=more),
        "port": Look(TOWED, ears, axes, np.array([[0.01**2]]), more=np.array([2.5])),
        "starboard": Look(TOWED, ears, axes, np.array([[0.01**2]]), more=np.array([0.4])),
    }


@pytest.mark.parametrize("name", ["echo", "doppler", "port", "starboard"])
def test_the_expected_measurement_and_its_slope(name: str) -> None:
    """Of what stands still: how far what moves has come since depends on its place, too, a little."""
    look = looks()[name]
    state = np.concatenate([place(6_000.0, 2_500.0, -100.0), np.zeros(3)])
    z, slope = measure(look, state)
    by_steps = np.zeros((len(z), 6))
    for j in range(6):
        step = np.zeros(6)
        step[j] = 1.0 if j < 3 else 0.1
        by_steps[:, j] = (measure(look, state + step)[0] - measure(look, state - step)[0]) / (2.0 * step[j])
    assert by_steps[:2, :3] == pytest.approx(slope[:2], rel=2e-3, abs=1e-8)
    if name == "doppler":
        p = np.diag([100.0**2] * 3 + [2.0**2] * 3)
        variance = 4.0 * by_steps[2, 3:] @ by_steps[2, 3:]
        assert expected_spread(look, slope, p)[2, 2] == pytest.approx(variance, rel=0.01)


def test_a_towed_array_does_not_tell_its_sides_apart() -> None:
    look = looks()["starboard"]
    east, north = np.sin(0.4 + 0.7), np.cos(0.4 + 0.7)
    mirror_east, mirror_north = np.sin(0.4 - 0.7), np.cos(0.4 - 0.7)
    for e, n in ((east, north), (mirror_east, mirror_north)):
        assert measure(look, place(5e3 * e, 5e3 * n, 0.0))[0] == pytest.approx([0.7], abs=1e-3)


def test_an_echo_gives_a_position() -> None:
    """Of a still target; the covariance is that of the two quantities and the depth, checked by scatter."""
    look = looks()["echo"]
    at = place(6_000.0, -2_500.0, -100.0)
    true, _ = measure(look, at)
    rng, off = np.random.default_rng(7), []
    for _ in range(300):
        fix = echo_fix(
            Sighting(look, true + np.sqrt(np.diag(look.noise)) * rng.standard_normal(2)), Height(-100.0, 50.0)
        )
        assert fix is not None
        apart = (look.axes @ (fix.position_m - at))[:2]
        off.append(apart @ np.linalg.solve((look.axes @ fix.covariance @ look.axes.T)[:2, :2], apart))
    assert np.mean(off) == pytest.approx(2.0, abs=0.4)
    assert echo_fix(Sighting(look, np.array([1_000.0, 0.3])), Height(-100.0, 50.0)) is None, (
        "shorter than direct"
    )


# --- the wire

ECHOES = Multistatic(**EARS)
ARRAY = Sonar(lat_deg=LAT, lon_deg=LON, range_km=40.0, period_s=20.0, sigma_azimuth_mrad=10.0, array="towed")


def scan_of(kind: str) -> Scan:
    look = looks()["echo"]
    plain = Scan(
        START_NS + 30 * 10**9, 0, "sonar", look.position_m, look.axes, np.array([0.01]), np.array([[0.7]])
    )
    if kind == "towed":
        return replace(plain, axis_rad=1.25)
    ping = Ping(START_NS + 10 * 10**9, np.array(geodetic2ecef(36.03, 131.05, -30.0)), 1_500.0)
    return replace(
        plain, kind="multistatic", sigma=np.array([60.0, 0.03]), measurement=np.array([[9e3, 2.0]]), ping=ping
    )


def test_echoes_and_towed_arrays_survive_the_wire() -> None:
    echo, towed = (
        from_message(to_message(scan_of(k), "N", 1, 1), [s]) for k, s in (("echo", ECHOES), ("towed", ARRAY))
    )
    assert towed.axis_rad == 1.25
    assert echo.ping is not None
    assert (echo.ping.time_ns, echo.ping.sound_mps) == (START_NS + 10 * 10**9, 1_500.0)
    assert np.array_equal(echo.measurement, [[9e3, 2.0]])
    assert Look.of(echo).code == ECHO
    assert Look.of(towed).code == TOWED


def test_what_no_such_sensor_can_have_made_is_refused() -> None:
    echo, towed = to_message(scan_of("echo"), "N", 1, 1), to_message(scan_of("towed"), "N", 1, 1)
    plain = Sonar(lat_deg=LAT, lon_deg=LON, range_km=40.0, period_s=20.0, sigma_azimuth_mrad=10.0)
    with pytest.raises(ValueError, match="axis_bearing: expected of a towed array"):
        from_message(towed, [plain])
    towed.ClearField("axis_bearing")
    with pytest.raises(ValueError, match="axis_bearing: expected of a towed array"):
        from_message(towed, [ARRAY])
    echo.ping_time_ns = echo.time_ns + 1
    with pytest.raises(ValueError, match="ping_time_ns: expected"):
        from_message(echo, [ECHOES])
    del echo.ping_position[:]
    with pytest.raises(ValueError, match="ping_position: expected 3 numbers"):
        from_message(echo, [ECHOES])
