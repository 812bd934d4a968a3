"""Measurement models and first positions, against pymap3d and against their own spread."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from national_kit import RADAR, Array, hydrophone, measure, nees, orbiting, place, scan
from nodes.sensing.measurement import Look, bend, measure_many, residual
from nodes.sensing.measurement import measure as expected_of
from nodes.sensing.sensors import Infrared, Radar, Sonar
from nodes.tracking.position_fix import Fix, Height, Sighting, bearing_fix, crossing_fix, line_fix, radar_fix

RUNS = 400
SENSORS = [RADAR, orbiting(120.0), hydrophone(32.6, 126.5)]
TARGETS = [(37.5, 128.3, 9_000.0), (36.0, 127.5, 500.0), (39.9, 125.0, 250_000.0), (36.72, 127.5, 90_000.0)]


def look_of(spec: Radar | Infrared | Sonar) -> Look:
    return Look.of(scan(spec, 0.0, []))


@pytest.mark.parametrize("spec", SENSORS, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("target", TARGETS)
def test_measurement_agrees_with_pymap3d(spec: Radar, target: tuple[float, float, float]) -> None:
    state = place(*target, 0.0, 0.0)
    z, _ = expected_of(look_of(spec), state)
    apart = residual(look_of(spec), z, measure(spec, state[:3]))
    scale = np.array([1e-6, 1e-11, 1e-11]) if isinstance(spec, Radar) else 1e-11
    assert np.all(np.abs(apart) < scale)


@pytest.mark.parametrize("spec", SENSORS, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("target", TARGETS)
def test_jacobian_agrees_with_differences(spec: Radar, target: tuple[float, float, float]) -> None:
    state, look = place(*target, 0.0, 0.0), look_of(spec)
    _, jacobian = expected_of(look, state)
    step = 1.0
    for axis in range(3):
        d = np.zeros(6)
        d[axis] = step
        slope = residual(look, expected_of(look, state + d)[0], expected_of(look, state - d)[0]) / (
            2.0 * step
        )
        assert np.allclose(slope, jacobian[:, axis], rtol=2e-4, atol=1e-12)


def test_many_are_measured_as_one() -> None:
    look = look_of(RADAR)
    states = np.array([place(*t, 10.0, 20.0) for t in TARGETS])
    z, jacobian = measure_many(look, states)
    for i, state in enumerate(states):
        one = expected_of(look, state)
        assert np.array_equal(z[i], one[0])
        assert np.array_equal(jacobian[i], one[1])


def test_azimuth_residual_does_not_jump_at_south_or_north() -> None:
    look = look_of(orbiting(120.0))
    assert np.allclose(residual(look, np.array([3.1, 0.0]), np.array([-3.1, 0.0]))[0], 6.2 - 2.0 * np.pi)
    assert np.allclose(residual(look, np.array([0.01, 0.0]), np.array([2.0 * np.pi - 0.01, 0.0]))[0], 0.02)


def consistent(fixes: list[Fix | None], truth: Array) -> None:
    """Every fix was found, and their errors are as large as they say: mean NEES within its 99.9 % bounds."""
    found = [nees(f.position_m - truth[:3], f.covariance) for f in fixes if f is not None]
    assert len(found) == len(fixes)
    dof = 3 * len(found)
    assert chi2.ppf(0.0005, dof) < 3.0 * sum(found) < chi2.ppf(0.9995, dof)


def test_radar_fix_is_consistent() -> None:
    rng, truth = np.random.default_rng(1), place(38.0, 129.0, 30_000.0, 0.0, 0.0)
    scans = [scan(RADAR, 0.0, [truth], rng) for _ in range(RUNS)]
    consistent([radar_fix(Sighting(Look.of(s), s.measurement[0])) for s in scans], truth)


def test_two_lines_of_sight_from_orbit_give_a_consistent_fix() -> None:
    rng, truth = np.random.default_rng(2), place(39.2, 125.7, 42_000.0, 0.0, 0.0)
    fixes = []
    for _ in range(RUNS):
        one, two = (scan(orbiting(lon), 0.0, [truth], rng) for lon in (90.0, 165.0))
        pair = [Sighting(Look.of(s), s.measurement[0]) for s in (one, two)]
        fixes.append(crossing_fix(*pair))
    consistent(fixes, truth)


def test_one_line_of_sight_is_as_good_as_the_height_assumed() -> None:
    rng, height = np.random.default_rng(3), Height(13_000.0, 4_000.0)
    for _ in range(50):
        truth = place(39.2, 125.7, 13_000.0 + 4_000.0 * float(rng.standard_normal()), 0.0, 0.0)
        s = scan(orbiting(120.0), 0.0, [truth], rng)
        fix = line_fix(Sighting(Look.of(s), s.measurement[0]), height)
        assert fix is not None
        assert nees(fix.position_m - truth[:3], fix.covariance) < chi2.ppf(0.9999, 3) / 3.0
        along = float(np.sqrt(np.linalg.eigvalsh(fix.covariance)[-1]))
        assert 4_000.0 < along < 12_000.0


def test_a_line_over_the_horizon_gives_no_fix() -> None:
    look = look_of(orbiting(120.0))
    assert line_fix(Sighting(look, np.array([0.0, -0.1])), Height(13_000.0, 4_000.0)) is None


def test_parallel_and_diverging_lines_do_not_cross() -> None:
    one = look_of(RADAR)
    flat = Infrared(
        lat_deg=36.7, lon_deg=127.5, period_s=1.0, sigma_azimuth_mrad=1.0, sigma_elevation_mrad=1.0
    )
    look = look_of(flat)
    same = Sighting(look, np.array([0.3, 0.2]))
    assert crossing_fix(same, same) is None
    east = look_of(
        Infrared(lat_deg=36.7, lon_deg=128.5, period_s=1.0, sigma_azimuth_mrad=1.0, sigma_elevation_mrad=1.0)
    )
    assert crossing_fix(Sighting(look, np.array([4.7, 0.1])), Sighting(east, np.array([1.57, 0.1]))) is None
    assert one.code != look.code


def test_one_bearing_says_as_little_as_it_knows() -> None:
    sonar = hydrophone(32.62, 126.48)
    s = scan(sonar, 0.0, [place(32.45, 126.25, -100.0, 0.0, 0.0)])
    fix = bearing_fix(Sighting(Look.of(s), s.measurement[0]), 0.0, 40_000.0, Height(-100.0, 100.0))
    length = np.sqrt(np.linalg.eigvalsh(fix.covariance)[-1])
    assert length == pytest.approx(40_000.0 / np.sqrt(12.0), rel=1e-3)


@pytest.mark.parametrize("spec", SENSORS, ids=lambda s: type(s).__name__)
def test_what_linearising_leaves_out_is_as_large_as_said(spec: Radar | Infrared | Sonar) -> None:
    """Against draws from a spread a tenth as wide as the target is far over ground, uneven and turned."""
    rng = np.random.default_rng(5)
    look = look_of(spec)
    state = place(36.9, 127.8, 3_000.0, 0.0, 0.0)
    if isinstance(spec, Sonar):
        state = place(32.65, 126.58, -50.0, 0.0, 0.0)
    distance = float(np.linalg.norm(look.axes[:2] @ (state[:3] - look.position_m)))
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    root = turn @ np.diag(distance * np.array([0.03, 0.05, 0.08]))
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = root @ root.T
    expected, slope = expected_of(look, state)
    left = []
    for draw in rng.standard_normal((4_000, 3)):
        step = root @ draw
        moved = state + np.concatenate([step, np.zeros(3)])
        left.append(residual(look, expected_of(look, moved)[0], expected + slope @ step))
    said = bend(look, state, covariance)
    assert np.all(np.diag(np.diag(said)) == said)
    assert np.diag(said) == pytest.approx(np.var(left, axis=0), rel=0.25)
