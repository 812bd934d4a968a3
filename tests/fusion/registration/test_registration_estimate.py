"""The estimator alone, on tracklets of straight targets: against the bound, and where nothing is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fusion.contract import INFRARED, RADAR
from fusion.registration.bias import measures
from fusion.registration.elimination import Layout
from fusion.registration.estimate import PRIORS, SensorName, nothing_known, with_sensor
from fusion.registration.kinds import (
    AZIMUTH,
    BASE,
    BIASES,
    CAP,
    CLOCK,
    EAST,
    HEADING,
    KINDS,
    NORTH,
    PITCH,
    ROLL,
)
from registration_kit import SITES, Site, bound, estimated, looks, ship, sites, spliced

PRIOR = np.array(PRIORS.sigma)
BIASED = (np.array([120.0, 2e-3, -1e-3, 0.05]), np.array([-80.0, -1.5e-3, 1e-3, -0.03]), np.zeros(4))


def in_gauge(radars: list[Site]) -> np.ndarray:
    """(S, 9) the true biases, clocks against their mean."""
    truth = np.array([radar.bias for radar in radars])
    clocks = {radar.node_id: radar.bias[CLOCK] for radar in radars}
    truth[:, CLOCK] -= np.mean(list(clocks.values()))
    return truth


def gauge(layout: Layout) -> np.ndarray:
    """(m, m) what makes of biases those that are told: clocks less their mean."""
    clocks = np.flatnonzero(layout.of == CLOCK)
    out = np.eye(len(layout.of))
    out[np.ix_(clocks, clocks)] -= 1.0 / len(clocks)
    return out


SCENES = {
    "radars": lambda: sites(*BIASED),
    # of three, one sails, is 6 mrad off its course and 200 m off its place, and has two radars
    "a ship": lambda: [
        *sites(*BIASED[1:]),
        *ship(np.array([0.0, 0.0, 0.0, 0.02, 6e-3, 150.0, -120.0, 0.0, 0.0])),
    ],
    # beside two radars of which one is off, a line of sight that is turned about all three axes
    "infrared": lambda: [
        *sites(*BIASED[1:]),
        Site(
            "IR",
            *SITES[2],
            bias=np.array([0.0, 1e-3, 0.0, 0.03, 0.0, 0.0, 0.0, -1.5e-3, 2e-3]),
            kind=INFRARED,
            may=((ROLL, 2.5e-3), (PITCH, 2.5e-3)),
        ),
    ],
}


def drawn(radars: list[Site], rng: np.random.Generator) -> list[Site]:
    """The same, what they are off by drawn of what is known of it before."""
    known = nothing_known()
    for radar in radars:
        known = with_sensor(known, radar.name)
    true, at = known.layout.sigma * rng.standard_normal(len(known.mean)), known.layout.at
    return [replace(one, bias=np.where(at[s] >= 0, true[at[s]], 0.0)) for s, one in enumerate(radars)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scene", "seeds"),
    [("radars", 25), ("a ship", 25), ("infrared", 25), pytest.param("radars", 100, marks=pytest.mark.long)],
)
def test_it_reaches_the_bound_and_knows_how_good_it_is(scene: str, seeds: int) -> None:
    """20 targets over 300 s: RMSE at most 1.15 of the Cramér-Rao bound of the biases, NEES 0.9 to 1.1,
    clocks within three of their own sigmas in 99 %. What only its prior tells from another is drawn of it."""
    by_bound, by_sigma = [], []
    for seed in range(100, 100 + seeds):
        radars = SCENES[scene]()
        if scene != "radars":
            radars = drawn(radars, np.random.default_rng([18, seed]))
        seen = looks(np.random.default_rng(seed), radars, 20, 300.0)
        known = estimated(radars, seen)[-1]
        layout = known.layout
        error = known.told - in_gauge(radars)
        best2 = np.diag(gauge(layout) @ bound(radars, seen, layout) @ gauge(layout).T)
        has = np.array([[measures(radar.kind, bias) for bias in range(BIASES)] for radar in radars])
        has &= layout.at >= 0
        best = np.where(has, np.sqrt(best2[layout.at]), np.inf)
        by_bound.append(error / best)
        by_sigma.append(np.where(has, error / known.sigma(), np.nan))
    ratio = np.sqrt(np.sum(np.square(by_bound), axis=(0, 1)) / (seeds * has.sum(axis=0)))
    nees = float(np.nanmean(np.square(by_sigma)))
    told = {kind.name: round(float(one), 3) for kind, one in zip(KINDS, ratio, strict=True) if one == one}
    print(f"{scene}: RMSE / bound {told}; NEES {nees:.3f}")
    beyond = np.sum(np.abs(np.array(by_sigma)[:, :, CLOCK]) >= 3.0)
    assert np.sqrt(np.mean(np.square(ratio[has.any(axis=0)]))) < 1.15
    if seeds == 100:
        assert (ratio[has.any(axis=0)] < 1.15).all()
        assert 0.9 < nees < 1.1
        assert beyond <= 0.01 * seeds * len(radars)
    else:  # 25 seeds know NEES to a tenth and one kind's ratio to a seventh
        assert 0.8 < nees < 1.2
        assert beyond <= 2


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
        assert (known.sigma()[:, :BASE] <= PRIOR * [1.01, 1.01, 1.01, 1.5]).all()
        by_sigma.append(((known.told - in_gauge(radars))[:, :BASE]) / known.sigma()[:, :BASE])
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


@pytest.mark.parametrize("scene", list(SCENES))
def test_no_target_shows_what_is_common_to_all_clocks(scene: str) -> None:
    """Nothing is learnt of it, also of targets whose velocity is poorly known, in 300 s."""
    radars = SCENES[scene]()
    for known in estimated(radars, looks(np.random.default_rng(7), radars, 20, 300.0))[1:]:
        clocks = np.flatnonzero(known.layout.of == CLOCK)
        spread2 = known.covariance[np.ix_(clocks, clocks)].mean()
        assert spread2 > 0.99 * PRIORS.sigma[CLOCK] ** 2 / len(clocks)
        assert abs(known.mean[clocks].mean()) < 0.1 * np.sqrt(spread2)


@pytest.mark.slow
def test_a_jump_of_a_milliradian_is_noticed_within_a_minute() -> None:
    """In 95 % of 40 seeds, of the sensor that jumped, and the estimate is on the new value at the end."""
    noticed = 0
    for seed in range(300, 340):
        rng = np.random.default_rng(seed)
        before, after = sites(*BIASED), sites(*BIASED)
        after[1].bias[AZIMUTH] += 1e-3
        seed_looks = int(rng.integers(2**31))
        first = looks(np.random.default_rng(seed_looks), before, 20, 300.0)
        second = looks(np.random.default_rng(seed_looks), after, 20, 300.0)
        history = estimated(before, spliced(first, second, 150.0))
        begun = history[0].window + 14
        azimuth = [int(known.jump[known.layout.at[1, AZIMUTH]]) for known in history]
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
    assert history[-1].jump[history[-1].layout.at[1, AZIMUTH]] > history[9].window


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
    off = np.abs(history[-1].told[1] - in_gauge(repaired)[1])
    assert (off <= 5.0 * history[-1].sigma()[1]).all()


def test_sensors_are_many_at_most_and_each_once() -> None:
    known = nothing_known()
    for number in range(70):
        known = with_sensor(known, SensorName("A", number, RADAR))
        known = with_sensor(known, SensorName("A", number, RADAR))
    assert len(known.sensors) == 64
    assert known.clocks == ("A",)
    assert len(known.mean) == 3 * 64 + 1
    assert known.index(SensorName("A", 69, RADAR)) == -1


def test_sensors_of_a_platform_share_its_heading_and_place_and_not_their_own_errors() -> None:
    known = nothing_known()
    for radar in SCENES["a ship"]():
        known = with_sensor(known, radar.name)
    at = known.layout.at
    assert (at[2, [CLOCK, HEADING, EAST, NORTH]] == at[3, [CLOCK, HEADING, EAST, NORTH]]).all()
    assert (at[2, :CLOCK] != at[3, :CLOCK]).all()
    assert (at[:2, BASE:] == -1).all()
    assert known.layout.block[at[2, [EAST, NORTH]]].tolist() == [at[2, EAST]] * 2
    apart = with_sensor(known, SensorName("DDG", 2, RADAR, 2, ((HEADING, 1e-3),)))
    assert apart.layout.at[4, HEADING] == len(known.mean) + CLOCK  # its three own, the clock is its node's
    assert known.sigma()[2, [HEADING, EAST]] == pytest.approx([5e-3, 200.0])


def test_nobody_is_a_reference_by_declaring_it_and_no_sigma_is_past_what_is_credible() -> None:
    may = ((AZIMUTH, 1e-9), (HEADING, 1.0), (ROLL, 1.0))
    known = with_sensor(nothing_known(), SensorName("A", 0, RADAR, 0, may))
    assert known.sigma()[0, AZIMUTH] == PRIORS.sigma[AZIMUTH]
    assert known.sigma()[0, [HEADING, ROLL]] == pytest.approx([CAP[HEADING] / 3.0, CAP[ROLL] / 3.0])


@pytest.mark.parametrize("scene", ["a ship", "infrared"])
def test_one_common_target_leaves_the_declared_kinds_within_their_prior(scene: str) -> None:
    """With all clocks free: the error is as large as the estimate says, at most what was declared."""
    by_sigma = []
    known = nothing_known()
    for radar in SCENES[scene]():
        known = with_sensor(known, radar.name)
    for seed in range(10):
        rng = np.random.default_rng(seed)
        radars = drawn(SCENES[scene](), rng)
        found = estimated(radars, looks(rng, radars, 1, 60.0))[-1]
        more = found.layout.at[-1] >= 0
        more[:BASE] = False
        assert (found.sigma()[-1, more] <= 1.01 * known.sigma()[-1, more]).all()
        by_sigma.append((found.told[-1, more] - radars[-1].bias[more]) / found.sigma()[-1, more])
    assert np.mean(np.square(by_sigma)) < 1.6


def test_a_jump_of_heading_is_noticed_and_is_the_platforms() -> None:
    before = SCENES["a ship"]()
    after = SCENES["a ship"]()
    for radar in after[2:]:
        radar.bias[HEADING] -= 4e-3
    first, second = (looks(np.random.default_rng(7), radars, 20, 200.0) for radars in (before, after))
    history = estimated(before, spliced(first, second, 100.0))
    heading = history[-1].layout.at[2, HEADING]
    assert any(0 < one.jump[heading] - history[9].window <= 6 for one in history)
    total = history[-1].told[2, HEADING] + history[-1].told[2, AZIMUTH]
    assert abs(total - after[2].bias[HEADING] - after[2].bias[AZIMUTH]) < 4e-4
