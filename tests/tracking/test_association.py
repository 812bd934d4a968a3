"""Assignment of detections to tracks, against brute force."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from nodes.tracking.association import GATE, ambiguity, assign, assign_in_turn, gate_cost


def best_by_force(cost: np.ndarray) -> tuple[int, float]:
    """The most pairs that can be made, and the least total cost of so many."""
    n, m = cost.shape
    for count in range(min(n, m), 0, -1):
        totals = [
            sum(cost[i, j] for i, j in zip(rows, columns, strict=True))
            for rows in combinations(range(n), count)
            for columns in permutations(range(m), count)
        ]
        finite = [t for t in totals if np.isfinite(t)]
        if finite:
            return count, min(finite)
    return 0, 0.0


COSTS = st.integers(0, 4).flatmap(
    lambda n: st.integers(0, 4).flatmap(
        lambda m: st.lists(
            st.lists(st.one_of(st.floats(-50.0, 50.0), st.just(np.inf)), min_size=m, max_size=m),
            min_size=n,
            max_size=n,
        ).map(lambda rows: np.array(rows).reshape(n, m))
    )
)


@given(COSTS)
@settings(max_examples=300, deadline=None)
def test_assignment_makes_the_most_pairs_at_the_least_cost(cost: np.ndarray) -> None:
    pairs = assign(cost)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert all(np.isfinite(cost[i, j]) for i, j in pairs)
    count, total = best_by_force(cost)
    assert len(pairs) == count
    assert np.isclose(sum(cost[i, j] for i, j in pairs), total)


def test_gate_lets_the_promised_share_through() -> None:
    for k, bound in GATE.items():
        assert chi2.sf(bound, k) < 1.1e-4
    rng = np.random.default_rng(1)
    spread = np.diag([30.0**2, 1e-6, 1e-6])
    z = rng.multivariate_normal(np.zeros(3), spread, 20_000)
    inside = np.isfinite(gate_cost(z[None, :, :], spread[None]))
    assert inside.mean() > 0.9995


def test_a_sharp_track_keeps_its_detection_from_a_vague_one() -> None:
    innovation = np.array([[[1.0]], [[0.5]]])
    cost = gate_cost(innovation, np.array([[[1.0]], [[1e4]]]))
    assert assign(cost) == [(0, 0)]


def test_ambiguity_grows_with_the_rivals_likelihood() -> None:
    z = np.array([[0.0], [100.0]])
    assert ambiguity(np.array([[0.0, np.inf]]), 0, 0, z) is None
    assert ambiguity(np.array([[0.0, 30.0], [30.0, 0.0]]), 0, 0, z) is None
    even = ambiguity(np.array([[0.0, 0.0], [0.0, 0.0]]), 0, 0, z)
    less = ambiguity(np.array([[0.0, 2.0], [2.0, 0.0]]), 0, 0, z)
    assert even is not None
    assert less is not None
    assert np.allclose(even.scatter, 100.0**2 / 2.0)
    assert even.probability == 0.5
    assert 0.0 < less.scatter[0, 0] < even.scatter[0, 0]
    assert 0.0 < less.probability < even.probability


def test_who_chooses_first_is_never_robbed() -> None:
    cost = np.array([[5.0, np.inf], [-9.0, 3.0], [-9.0, -9.0]])
    assert assign_in_turn(cost, np.array([0, 1, 2])) == [(0, 0), (1, 1)]
    assert assign_in_turn(cost, np.array([2, 2, 0])) in ([(2, 0), (1, 1)], [(2, 1), (0, 0)], [(2, 1), (1, 0)])
    assert assign_in_turn(np.zeros((0, 2)), np.zeros(0, dtype=np.int64)) == []
