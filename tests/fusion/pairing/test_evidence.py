"""How likely two tracks are of one object: against scipy's densities and plain matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from fusion.pairing.evidence import OTHERS, conclude, nothing_said, ratio, say, separation
from fusion.pairing.hypotheses import news
from fusion.physics.motion import CONSTANT_VELOCITY
from fusion.table.tracks import Table
from fusion_oracle.reports import EPOCH_NS, PLACE_M, packed

AIR = 1
LOWER = np.tril_indices(6)


def covariance(rng: np.random.Generator, position_m: float, velocity_mps: float) -> np.ndarray:
    """A correlated covariance of about these standard deviations."""
    basis = rng.standard_normal((6, 9))
    return basis @ basis.T / 9.0 * np.outer(*[[position_m] * 3 + [velocity_mps] * 3] * 2)


def full(triangle: np.ndarray) -> np.ndarray:
    p = np.zeros((6, 6))
    p[LOWER] = triangle
    return p + np.tril(p, -1).T


@pytest.mark.parametrize("seed", range(5))
def test_the_ratio_is_that_of_a_normal_density_and_a_uniform_one(seed: int) -> None:
    """One other object in a cube of 10 km and 150 m/s."""
    rng = np.random.default_rng(seed)
    p, other = covariance(rng, 80.0, 4.0), covariance(rng, 200.0, 9.0)
    x = np.concatenate([PLACE_M, rng.normal(0.0, 200.0, 3)])
    y = x + rng.multivariate_normal(np.zeros(6), p + other)
    found = ratio(AIR, *separation(x, packed(p), y, packed(other), np.empty((3, 21))))
    s = p + other + np.diag([OTHERS.registered_m2] * 3 + [0.0] * 3)
    expected = multivariate_normal(np.zeros(6), s).logpdf(x - y) + 3.0 * np.log(10e3 * 150.0)
    assert found == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("declared", [True, False])
def test_what_contributors_say_together(declared: bool) -> None:
    """Their information adds up, less what they have in common; not if one declares no noise."""
    rng = np.random.default_rng(2)
    table = Table()
    table.reserve(1, 3)
    sources, said = table.arrays.sources, nothing_said()
    information, vector = np.zeros((6, 6)), np.zeros(6)
    for k in range(3):
        p = covariance(rng, 50.0, 3.0)
        x = np.concatenate([PLACE_M, np.zeros(3)]) + rng.multivariate_normal(np.zeros(6), 0.1 * p)
        sources["state"][k], sources["covariance"][k], sources["doubt"][k] = x, packed(p), 1.0
        sources["time_ns"][k], sources["q"][k] = EPOCH_NS, 1.0 if declared or k else 0.0
        say(said, sources[k], CONSTANT_VELOCITY, EPOCH_NS)
        information += np.linalg.inv(p)
        vector += np.linalg.solve(p, x)
    conclude(said)
    factor = 1.0 + 2.0 * OTHERS.common if declared else 3.0
    assert said.state == pytest.approx(np.linalg.solve(information, vector), rel=1e-9)
    assert full(said.covariance) == pytest.approx(factor * np.linalg.inv(information), rel=1e-6, abs=1e-9)


def test_contributors_that_contradict_each_other_say_little_together() -> None:
    """Thin ellipsoids of three radars about bodies 2 km apart: their common point may be kilometres from any,
    and its covariance grows by their χ² over its degrees of freedom; that of those who agree does not."""
    rng = np.random.default_rng(4)
    table = Table()
    table.reserve(1, 3)
    sources, origin = table.arrays.sources, np.concatenate([PLACE_M, np.zeros(3)])
    p = [covariance(rng, 400.0, 5.0) + np.diag([100.0] * 3 + [1.0] * 3) for _ in range(3)]
    for apart_m, agree in ((0.0, True), (2_000.0, False)):
        said = nothing_said()
        states = [origin + rng.multivariate_normal(np.zeros(6), 0.1 * one) for one in p]
        states[2][:3] += apart_m / np.sqrt(3.0)
        for k in range(3):
            sources["state"][k], sources["covariance"][k], sources["doubt"][k] = states[k], packed(p[k]), 1.0
            sources["time_ns"][k], sources["q"][k] = EPOCH_NS, 1.0
            say(said, sources[k], CONSTANT_VELOCITY, EPOCH_NS)
        conclude(said)
        information = sum(np.linalg.inv(one) for one in p)
        together = np.linalg.solve(
            information, sum(np.linalg.solve(*pair) for pair in zip(p, states, strict=True))
        )
        chi2 = sum(
            (x - together) @ np.linalg.solve(one, x - together) for one, x in zip(p, states, strict=True)
        )
        factor = (1.0 + 2.0 * OTHERS.common) * max(1.0, chi2 / 12.0)
        assert full(said.covariance) == pytest.approx(factor * np.linalg.inv(information), rel=1e-4, abs=1e-6)
        assert (chi2 < 12.0) == agree


def test_news() -> None:
    """A first report is all new, one of a filter that gained nothing is not, one of equal parts is half."""
    p = covariance(np.random.default_rng(3), 50.0, 3.0)
    information = np.linalg.inv(p)
    for share in (0.0, 0.5, 1.0):
        assert news(packed(p), packed(share * information)) == pytest.approx(share)
