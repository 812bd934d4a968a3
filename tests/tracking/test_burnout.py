"""A missile's filter: as good soon after burnout as if somebody had told it when the engine stopped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from national_kit import RADAR, Array, flight, nees, place, scan
from nodes.sensing.measurement import Look
from nodes.tracking.filters import KINDS, NationalFilter, national_filter
from nodes.tracking.filters.mixture_compiled import CompiledMixture
from nodes.tracking.motion import FREE_FLIGHT, Mode
from nodes.tracking.motion_models import (
    BURNOUTS,
    FREE_M2PS3,
    FREE_MODE,
    RESTART_HZ,
    THRUST_MODE,
    Behaviour,
    missile,
)

BURN_S, COAST_S = 30, 30
HOW = missile(3_000.0, RESTART_HZ)
MIXED = Behaviour(tuple(replace(mode, moments=1) for mode in HOW.modes), HOW.rates_hz)
"""As in an IMM: moments of burnout are not told apart."""
START = place(39.0, 128.0, 90_000.0, 1_200.0, -100.0, 1_200.0)


def path() -> Array:
    """Thirty seconds of 35 m/s2 along the flight path, then none, once a second."""
    burn = flight(START, np.arange(0, BURN_S + 1) * 1.0, thrust_mps2=35.0)
    return np.concatenate([burn, flight(burn[-1], np.arange(1, COAST_S + 1) * 1.0)])


def fresh(kind: str, rng: np.random.Generator, how: Behaviour = HOW) -> NationalFilter:
    p = np.diag([300.0**2] * 3 + [50.0**2] * 3)
    return national_filter(kind, how, START + rng.multivariate_normal(np.zeros(6), p), p)


def run(filter: NationalFilter, rng: np.random.Generator, told: bool = False) -> tuple[Array, Array, Array]:
    """Errors (6,) and covariance at the end, and the probability of thrust along the way."""
    thrust = []
    for k, truth in enumerate(path()[1:], 1):
        s = scan(RADAR, float(k), [truth], rng)
        filter.step(1.0, Look.of(s), s.measurement[0])
        thrust.append(filter.mode_probability[THRUST_MODE])
        if told and k == BURN_S:
            assert isinstance(filter, CompiledMixture)
            thrusts = filter._mode.tolist().index(THRUST_MODE)
            x, p = filter._xs[thrusts, :6], filter._ps[thrusts, :6, :6]
            quiet = Behaviour((Mode(FREE_FLIGHT, FREE_M2PS3),) * 2, HOW.rates_hz)
            filter = national_filter("ekf", quiet, x, p)
    return filter.x - truth, filter.p, np.array(thrust)


def test_it_loses_little_by_not_being_told_when_the_engine_stopped() -> None:
    """Thirty seconds later it is no more than a fifth worse than a filter that was told, an IMM is."""
    rms = {}
    for name in ("told", "found", "mixed"):
        speed2 = []
        for seed in range(40):
            rng = np.random.default_rng(seed)
            start = fresh("ekf", rng)
            if name == "mixed":
                start = CompiledMixture(False, MIXED, start.x, start.p)
            error, _, _ = run(start, rng, told=name == "told")
            speed2.append(float(error[3:] @ error[3:]))
        rms[name] = float(np.sqrt(np.mean(speed2)))
    assert rms["found"] < 1.2 * rms["told"]
    assert rms["found"] < rms["mixed"]


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_consistent_and_notices_the_burnout(kind: str) -> None:
    found = []
    for seed in range(25):
        rng = np.random.default_rng(100 + seed)
        error, covariance, thrust = run(fresh(kind, rng), rng)
        found.append(nees(error, covariance))
        assert thrust[BURN_S - 10 : BURN_S].min() > 0.5
        assert thrust[-5:].max() < 0.01
    assert 0.7 < np.mean(found) < 1.3


def test_hypotheses_are_few_and_fewer_once_the_burnout_is_past() -> None:
    rng = np.random.default_rng(7)
    filter = fresh("ekf", rng)
    assert isinstance(filter, CompiledMixture)
    held = []
    for k, truth in enumerate(path()[1:], 1):
        s = scan(RADAR, float(k), [truth], rng)
        filter.step(1.0, Look.of(s), s.measurement[0])
        held.append(int(np.sum(filter._mode == FREE_MODE)))
    assert max(held) <= BURNOUTS
    assert held[-1] <= 6


def test_to_coast_and_to_weigh_keep_the_mixture_whole() -> None:
    """Probabilities sum to one; weighing alike changes nothing; evidence moves the modes by Bayes' rule."""
    rng = np.random.default_rng(8)
    filter = fresh("ekf", rng)
    for k, truth in enumerate(path()[1 : BURN_S + 6], 1):
        s = scan(RADAR, float(k), [truth], rng)
        filter.step(1.0, Look.of(s), s.measurement[0])
    filter.coast(2.0)
    x, p, before = filter.x, filter.p, filter.mode_probability
    assert before.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.linalg.eigvalsh(p).min() > 0.0
    filter.weigh(np.array([0.3, 0.3]))
    assert np.allclose(filter.x, x, rtol=1e-12)
    assert np.allclose(filter.p, p, rtol=1e-9)
    filter.weigh(np.array([0.2, 0.8]))
    odds = before[THRUST_MODE] / before[FREE_MODE]
    after = filter.mode_probability
    assert after[THRUST_MODE] / after[FREE_MODE] == pytest.approx(4.0 * odds)


def test_a_doubt_costs_little_where_it_was_right_and_saves_the_track_where_it_was_wrong() -> None:
    """After a minute a part comes off at 45 m/s, and a filter is fed that one from then on: told that it
    might be, it follows, and says how well; not told, it is sure of where nothing is. Fed its own it loses
    little."""
    own = flight(START, np.arange(0, 81) * 1.0)
    off = own[60] + np.array([0.0, 0.0, 0.0, 30.0, -30.0, 15.0])
    part = np.concatenate([own[:60], flight(off, np.arange(0, 21) * 1.0)])
    spread = np.diag([400.0**2] * 3 + [40.0**2] * 3)
    mean = {}
    for told in (False, True):
        for path in (own, part):
            found = []
            for seed in range(15):
                rng = np.random.default_rng(200 + seed)
                filter = fresh("ekf", rng, missile(1.0, RESTART_HZ))
                for k, truth in enumerate(path[1:], 1):
                    if k == 61 and told:
                        assert filter.doubt(0.3, spread)
                    s = scan(RADAR, float(k), [truth], rng)
                    filter.step(1.0, Look.of(s), s.measurement[0])
                found.append(nees(filter.x - truth, filter.p))
            mean[told, path is part] = np.mean(found)
    assert mean[True, True] < 2.0
    assert mean[False, True] > 3.0 * mean[True, True]
    assert mean[True, False] < 1.5
