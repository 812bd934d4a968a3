"""What biases that nobody knows give a track: against the geodesy's own measurements, and by drawing them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fusion.contract import RADAR
from fusion.registration.considered import considered
from fusion.registration.estimate import Registration, SensorName, nothing_known, with_sensor
from fusion.registration.kinds import AZIMUTH, BIASES, ELEVATION, HEADING, RANGE
from registration_kit import SITES, Site

POSITION = Site("X", 35.0, 128.0, 4e5).place
STATE = np.concatenate([POSITION, [1_500.0, 2_000.0, 800.0]])
MAY = ((AZIMUTH, 1e-3), (ELEVATION, 2e-3))
LOWER = np.tril_indices(6)


def known_of(*may: tuple[tuple[int, float], ...]) -> Registration:
    known = nothing_known()
    for k, one in enumerate(may):
        known = with_sensor(known, SensorName(f"N{k}", 0, RADAR, 1, one))
    return known


def found(known: Registration, covariances: list[np.ndarray]) -> np.ndarray | None:
    n = len(covariances)
    place = np.array([Site("X", *SITES[k]).place for k in range(n)])
    packed = np.array([one[LOWER] for one in covariances])
    return considered(known, np.arange(n), place, np.tile(STATE, (n, 1)), packed)


def moves(k: int) -> np.ndarray:
    """(6, 9) what a unit of each bias of the k-th radar moves, by differences."""
    site, step_s = Site("X", *SITES[k]), 1.0
    here, there = (site.shift(POSITION[None] + t * STATE[3:], STATE[None, 3:])[0] for t in (0.0, step_s))
    return np.concatenate([here, (there - here) / step_s])


def test_of_one_radar_it_is_what_its_owner_declares() -> None:
    spread = found(known_of(MAY), [np.diag([1e4] * 3 + [100.0] * 3)])
    sigma = np.zeros(BIASES)
    sigma[[AZIMUTH, ELEVATION]] = 1e-3, 2e-3
    expected = moves(0) * sigma**2 @ moves(0).T
    assert spread is not None
    assert spread == pytest.approx(expected, rel=2e-3, abs=1e-3 * expected.max())


def test_nobody_declares_nothing_counts() -> None:
    assert found(known_of((), ()), [np.eye(6)] * 2) is None
    one = found(known_of((), MAY), [np.eye(6), np.eye(6)])
    other = found(known_of(MAY, MAY), [np.eye(6), np.eye(6)])
    assert one is not None
    assert other is not None
    assert np.trace(other) > np.trace(one) > 0.0


def test_a_place_that_was_never_told_counts_not() -> None:
    nowhere = considered(
        known_of(MAY), np.zeros(1, int), np.zeros((1, 3)), STATE[None], np.eye(6)[LOWER][None]
    )
    assert nowhere is None


def test_it_is_how_far_tracks_with_drawn_biases_lie_from_the_truth() -> None:
    """Two radars' states, each off by its own bias, weighed by their covariances: 4,000 draws."""
    may = (((RANGE, 50.0), (AZIMUTH, 1e-3)), ((ELEVATION, 2e-3), (HEADING, 3e-3)))
    covariances = [
        np.diag([4e4, 1e4, 1e4, 400.0, 100.0, 100.0]),
        np.diag([1e4, 9e4, 1e4, 100.0, 100.0, 900.0]),
    ]
    spread = found(known_of(*may), covariances)
    weights = [np.linalg.inv(one) for one in covariances]
    rng = np.random.default_rng(3)
    off = np.zeros((4_000, 6))
    for k, one in enumerate(may):
        bias = np.zeros((4_000, BIASES))
        for kind, sigma in one:
            bias[:, kind] = sigma * rng.standard_normal(4_000)
        off += bias @ moves(k).T @ (np.linalg.inv(sum(weights)) @ weights[k]).T
    assert spread is not None
    assert spread == pytest.approx(off.T @ off / 4_000, rel=0.1, abs=0.05 * spread.max())


def test_what_registration_knows_better_counts_less_and_what_it_does_not_take_out_more() -> None:
    known, covariance = known_of(MAY), [np.eye(6)]
    before = found(known, covariance)
    better = known.told_covariance.copy()
    better[0, AZIMUTH, AZIMUTH] = 1e-4**2
    better[0, ELEVATION, ELEVATION] = 1e-4**2
    after = found(replace(known, told_covariance=better), covariance)
    assert before is not None
    assert after is not None
    assert np.trace(after) < 0.02 * np.trace(before)
    told = known.told.copy()
    told[0, AZIMUTH] = 5e-4
    left = found(replace(known, told_covariance=better, told=told), covariance)
    taken = found(replace(known, told_covariance=better, told=told, used=told), covariance)
    assert left is not None
    assert taken == pytest.approx(after)
    assert np.trace(left) > 5.0 * np.trace(after)
