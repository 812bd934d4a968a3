"""Impact prediction against published air, an integration of its own, and the Cramér-Rao bound."""

from __future__ import annotations

import numpy as np
import pytest

from cramer_rao import BETA, SIGMA, STATIONS, Bound, axes, geodetic, impact, measure, path
from fusion.physics.air import air_density
from fusion.physics.geodesy import enu_axes, geodetic2ecef
from fusion.physics.height import radial_height_m as height_m
from fusion.warning.impact import BALLISTIC_KGPM2, ellipse_95, predict_fall, vary_in_flight
from warning_kit import at, flight

STEEP = (500.0, 300.0, 5600.0)
SHALLOW = (3000.0, 1000.0, 3000.0)
INTERCONTINENTAL = (1000.0, 500.0, 7500.0)


def state_at(
    east_north_up: tuple[float, float, float], lat: float = 40.0, height: float = 150e3
) -> np.ndarray:
    return np.concatenate([geodetic2ecef(lat, 128.0, height), np.array(east_north_up) @ enu_axes(lat, 128.0)])


# U.S. Standard Atmosphere 1976, table I, geometric altitude m: density kg/m3
@pytest.mark.parametrize(
    ("altitude_m", "density"),
    [
        (0, 1.2250),
        (5_000, 0.73643),
        (11_000, 0.36480),
        (20_000, 8.8910e-2),
        (30_000, 1.8410e-2),
        (50_000, 1.0269e-3),
        (60_000, 3.0968e-4),
        (80_000, 1.8458e-5),
        (100_000, 5.604e-7),
        (120_000, 2.222e-8),
    ],
)
def test_air_is_the_standard_atmosphere(altitude_m: float, density: float) -> None:
    assert air_density(altitude_m) == pytest.approx(density, rel=1e-3)


def test_air_between_the_tables_points_is_smooth_and_ends() -> None:
    heights = np.arange(0.0, 149_000.0, 250.0)
    density = np.array([air_density(h) for h in heights])
    assert np.all(np.diff(density) < 0.0)
    assert air_density(200e3) == 0.0
    assert air_density(-50.0) == air_density(0.0)


@pytest.mark.parametrize("lat", [0.0, 40.0, -60.0, 89.9])
def test_height_is_zero_on_the_ellipsoid_and_close_to_geodetic_above(lat: float) -> None:
    assert abs(height_m(*geodetic2ecef(lat, 10.0, 0.0))) < 1e-8
    assert height_m(*geodetic2ecef(lat, 10.0, 1000e3)) == pytest.approx(1000e3, rel=2e-5)


@pytest.mark.parametrize("velocity", [STEEP, SHALLOW, INTERCONTINENTAL])
def test_a_fall_ends_where_an_independent_integration_ends(velocity: tuple[float, float, float]) -> None:
    state = state_at(velocity)
    fall = predict_fall(state, np.eye(6), BETA, 0.0)
    there, after_s = impact(state)
    assert fall is not None
    # the two atmospheres differ by some per cent between their tables' points
    assert np.linalg.norm(fall.position_m - there) < 40.0
    assert fall.impact.after_s == pytest.approx(after_s, abs=0.2)
    assert abs(height_m(*fall.position_m)) < 1e-3
    top = max(height_m(*s[:3]) for s in path(state, np.linspace(0.0, after_s - 1.0, 4000)))
    assert fall.apogee_m == pytest.approx(top, abs=20.0)


@pytest.mark.parametrize("velocity", [STEEP, SHALLOW, INTERCONTINENTAL])
def test_the_ellipse_is_that_of_the_flights_derivatives(velocity: tuple[float, float, float]) -> None:
    state = state_at(velocity)
    covariance = np.diag([100.0**2] * 3 + [3.0**2] * 3)
    steps = np.array([50.0] * 3 + [0.05] * 3)
    flat = axes(*geodetic(impact(state)[0]))[:2]
    to_ground = np.stack(
        [
            flat @ (impact(state + d)[0] - impact(state - d)[0]) / (2 * h)
            for d, h in zip(np.diag(steps), steps, strict=True)
        ],
        -1,
    )
    expected = ellipse_95(to_ground @ covariance @ to_ground.T)
    fall = predict_fall(state, covariance, BETA, 0.0)
    assert fall is not None
    assert fall.impact.ellipse_95_m[:2] == pytest.approx(expected[:2], rel=0.02)


def test_what_is_not_known_of_the_drag_widens_a_shallow_flight_most() -> None:
    def added(velocity: tuple[float, float, float]) -> float:
        sure = predict_fall(state_at(velocity), np.eye(6), BALLISTIC_KGPM2, 0.0)
        open_ = predict_fall(state_at(velocity), np.eye(6), BALLISTIC_KGPM2, 0.7)
        assert sure is not None
        assert open_ is not None
        assert open_.impact.time_sigma_s > sure.impact.time_sigma_s
        return float(np.sqrt(np.trace(open_.impact.covariance_m2 - sure.impact.covariance_m2)))

    assert added(SHALLOW) > 10.0 * added(STEEP) > 0.0


def test_an_orbit_comes_down_nowhere() -> None:
    assert predict_fall(state_at((6000.0, 4900.0, 0.0), height=400e3), np.eye(6)) is None


def test_what_is_on_the_ground_has_come_down() -> None:
    fall = predict_fall(state_at((0.0, 0.0, -100.0), height=-5.0), np.eye(6))
    assert fall is not None
    assert fall.impact.after_s == 0.0


def test_an_ellipse_has_its_major_axis_where_the_spread_is() -> None:
    bearing = np.radians(30.0)
    along = np.array([np.sin(bearing), np.cos(bearing)])
    across = np.array([np.cos(bearing), -np.sin(bearing)])
    major, minor, turn = ellipse_95(9e6 * np.outer(along, along) + 1e6 * np.outer(across, across))
    assert (major, minor) == pytest.approx((3000.0 * 2.4477, 1000.0 * 2.4477), rel=1e-4)
    assert turn == pytest.approx(30.0)


def test_varying_in_flight_is_the_same_physics() -> None:
    state = state_at(SHALLOW, height=90e3)
    moved, variation = state.copy(), np.empty((6, 7))
    vary_in_flight(moved, BETA, 20.0, variation)
    assert np.linalg.norm(moved - path(state, np.array([0.0, 20.0]))[-1]) < 5.0
    nearby, unused = state + np.array([0, 0, 0, 1.0, 0, 0]), np.empty((6, 7))
    vary_in_flight(nearby, BETA, 20.0, unused)
    assert nearby - moved == pytest.approx(variation[:, 3], rel=0.02, abs=0.02)


def estimates(burnout: np.ndarray, until_s: int, seeds: int):
    """Maximum-likelihood states at the last measurement, with covariances, from simulated radars."""
    times = np.arange(0.0, until_s + 0.5)
    states = path(burnout, times)
    bound = Bound(burnout, until_s)
    jacobian = np.concatenate([bound.jacobian[s].reshape(-1, 6) for s in STATIONS])
    weights = np.tile(1.0 / SIGMA**2, len(jacobian) // 3)
    covariance = np.linalg.inv(jacobian.T @ (weights[:, None] * jacobian))
    gain = covariance @ (jacobian.T * weights)
    sides = np.stack(
        [
            (path(burnout + d, times)[-1] - path(burnout - d, times)[-1]) / (2 * h)
            for d, h in zip(np.diag(bound_steps()), bound_steps(), strict=True)
        ],
        -1,
    )
    truth = np.concatenate([measure(states, s).ravel() for s in STATIONS])
    sigma = np.tile(SIGMA, len(truth) // 3)
    for seed in range(seeds):
        noise = sigma * np.random.default_rng(seed).standard_normal(len(truth))
        yield states[-1] + sides @ gain @ noise, sides @ covariance @ sides.T
    # the estimator is linear about the truth: for errors of metres in 30 m it is the maximum itself


def bound_steps() -> np.ndarray:
    return np.array([10.0, 10.0, 10.0, 0.01, 0.01, 0.01])


@pytest.mark.slow
@pytest.mark.parametrize("until_s", [30, 60, 300])
def test_monte_carlo_of_a_lofted_flight_meets_the_bound_and_its_own_ellipse(until_s: int) -> None:
    """200 seeds: RMS within 1.3 of the bound, and 91 to 98 % of impacts within the 95 % ellipse."""
    body = flight(2111.5, 787.0)[0]
    burnout = at(body, body.burnout_s + 0.01)
    bound = Bound(burnout, until_s)
    there, _ = impact(burnout)
    level = axes(*geodetic(there))[:2]
    error, inside = [], []
    for state, covariance in estimates(burnout, until_s, 200):
        fall = predict_fall(state, covariance)
        assert fall is not None
        miss = level @ (there - fall.position_m)
        error.append(miss @ miss)
        inside.append(miss @ np.linalg.solve(fall.impact.covariance_m2, miss) < 5.991)
    assert np.sqrt(np.mean(error)) <= 1.3 * bound.rms_m(until_s)
    assert 0.91 <= np.mean(inside) <= 0.98


@pytest.mark.parametrize("beta", [15.0, 50.0, 200.0])
@pytest.mark.parametrize("height_m", [3e3, 8e3, 20e3])
def test_what_the_air_stops_at_once_comes_down_within_sight(beta: float, height_m: float) -> None:
    """Debris at 600 m/s: drag takes its speed away in a tenth of a second, which steps of two seconds made
    an ellipse of 2e13 m of (early_failure, seed 845)."""
    state = state_at((300.0, 200.0, -480.0), height=height_m)
    fall = predict_fall(state, np.diag([1e3**2] * 3 + [30.0**2] * 3), beta, 0.0)
    there, after_s = impact(state, beta)
    assert fall is not None
    assert np.linalg.norm(fall.position_m - there) < 100.0
    assert fall.impact.after_s == pytest.approx(after_s, rel=0.05)
    assert 2e3 < fall.impact.ellipse_95_m[1] < fall.impact.ellipse_95_m[0] < 6e3
    assert fall.impact.time_sigma_s < 100.0
    moved, variation = state.copy(), np.empty((6, 7))
    vary_in_flight(moved, beta, 0.5 * after_s, variation)
    assert np.abs(variation[:3, :3]).max() < 3.0
