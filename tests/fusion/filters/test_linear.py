"""The linear-Gaussian check: three nodes' tracks fused are as good as all their detections in one filter."""

import numpy as np
import pytest

from fusion import Picture
from fusion_oracle import reports as r
from fusion_oracle.nodes import Sky

RATIO_MAX = 1.05
ANEES = (0.85, 1.25)


def compare(
    sky: Sky, seconds: int, engine: str = "compiled", warm_s: int = 20
) -> tuple[float, float, set[int]]:
    """(position RMSE over the centralised filter's, ANEES, numbers of tracks shown) over the moments at
    which all three have just reported."""
    picture = Picture(engine=engine)  # type: ignore[arg-type]
    shared, central, nees, shown = [], [], [], set()
    number: list[int] = []
    for moment in sky.run(seconds):
        for batch in moment.reports:
            picture.fold(batch)
        if not moment.reports:
            continue
        tracks = picture.tracks()
        shown.add(len(tracks))
        if not number:
            apart = np.linalg.norm(tracks.state[None, :, :3] - moment.truth[:, None, :3], axis=2)
            number = tracks.number[apart.argmin(axis=1)].tolist()
        if moment.t_s < warm_s:
            continue
        row = {n: k for k, n in enumerate(tracks.number.tolist())}
        for truth, n, best in zip(moment.truth, number, moment.central, strict=True):
            error = tracks.state[row[n]] - truth
            shared.append(error[:3] @ error[:3])
            nees.append(error @ np.linalg.solve(tracks.covariance[row[n]], error) / 6.0)
            central.append((best.x - truth)[:3] @ (best.x - truth)[:3])
    return float(np.sqrt(np.mean(shared) / np.mean(central))), float(np.mean(nees)), shown


@pytest.mark.parametrize("q", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("period_s", [1, 4, 10])
def test_as_good_as_sharing_every_detection(q: float, period_s: int) -> None:
    """25 targets; exactly 25 tracks throughout, each under its one number."""
    ratio, anees, shown = compare(Sky(seed=3, q=q, period_s=period_s), 120)
    assert ratio <= RATIO_MAX
    assert ANEES[0] <= anees <= ANEES[1]
    assert shown == {25}


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize("period_s", [1, 10])
def test_so_are_both_engines_in_space(engine: str, period_s: int) -> None:
    """Falling bodies; fewer of them, since the nodes' filters integrate."""
    ratio, anees, shown = compare(
        Sky(seed=5, targets=8, q=1.0, period_s=period_s, environment=r.SPACE), 50, engine
    )
    assert ratio <= 1.1  # the picture allows for thrust, the nodes' filters do not
    assert 0.7 <= anees <= ANEES[1]
    assert shown == {8}


def test_the_reference_engine_too() -> None:
    ratio, anees, shown = compare(Sky(seed=7, targets=10, q=1.0, period_s=4), 60, "reference")
    assert ratio <= RATIO_MAX
    assert 0.8 <= anees <= 1.3
    assert shown == {10}


@pytest.mark.parametrize("period_s", [1, 4])
def test_a_node_that_declares_nothing_costs_little_and_harms_nobody(period_s: int) -> None:
    """Covariance intersection for the one, tracklets for the others: consistent, and hardly worse."""
    sky = Sky(seed=9, q=1.0, period_s=period_s, declares=lambda node: node != 1)
    ratio, anees, shown = compare(sky, 100)
    assert ratio <= 1.10
    assert anees <= ANEES[1]
    assert shown == {25}


@pytest.mark.parametrize("q", [0.1, 1.0])
@pytest.mark.parametrize("period_s", [1, 4, 10])
def test_nodes_that_declare_nothing_at_all_stay_honest(q: float, period_s: int) -> None:
    """The picture is then no better than the best node's, but no surer than it may be either."""
    sky = Sky(seed=11, targets=12, q=q, period_s=period_s, declares=lambda node: False)
    ratio, anees, shown = compare(sky, 80)
    assert ratio <= 1.3
    assert anees <= ANEES[1]
    assert shown == {12}
