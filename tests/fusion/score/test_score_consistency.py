"""ANEES: errors drawn from their own covariances, what floats, and bodies that are near each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from fusion.contract import AIR, SPACE, SURFACE
from fusion.physics.geodesy import enu_axes, geodetic2ecef
from fusion.score.assignment import assign
from fusion.score.consistency import (
    INSIDE_95,
    Normalised,
    anees,
    interval_95,
    likeliest,
    nees,
    normalised,
)
from fusion.score.tables import Shown, Truth

HERE = np.append(geodetic2ecef(34.0, 128.0, 0.0), [0.0] * 3)
AXES = enu_axes(34.0, 128.0)


def drawn(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, 6) errors from (n, 6, 6) covariances, both without order."""
    root = rng.normal(0, 1, (n, 6, 6)) * np.array([300.0] * 3 + [10.0] * 3)[:, None]
    return (root @ rng.normal(0, 1, (n, 6, 1)))[:, :, 0], root @ root.transpose(0, 2, 1)


def test_consistent_errors_have_anees_one() -> None:
    """Errors drawn from their own covariances: ANEES 1, and 95 % of the instants in their interval."""
    k, n = 2000, 40
    error, covariance = drawn(np.random.default_rng(4), k * n)
    errors = normalised(np.zeros((k * n, 6)), np.full(k * n, AIR), error, covariance)
    result = anees(np.repeat(np.arange(k), n), errors)
    assert result is not None
    assert result.value == pytest.approx(1.0, abs=0.01)
    assert result.inside == pytest.approx(0.95, abs=0.015)
    assert errors.inside.mean() == pytest.approx(0.95, abs=0.005)
    assert result.interval_95 == pytest.approx((chi2.ppf(0.025, 240) / 240, chi2.ppf(0.975, 240) / 240))
    assert anees(np.zeros(0, np.int64), Normalised(np.zeros(0), np.zeros(0, np.int64))) is None


def test_too_small_covariances_show() -> None:
    error = np.random.default_rng(5).normal(0, 2.0, (4000, 6))
    one = np.broadcast_to(np.eye(6), (4000, 6, 6))
    result = anees(
        np.repeat(np.arange(100), 40), normalised(np.zeros((4000, 6)), np.full(4000, AIR), error, one)
    )
    assert result is not None
    assert result.value == pytest.approx(4.0, rel=0.05)
    assert result.inside == 0.0


def test_nees_is_the_quadratic_form() -> None:
    error = np.array([[1.0, 2, 3, 0, 0, 0]])
    covariance = np.diag([1.0, 4, 9, 1, 1, 1])[None]
    assert nees(error, covariance) == pytest.approx([3.0])
    low, high = interval_95(np.array([6.0]))
    assert (low[0] * 6, high[0] * 6) == pytest.approx((1.237, 14.449), abs=1e-3)  # tables of chi-square, 6
    for freedom, limit in INSIDE_95.items():
        assert limit == pytest.approx(chi2.ppf(0.95, freedom))


@pytest.mark.parametrize("height_m", [0.0, 400.0])
def test_what_floats_is_judged_on_the_sea(height_m: float) -> None:
    """However high a ship is shown, its four horizontal components are what counts; an aircraft's six do."""
    n = 8000
    rng = np.random.default_rng(6)
    error, covariance = drawn(rng, n)
    truth = np.tile(HERE, (n, 1))
    state = truth + error
    state[:, :3] += height_m * AXES[2]
    afloat = normalised(truth, np.full(n, SURFACE), state, covariance)
    assert afloat.scaled.mean() == pytest.approx(1.0, abs=0.03)
    assert afloat.inside.mean() == pytest.approx(0.95, abs=0.01)
    both = np.where(np.arange(n) % 2, SURFACE, AIR)
    mixed = normalised(truth, both, state, covariance)
    assert mixed.squared[1::2] == pytest.approx(afloat.squared[1::2])
    assert mixed.squared[::2] == pytest.approx(nees(state - truth, covariance)[::2])
    assert mixed.freedom.tolist() == np.where(both == SURFACE, 4, 6).tolist()


def two_bodies(*places_m: tuple[float, float], spread_m: tuple[float, float]) -> tuple[Truth, Shown]:
    """Bodies at 0 and 100 m east, and tracks of so long a spread east, and north, at these places."""
    axes = np.zeros((6, 6))
    axes[:3, :3] = axes[3:, 3:] = AXES
    truth = np.stack([HERE, HERE + 100.0 * axes[0]])
    state = np.array([HERE + east * axes[0] + north * axes[1] for east, north in places_m])
    one = axes.T @ np.diag([spread_m[0] ** 2, spread_m[1] ** 2, 30.0**2, 1.0, 1.0, 1.0]) @ axes
    n = len(places_m)
    shown = Shown(
        instant=np.zeros(n, np.int64),
        number=np.arange(n) + 1,
        state=state,
        covariance=np.tile(one, (n, 1, 1)),
        environment=np.full(n, SPACE),
        identity=np.zeros(n, np.int64),
    )
    seen = np.ones((1, 2), np.bool_)
    return Truth(
        np.zeros(1, np.int64), ("A", "B"), truth[None], np.full((1, 2), SPACE), seen * 0, seen
    ), shown


def test_covariances_are_held_against_what_they_are_likeliest_of() -> None:
    """Tracks that are sure of east and not of north, of bodies that lie east of each other."""
    truth, shown = two_bodies((98.0, 300.0), (2.0, -300.0), spread_m=(5.0, 300.0))
    assigned = assign(truth, shown)
    assigned.object[:] = 0, 1
    assert likeliest(truth, shown, assigned).tolist() == [1, 0]


def test_it_undoes_an_exchange_and_no_error() -> None:
    """What distance pairs crosswise is put right; a track that is of neither body keeps its error."""
    truth, shown = two_bodies((2.0, 300.0), (98.0, -40.0), spread_m=(5.0, 300.0))
    crossed = assign(truth, shown)
    crossed.object[:] = 1, 0
    assert likeliest(truth, shown, crossed).tolist() == [0, 1]
    truth, shown = two_bodies((2_000.0, 0.0), (98.0, -40.0), spread_m=(5.0, 300.0))
    assigned = assign(truth, shown)
    found = likeliest(truth, shown, assigned)
    assert found.tolist() == [0, 1]
    j = found
    errors = normalised(truth.state[0, j], np.full(2, SPACE), shown.state, shown.covariance)
    assert errors.squared[0] == pytest.approx((2_000.0 / 5.0) ** 2)


def test_only_the_one_track_of_an_object_counts() -> None:
    truth, shown = two_bodies((2.0, 0.0), (98.0, 0.0), (10.0, 0.0), spread_m=(5.0, 5.0))
    assert likeliest(truth, shown, assign(truth, shown)).tolist() == [0, 1, -1]
