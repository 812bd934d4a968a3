"""The centralised bound against filterpy's estimators, and what it owes to more sensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from filterpy.kalman import ExtendedKalmanFilter, IMMEstimator, KalmanFilter
from scipy.linalg import block_diag

from fusion.physics.geodesy import ecef2geodetic, enu_axes, geodetic2ecef
from fusion.score.centralised import (
    COAST_S,
    INFRARED,
    MOTION,
    NEVER_NS,
    RADAR,
    SONAR,
    Detections,
    centralised,
)
from fusion.score.tables import AIR, SPACE, SUBSURFACE, SURFACE

Place = Callable[[float], np.ndarray]
SIGMA = {RADAR: (30.0, 1e-3, 1e-3), INFRARED: (1.0, 2e-5, 2e-5), SONAR: (1.0, 1e-2, 1.0)}


def site(lat_deg: float, lon_deg: float, alt_m: float = 100.0) -> tuple[np.ndarray, np.ndarray]:
    """A sensor's position and axes."""
    return geodetic2ecef(lat_deg, lon_deg, alt_m), enu_axes(lat_deg, lon_deg)


def observe(
    place: Place, sensors: list[tuple[int, float, float, float, float]], duration_s: float, seed: int
) -> Detections:
    """Noisy looks at one object; a sensor is (kind, lat, lon, alt, period s)."""
    rng = np.random.default_rng(seed)
    looks = []
    for kind, lat, lon, alt, period in sensors:
        looks += [(t, kind, *site(lat, lon, alt)) for t in np.arange(0.0, duration_s, period)]
    looks.sort(key=lambda look: look[0])
    measured, sigma = [], []
    for t, kind, origin, axes in looks:
        e, n, u = axes @ (place(t)[:3] - origin)
        exact = np.array([np.sqrt(e * e + n * n + u * u), np.arctan2(e, n), np.arctan2(u, np.hypot(e, n))])
        spread = np.array(SIGMA[kind])
        z = exact + rng.normal(0.0, 1.0, 3) * spread
        if kind != RADAR:
            z[0] = 0.0
        if kind == SONAR:
            z[2] = 0.0
        measured.append(z)
        sigma.append(spread)
    count = len(looks)
    return Detections(
        time_ns=np.array([round(look[0] * 1e9) for look in looks], dtype=np.int64),
        kind=np.array([look[1] for look in looks], dtype=np.int64),
        position_m=np.array([look[2] for look in looks]),
        axes=np.array([look[3] for look in looks]),
        sigma=np.array(sigma),
        scan=np.arange(count),
        object=np.zeros(count, np.int64),
        measurement=np.array(measured),
    )


def straight(lat: float, lon: float, alt: float, east: float, north: float) -> Place:
    """Uniform straight motion in ECEF."""
    start, axes = site(lat, lon, alt)
    velocity = east * axes[0] + north * axes[1]
    return lambda t: np.concatenate([start + velocity * t, velocity])


def position(d: Detections, i: int) -> tuple[np.ndarray, np.ndarray]:
    """A radar's detection as a position and its covariance, by finite differences."""

    def place(z: np.ndarray) -> np.ndarray:
        r, a, e = z
        enu = r * np.array([np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)])
        return np.asarray(d.position_m[i] + enu @ d.axes[i])

    z, step = d.measurement[i], np.diag([1.0, 1e-6, 1e-6])
    rows = [(place(z + k) - place(z - k)) / (2.0 * k.sum()) for k in step]
    jacobian = np.array(rows).T
    return place(z), jacobian @ np.diag(d.sigma[i] ** 2) @ jacobian.T


def filterpy_imm(d: Detections, environment: int) -> np.ndarray:
    """The same estimator from filterpy's parts: two filters on measured positions in an IMM.

    What floats is measured a fourth quantity, its height, from the first detection on.
    """
    period = 4.0
    motion = MOTION[environment]
    floats = environment == SURFACE

    def h(x: np.ndarray) -> np.ndarray:
        return np.array([*x[:3], float(ecef2geodetic(x[:3])[2])] if floats else x[:3])

    def jacobian(x: np.ndarray) -> np.ndarray:
        step, rows = 1.0, np.zeros((3 + floats, 6))
        for j in range(3):
            up, down = x.copy(), x.copy()
            up[j] += step
            down[j] -= step
            rows[:, j] = (h(up) - h(down)) / (2 * step)
        return rows

    filters = []
    for q in (motion.quiet_q_m2ps3, motion.busy_q_m2ps3):
        f = ExtendedKalmanFilter(dim_x=6, dim_z=3 + floats)
        f.F = np.eye(6) + period * np.eye(6, k=3)
        block = np.array([[period**3 / 3, period**2 / 2], [period**2 / 2, period]])
        f.Q = q * np.kron(block, np.eye(3))
        start, covariance = position(d, 0)
        f.x = np.concatenate([start, np.zeros(3)])
        f.P = np.zeros((6, 6))
        f.P[:3, :3] = covariance
        if floats:
            height = KalmanFilter(dim_x=3, dim_z=1)
            height.x, height.P = f.x[:3], f.P[:3, :3]
            height.H, height.R = jacobian(f.x)[3:, :3], np.array([[motion.height_sigma_m**2]])
            height.update(-h(f.x)[3] + height.H @ f.x[:3])
            f.x[:3], f.P[:3, :3] = height.x, height.P
        f.P[3:, 3:] = np.eye(3) * motion.speed_sigma_mps**2
        filters.append(f)
    rate = motion.quiet_ends_hz + motion.busy_ends_hz
    gone = 1.0 - np.exp(-rate * period)
    leave = np.array([motion.quiet_ends_hz, motion.busy_ends_hz]) / rate * gone
    change = np.array([[1 - leave[0], leave[0]], [leave[1], 1 - leave[1]]])
    imm = IMMEstimator(filters, np.array([0.5, 0.5]), change)
    states = [imm.x.copy()]
    for i in range(1, len(d.time_ns)):
        imm.predict(u=0)
        measured, noise = position(d, i)
        if floats:
            measured = np.append(measured, 0.0)
            noise = block_diag(noise, [[motion.height_sigma_m**2]])
        for f in filters:
            f.update(measured, jacobian, h, R=noise)
        imm.mu = imm.cbar * np.array([f.likelihood for f in filters])
        imm.mu /= imm.mu.sum()
        imm._compute_mixing_probabilities()
        imm._compute_state_estimate()
        states.append(imm.x.copy())
    return np.array(states)


@pytest.mark.parametrize(
    ("environment", "height_m", "speed_mps"), [(AIR, 9000.0, 220.0), (SURFACE, 0.0, 8.0)], ids=["air", "sea"]
)
def test_equals_filterpys_imm(environment: int, height_m: float, speed_mps: float) -> None:
    """An aircraft or a ship that turns under one radar, step for step."""

    def turning(t: float) -> np.ndarray:
        start, axes = site(33.5, 127.2, height_m)
        turn, radius_m = 0.02 * max(0.0, t - 60.0), 50.0 * speed_mps
        path = np.array(
            [speed_mps * min(t, 60.0) + radius_m * np.sin(turn), radius_m * (1 - np.cos(turn)), 0.0]
        )
        return np.concatenate([start + path @ axes, np.zeros(3)])

    d = observe(turning, [(RADAR, 33.0, 126.5, 100.0, 4.0)], 200.0, seed=1)
    ours = centralised(d.time_ns, np.array([environment]), d)[:, 0]
    theirs = filterpy_imm(d, environment)
    assert np.abs(ours[:, :3] - theirs[:, :3]).max() < 1e-2
    assert np.abs(ours[:, 3:] - theirs[:, 3:]).max() < 1e-3


def rmse_m(place: Place, states: np.ndarray, time_ns: np.ndarray) -> float:
    error = states[:, :3] - np.array([place(t * 1e-9)[:3] for t in time_ns])
    return float(np.sqrt((error**2).sum(axis=1).mean()))


def test_more_sensors_mean_smaller_errors() -> None:
    place = straight(33.5, 127.2, 9000.0, 200.0, 80.0)
    radars = [
        (RADAR, 33.0, 126.5, 100.0, 4.0),
        (RADAR, 34.5, 128.5, 100.0, 4.0),
        (RADAR, 33.0, 129.0, 50.0, 4.0),
    ]
    instants = np.arange(60, 300, dtype=np.int64) * 10**9
    errors = []
    for n in (1, 2, 3):
        looks = [observe(place, radars[:n], 300.0, seed) for seed in range(20, 30)]
        states = [centralised(instants, np.array([AIR]), d)[:, 0] for d in looks]
        errors.append(np.mean([rmse_m(place, s, instants) for s in states]))
    assert errors[0] > 1.1 * errors[1] > 1.1**2 * errors[2]


def falling(t: float) -> np.ndarray:
    """A ballistic arc outside the atmosphere, by scipy's integrator in an inertial frame, J2 left out."""
    from scipy.integrate import solve_ivp

    from fusion.physics.geodesy import eci2ecef

    start = np.concatenate([geodetic2ecef(39.0, 127.0, 300e3), [0.0, 0.0, 0.0]])
    up = start[:3] / np.linalg.norm(start[:3])
    start[3:] = 2500.0 * up + 1200.0 * enu_axes(39.0, 127.0)[0]

    def motion(_: float, s: np.ndarray) -> np.ndarray:
        return np.concatenate([s[3:], -3.986004418e14 * s[:3] / np.linalg.norm(s[:3]) ** 3])

    s = solve_ivp(motion, (0.0, max(t, 1e-3)), start, rtol=1e-10, atol=1e-3).y[:, -1]
    return eci2ecef(s, t)


def test_free_flight_is_followed_over_a_gap() -> None:
    """Ten seconds without a detection cost a ballistic object little: gravity is known."""
    d = observe(falling, [(RADAR, 37.0, 127.5, 100.0, 2.0)], 100.0, seed=3)
    gap = (d.time_ns < 80 * 10**9) | (d.time_ns >= 90 * 10**9)
    kept = Detections(
        *(getattr(d, name)[gap] for name in ("time_ns", "kind", "position_m", "axes", "sigma")),
        np.arange(int(gap.sum())),
        np.zeros(int(gap.sum()), np.int64),
        d.measurement[gap],
    )
    instant = np.array([89 * 10**9])
    state = centralised(instant, np.array([SPACE]), kept)[:, 0]
    assert rmse_m(falling, state, instant) < 400.0


def test_lines_of_sight_alone_find_a_burning_vehicle() -> None:
    """Two satellites that measure no range: from the first look a place, soon a good one."""
    place = straight(39.2, 125.7, 20_000.0, 900.0, 300.0)
    sensors = [(INFRARED, 0.0, 105.0, 35_786e3, 2.0), (INFRARED, 0.0, 150.0, 35_786e3, 2.0)]
    d = observe(place, sensors, 60.0, seed=4)
    instants = np.array([0, 55 * 10**9])
    states = centralised(instants, np.array([SPACE]), d)[:, 0]
    assert rmse_m(place, states[1:], instants[1:]) < 3_000.0
    assert rmse_m(place, states[:1], instants[:1]) < 60_000.0


def test_two_sonars_cross_their_bearings() -> None:
    place = straight(32.6, 127.0, -80.0, 3.0, 1.0)
    sensors = [(SONAR, 32.4, 126.9, -5.0, 10.0), (SONAR, 32.5, 127.3, -5.0, 10.0)]
    d = observe(place, sensors, 900.0, seed=5)
    instants = np.array([890 * 10**9])
    states = centralised(instants, np.array([SUBSURFACE]), d)[:, 0]
    assert rmse_m(place, states, instants) < 1_000.0
    assert abs(float(ecef2geodetic(states[0, :3])[2])) < 1_000.0
    alone = observe(place, sensors[:1], 900.0, seed=5)
    assert np.isnan(centralised(instants, np.array([SUBSURFACE]), alone)).all()  # a bearing is no place


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(straight(33.0, 126.5, 100.0, 0.0, 0.0), id="at the radar"),
        pytest.param(straight(33.0, 126.5, 3000.0, 0.0, 0.0), id="above it"),
        pytest.param(straight(32.95, 126.5, 3000.0, 0.0, 150.0), id="over it"),
        pytest.param(straight(33.0, 126.49, 100.0, 30.0, 0.0), id="through it"),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_what_is_at_a_radar_or_above_it_stays_within_its_accuracy(place: Place, seed: int) -> None:
    d = observe(place, [(RADAR, 33.0, 126.5, 100.0, 2.0), (RADAR, 33.5, 127.5, 9000.0, 2.0)], 120.0, seed)
    d.measurement[:, 0] = np.maximum(d.measurement[:, 0], 1.0)
    states = centralised(d.time_ns, np.array([AIR]), d)[:, 0]
    assert rmse_m(place, states, d.time_ns) < 60.0


@pytest.mark.parametrize("seed", range(3))
def test_a_sonar_that_is_run_over_does_no_harm(seed: int) -> None:
    """A third sonar right on the way adds bearings that turn about within a second, and no error."""
    place = straight(33.0, 139.0, -50.0, 4.0, 3.0)
    two = [(SONAR, 33.1, 139.0, -50.0, 4.0), (SONAR, 33.0, 139.12, -50.0, 4.0)]
    third = (SONAR, *(float(q) for q in ecef2geodetic(place(100.0)[:3])), 4.0)
    instants = np.arange(60, 240, 10, dtype=np.int64) * 10**9
    errors = []
    for sensors in (two, [*two, third]):
        d = observe(place, sensors, 240.0, seed)
        states = centralised(instants, np.array([SUBSURFACE]), d)[:, 0]
        errors.append(rmse_m(place, states, instants))
    assert errors[1] < 1.2 * errors[0]


def test_detections_that_wait_are_used_when_they_are_known_and_not_before() -> None:
    """Two sensors whose nodes report at unlike periods: always the filter of what is known."""
    path = straight(33.5, 127.2, 9000.0, 200.0, 50.0)
    d = observe(path, [(RADAR, 33.0, 126.5, 100.0, 2.0), (RADAR, 34.0, 128.5, 100.0, 3.0)], 90.0, seed=2)
    of_first = np.linalg.norm(d.position_m - d.position_m[0], axis=1) < 1.0
    period_s = np.where(of_first, 10.0, 4.0)
    told_ns = (np.ceil(d.time_ns * 1e-9 / period_s) * period_s * 1e9).astype(np.int64)
    told_ns[d.time_ns > 80e9] = NEVER_NS
    instants = np.arange(0, 111, dtype=np.int64) * 10**9
    waiting = centralised(instants, np.array([AIR]), d, told_ns)[:, 0]
    first = int(np.argmin(d.time_ns))
    for k, at_ns in enumerate(instants):
        known = np.flatnonzero(told_ns <= at_ns)
        if first not in known:
            assert np.isnan(waiting[k]).all()
            continue
        part = replace(
            d,
            **{name: getattr(d, name)[known] for name in ("time_ns", "kind", "position_m", "axes", "sigma")},
            scan=np.arange(len(known)),
            object=np.zeros(len(known), np.int64),
            measurement=d.measurement[known],
        )
        expected = centralised(instants[k : k + 1], np.array([AIR]), part)[0, 0]
        assert np.allclose(waiting[k], expected, rtol=0.0, atol=1e-6, equal_nan=True)
    at_once = centralised(instants, np.array([AIR]), d)[:, 0]
    assert rmse_m(path, at_once[20:80], instants[20:80]) < rmse_m(path, waiting[20:80], instants[20:80])


def test_silent_before_the_first_and_long_after_the_last_detection() -> None:
    place = straight(33.5, 127.2, 9000.0, 200.0, 80.0)
    d = observe(place, [(RADAR, 33.0, 126.5, 100.0, 4.0)], 40.0, seed=6)
    shifted = Detections(
        d.time_ns + 100 * 10**9, d.kind, d.position_m, d.axes, d.sigma, d.scan, d.object + 1, d.measurement
    )
    instants = np.arange(0, 300, dtype=np.int64) * 10**9
    known = np.isfinite(centralised(instants, np.array([AIR, AIR]), shifted)[:, :, 0])
    assert not known[:, 0].any()
    assert np.flatnonzero(known[:, 1]).tolist() == list(range(100, 136 + int(COAST_S) + 1))


def test_no_detections_at_all() -> None:
    none = np.zeros(0, np.int64)
    empty = Detections(
        none, none, np.zeros((0, 3)), np.zeros((0, 3, 3)), np.zeros((0, 3)), none, none, np.zeros((0, 3))
    )
    assert np.isnan(centralised(np.array([5]), np.array([AIR]), empty)).all()


@pytest.mark.parametrize("environment", [AIR, SPACE])
def test_the_order_of_objects_does_not_matter(environment: int) -> None:
    places = [straight(33.5, 127.2, 9000.0, 200.0, 80.0), straight(34.0, 127.9, 8000.0, -150.0, 60.0)]
    looks = [observe(p, [(RADAR, 33.0, 126.5, 100.0, 4.0)], 60.0, seed=7) for p in places]

    def both(first: int, second: int) -> Detections:
        a, b = looks[first], looks[second]
        order = np.argsort(np.concatenate([a.time_ns, b.time_ns]), kind="stable")
        joined = [
            np.concatenate([getattr(a, f), getattr(b, f)])[order]
            for f in ("time_ns", "kind", "position_m", "axes", "sigma")
        ]
        owner = np.concatenate([np.full(len(a.time_ns), first), np.full(len(b.time_ns), second)])[order]
        z = np.concatenate([a.measurement, b.measurement])[order]
        return Detections(*joined, np.arange(len(order)), owner, z)

    instants = np.arange(0, 60, dtype=np.int64) * 10**9
    kinds = np.array([environment, environment])
    np.testing.assert_array_equal(
        centralised(instants, kinds, both(0, 1)), centralised(instants, kinds, both(1, 0))
    )
