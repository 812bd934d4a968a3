"""What a node's report says is new in it, held against least squares over the detections themselves."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from fusion import Picture
from fusion.physics.motion import CONSTANT_VELOCITY
from fusion_oracle import reports as r
from fusion_oracle.nodes import Filter, noise, transition
from nodes.tracking.tracklet_accumulator import News

SIGMA_M = (30.0, 80.0, 50.0)
R = np.diag(np.square(SIGMA_M))
H = np.eye(3)


def stacked(times_s: list[float], at_s: float, q: float) -> tuple[np.ndarray, np.ndarray]:
    """(design, covariance) of position measurements at ``times_s`` of the state at ``at_s``.

    What white acceleration did in between is noise of the measurements, common to the earlier ones.
    """
    n = len(times_s)
    design = np.vstack([np.eye(3, 6) @ np.linalg.inv(transition(at_s - t)) for t in times_s])
    covariance = np.kron(np.eye(n), R)
    edges = sorted({*times_s, at_s})
    for start, end in itertools.pairwise(edges):
        # the noise of one interval, as the later state's share in each earlier measurement
        spread = np.zeros((3 * n, 6))
        for i, t in enumerate(times_s):
            if t <= start:
                spread[3 * i : 3 * i + 3] = -np.eye(3, 6) @ np.linalg.inv(transition(end - t))
        covariance += spread @ noise(q, end - start) @ spread.T
    return design, covariance


@pytest.mark.parametrize("q", [0.0, 0.1, 40.0])
@pytest.mark.parametrize("times_s", [[0.0], [0.0, 4.0], [0.0, 1.0, 2.5, 6.0]])
def test_it_is_what_least_squares_makes_of_the_detections(q: float, times_s: list[float]) -> None:
    rng = np.random.default_rng(4)
    truth = np.array([1e3, 2e3, 3e3, 100.0, -50.0, 10.0])
    at_s = times_s[-1] + 2.0
    news, guess = News(), truth + rng.normal(0.0, 20.0, 6)
    measured = []
    for t in times_s:
        z = (transition(t) @ truth)[:3] + rng.normal(0.0, SIGMA_M)
        measured.append(z)
        predicted = transition(t) @ guess + rng.normal(0.0, 5.0, 6)  # any origin must do
        news.carry(CONSTANT_VELOCITY, q, 10**9 + int(t * 1e9), predicted)
        news.add(0, H, R, z - predicted[:3])
    origin = transition(at_s) @ truth
    news.carry(CONSTANT_VELOCITY, q, 10**9 + int(at_s * 1e9), origin)

    design, covariance = stacked(times_s, at_s, q)
    information = design.T @ np.linalg.solve(covariance, design)
    vector = design.T @ np.linalg.solve(covariance, np.concatenate(measured) - design @ origin)
    scale = np.sqrt(np.diag(information))
    assert np.allclose(
        news.information / np.outer(scale, scale), information / np.outer(scale, scale), atol=1e-9
    )
    assert np.allclose(news.vector / scale, vector / scale, atol=1e-7)


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_a_filter_that_is_not_linear_is_fused_as_if_it_were(engine: str) -> None:
    """Two nodes whose filters forget and inflate: with their tracklets told the picture is as good, and as
    sure of itself, as one filter with all detections; taken apart their states mislead it."""
    rng = np.random.default_rng(8)
    q, seconds, runs = 1.0, 60, 12
    root = np.linalg.cholesky(noise(q, 1.0))
    ratio, anees = {}, {}
    for told in (True, False):
        shared, best, nees = [], [], []
        for _ in range(runs if engine == "compiled" else 2):
            picture = Picture(engine=engine)  # type: ignore[arg-type]
            truth = np.array([*r.PLACE_M, 100.0, 50.0, -80.0])
            central, nodes = None, []
            for t in range(seconds):
                truth = transition(1.0) @ truth + root @ rng.standard_normal(6)
                for k, name in enumerate("AB"):
                    z = truth[:3] + rng.normal(0.0, 40.0, 3)
                    if t == 0:
                        nodes.append(Filter.started(z, 40.0, q, truth[3:]))
                        central = central or Filter.started(z, 40.0, q, truth[3:])
                    else:
                        nodes[k].predict(1.0)
                        nodes[k].p *= 1.3  # a forgetting filter: what it declares is not what it does
                    origin = nodes[k].x.copy()
                    if t:
                        nodes[k].measure(z, 40.0)
                        if k == 0:
                            central.predict(1.0)
                        central.measure(z, 40.0)
                    news = News()
                    news.carry(CONSTANT_VELOCITY, q, 10**9, origin)
                    news.add(0, H, np.eye(3) * 1600.0, z - origin[:3])
                    news.carry(CONSTANT_VELOCITY, q, 10**9, nodes[k].x)
                    tracklet = {
                        "tracklet_information": r.packed(news.information[None]).ravel().tolist(),
                        "tracklet_vector": news.vector.tolist(),
                    }
                    picture.fold(
                        r.report(name, t + 1, t, nodes[k].x, nodes[k].p, q=q, **(tracklet if told else {}))
                    )
                if t > 20:
                    tracks = picture.tracks()
                    assert len(tracks) == 1
                    error = tracks.state[0] - truth
                    shared.append(error[:3] @ error[:3])
                    best.append((central.x - truth)[:3] @ (central.x - truth)[:3])
                    nees.append(error @ np.linalg.solve(tracks.covariance[0], error) / 6.0)
        ratio[told], anees[told] = np.sqrt(np.mean(shared) / np.mean(best)), np.mean(nees)
    assert ratio[True] < 1.05
    assert 0.7 < anees[True] < 1.25
    if engine == "compiled":
        assert abs(anees[True] - 1.0) < abs(anees[False] - 1.0)


BROKEN = {
    "short information": {"tracklet_information": [0.0] * 20, "tracklet_vector": [0.0] * 6},
    "no vector": {"tracklet_information": [0.0] * 21},
    "no information": {"tracklet_vector": [0.0] * 6},
    "told of nothing": {"tracklet_told": [True]},
    "too many told": {
        "tracklet_information": [0.0] * 21,
        "tracklet_vector": [0.0] * 6,
        "tracklet_told": [True, True],
    },
    "not finite": {"tracklet_information": [0.0] * 21, "tracklet_vector": [np.nan] + [0.0] * 5},
    "infinite": {"tracklet_information": [np.inf] + [0.0] * 20, "tracklet_vector": [0.0] * 6},
    "negative": {"tracklet_information": [-1e-3] + [0.0] * 20, "tracklet_vector": [0.0] * 6},
    "too sure": {"tracklet_information": [2e9] + [0.0] * 20, "tracklet_vector": [0.0] * 6},
    "indefinite": {"tracklet_information": [1.0, 2.0, 1.0] + [0.0] * 18, "tracklet_vector": [0.0] * 6},
}


@pytest.mark.parametrize("columns", BROKEN.values(), ids=BROKEN)
def test_what_breaks_the_contract_is_refused(columns: dict[str, list[float]]) -> None:
    state = [*r.PLACE_M, 100.0, 0.0, 0.0]
    picture = Picture()
    with pytest.raises(ValueError, match=r"tracklet"):
        picture.fold(r.report("A", 1, 0.0, state, **columns))
    # what is refused has taken its number
    assert picture.fold(r.report("A", 1, 0.0, state)) == "duplicate"
    assert picture.fold(r.report("A", 2, 1.0, state)) == "folded"


def test_what_is_not_told_is_not_read() -> None:
    """A row whose tracklet is not told may hold any number, and is fused as if there were none."""
    digests = set()
    for told in (
        {},
        {"tracklet_told": [False], "tracklet_information": [-1e300] * 21, "tracklet_vector": [7.0] * 6},
    ):
        picture = Picture()
        for t in range(5):
            for name in "AB":
                picture.fold(r.report(name, t + 1, t, [*r.PLACE_M, 0.0, 0.0, 0.0], **told))
        digests.add(picture.digest())
    assert len(digests) == 1
