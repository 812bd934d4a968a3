"""Searching by cells finds what searching all finds."""

import numpy as np
import pytest

from fusion.filters import mode_noise
from fusion.pairing.evidence import OTHERS
from fusion.pairing.gating import candidates
from fusion.pairing.hypotheses import SEQUENTIAL
from fusion.physics.motion import CONSTANT_VELOCITY, FREE_FLIGHT, propagate
from fusion.table.records import CRUISE
from fusion.table.spatial_index import index_cells, near_tracks, spread2
from fusion.table.tracks import Table
from fusion_oracle.reports import EPOCH_NS, PLACE_M, packed, reports_of

AIR, SPACE = 1, 2


def random_covariance(rng: np.random.Generator, position_m: float, velocity_mps: float) -> np.ndarray:
    """A correlated covariance of about these standard deviations."""
    basis = rng.standard_normal((6, 9))
    scale = np.array([position_m] * 3 + [velocity_mps] * 3)
    return basis @ basis.T / 9.0 * np.outer(scale, scale)


def crowd(rng: np.random.Generator, n: int, span_m: float) -> Table:
    """A table of n rows, some of them free: tracks of every age and sharpness, in no order of numbers."""
    table = Table()
    table.reserve(n, 1)
    a = table.arrays
    a.counters["rows"] = n
    number = rng.permutation(n) + 1
    for row in range(n):
        if rng.random() < 0.15:
            continue
        track = a.tracks[row]
        a.numbers[row] = track["number"] = number[row]
        track["alive"] = 1
        track["environment"] = SPACE if rng.random() < 0.3 else AIR
        age_s = float(rng.choice([0.0, 0.5, 4.0, 15.0, 60.0]))
        track["time_ns"] = EPOCH_NS - round(age_s * 1e9)
        speed = 3000.0 if track["environment"] == SPACE else 200.0
        track["q"] = 10.0 ** rng.uniform(-1.0, 1.5)
        track["state"][:3] = PLACE_M + rng.uniform(-span_m, span_m, 3)
        track["state"][3:] = rng.normal(0.0, speed, 3)
        position = 10.0 ** rng.uniform(0.5, 4.5)
        track["covariance"] = packed(random_covariance(rng, position, position / 10.0))
    return table


def full(triangle: np.ndarray) -> np.ndarray:
    p = np.zeros((6, 6))
    p[np.tril_indices(6)] = triangle
    return p + np.tril(p, -1).T


def carried(track: np.void) -> tuple[np.ndarray, np.ndarray]:
    """A track's estimate at the epoch, in its cruising mode."""
    x, p = track["state"].copy(), full(track["covariance"])
    dt = (EPOCH_NS - int(track["time_ns"])) * 1e-9
    space = track["environment"] == SPACE
    q = mode_noise(int(track["environment"]), CRUISE, float(track["q"]), x)
    propagate(FREE_FLIGHT if space else CONSTANT_VELOCITY, x, p, q, dt, np.empty((4, 6, 6)))
    return x, p


def evidence(x: np.ndarray, p: np.ndarray, state: np.ndarray, covariance: np.ndarray) -> float:
    """λ of an aircraft."""
    s = p + covariance + np.diag([OTHERS.registered_m2] * 3 + [0.0] * 3)
    d = state - x
    return OTHERS.sparsity[AIR] - 0.5 * float(d @ np.linalg.solve(s, d) + np.linalg.slogdet(s)[1])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("span_m", [3e4, 3e5])
def test_candidates_are_those_of_a_search_of_everything(seed: int, span_m: float) -> None:
    rng = np.random.default_rng(seed)
    table = crowd(rng, 150, span_m)
    a = table.arrays
    reports = 40
    state = np.empty((reports, 6))
    covariance = np.empty((reports, 6, 6))
    alive = np.flatnonzero(a.numbers[:150])
    for r in range(reports):
        x, p = carried(a.tracks[rng.choice(alive)])
        position = 10.0 ** rng.uniform(0.5, 4.5)
        covariance[r] = random_covariance(rng, position, position / 10.0)
        state[r] = rng.multivariate_normal(x, (p + covariance[r]) * rng.uniform(0.5, 8.0))
    wanted = rng.random(reports) < 0.8
    rows = np.full(reports, -1)
    rows[~wanted] = rng.choice(alive, (~wanted).sum())

    told = reports_of(EPOCH_NS, np.zeros(reports, np.int64), state, packed(covariance))
    report_of, track_of, found_cost = candidates(a, told, rows, wanted)

    expected = {}
    for row in set(alive.tolist()) - set(rows.tolist()):
        x, p = carried(a.tracks[row])
        for r in np.flatnonzero(wanted).tolist():
            likely = evidence(x, p, state[r], covariance[r])
            if likely > -SEQUENTIAL.threshold:
                expected[r, row] = -likely
    found = dict(
        zip(zip(report_of.tolist(), track_of.tolist(), strict=True), found_cost.tolist(), strict=True)
    )
    assert len(found) == len(report_of)
    assert found.keys() == expected.keys()
    assert len(expected) > 3
    for pair, value in expected.items():
        assert found[pair] == pytest.approx(value, rel=1e-6, abs=1e-5)
    by_number = [(r, int(a.numbers[t])) for r, t in zip(report_of.tolist(), track_of.tolist(), strict=True)]
    assert by_number == sorted(by_number)


@pytest.mark.parametrize("seed", range(5))
def test_every_neighbour_stands_once_and_no_free_row(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a = crowd(rng, 300, 1e5).arrays
    cells = index_cells(a, EPOCH_NS)
    near = np.empty(300, np.int64)
    for variance in (10.0, 1e4, 1e9):
        centre = PLACE_M + rng.uniform(-1e5, 1e5, 3)
        rows = near[: near_tracks(a, cells, *centre, variance, near)].tolist()
        assert len(set(rows)) == len(rows)
        assert (a.numbers[rows] > 0).all()
    assert sorted(rows) == np.flatnonzero(a.numbers[:300]).tolist()  # a wide report looks at all


def test_spread() -> None:
    p = random_covariance(np.random.default_rng(1), 50.0, 5.0)
    assert spread2(packed(p)) == pytest.approx(np.trace(p[:3, :3]))
