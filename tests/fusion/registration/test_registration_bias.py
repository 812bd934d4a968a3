"""What a bias does to a state, against the geodesy's own measurements."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.contract import INFRARED, RADAR, SONAR
from fusion.physics.geodesy import enu_axes, geodetic2ecef
from fusion.registration.bias import bias_columns, moved, up_at
from registration_kit import Site

RNG = np.random.default_rng(18)


@pytest.mark.parametrize("height_m", [-100.0, 0.0, 9e3, 35.8e6])
@pytest.mark.parametrize("lat_deg", [-90.0, -47.3, 0.0, 12.5, 45.0, 89.9])
def test_the_vertical_is_the_geodetic_one(lat_deg: float, height_m: float) -> None:
    up = np.empty(3)
    up_at(geodetic2ecef(lat_deg, 131.0, height_m), up)
    assert np.abs(up - enu_axes(lat_deg, 131.0)[2]).max() < 1e-11


def columns(site: Site, state: np.ndarray, kind: int = RADAR) -> np.ndarray:
    out = np.empty((6, 4))
    bias_columns(kind, site.place, state, out)
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
    assert np.allclose(found[3:, :3], (late - early)[:3, :3], rtol=1e-5, atol=1e-2)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_bias_is_taken_out_to_second_order(sign: float) -> None:
    """3 mrad at 400 km: the first order is metres off, what is left here is centimetres."""
    site = Site("A", 35.0, 129.0, 300.0)
    true = np.array([4e5, 1.1, 0.05])
    bias = sign * np.array([300.0, 3e-3, 3e-3, 0.0])
    state = np.concatenate([site.place_of(true + bias[:3]), np.zeros(3)])
    out, scratch = np.empty(6), np.empty((6, 4))
    moved(RADAR, site.place, state, bias, out, scratch)
    assert np.linalg.norm(out[:3] - site.place_of(true)) < 0.05
    first = state - columns(site, state) @ bias
    assert np.linalg.norm(first[:3] - site.place_of(true)) > 1.0


def test_what_a_sensor_does_not_measure_has_no_bias() -> None:
    site = Site("A", 35.0, 129.0, 300.0)
    state = np.concatenate([site.place_of(np.array([1e5, 1.0, 0.1])), [100.0, 0.0, 0.0]])
    radar, infrared, sonar = (columns(site, state, kind).any(axis=0).tolist() for kind in (1, 2, 3))
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
