"""The estimator alone, on tracklets of straight targets: against the bound, and where nothing is known."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.contract import RADAR
from fusion.registration.estimate import PRIORS, SensorName, nothing_known, with_sensor
from registration_kit import Site, bound, estimated, looks, sites, spliced

PRIOR = np.array(PRIORS.sigma)
BIASED = (np.array([120.0, 2e-3, -1e-3, 0.05]), np.array([-80.0, -1.5e-3, 1e-3, -0.03]), np.zeros(4))


def in_gauge(radars: list[Site]) -> np.ndarray:
    """(S, 4) the true biases, clocks against their mean."""
    truth = np.array([radar.bias for radar in radars])
    truth[:, 3] -= truth[:, 3].mean()
    return truth


@pytest.mark.slow
def test_it_reaches_the_bound_and_knows_how_good_it_is() -> None:
    """100 seeds of 20 targets over 300 s: RMSE at most 1.15 of the Cramér-Rao bound, NEES 0.9 to 1.1, and
    clocks within three of their own sigmas in 99 %."""
    radars = sites(*BIASED)
    gauge = np.eye(12)
    for i in (3, 7, 11):
        gauge[i, [3, 7, 11]] -= 1.0 / 3.0
    by_bound, by_sigma = [], []
    for seed in range(100, 200):
        seen = looks(np.random.default_rng(seed), radars, 20, 300.0)
        known = estimated(radars, seen)[-1]
        error = known.told - in_gauge(radars)
        best = np.sqrt(np.diag(gauge @ bound(radars, seen, PRIOR) @ gauge.T)).reshape(3, 4)
        by_bound.append(error / best)
        by_sigma.append(error / known.sigma())
    ratio = np.sqrt(np.mean(np.square(by_bound), axis=(0, 1)))
    nees = float(np.mean(np.square(by_sigma)))
    print(f"range, azimuth, elevation, clock: RMSE / bound {ratio.round(3)}; NEES {nees:.3f}")
    assert (ratio < 1.15).all()
    assert 0.9 < nees < 1.1
    assert np.mean(np.abs(np.array(by_sigma)[:, :, 3]) < 3.0) >= 0.99


def test_what_is_found_is_used_and_what_is_not_there_is_not() -> None:
    radars = sites(*BIASED)
    known = estimated(radars, looks(np.random.default_rng(1), radars, 20, 100.0))[-1]
    assert known.used[0].any()
    assert known.used[1].any()
    assert np.array_equal(known.used[0], known.told[0])
    aligned = sites(np.zeros(4), np.zeros(4), np.zeros(4))
    for seed in range(3):
        seen = looks(np.random.default_rng(seed), aligned, 20, 100.0)
        assert not any(one.used.any() for one in estimated(aligned, seen))


@pytest.mark.parametrize("count", [1, 2])
def test_few_targets_leave_it_within_its_prior(count: int) -> None:
    """What one target shows is a part: the error is as large as the estimate says, never beyond the prior."""
    by_sigma = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        radars = sites(*(rng.standard_normal((3, 4)) * PRIOR))
        known = estimated(radars, looks(rng, radars, count, 60.0))[-1]
        # of a clock that shares nothing, against the mean of those that do
        assert (known.sigma() <= PRIOR * [1.01, 1.01, 1.01, 1.5]).all()
        by_sigma.append((known.told - in_gauge(radars)) / known.sigma())
    assert np.mean(np.square(by_sigma)) < 1.6


def test_nothing_shared_is_nothing_known() -> None:
    radars = sites(BIASED[0])
    known = estimated(radars, looks(np.random.default_rng(0), radars, 20, 60.0))[-1]
    assert not known.told.any()
    assert not known.used.any()
    assert known.shared.tolist() == [0]
    assert np.allclose(known.sigma()[0, :3], PRIOR[:3], rtol=1e-3)


def test_clocks_that_are_all_off_alike_are_not_told() -> None:
    radars = sites(*[np.array([0.0, 0.0, 0.0, 0.2])] * 3)
    known = estimated(radars, looks(np.random.default_rng(0), radars, 20, 100.0))[-1]
    assert np.abs(known.told[:, 3]).max() < 0.04
    assert not known.used.any()


@pytest.mark.slow
def test_a_jump_of_a_milliradian_is_noticed_within_a_minute() -> None:
    """In 95 % of 40 seeds, of the sensor that jumped, and the estimate is on the new value at the end."""
    noticed = 0
    for seed in range(300, 340):
        rng = np.random.default_rng(seed)
        before, after = sites(*BIASED), sites(*BIASED)
        after[1].bias[:] += [0.0, 1e-3, 0.0, 0.0]
        seed_looks = int(rng.integers(2**31))
        first = looks(np.random.default_rng(seed_looks), before, 20, 300.0)
        second = looks(np.random.default_rng(seed_looks), after, 20, 300.0)
        history = estimated(before, spliced(first, second, 150.0))
        begun = history[0].window + 14
        azimuth = [int(known.jump[known.layout.first[1] + 1]) for known in history]
        noticed += any(0 < one - begun <= 6 for one in azimuth)
        assert abs(history[-1].told[1, 1] - after[1].bias[1]) < 4e-4
    assert noticed >= 38


def test_a_drift_is_followed_and_said_to_be_one() -> None:
    """An azimuth that drifts by 1 mrad in 200 s, far faster than biases are taken to walk: the estimate is
    half a milliradian behind at most, says that it jumped, and is on the value within 40 s of the end."""
    steps = 20
    drifted = [sites(*BIASED) for _ in range(steps + 1)]
    for step, radars in enumerate(drifted):
        radars[1].bias[1] += 1e-3 * step / steps
    seen = looks(np.random.default_rng(5), drifted[0], 20, 340.0)
    for step in range(1, steps + 1):
        later = looks(np.random.default_rng(5), drifted[step], 20, 340.0)
        seen = spliced(seen, later, 100.0 + 10.0 * step)
    history = estimated(drifted[0], seen)
    truth = np.interp([10.0 * k for k in range(1, len(history) + 1)], [100.0, 300.0], [-1.5e-3, -0.5e-3])
    off = np.abs(np.array([one.told[1, 1] for one in history]) - truth)
    assert off[10:].max() < 5e-4
    assert off[-1] < 2e-4
    assert history[-1].jump[history[-1].layout.first[1] + 1] > history[9].window


def test_a_sensor_that_was_broken_and_is_repaired_is_taken_back() -> None:
    """20 mrad off, it has no say and is not corrected; within a minute of its repair it is as any other, on
    its value; and the others' estimates are as if it had said nothing."""
    broken, repaired = sites(*BIASED), sites(*BIASED)
    broken[1].bias[1] = 20e-3
    first = looks(np.random.default_rng(3), broken, 20, 260.0)
    second = looks(np.random.default_rng(3), repaired, 20, 260.0)
    history = estimated(broken, spliced(first, second, 130.0))
    begun = history[0].window
    before, after = (
        [one for one in history if at(one.window - begun)] for at in (lambda w: w == 12, lambda w: w >= 19)
    )
    assert before[0].beyond.tolist() == [False, True, False]
    assert not before[0].used[1].any()
    assert before[0].told[1, 1] == pytest.approx(20e-3, abs=2e-3)
    assert not any(one.beyond.any() for one in after)
    assert history[-1].used[1].any()
    assert (np.abs(history[-1].told[1] - in_gauge(repaired)[1]) < 5.0 * history[-1].sigma()[1]).all()


def test_sensors_are_many_at_most_and_each_once() -> None:
    known = nothing_known()
    for number in range(70):
        known = with_sensor(known, SensorName("A", number, RADAR))
        known = with_sensor(known, SensorName("A", number, RADAR))
    assert len(known.sensors) == 64
    assert known.clocks == ("A",)
    assert len(known.mean) == 3 * 64 + 1
    assert known.index(SensorName("A", 69, RADAR)) == -1
