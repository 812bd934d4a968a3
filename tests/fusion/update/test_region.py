"""Areas in which a track under water may be, against what is known of them and against points drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.path import Path as Rim

from fusion.bearings.mixture import Line, moments
from fusion.bearings.prior import along
from fusion.contract import SUBSURFACE
from fusion.physics.geodesy import ecef2enu, ecef2geodetic, enu_axes, geodetic2ecef
from fusion.update.region import FIX_M, HALF, MOST, Polygon, Region, region_of
from triwatch.v1 import picture_pb2

PLACE = (35.0, 131.0)
MEAN, AXES = geodetic2ecef(*PLACE, 0.0), enu_axes(*PLACE)
LOWER = np.tril_indices(3)


def mixture(weight: list[float], centre_m: list[list[float]], level: list[list[list[float]]]) -> Region:
    """Parts level at PLACE, 50 m thick."""
    position = MEAN + np.array(centre_m) @ AXES[:2]
    full = np.zeros((len(weight), 3, 3))
    full[:, :2, :2], full[:, 2, 2] = level, 2500.0
    packed = (AXES.T @ full @ AXES)[:, LOWER[0], LOWER[1]]
    told = picture_pb2.HeardTarget(
        weight=weight, position=position.ravel().tolist(), covariance=packed.ravel().tolist()
    )
    region = region_of(np.zeros(6), np.zeros(21), told)
    assert region is not None
    return region


def wedge(sigma_rad: float, reach_m: float) -> Region:
    """What one bearing of 40 degrees says."""
    line = Line(MEAN, AXES, math.sin(math.radians(40.0)), math.cos(math.radians(40.0)), sigma_rad**2, 0.0)
    state, covariance, log_weight = along(line, reach_m, SUBSURFACE)
    told = picture_pb2.HeardTarget(
        weight=np.exp(log_weight).tolist(),
        position=state[:, :3].ravel().tolist(),
        covariance=covariance[:, LOWER[0], LOWER[1]].ravel().tolist(),
    )
    region = region_of(np.zeros(6), np.zeros(21), told)
    assert region is not None
    return region


def drawn(region: Region, count: int) -> np.ndarray:
    """(count, 2) places east and north of the mean."""
    rng = np.random.default_rng(7)
    part = rng.choice(len(region.weight), count, p=region.weight / region.weight.sum())
    root = np.linalg.cholesky(region.covariance)[part]
    return region.centre_m[part] + np.einsum("nij,nj->ni", root, rng.standard_normal((count, 2)))


def inside(region: Region, polygons: list[Polygon], places: np.ndarray) -> np.ndarray:
    """(n,) whether places east and north of the mean lie in the polygons, their holes left out."""
    lat, lon, _ = map(float, ecef2geodetic(region.mean_m))
    held = np.zeros(len(places), np.bool_)
    for one in polygons:
        rings = ecef2enu(geodetic2ecef(one.lat_deg, one.lon_deg, 0.0), lat, lon, 0.0)[:, :2]
        within = np.zeros(len(places), np.bool_)
        for first, end in zip(one.offset[:-1], one.offset[1:], strict=True):
            assert np.allclose(rings[first], rings[end - 1])
            within ^= Rim(rings[first:end]).contains_points(places)
        held |= within
    return held


TURNED = [[4e6, 1.9e6], [1.9e6, 1e6]]


def along_a_bearing(bearing_rad: float, along_m: float, across_m: float) -> list[list[float]]:
    """A covariance east and north."""
    turn = np.array(
        [
            [math.sin(bearing_rad), math.cos(bearing_rad)],
            [math.cos(bearing_rad), -math.sin(bearing_rad)],
        ]
    )
    level: list[list[float]] = (turn.T @ np.diag([along_m**2, across_m**2]) @ turn).tolist()
    return level


MIRRORED = [(a, r) for a in (-0.9, 0.9) for r in (4e3, 6e3, 9e3, 13e3)]
BENT = (-0.8, -0.4, 0.0, 0.4, 0.8)
SHAPES = {
    "a wedge of 60 km": wedge(0.02, 60_000.0),
    "a thin wedge": wedge(0.002, 30_000.0),
    "two wedges that mirror each other": mixture(
        [0.125] * 8,
        [[r * math.sin(a), r * math.cos(a)] for a, r in MIRRORED],
        [along_a_bearing(a, 0.2 * r, 0.02 * r) for a, r in MIRRORED],
    ),
    "two places": mixture([0.7, 0.3], [[0, 0], [9e3, 4e3]], [TURNED, [[1e5, 0], [0, 3e5]]]),
    "a crescent": mixture(
        [0.2] * 5,
        [[8e3 * math.sin(a), 8e3 * math.cos(a)] for a in BENT],
        [along_a_bearing(a, 300.0, 1_500.0) for a in BENT],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("share", [HALF, MOST])
def test_an_area_holds_what_it_says_and_none_that_does_is_smaller(name: str, share: float) -> None:
    region = SHAPES[name]
    places = drawn(region, 20_000)
    held = inside(region, region.polygons(share), places)
    assert held.mean() == pytest.approx(share, abs=0.012)
    density = region.density(places)
    # what is held is denser than what is not, but for the corners of the drawing
    level = np.quantile(density, 1.0 - share)
    assert (held == (density >= level)).mean() > 0.985
    # of points drawn evenly by density, the mean of one over the density is the area
    assert region.area_m2(share) == pytest.approx((1.0 / density[held]).sum() / len(places), rel=0.06)


def test_of_one_gaussian_it_is_the_ellipse() -> None:
    region = mixture([1.0], [[0.0, 0.0]], [TURNED])
    root = math.sqrt(np.linalg.det(np.array(TURNED)))
    for share in (HALF, MOST):
        assert region.area_m2(share) == pytest.approx(-2.0 * math.log(1.0 - share) * math.pi * root, rel=0.02)
    major = math.sqrt(np.linalg.eigvalsh(TURNED)[-1])
    assert region.half_length_m == pytest.approx(math.sqrt(-2.0 * math.log(0.05)) * major)
    rng = np.random.default_rng(3)
    at = np.linalg.cholesky(np.array(TURNED)) @ rng.standard_normal(2)
    square = at @ np.linalg.solve(np.array(TURNED), at)
    rank = region.rank(region.mean_m + at @ region.axes[:2])
    assert rank == pytest.approx(1.0 - math.exp(-0.5 * square), abs=0.01)


def test_the_whole_of_a_wedge_is_its_row() -> None:
    """Mean and covariance of the parts are what the row tells."""
    line = Line(MEAN, AXES, 0.6, 0.8, 4e-4, 0.0)
    prior = along(line, 20_000.0, SUBSURFACE)
    mean, covariance = moments(prior)
    alone = region_of(mean, covariance[np.tril_indices(6)])
    told = picture_pb2.HeardTarget(
        weight=np.exp(prior.log_weight).tolist(),
        position=prior.state[:, :3].ravel().tolist(),
        covariance=prior.covariance[:, LOWER[0], LOWER[1]].ravel().tolist(),
    )
    heard = region_of(mean, np.zeros(21), told)
    assert alone is not None
    assert heard is not None
    assert heard.half_length_m == pytest.approx(alone.half_length_m, rel=1e-3)
    assert not heard.fix
    # the ellipse reaches behind the sensor, where nothing of it can be
    behind = MEAN - 1_500.0 * (0.6 * AXES[0] + 0.8 * AXES[1])
    assert alone.rank(behind) < MOST
    assert heard.rank(behind) > 0.999


def test_what_is_known_to_two_kilometres_is_a_place() -> None:
    sigma = FIX_M / math.sqrt(-2.0 * math.log(0.05))
    for scale, fix in ((0.99, True), (1.01, False)):
        variance = (scale * sigma) ** 2
        assert mixture([1.0], [[0, 0]], [[[variance, 0], [0, 100.0]]]).fix is fix


def test_what_is_no_distribution_has_no_area() -> None:
    assert region_of(np.array([*MEAN, 0, 0, 0]), np.zeros(21)) is None
