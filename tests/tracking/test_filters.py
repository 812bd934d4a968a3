"""The three national filters: consistent, alike where they must be, and predictable by a receiver."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.physics.motion import propagate
from national_kit import RADAR, Array, flight, nees, place, scan
from nodes.sensing.measurement import Look
from nodes.tracking.environment import AIR, SPACE, SURFACE
from nodes.tracking.filters import FILTERPY_KINDS, KINDS, NationalFilter, national_filter
from nodes.tracking.filters.range_parameterised import RangeParameterisedFilter
from nodes.tracking.motion import CONSTANT_VELOCITY, FREE_FLIGHT, Mode, carry, process_noise, propagate_many
from nodes.tracking.motion_models import (
    FREE_MODE,
    RESTART_HZ,
    THRUST_MODE,
    Behaviour,
    ignition,
    missile,
    steady,
)

BOOSTING = missile(3_000.0, 0.003)


def started(kind: str, how: Behaviour, truth: Array, rng: np.random.Generator) -> NationalFilter:
    """A filter that knows the state to 300 m and 50 m/s."""
    p = np.diag([300.0**2] * 3 + [50.0**2] * 3)
    return national_filter(kind, how, truth + rng.multivariate_normal(np.zeros(6), p), p)


def drifting(truth: Array, q_m2ps3: float, dt_s: float, rng: np.random.Generator) -> Array:
    """Constant velocity with white acceleration, drawn through a Cholesky factor."""
    noise = np.kron([[dt_s**3 / 3.0, dt_s**2 / 2.0], [dt_s**2 / 2.0, dt_s]], np.eye(3)) * q_m2ps3
    moved = truth.copy()
    moved[:3] += dt_s * truth[3:]
    return moved + np.linalg.cholesky(noise) @ rng.standard_normal(6)


@pytest.mark.parametrize("kind", ["ekf", "ukf"])
def test_one_mode_of_constant_velocity_is_consistent(kind: str) -> None:
    """The truth moves as the filter assumes: the mean NEES of 30 runs lies within 10 % of 1."""
    rng, q = np.random.default_rng(1), 2.0
    how = Behaviour((Mode(CONSTANT_VELOCITY, q),), None)
    found = []
    for _ in range(30):
        truth = place(37.5, 128.5, 9_000.0, 200.0, 50.0)
        filter = started(kind, how, truth, rng)
        for k in range(30):
            truth = drifting(truth, q, 4.0, rng)
            look = Look.of(scan(RADAR, 4.0 * k, []))
            filter.step(4.0, look, scan(RADAR, 4.0 * k, [truth], rng).measurement[0])
            if k >= 5:
                found.append(nees(filter.x - truth, filter.p))
    assert np.mean(found) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_free_flight_is_consistent_and_precise(kind: str) -> None:
    """Truth from scipy in an inertial frame, no force but gravity: the free mode wins, the speed is found."""
    rng = np.random.default_rng(2)
    times = np.arange(1, 61) * 2.0
    found, speed_error = [], []
    for _ in range(8):
        start = place(39.0, 129.0, 250_000.0, 1_500.0, -300.0, 1_800.0)
        filter = started(kind, missile(3_000.0, RESTART_HZ), start, rng)
        for t, truth in zip(times, flight(start, times), strict=True):
            s = scan(RADAR, t, [truth], rng)
            filter.step(2.0, Look.of(s), s.measurement[0])
            if t > 40.0:
                found.append(nees(filter.x - truth, filter.p))
        speed_error.append(np.linalg.norm(filter.x[3:] - truth[3:]))
        assert filter.mode_probability[FREE_MODE] > 0.9
    assert 0.6 < np.mean(found) < 1.4
    assert np.sqrt(np.mean(np.square(speed_error))) < 15.0


@pytest.mark.parametrize("kind", KINDS)
def test_thrust_and_its_end_are_noticed(kind: str) -> None:
    """40 m/s2 along the flight path for 40 s, then none: the modes follow, the target is never lost."""
    rng = np.random.default_rng(3)
    start = place(39.0, 128.0, 60_000.0, 900.0, -100.0, 900.0)
    burn = np.arange(0, 41) * 1.0
    powered = flight(start, burn, thrust_mps2=40.0)
    coast = flight(powered[-1], np.arange(1, 61) * 1.0)
    filter = started(kind, BOOSTING, start, rng)
    thrust = []
    for k, truth in enumerate([*powered[1:], *coast]):
        s = scan(RADAR, k, [truth], rng)
        filter.step(1.0, Look.of(s), s.measurement[0])
        assert np.linalg.norm(filter.x[:3] - truth[:3]) < 3_000.0
        thrust.append(filter.mode_probability[THRUST_MODE])
    assert np.mean(thrust[20:40]) > 0.8
    assert np.mean(thrust[-20:]) < 0.1


def test_the_level_of_noise_rises_in_a_turn_and_falls_again() -> None:
    rng = np.random.default_rng(4)
    how = steady("ekf", AIR)
    truth = place(37.0, 127.8, 9_000.0, 200.0, 0.0)
    filter = started("ekf", how, truth, rng)
    density = []
    for k in range(60):
        turning = 20 <= k < 26
        truth = truth.copy()
        truth[:3] += 4.0 * truth[3:]
        if turning:
            truth[3:] += 4.0 * np.array([8.0, -6.0, 0.0])
        s = scan(RADAR, 4.0 * k, [truth], rng)
        filter.step(4.0, Look.of(s), s.measurement[0])
        density.append(filter.process_noise)
    assert np.mean(density[10:20]) < 20.0
    assert max(density[20:28]) >= how.modes[-2].q_m2ps3
    assert np.median(density[-10:]) < 20.0


@pytest.mark.parametrize("kind", KINDS + FILTERPY_KINDS)
@pytest.mark.parametrize("environment", [AIR, SURFACE, SPACE])
def test_declared_motion_foresees_the_next_detection(kind: str, environment: int) -> None:
    """What a receiver computes from state, covariance, motion and density up to the next detection is what
    the filter itself expects: the place to a fraction of its sigma, and that sigma."""
    rng = np.random.default_rng(5)
    height_m = {AIR: 9_000.0, SURFACE: 0.0, SPACE: 150_000.0}[environment]
    how = ignition(kind) if environment == SPACE else steady(kind, environment)
    truth = place(37.6, 127.9, height_m, 10.0 if environment == SURFACE else 250.0, 0.0)
    filter = started(kind, how, truth, rng)
    for k in range(12):
        truth = truth.copy()
        truth[:3] += 3.0 * truth[3:]
        s = scan(RADAR, 3.0 * k, [truth], rng)
        filter.step(3.0, Look.of(s), s.measurement[0])
    x, p = filter.x.copy(), filter.p.copy()
    propagate(filter.motion_model, x, p, filter.process_noise, 3.0, np.empty((4, 6, 6)))
    foreseen, spread = filter.forecast(3.0)
    filter.coast(3.0)
    assert np.allclose(filter.x, foreseen, atol=1e-6)
    sigma = np.sqrt(np.diag(filter.p)[:3])
    assert np.all(np.abs(filter.x - x)[:3] < 0.4 * sigma)
    assert np.sqrt(np.trace(p[:3, :3])) == pytest.approx(np.sqrt(np.trace(filter.p[:3, :3])), rel=0.15)
    assert np.sqrt(np.trace(spread[:3, :3])) == pytest.approx(np.sqrt(np.trace(filter.p[:3, :3])), rel=0.15)


def test_evidence_from_elsewhere_moves_the_modes_and_the_mixture() -> None:
    rng = np.random.default_rng(6)
    filter = started("imm", BOOSTING, place(39.0, 129.0, 50_000.0, 500.0, 0.0, 900.0), rng)
    filter.coast(2.0)
    both = filter.process_noise
    filter.weigh(np.array([1.0, 0.0]))
    assert filter.process_noise == BOOSTING.modes[FREE_MODE].q_m2ps3 < both
    assert np.allclose(filter.p, filter.p.T)
    filter.adopt(missile(500.0, 0.01))
    assert filter.process_noise_max == 500.0


def widened_kinds() -> list[tuple[str, NationalFilter]]:
    """One filter of every class, each after a step."""
    rng, truth = np.random.default_rng(5), place(37.0, 128.0, 9_000.0, 150.0, 20.0)
    found = [
        ("mixture", started("ekf", steady("ekf", SURFACE), truth, rng)),
        ("filterpy's mixture", started("filterpy-imm", steady("filterpy-imm", SURFACE), truth, rng)),
        ("level", started("filterpy-ekf", steady("filterpy-ekf", AIR), truth, rng)),
        ("missile", started("filterpy-ekf", BOOSTING, truth, rng)),
    ]
    p = np.diag([300.0**2] * 3 + [50.0**2] * 3)
    ranges = RangeParameterisedFilter(
        steady("ekf", SURFACE), np.stack([truth, truth + 10.0]), np.stack([p, p]), np.full(2, 0.5)
    )
    for _, one in (*found, ("ranges", ranges)):
        one.step(2.0, Look.of(scan(RADAR, 0.0, [])), scan(RADAR, 0.0, [truth], rng).measurement[0])
    return [*found, ("ranges", ranges)]


@pytest.mark.parametrize(("name", "one"), widened_kinds())
def test_a_filter_widened_is_where_it_was_and_moves_on_as_one_that_knew_less(
    name: str, one: NationalFilter
) -> None:
    up = np.array([0.0, 0.6, 0.8])
    spread = np.kron(np.diag([400.0**2, 30.0**2]), np.outer(up, up))
    before, x, p = one.copy(), one.x.copy(), one.p.copy()
    one.widen(spread)
    assert np.allclose(one.x, x)
    assert np.allclose(one.p, p + spread)
    assert np.allclose(before.p, p)
    for held in (one, before):
        held.coast(4.0)
    grown = np.kron([[400.0**2 + 16.0 * 30.0**2, 4.0 * 30.0**2], [4.0 * 30.0**2, 30.0**2]], np.outer(up, up))
    assert np.allclose(one.p - before.p, grown, rtol=0.05, atol=0.05 * 400.0**2)


def test_ekf_and_ukf_agree_where_the_measurement_is_nearly_linear() -> None:
    truth = place(37.5, 128.5, 9_000.0, 200.0, 50.0)
    how = Behaviour((Mode(CONSTANT_VELOCITY, 1.0),), None)
    filters = [started(kind, how, truth, np.random.default_rng(7)) for kind in ("ekf", "ukf")]
    noise = np.random.default_rng(8)
    for k in range(1, 11):
        truth = truth.copy()
        truth[:3] += 4.0 * truth[3:]
        s = scan(RADAR, 4.0 * k, [truth], noise)
        for filter in filters:
            filter.step(4.0, Look.of(s), s.measurement[0])
    assert np.allclose(filters[0].x, filters[1].x, rtol=0.0, atol=2.0)
    assert np.allclose(filters[0].p, filters[1].p, rtol=0.02, atol=5.0)


def test_azimuth_north_and_south_are_no_seams() -> None:
    for bearing in (0.0, np.pi):
        at = place(36.7 + 1.5 * np.cos(bearing), 127.5, 9_000.0, 250.0, 0.0)
        at[:3] -= 20.0 * at[3:]
        for kind in KINDS:
            truth = at.copy()
            filter = started(kind, steady(kind, AIR), truth, np.random.default_rng(9))
            rng = np.random.default_rng(10)
            for k in range(20):
                truth = truth.copy()
                truth[:3] += 2.0 * truth[3:]
                s = scan(RADAR, 2.0 * k, [truth], rng)
                filter.step(2.0, Look.of(s), s.measurement[0])
            assert np.linalg.norm(filter.x[:3] - truth[:3]) < 500.0


def test_many_are_propagated_as_one_with_its_transition() -> None:
    state = np.array([place(39.0, 129.0, 300_000.0, 2_000.0, 100.0, 1_000.0)] * 2)
    p = np.array([np.diag([1e4] * 3 + [1e2] * 3)] * 2)
    model, q, dt = np.array([CONSTANT_VELOCITY, FREE_FLIGHT]), np.array([3.0, 7.0]), np.array([4.0, 4.0])
    moved, spread = state.copy(), p.copy()
    propagate_many(model, moved, spread, q, dt)
    for i in range(2):
        x, transition = carry(int(model[i]), state[i], 4.0)
        assert np.allclose(x, moved[i], rtol=1e-14)
        expected = transition @ p[i] @ transition.T + process_noise(q[i], 4.0)
        assert np.allclose(expected, spread[i], rtol=1e-9)
    assert np.allclose(moved[1], flight(state[1], np.array([4.0]))[0], atol=1e-3)
