"""The sparse assignment against scipy's dense one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from fusion.pairing.assignment import Pairs, assign

Allowed = list[tuple[int, int, float]]


def solve(pairs: Allowed, reports: int) -> np.ndarray:
    """Track row of each report, -1 for none; pairs in the order of reports."""
    ordered = sorted(pairs, key=lambda pair: pair[0])
    report_of = np.array([p[0] for p in ordered], np.int64)
    track_of = np.array([p[1] for p in ordered], np.int64)
    match = np.full(reports, 99, np.int64)
    assign(Pairs(report_of, track_of, np.array([p[2] for p in ordered], float)), reports, match)
    return match


def best(pairs: Allowed, reports: int) -> tuple[int, float]:
    """How many can be assigned, and the least cost of assigning so many."""
    if not pairs:
        return 0, 0.0
    tracks = sorted({p[1] for p in pairs})
    far = 1e7
    matrix = np.full((reports, len(tracks)), far)
    for r, t, c in pairs:
        matrix[r, tracks.index(t)] = c
    rows, columns = linear_sum_assignment(matrix)
    chosen = matrix[rows, columns]
    return int((chosen < far).sum()), float(chosen[chosen < far].sum())


def check(pairs: Allowed, reports: int) -> None:
    match = solve(pairs, reports)
    cost = {(r, t): c for r, t, c in pairs}
    made = [(r, int(t)) for r, t in enumerate(match) if t >= 0]
    assert all(pair in cost for pair in made)
    assert len({t for _, t in made}) == len(made)
    number, total = best(pairs, reports)
    assert len(made) == number
    assert sum(cost[pair] for pair in made) == pytest.approx(total, abs=1e-6)


def scattered(seed: int, reports: int, tracks: int, density: float) -> Pairs:
    """A random sparse instance; track rows far apart and in no order."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(10 * tracks)[:tracks]
    return [
        (r, int(t), float(rng.normal(30.0, 25.0)))
        for r in range(reports)
        for t in rows
        if rng.random() < density
    ]


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize(("reports", "tracks", "density"), [(8, 8, 0.3), (20, 12, 0.15), (12, 40, 0.05)])
def test_random_instances(seed: int, reports: int, tracks: int, density: float) -> None:
    check(scattered(seed, reports, tracks, density), reports)


@pytest.mark.parametrize("seed", range(10))
def test_dense_clusters(seed: int) -> None:
    """Two tight formations of unlike sizes, everything in reach of everything, and stragglers between."""
    rng = np.random.default_rng(seed)
    pairs = [(r, t, float(rng.uniform(0, 60))) for r in range(9) for t in range(7)]
    pairs += [(r, t, float(rng.uniform(0, 60))) for r in range(9, 15) for t in range(7, 16)]
    pairs += [(15 + k, 100 + k, float(rng.uniform(0, 60))) for k in range(30)]
    check(pairs, 50)


@given(
    pairs=st.dictionaries(
        st.tuples(st.integers(0, 6), st.integers(0, 6)), st.floats(-100.0, 300.0), max_size=30
    )
)
@settings(max_examples=300)
def test_any_instance(pairs: dict[tuple[int, int], float]) -> None:
    check([(r, t, c) for (r, t), c in sorted(pairs.items())], 7)


def test_nothing_to_assign() -> None:
    assert solve([], 3).tolist() == [-1, -1, -1]


def test_as_many_as_possible_come_before_what_is_cheap() -> None:
    """Report 0 has a perfect match in track 5, but is the only one that can take track 6."""
    assert solve([(0, 5, -90.0), (0, 6, 300.0), (1, 5, 20.0)], 2).tolist() == [6, 5]


def test_ties_go_to_what_stands_first() -> None:
    """Tracks come in the order of their numbers: the elder wins wherever its row lies."""
    for first, second in ((3, 8), (8, 3)):
        assert solve([(0, first, 1.0), (0, second, 1.0)], 1).tolist() == [first]
    match = solve([(0, 4, 1.0), (0, 2, 1.0), (1, 4, 1.0), (1, 2, 1.0)], 2)
    swapped = solve([(0, 2, 1.0), (0, 4, 1.0), (1, 2, 1.0), (1, 4, 1.0)], 2)
    assert {2: 4, 4: 2}[int(match[0])] == swapped[0]
