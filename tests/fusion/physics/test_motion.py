"""Motion against an adaptive integration of the potential's gradient in the inertial frame."""

import numpy as np
import pytest
from scipy.integrate import quad_vec

from fusion.physics import motion
from fusion.physics.free_flight import free_flight_acceleration, propagate_free_flight
from fusion.physics.gravity import gravity
from fusion_oracle import freefall

POSITION = np.array([-3.2e6, 4.3e6, 4.4e6])

STATES = {
    "suborbital, climbing": np.array([*POSITION, 1500.0, -400.0, 3200.0]),
    "suborbital, at 1,500 km": np.array([*POSITION * 1.12, 2500.0, 2500.0, -500.0]),
    "lofted, at 4,500 km": np.array([*POSITION * 1.6, 900.0, -200.0, 100.0]),
    "over the equator": np.array([6.9e6, 0.0, 0.0, 0.0, 6800.0, 500.0]),
    "over the pole": np.array([1.0e3, 2.0e3, 6.8e6, 5000.0, 3000.0, 100.0]),
    "falling down": np.array([*POSITION * 0.93, 2000.0, -3000.0, -5000.0]),
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_gravity_is_the_gradient_of_the_potential(state: np.ndarray) -> None:
    np.testing.assert_allclose(gravity(*state[:3]), freefall.gravity(state[:3]), rtol=0, atol=2e-7)


def test_gravity_at_the_surface_is_the_textbooks() -> None:
    """Effective gravity on the ellipsoid: 9.780 m/s² at the equator, 9.832 at the poles (WGS-84)."""
    at_equator = free_flight_acceleration(6378137.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    at_pole = free_flight_acceleration(0.0, 0.0, 6356752.314, 0.0, 0.0, 0.0)
    assert at_equator[0] == pytest.approx(-9.7803253, abs=2e-4)
    assert at_pole[2] == pytest.approx(-9.8321849, abs=2e-4)


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
@pytest.mark.parametrize("dt_s", [0.1, 1.0, 10.0, 60.0, -5.0])
def test_free_flight(state: np.ndarray, dt_s: float) -> None:
    expected = freefall.fall(state, dt_s)
    moved, transition = state.copy(), np.empty((6, 6))
    propagate_free_flight(moved, dt_s, transition, np.empty((3, 6, 6)))
    assert np.abs(moved - expected)[:3].max() < 1e-3
    assert np.abs(moved - expected)[3:].max() < 1e-4


def test_a_long_arc_comes_round() -> None:
    """Ten minutes of flight, in steps, stay within a metre of the tight integration."""
    state = STATES["suborbital, climbing"]
    moved = state.copy()
    for _ in range(10):
        propagate_free_flight(moved, 60.0, np.empty((6, 6)), np.empty((3, 6, 6)))
    assert np.linalg.norm(moved[:3] - freefall.fall(state, 600.0)[:3]) < 1.0


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
@pytest.mark.parametrize("dt_s", [1.0, 10.0, 30.0])
def test_the_transition_is_the_motions_jacobian(state: np.ndarray, dt_s: float) -> None:
    """Against central differences of the oracle.

    J2's gradient, which the transition leaves out, is a thousandth of the gravity gradient of 1.5e-6 /s²;
    steps of 5 s at second order add as little. In units of the covariance: what 1 km and 10 m/s turn into.
    """
    scale = np.array([1e3] * 3 + [10.0] * 3)
    expected = freefall.jacobian(lambda s: freefall.fall(s, dt_s), state, scale) * scale
    transition = np.empty((6, 6))
    propagate_free_flight(state.copy(), dt_s, transition, np.empty((3, 6, 6)))
    error = np.abs(transition * scale - expected)
    assert error[:3].max() < 1e-6 * 1e3 * max(dt_s, 1.0) ** 2 / 10.0
    assert error[3:].max() < 1e-6 * 1e3 * dt_s / 10.0


@pytest.mark.parametrize("dt_s", [0.25, 1.0, 10.0])
def test_white_acceleration(dt_s: float) -> None:
    """Q is the integral of Phi(s) G q Gᵀ Phi(s)ᵀ over the interval."""
    q = 3.7
    entry = np.vstack([np.zeros((3, 3)), np.eye(3)])

    def density(s: float) -> np.ndarray:
        phi = np.eye(6) + np.diag([s] * 3, k=3)
        return q * phi @ entry @ entry.T @ phi.T

    expected, _ = quad_vec(density, 0.0, dt_s)
    p = np.zeros(21)
    motion.add_white_acceleration(p, q, dt_s)
    np.testing.assert_allclose(p, expected[np.tril_indices(6)], rtol=1e-10)


@pytest.mark.parametrize("model", [motion.CONSTANT_VELOCITY, motion.FREE_FLIGHT])
def test_propagation_of_an_estimate(model: int) -> None:
    rng = np.random.default_rng(2)
    basis = rng.standard_normal((6, 6))
    p = basis @ basis.T * np.outer(*[[30.0] * 3 + [3.0] * 3] * 2)
    state, dt_s, q = STATES["suborbital, climbing"].copy(), 3.0, 2.0
    if model == motion.CONSTANT_VELOCITY:
        f = np.eye(6) + np.diag([dt_s] * 3, k=3)
        expected = f @ state
    else:
        expected = freefall.fall(state, dt_s)
        step = np.array([1e3] * 3 + [10.0] * 3)
        f = freefall.jacobian(lambda s: freefall.fall(s, dt_s), state, step)
    eye = np.eye(3)
    noise = q * np.block([[eye * dt_s**3 / 3, eye * dt_s**2 / 2], [eye * dt_s**2 / 2, eye * dt_s]])
    spread = f @ p @ f.T + noise
    motion.propagate(model, state, p, q, dt_s, np.empty((4, 6, 6)))
    np.testing.assert_allclose(state, expected, rtol=0, atol=1e-5)
    sigma = np.sqrt(np.diag(spread))
    assert (np.abs(p - spread) / np.outer(sigma, sigma)).max() < 1e-5


def test_no_time_changes_nothing() -> None:
    state, p = STATES["falling down"].copy(), np.eye(6)
    motion.propagate(motion.FREE_FLIGHT, state, p, 5.0, 0.0, np.empty((4, 6, 6)))
    assert (state == STATES["falling down"]).all()
    assert (p == np.eye(6)).all()


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_the_oracles_own_quick_fall_agrees(state: np.ndarray) -> None:
    """Simulated nodes fall by a Runge-Kutta step in the rotating frame."""
    moved, transition = freefall.fall_with_transition(state, 4.0)
    assert np.abs(moved - freefall.fall(state, 4.0)).max() < 1e-4
    scale = np.array([1e3] * 3 + [10.0] * 3)
    expected = freefall.jacobian(lambda s: freefall.fall(s, 4.0), state, scale)
    assert np.abs((transition - expected) * scale).max() < 1e-4
