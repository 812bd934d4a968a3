"""The statistics of campaigns against scipy, published figures and games whose solution is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nodes.campaign import design, statistics
from nodes.campaign.plan import Factor

RNG = np.random.default_rng(5)


def test_the_interval_of_a_mean_is_scipys() -> None:
    x = RNG.normal(3.0, 2.0, 12)
    found = statistics.summary(np.array([*x, np.nan]))
    theirs = stats.ttest_1samp(x, 0.0).confidence_interval(0.95)
    assert found is not None
    assert found.n == 12
    assert (found.mean - found.half_width, found.mean + found.half_width) == pytest.approx(tuple(theirs))
    assert found.quantiles[3] == pytest.approx(np.median(x))
    assert statistics.summary(np.full(3, np.nan)) is None
    assert statistics.summary(np.array([1.0, np.nan])).half_width == np.inf  # type: ignore[union-attr]


def test_paired_and_unpaired_intervals_are_scipys() -> None:
    common = RNG.normal(0.0, 5.0, 30)
    x, y = common + RNG.normal(1.0, 0.5, 30), common + RNG.normal(0.0, 0.7, 30)
    found = statistics.difference(np.array([*x, 1.0]), np.array([*y, np.nan]))
    assert found is not None
    paired = stats.ttest_rel(x, y).confidence_interval(0.95)
    welch = stats.ttest_ind(x, y, equal_var=False).confidence_interval(0.95)
    assert (found.mean - found.half_width, found.mean + found.half_width) == pytest.approx(tuple(paired))
    assert found.half_width_unpaired == pytest.approx((welch.high - welch.low) / 2)
    assert found.half_width < found.half_width_unpaired / 2
    assert found.n == 30
    assert statistics.difference(x[:1], y[:1]) is None


def test_convergence_is_the_interval_of_every_beginning() -> None:
    x = 1e6 + RNG.normal(0.0, 1.0, 20)
    mean, half_width = statistics.convergence(x)
    for n in (2, 7, 20):
        assert mean[n - 2] == pytest.approx(x[:n].mean(), rel=1e-12)
        assert half_width[n - 2] == pytest.approx(statistics.half_width(x[:n]), rel=1e-6)


def test_the_sobol_indices_of_ishigamis_function_are_the_published_ones() -> None:
    """a = 7, b = 0.1: 0.3139, 0.4424, 0 and in total 0.5576, 0.4424, 0.2437 (Saltelli et al. 2008)."""
    factors = [
        Factor(name=f"x{i}", key="none", distribution="uniform", low=-np.pi, high=np.pi) for i in range(3)
    ]
    unit = design.saltelli(3, 4096)
    x = np.array(
        [[design.value(f, u) for f, u in zip(factors, row, strict=True)] for row in unit], dtype=float
    )
    y = np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    found = statistics.sobol_indices(["x0", "x1", "x2"], y)
    assert found is not None
    assert [one.first for one in found] == pytest.approx([0.314, 0.442, 0.0], abs=0.02)
    assert [one.total for one in found] == pytest.approx([0.558, 0.442, 0.244], abs=0.02)
    assert statistics.sobol_indices(["x0", "x1", "x2"], np.where(y > 8.0, np.nan, y)) is None
    assert statistics.sobol_indices(["x0", "x1", "x2"], np.ones_like(y)) is None


def test_the_shapley_value_of_the_glove_game() -> None:
    """One left glove, two right ones; a pair is worth 1: 2/3, 1/6, 1/6 (Shapley and Shubik 1969)."""
    players = ("L", "R1", "R2")
    value = {
        frozenset(p for i, p in enumerate(players) if mask >> i & 1): np.array([float(mask & 1 and mask > 1)])
        for mask in range(8)
    }
    shares = statistics.shapley(players, value)
    assert [float(shares[p][0]) for p in players] == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_shapley_shares_add_up_to_what_all_have_less_what_nobody_has() -> None:
    players = ("A", "B", "C", "D")
    value = {
        frozenset(p for i, p in enumerate(players) if mask >> i & 1): RNG.normal(size=5) for mask in range(16)
    }
    shares = statistics.shapley(players, value)
    whole = value[frozenset(players)] - value[frozenset()]
    assert sum(shares.values()) == pytest.approx(whole)


def test_swings_run_from_end_to_end_the_widest_first() -> None:
    many = np.linspace(0.0, 1.0, 30).tolist()
    words = ["ekf", "imm"] * 15
    constant = [1.0] * 30
    y = 10.0 * np.array(many) + np.array([0.0, 1.0] * 15)
    y[0] = np.nan
    found = statistics.swings({"tracker": words, "pd": many, "same": constant}, y)
    assert [(s.factor, s.low, s.high) for s in found] == [
        ("pd", "up to 0.3333", "from 0.6667"),
        ("tracker", "ekf", "imm"),
    ]
    assert found[1].at_high - found[1].at_low == pytest.approx(1.0 + 10.0 * (1 / 29) - 10.0 / 29 / 2, abs=0.2)
