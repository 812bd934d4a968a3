"""T-GOSPA against every course of assignments tried one by one, and against values worked out by hand."""

from __future__ import annotations

import math
from itertools import permutations, product

import numpy as np
import pytest

from fusion.score.gospa import gospa
from fusion.score.tgospa import tgospa

C, GAMMA = 10.0, 3.0


def assignments(m: int, n: int) -> list[tuple[int, ...]]:
    """Each object's track, -1 = none, no track twice."""
    found = {tuple(p[i] if p[i] < n else -1 for i in range(m)) for p in permutations(range(n + m), m)}
    return sorted(found)


def by_trying_all(track: np.ndarray, thing: np.ndarray) -> float:
    """The metric as it is defined: the least over all sequences of assignments, p = 2."""
    k, m, n = len(track), thing.shape[1], track.shape[1]
    best = math.inf
    options = assignments(m, n)
    for course in product(options, repeat=k):
        total = 0.0
        for t, pairs in enumerate(course):
            taken = set()
            for i, j in enumerate(pairs):
                a = np.isfinite(thing[t, i, 0])
                b = j >= 0 and np.isfinite(track[t, j, 0])
                if j >= 0:
                    taken.add(j)
                if a and b:
                    total += min(float(np.sum((thing[t, i] - track[t, j]) ** 2)), C**2)
                elif a or b:
                    total += C**2 / 2.0
            total += sum(C**2 / 2.0 for j in range(n) if j not in taken and np.isfinite(track[t, j, 0]))
            if t:
                for before, now in zip(course[t - 1], pairs, strict=True):
                    if before != now:
                        total += GAMMA**2 * (1.0 if before >= 0 and now >= 0 else 0.5)
        best = min(best, total)
    return best


@pytest.mark.parametrize(("m", "n", "k"), [(2, 2, 4), (1, 3, 4), (3, 1, 3), (2, 3, 3), (3, 2, 3)])
def test_equals_the_least_over_all_courses(m: int, n: int, k: int) -> None:
    """The programme's metric is never above the definition's, and here nearly always equal."""
    rng = np.random.default_rng(m * 100 + n * 10 + k)
    equal = 0
    for _ in range(12):
        thing = rng.uniform(0.0, 12.0, (k, m, 2))
        track = rng.uniform(0.0, 12.0, (k, n, 2))
        thing[rng.random((k, m)) < 0.15] = np.nan
        track[rng.random((k, n)) < 0.15] = np.nan
        found = tgospa(track, thing, C, GAMMA)
        if found is None:
            continue
        there = np.isfinite(thing[:, :, 0]).any(axis=1) | np.isfinite(track[:, :, 0]).any(axis=1)
        least = by_trying_all(track, thing)
        assert found.distance_m**2 * there.sum() <= least + 1e-6
        equal += abs(found.distance_m**2 * there.sum() - least) < 1e-6
    assert equal >= 11


def test_one_instant_is_gospa() -> None:
    rng = np.random.default_rng(8)
    for _ in range(20):
        track, thing = rng.uniform(0.0, 15.0, (6, 3)), rng.uniform(0.0, 15.0, (5, 3))
        found, plain = tgospa(track[None], thing[None], C, GAMMA), gospa(track, thing, C)
        assert found is not None
        assert found.distance_m == pytest.approx(plain.distance_m, rel=1e-9)
        assert (found.missed, found.false) == pytest.approx((plain.missed, plain.false), abs=1e-9)


def test_a_switch_costs_gamma_once() -> None:
    """One object, two tracks that take turns: half and half a switch."""
    thing = np.zeros((10, 1, 2))
    track = np.full((10, 2, 2), np.nan)
    track[:5, 0], track[5:, 1] = [3.0, 0.0], [3.0, 0.0]
    found = tgospa(track, thing, C, GAMMA)
    assert found is not None
    assert found.switches * 10 == pytest.approx(1.0)
    assert found.distance_m**2 * 10 == pytest.approx(10 * 9.0 + GAMMA**2)


def test_crossed_numbers_show_here_and_not_in_gospa() -> None:
    """Two objects whose tracks exchange numbers half way: two switches."""
    thing = np.zeros((20, 2, 2))
    thing[:, 1] = [6.0, 0.0]
    track = thing.copy()
    track[10:] = track[10:, ::-1]
    found = tgospa(track, thing, C, GAMMA)
    assert found is not None
    assert found.switches * 20 == pytest.approx(2.0)
    assert found.distance_m**2 * 20 == pytest.approx(2 * GAMMA**2)
    assert all(gospa(a, b, C).distance_m == 0.0 for a, b in zip(track, thing, strict=True))


def test_it_is_symmetric_and_obeys_the_triangle() -> None:
    rng = np.random.default_rng(3)
    for _ in range(10):
        a, b, c = (rng.uniform(0.0, 12.0, (4, 2, 2)) for _ in range(3))
        ab, ba, bc, ac = (tgospa(x, y, C, GAMMA).distance_m for x, y in ((a, b), (b, a), (b, c), (a, c)))  # type: ignore[union-attr]
        assert ab == pytest.approx(ba, rel=1e-6)
        assert ac <= ab + bc + 1e-6


def test_nothing_is_no_distance() -> None:
    assert tgospa(np.zeros((3, 0, 3)), np.zeros((3, 0, 3))) is None
