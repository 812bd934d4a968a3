"""Fixed polynomials and fixed-order algebra against libm, scipy and numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm as normal

from fusion.dense import carried, dot, inverse, norm, solved, spread_along, times
from fusion.elementary import atan2_fixed, exp_any, normal_below, sin_cos
from fusion.physics.geodesy import ecef2geodetic, enu_axes, geodetic2ecef, great_circle_range_m
from fusion.physics.ground import axes_at, ground_range_m, place_of, point_on_ground

RNG = np.random.default_rng(17)


def test_sine_cosine_and_arctangent() -> None:
    for x in np.concatenate([RNG.uniform(-1000.0, 1000.0, 3000), np.arange(-8, 9) * math.pi / 4]):
        s, c = sin_cos(float(x))
        assert abs(s - math.sin(x)) < 4e-16 * max(1.0, abs(x))
        assert abs(c - math.cos(x)) < 4e-16 * max(1.0, abs(x))
    for y, x in np.concatenate([RNG.normal(size=(3000, 2)), [[0, 0], [0, 1], [1, 0], [0, -1], [-1, 0]]]):
        assert atan2_fixed(float(y), float(x)) == pytest.approx(math.atan2(y, x), abs=5e-16)


def test_exponential_and_normal_distribution() -> None:
    for x in RNG.uniform(-300.0, 300.0, 2000):
        assert exp_any(float(x)) == pytest.approx(math.exp(x), rel=1e-10)
    for z in np.concatenate([RNG.normal(scale=3.0, size=2000), [0.0, 9.0, -9.0]]):
        assert normal_below(float(z)) == pytest.approx(float(normal.cdf(z)), abs=1e-10)


def test_dense_algebra() -> None:
    for n in (2, 6, 8):
        root = RNG.normal(size=(n, n))
        a, f, v = root @ root.T + np.eye(n), RNG.normal(size=(3, n)), RNG.normal(size=n)
        assert np.allclose(carried(f, a), f @ a @ f.T)
        assert np.allclose(times(f, v), f @ v)
        assert dot(v, v) == pytest.approx(norm(v) ** 2)
        assert spread_along(a, v) == pytest.approx(v @ a @ v)
        good, x = solved(a, v)
        assert good
        assert np.allclose(a @ x, v)
        good, inv = inverse(a)
        assert good
        assert np.allclose(inv @ a, np.eye(n))
        assert not solved(-a, v)[0]
        assert not inverse(-a)[0]


def test_the_ground() -> None:
    for _ in range(500):
        lat, lon, alt = RNG.uniform(-90, 90), RNG.uniform(-180, 180), RNG.uniform(-5e3, 4e6)
        p = geodetic2ecef(lat, lon, alt)
        assert np.allclose(place_of(p), ecef2geodetic(p), rtol=0, atol=1e-6)
        assert np.allclose(axes_at(p), enu_axes(lat, lon), rtol=0, atol=1e-12)
        assert np.allclose(point_on_ground(lat, lon), geodetic2ecef(lat, lon, 0.0), rtol=0, atol=1e-8)
        other = RNG.uniform(-90, 90), RNG.uniform(-180, 180)
        assert ground_range_m(lat, lon, *other) == pytest.approx(
            great_circle_range_m(lat, lon, *other), abs=1e-1
        )
    assert np.allclose(place_of(geodetic2ecef(90.0, 0.0, 10.0)), (90.0, 0.0, 10.0), atol=1e-6)
