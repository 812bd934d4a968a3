"""What a bias does to a state, against the geodesy's own measurements."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.contract import INFRARED, RADAR, SONAR
from fusion.physics.geodesy import enu_axes, geodetic2ecef
from fusion.registration.bias import bias_columns, moved, up_at
from fusion.registration.kinds import BASE, BIASES, CLOCK, HEADING
from registration_kit import Site


@pytest.mark.parametrize("height_m", [-100.0, 0.0, 9e3, 35.8e6])
@pytest.mark.parametrize("lat_deg", [-90.0, -47.3, 0.0, 12.5, 45.0, 89.9])
def test_the_vertical_is_the_geodetic_one(lat_deg: float, height_m: float) -> None:
    up = np.empty(3)
    up_at(geodetic2ecef(lat_deg, 131.0, height_m), up)
    assert np.abs(up - enu_axes(lat_deg, 131.0)[2]).max() < 1e-11


ALL = np.zeros(BIASES, np.int64)
FIRST = np.where(np.arange(BIASES) < BASE, 0, -1)


def columns(site: Site, state: np.ndarray, kind: int = RADAR, has: np.ndarray = ALL) -> np.ndarray:
    out = np.zeros((6, BIASES))
    bias_columns(kind, has, site.place, state, out)
    return out


@pytest.mark.parametrize("seed", range(8))
def test_columns_are_the_derivatives_of_what_is_measured(seed: int) -> None:
    rng = np.random.default_rng(seed)
    site = Site("A", rng.uniform(-60, 60), rng.uniform(-180, 180), rng.uniform(0, 9e3))
    position = site.place_of(np.array([rng.uniform(2e4, 4e5), rng.uniform(0, 6.2), rng.uniform(-0.2, 1.2)]))
    velocity = rng.uniform(-300.0, 300.0, 3)
    found = columns(site, np.concatenate([position, velocity]))
    expected = site.shift(position[None], velocity[None])[0]
    assert np.allclose(found[:3], expected, rtol=1e-6, atol=1e-2)
    # the lower half is the derivative by time
    early, late = (columns(site, np.concatenate([position + t * velocity, velocity])) for t in (-0.5, 0.5))
    timeless = [bias for bias in range(BIASES) if bias != CLOCK]
    assert np.allclose(found[3:, timeless], (late - early)[:3, timeless], rtol=1e-5, atol=1e-2)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize(
    "bias",
    [
        [300.0, 3e-3, 3e-3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 3e-3, 900.0, -900.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3e-3, 3e-3],
    ],
)
def test_a_bias_is_taken_out_to_second_order(bias: list[float], sign: float) -> None:
    """3 mrad at 400 km: the first order is decimetres to metres off, what is left here is centimetres."""
    off = sign * np.array(bias)
    site = Site("A", 35.0, 129.0, 300.0, bias=off)
    true = site.place_of(np.array([4e5, 1.1, 0.05]))
    state = np.concatenate([site.taken_for(true, off), np.zeros(3)])
    out, scratch = np.empty(6), np.empty((6, BIASES))
    moved(RADAR, ALL, site.place, state, off, out, scratch)
    assert np.linalg.norm(out[:3] - true) < 0.1
    first = state - columns(site, state) @ off
    assert np.linalg.norm(first[:3] - true) > 0.3


def test_what_a_sensor_does_not_measure_has_no_bias() -> None:
    site = Site("A", 35.0, 129.0, 300.0)
    state = np.concatenate([site.place_of(np.array([1e5, 1.0, 0.1])), [100.0, 0.0, 0.0]])
    radar, infrared, sonar = (
        columns(site, state, kind, FIRST).any(axis=0).tolist()[:BASE] for kind in (1, 2, 3)
    )
    assert (RADAR, INFRARED, SONAR) == (1, 2, 3)
    assert radar == [True, True, True, True]
    assert infrared == [False, True, True, True]
    assert sonar == [False, True, False, True]


def test_straight_above_a_sensor_angles_are_left_alone() -> None:
    site = Site("A", 35.0, 129.0, 0.0)
    overhead = np.concatenate([geodetic2ecef(35.0, 129.0, 1e5), [0.0, 0.0, 0.0]])
    found = columns(site, overhead)
    assert np.isfinite(found).all()
    assert not found[:, 1:3].any()
    assert not found[:, HEADING].any()
