"""Ships: that they float tells their height, and lying still they are told apart in a roadstead."""

from __future__ import annotations

import numpy as np
import pymap3d
import pytest
from scipy.optimize import linear_sum_assignment

from national_kit import RADAR, START_NS, Array, measure, place, scan, straight
from nodes.sensing.measurement import FLOAT_SIGMA_M, Look
from nodes.sensing.measurement import measure as expected_of
from nodes.sensing.sensors import Radar
from nodes.tracking.environment import SURFACE
from nodes.tracking.filters import KINDS
from nodes.tracking.tracker import NationalTracker

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
    assert abs(height[low]) < 6.0
    up = position[low] / np.linalg.norm(position[low])
    assert np.sqrt(up @ covariance[low] @ up) < 6.0
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
