"""Ships: that they float tells their height, and lying still they are told apart in a roadstead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pymap3d
import pytest
from scipy.optimize import linear_sum_assignment

from national_kit import RADAR, START_NS, Array, measure, place, scan, straight
from nodes.sensing.measurement import FLOAT_SIGMA_M, Look
from nodes.sensing.measurement import measure as expected_of
from nodes.sensing.sensors import Misalignment, Radar
from nodes.tracking.columns import TrackColumns
from nodes.tracking.environment import SPACE, SURFACE
from nodes.tracking.filters import KINDS
from nodes.tracking.sea_level import MeasuredHeight
from nodes.tracking.tracker import NationalTracker
from triwatch.v1 import track_pb2

PATROL = Radar(
    lat_deg=32.1,
    lon_deg=126.0,
    alt_m=3_000.0,
    range_km=200.0,
    period_s=5.0,
    pd=0.92,
    sigma_range_m=15.0,
    sigma_azimuth_mrad=1.0,
    sigma_elevation_mrad=1.0,
    min_elevation_deg=-60.0,
)
"""An aircraft over the sea: at 35 km its detections scatter by 35 m across and upwards."""


def tracked(kind: str, states: list[Array], duration_s: float, seed: int) -> tuple[Array, Array, Array]:
    """Positions (n, 3), position covariances (n, 3, 3) and environments (n,) after that long a watch."""
    rng, tracker = np.random.default_rng(seed), NationalTracker("T", kind, [PATROL])
    times = np.arange(0.0, duration_s, PATROL.period_s)
    for t in times:
        tracker.process(scan(PATROL, t, [straight(s, t) for s in states], rng, detected=PATROL.pd))
        report = tracker.report(START_NS + round(t * 1e9))
    return report.state[:, :3], report.covariance[:, :3, :3], report.environment


def heights_m(position_m: Array) -> Array:
    return np.array([pymap3d.ecef2geodetic(*p)[2] for p in position_m])


@pytest.mark.parametrize("height_m", [-30.0, 0.0, 400.0])
def test_the_fourth_quantity_is_the_height_over_the_ellipsoid(height_m: float) -> None:
    state = place(36.0, 127.9, height_m, 0.0, 0.0)
    look = Look.of(scan(RADAR, 0.0, [])).afloat()
    z, slope = expected_of(look, state)
    assert np.abs(z[:3] - measure(RADAR, state[:3])).max() < 1e-6
    assert z[3] == pytest.approx(height_m, abs=0.05)
    for j in range(3):
        step = np.zeros(6)
        step[j] = 1.0
        moved = (expected_of(look, state + step)[0] - expected_of(look, state - step)[0]) / 2.0
        assert np.allclose(slope[:, j], moved, rtol=1e-4, atol=1e-9)
    assert look.noise[3, 3] == FLOAT_SIGMA_M**2


@pytest.mark.parametrize("kind", KINDS)
def test_a_ship_lies_on_the_sea_and_a_helicopter_does_not(kind: str) -> None:
    """Both go 10 m/s; the elevation's 35 m are all that a radar's detection tells of their height."""
    ship, helicopter = place(31.8, 126.0, 0.0, 10.0, 0.0), place(31.8, 126.1, 300.0, 10.0, 0.0)
    position, covariance, environment = tracked(kind, [ship, helicopter], 300.0, seed=4)
    height = heights_m(position)
    assert len(height) == 2
    low, high = np.argsort(height)
    assert environment[low] == SURFACE
    assert abs(height[low]) < 2.0 * FLOAT_SIGMA_M
    up = position[low] / np.linalg.norm(position[low])
    assert np.sqrt(up @ covariance[low] @ up) < 2.0 * FLOAT_SIGMA_M
    assert abs(height[high] - 300.0) < 60.0


@pytest.mark.parametrize("kind", KINDS)
def test_ships_at_anchor_in_a_roadstead_are_told_apart(kind: str) -> None:
    """Twelve ships 90 m from each other, where one detection in five is nearer to another ship."""
    ships = [
        place(31.8 + 0.00081 * row, 126.0 + 0.00095 * column, 0.0, 0.0, 0.0)
        for row in range(3)
        for column in range(4)
    ]
    position, _, environment = tracked(kind, ships, 900.0, seed=6)
    assert len(position) == len(ships)
    assert set(environment.tolist()) == {SURFACE}
    apart = np.linalg.norm(np.array(ships)[:, None, :3] - position[None], axis=2)
    errors = apart[linear_sum_assignment(apart)]
    assert np.sqrt(np.mean(errors**2)) < 17.0
    assert errors.max() < 40.0


COAST = Radar(
    lat_deg=32.1,
    lon_deg=126.0,
    alt_m=200.0,
    range_km=120.0,
    period_s=4.0,
    pd=0.9,
    sigma_range_m=20.0,
    sigma_azimuth_mrad=2.0,
    sigma_elevation_mrad=15.0,
    misalignment=Misalignment(elevation_mrad=1.0),
)
"""A coastal radar that hardly tells heights: at 33 km its detections scatter by 500 m upwards."""


def watched(
    kind: str, fly: Callable[[float], Array], duration_s: float, seed: int
) -> list[tuple[float, TrackColumns]]:
    """What is reported each scan while an object moves as ``fly`` says."""
    rng, tracker, said = np.random.default_rng(seed), NationalTracker("T", kind, [COAST]), []
    for t in np.arange(0.0, duration_s, COAST.period_s):
        tracker.process(scan(COAST, t, [fly(t)], rng, detected=COAST.pd))
        said.append((float(t), tracker.report(START_NS + round(t * 1e9))))
    return said


@pytest.mark.parametrize("kind", KINDS)
def test_a_radar_that_hardly_tells_heights_learns_that_a_ship_floats(kind: str) -> None:
    """From the third scan on; a chance run of detections from high up leaves more doubt for a while."""
    ship = place(31.8, 126.0, 0.0, 6.0, 4.0)
    up = ship[:3] / np.linalg.norm(ship[:3])
    off, late = [], []
    for seed in range(20, 30):
        for t, report in watched(kind, lambda t: straight(ship, t), 120.0, seed):
            for state, covariance in zip(report.state, report.covariance, strict=True):
                (height,), sigma = heights_m(state[None, :3]), np.sqrt(up @ covariance[:3, :3] @ up)
                assert abs(height) < 3.0 * sigma
                if t >= 12.0:
                    off.append(height)
                if t == 116.0:
                    late.append(sigma)
    assert len(late) == 10
    assert np.sqrt(np.mean(np.square(off))) < 20.0
    assert np.sqrt(np.mean(np.square(late))) < 30.0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(20, 26))
def test_what_leaves_the_ground_on_the_spot_is_no_ship_for_long(kind: str, seed: int) -> None:
    """It rises by 15 m/s² under a radar that tells heights to 500 m: until that is plain, what is said of it
    is not much less wide than it is wrong."""
    ground = place(31.8, 126.0, 0.0, 0.0, 0.0)
    up = ground[:3] / np.linalg.norm(ground[:3])

    def rise(t: float) -> Array:
        return ground + np.concatenate([7.5 * t**2 * up, 15.0 * t * up])

    for t, report in watched(kind, rise, 80.0, seed):
        held = report.status != track_pb2.TRACK_STATUS_DROPPING
        for state, covariance in zip(report.state[held], report.covariance[held], strict=True):
            off = state - rise(t)
            assert off @ np.linalg.solve(covariance, off) / 6.0 < (60.0 if t < 44.0 else 6.0)
        if t >= 44.0:
            assert report.environment[held].tolist() == [SPACE]


def test_however_often_a_ship_is_missed_its_weights_are_numbers() -> None:
    known = MeasuredHeight(mean_m=2.0, information=1e-4, risen_m=1e7, since_ns=0)
    state, covariance = place(31.8, 126.0, 0.0, 6.0, 4.0), np.eye(6)
    for k in range(1, 400):
        known.miss(k * 10**10, 1.0)
        weights = known.weigh(state, covariance)
        assert sum(weights) == pytest.approx(1.0)
        assert weights[0] > 0.9
