"""Both engines through the same suite: filters against textbook formulas, pictures against each other."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from fusion import Picture
from fusion.filters import Filter
from fusion.filters.compiled import CompiledFilter
from fusion.filters.reference import ReferenceFilter
from fusion.report.tracklet import INDEPENDENT, NOTHING, UNKNOWN_CORRELATION, Tracklets
from fusion.table.records import CRUISE, MANOEUVRE, SECOND
from fusion.table.tracks import (
    SHOWN_BOOST,
    SHOWN_CONSTANT_VELOCITY,
    SHOWN_FREE_FLIGHT,
    Table,
    shown_modes,
)
from fusion_oracle import reports as r
from fusion_oracle.nodes import Filter as Kalman
from fusion_oracle.nodes import Sky
from fusion_oracle.traffic import traffic

ENGINES = {"compiled": CompiledFilter, "reference": ReferenceFilter}
AGREE_M, AGREE_MPS = 1e-4, 1e-4
"""How far the engines' pictures may lie apart: a ten-thousandth of a metre and of a metre per second."""


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def one_track(environment: int = r.AIR, q: float = 2.0) -> tuple[Table, np.void]:
    """A table that holds one track, and the track."""
    table = Table()
    a = table.arrays
    a.counters["rows"] = 1
    track = a.tracks[0]
    a.numbers[0] = track["number"] = 7
    track["alive"], track["environment"], track["q"] = 1, environment, q
    track["time_ns"] = r.EPOCH_NS
    x = np.array([*r.PLACE_M * 1.05, 900.0, -700.0, 2000.0 if environment == r.SPACE else 60.0])
    rng = np.random.default_rng(3)
    basis = rng.standard_normal((6, 6)) * np.array([40.0] * 3 + [4.0] * 3)
    track["state"], track["covariance"] = x, r.packed(basis.T @ basis)
    track["mode_state"][:], track["mode_covariance"][:] = x, track["covariance"]
    track["mode_probability"][:] = [0.6, 0.3, 0.1]
    track["ballistic"] = environment == r.SPACE
    return table, track


def full(triangle: np.ndarray) -> np.ndarray:
    p = np.zeros((6, 6))
    p[np.tril_indices(6)] = triangle
    return p + np.tril(p, -1).T


ROW = np.zeros(1, np.int64)


def tell(e: Filter, table: Table, kind: int, origin: np.ndarray, information: np.ndarray) -> None:
    """Fuse information (6, 6) about a state into the one track."""
    y = r.packed(information)[None]
    e.fuse(table.arrays, ROW, origin[None], Tracklets(np.array([kind]), y, np.zeros((1, 6))))


@pytest.mark.parametrize("environment", [r.AIR, r.SPACE])
def test_prediction_leaves_a_mixture_whole(engine: str, environment: int) -> None:
    """Probabilities sum to one, the combined moments are the modes', noisier modes are wider."""
    table, track = one_track(environment)
    ENGINES[engine]().predict(table.arrays, ROW, r.at_ns(3.0))
    mu = track["mode_probability"]
    assert mu.sum() == pytest.approx(1.0, abs=1e-12)
    assert track["time_ns"] == r.at_ns(3.0)
    mean = mu @ track["mode_state"]
    np.testing.assert_allclose(track["state"], mean, rtol=0, atol=1e-6)
    spread = sum(
        w * (full(p) + np.outer(x - mean, x - mean))
        for w, x, p in zip(mu, track["mode_state"], track["mode_covariance"], strict=True)
    )
    np.testing.assert_allclose(full(track["covariance"]), spread, rtol=1e-6, atol=1e-4)
    calm, rough = (CRUISE, SECOND) if environment == r.SPACE else (SECOND, MANOEUVRE)
    assert track["mode_covariance"][rough][0] > track["mode_covariance"][calm][0]


def test_prediction_and_fusion_of_one_mode_are_kalmans(engine: str) -> None:
    """With one mode certain, predict and fuse are the information filter of the textbooks."""
    table, track = one_track(q=2.0)
    x, p = track["state"].copy(), full(track["covariance"])
    track["mode_probability"][:] = 0.0
    track["mode_probability"][CRUISE] = 1.0
    e = ENGINES[engine]()
    e.predict(table.arrays, ROW, r.at_ns(1.0))
    oracle = Kalman(x, p, 2.0)
    oracle.predict(1.0)
    np.testing.assert_allclose(track["mode_state"][CRUISE], oracle.x, rtol=1e-12)
    np.testing.assert_allclose(full(track["mode_covariance"][CRUISE]), oracle.p, rtol=1e-9)
    x, p = oracle.x, oracle.p
    measured = np.diag([1 / 900.0] * 3 + [0.0] * 3)
    shift = np.array([20.0, -10.0, 5.0, 0.0, 0.0, 0.0])
    e.fuse(
        table.arrays,
        ROW,
        (x + shift)[None],
        Tracklets(np.array([INDEPENDENT]), r.packed(measured)[None], np.zeros((1, 6))),
    )
    oracle.measure(x[:3] + shift[:3], 30.0)
    np.testing.assert_allclose(track["mode_state"][CRUISE], oracle.x, rtol=1e-11)
    np.testing.assert_allclose(full(track["mode_covariance"][CRUISE]), oracle.p, rtol=1e-7, atol=1e-6)


@pytest.mark.parametrize("environment", [r.AIR, r.SPACE])
def test_mode_probabilities_follow_bayes(engine: str, environment: int) -> None:
    """Against the likelihoods of the innovation, computed with scipy."""
    table, track = one_track(environment)
    e = ENGINES[engine]()
    e.predict(table.arrays, ROW, r.at_ns(2.0))
    prior = track["mode_probability"].copy()
    states, spreads = track["mode_state"].copy(), [full(p) for p in track["mode_covariance"]]
    z = track["state"] + np.array([90.0, -60.0, 30.0, 0.0, 0.0, 0.0])
    noise = np.diag([400.0] * 3)
    likelihood = np.array(
        [
            multivariate_normal(x[:3], p[:3, :3] + noise).pdf(z[:3]) if mu > 0.0 else 0.0
            for x, p, mu in zip(states, spreads, prior, strict=True)
        ]
    )
    expected = prior * likelihood / (prior @ likelihood)
    information = np.zeros((6, 6))
    information[:3, :3] = np.linalg.inv(noise)
    tell(e, table, INDEPENDENT, z, information)
    np.testing.assert_allclose(track["mode_probability"], expected, atol=2e-6)


def test_covariance_intersection_is_never_surer_than_either(engine: str) -> None:
    """And where two directions are known by one each, it takes from both."""
    table, track = one_track()
    p = np.diag([400.0, 400.0, 1e6, 4.0, 4.0, 1e4])
    track["covariance"] = r.packed(p)
    track["mode_covariance"][:] = r.packed(p)
    other = np.diag([1e6, 400.0, 400.0, 1e4, 4.0, 4.0])
    tell(ENGINES[engine](), table, UNKNOWN_CORRELATION, track["state"].copy(), np.linalg.inv(other))
    fused = full(track["covariance"])
    np.testing.assert_allclose(np.diag(fused)[:3], [800.0, 400.0, 800.0], rtol=0.05)
    # consistent for every correlation between the two: fused - P is not below zero in any direction that
    # both know alike
    assert fused[1, 1] >= 400.0 * (1.0 - 1e-9)


def test_nothing_told_changes_nothing(engine: str) -> None:
    table, track = one_track()
    before = track.copy()
    ENGINES[engine]().fuse(
        table.arrays, ROW, np.zeros((1, 6)), Tracklets(np.array([NOTHING]), np.ones((1, 21)), np.ones((1, 6)))
    )
    assert track == before


@pytest.mark.parametrize("manoeuvring", [0.1, 0.6, 0.9999999])
@pytest.mark.parametrize(("old", "new"), [(r.SPACE, r.AIR), (r.AIR, r.SPACE)])
def test_a_change_of_environment_leaves_no_mode_behind(
    engine: str, manoeuvring: float, old: int, new: int
) -> None:
    """However sure the mode was that both environments know."""
    table, track = one_track(old)
    track["mode_probability"][:] = [(1.0 - manoeuvring) / 2.0, (1.0 - manoeuvring) / 2.0, manoeuvring]
    track["environment"] = new
    before = track["state"].copy()
    e = ENGINES[engine]()
    for t in (1.0, 2.0, 3.0):
        e.predict(table.arrays, ROW, r.at_ns(t))
    assert track["mode_probability"].sum() == pytest.approx(1.0)
    shown = shown_modes(table.arrays.tracks[:1])[0]
    assert (shown[[SHOWN_FREE_FLIGHT, SHOWN_BOOST]].sum() == 0.0) == (new == r.AIR)
    assert (shown[SHOWN_CONSTANT_VELOCITY] == 0.0) == (new == r.SPACE)
    travelled = np.linalg.norm(track["state"][:3] - before[:3])
    assert travelled == pytest.approx(3.0 * np.linalg.norm(before[3:]), rel=0.05)


# ------------------------------------------------------------------ pictures


@pytest.mark.parametrize("environment", [r.AIR, r.SPACE])
@pytest.mark.parametrize("period_s", [1, 4])
def test_pictures_agree(environment: int, period_s: int) -> None:
    """On consistent reports of three nodes."""
    tables = []
    for engine in ENGINES:
        sky = Sky(seed=2, targets=6, q=1.0, period_s=period_s, environment=environment)
        picture = Picture(engine=engine)
        for moment in sky.run(24):
            for batch in moment.reports:
                picture.fold(batch)
        tables.append(picture.tracks())
    one, other = tables
    assert one.number.tolist() == other.number.tolist()
    assert np.abs(one.state - other.state)[:, :3].max() < AGREE_M
    assert np.abs(one.state - other.state)[:, 3:].max() < AGREE_MPS
    assert np.abs(one.mode_probability - other.mode_probability).max() < 1e-5
    sigma = np.sqrt(np.einsum("nii->ni", one.covariance))
    scale = sigma[:, :, None] * sigma[:, None, :]
    assert (np.abs(one.covariance - other.covariance) / scale).max() < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_eventful_pictures_agree(seed: int) -> None:
    """On reports with every kind of event, also inconsistent ones, to a twentieth of a standard deviation.

    The weight of a covariance intersection is sought to half a per cent by one engine, finely by the other.
    """
    pictures = {name: Picture(engine=name) for name in ENGINES}
    for batch in traffic(seed, 8.0).reports:
        for picture in pictures.values():
            picture.fold(batch)
    one, other = (p.tracks() for p in pictures.values())
    assert one.number.tolist() == other.number.tolist()
    assert one.contributors == other.contributors
    assert one.status.tolist() == other.status.tolist()
    sigma = np.sqrt(np.einsum("nii->ni", one.covariance))
    assert (np.abs(one.state - other.state) / sigma).max() < 0.05
    assert np.abs(np.sqrt(np.einsum("nii->ni", other.covariance)) / sigma - 1.0).max() < 0.02
