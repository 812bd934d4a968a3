"""SIAP, GOSPA and ANEES against implementations that share no code with ours."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

import numpy as np
import pytest

from fusion.score.assignment import assign
from fusion.score.gospa import CUTOFF_M, gospa, mean_gospa_m
from fusion.score.siap import Siap, commonality, siap
from fusion.score.tables import AIR, SPACE, SURFACE, Assigned, Shown, Truth

CENTRE = np.array([-3.0e6, 4.1e6, 3.8e6])
FRIEND, HOSTILE, PENDING = 3, 6, 0


def make_truth(state: np.ndarray, *, environment: int = AIR, identity: int = FRIEND) -> Truth:
    """A truth of (k, m, 6) states around CENTRE, one second apart, all in view."""
    k, m = state.shape[:2]
    shifted = state + np.concatenate([CENTRE, np.zeros(3)])
    return Truth(
        time_ns=np.arange(k, dtype=np.int64) * 10**9 + 1_719_446_400_000_000_000,
        object_id=tuple(f"T{j}" for j in range(m)),
        state=shifted,
        environment=np.full((k, m), environment),
        identity=np.full((k, m), identity),
        in_view=np.isfinite(shifted[:, :, 0]),
    )


def make_shown(rows: list[tuple[int, int, np.ndarray]], identity: dict[int, int] | None = None) -> Shown:
    """Rows (instant, number, state (6,) relative to CENTRE)."""
    rows = sorted(rows, key=lambda row: row[:2])
    state = np.array([row[2] for row in rows]).reshape(-1, 6) + np.concatenate([CENTRE, np.zeros(3)])
    number = np.array([row[1] for row in rows], dtype=np.int64)
    return Shown(
        instant=np.array([row[0] for row in rows], dtype=np.int64),
        number=number,
        state=state,
        covariance=np.broadcast_to(np.diag([1e4] * 3 + [1e2] * 3), (len(rows), 6, 6)).copy(),
        environment=np.full(len(rows), AIR),
        identity=np.array([(identity or {}).get(int(n), FRIEND) for n in number], dtype=np.int64),
    )


def world(seed: int, k: int = 30, m: int = 6) -> tuple[Truth, Shown, Assigned, dict[int, int]]:
    """Objects with lives, tracks that come, go, err and change object, and false tracks; seeded.

    Each track follows one object for one stretch of at least two instants: the association is stated,
    not found, so that what is compared is the formulas alone.
    """
    rng = np.random.default_rng(seed)
    state = np.full((k, m, 6), np.nan)
    for j in range(m):
        first = int(rng.integers(0, k // 3))
        last = int(rng.integers(2 * k // 3, k))
        place, velocity = rng.normal(0, 1e5, 3), rng.normal(0, 200, 3)
        for i in range(first, last + 1):
            state[i, j] = np.concatenate([place + velocity * i, velocity])
    truth = make_truth(state, identity=HOSTILE)
    rows, owner, identity = [], [], {}
    for number in range(1, 3 * m + 1):
        j = int(rng.integers(-1, m))
        alive = np.flatnonzero(np.isfinite(state[:, j, 0])) if j >= 0 else np.arange(k)
        first, last = np.sort(rng.choice(alive, 2, replace=False))
        identity[number] = int(rng.choice([HOSTILE, FRIEND, PENDING]))
        for i in range(first, last + 1):
            base = state[i, j] if j >= 0 else rng.normal(0, 1e6, 6)
            rows.append((i, number, base + rng.normal(0, 100, 6)))
            owner.append((i, number, j))
    owner.sort()
    shown = make_shown(rows, identity)
    mine = np.array([j for _, _, j in owner])
    return truth, shown, stated(truth, shown, mine), identity


def stated(truth: Truth, shown: Shown, owner: np.ndarray) -> Assigned:
    """An assignment given from outside."""
    error = shown.state - truth.state[shown.instant, owner]
    error[owner < 0] = np.nan
    return Assigned(
        owner,
        owner >= 0,
        np.linalg.norm(error[:, :3], axis=1),
        np.linalg.norm(error[:, 3:], axis=1),
    )


def stone_soup(truth: Truth, shown: Shown, assigned: Assigned, identity: dict[int, int]) -> dict[str, Any]:
    """What Stone Soup's generators say of the same tracks, truths and associations."""
    pytest.importorskip("stonesoup", reason="Stone Soup is not installed (pip install triwatch[test])")
    from stonesoup.dataassociator.base import TrackToTrackAssociator
    from stonesoup.measures import Euclidean
    from stonesoup.metricgenerator.manager import MultiManager
    from stonesoup.metricgenerator.ospametric import GOSPAMetric
    from stonesoup.metricgenerator.tracktotruthmetrics import IDSIAPMetrics
    from stonesoup.types.association import AssociationSet, TimeRangeAssociation
    from stonesoup.types.groundtruth import GroundTruthPath, GroundTruthState
    from stonesoup.types.state import State
    from stonesoup.types.time import TimeRange
    from stonesoup.types.track import Track

    start = datetime.datetime(2024, 6, 27)
    when = [start + datetime.timedelta(seconds=i) for i in range(len(truth.time_ns))]
    wanted = {HOSTILE: "H", FRIEND: "F", PENDING: None}
    paths = []
    for j in range(len(truth.object_id)):
        alive = np.flatnonzero(truth.in_view[:, j])
        states = [
            GroundTruthState(truth.state[i, j], when[i], metadata={"id": wanted[int(truth.identity[i, j])]})
            for i in alive
        ]
        paths.append(GroundTruthPath(states))
    tracks, found = [], set()
    for number in np.unique(shown.number):
        mine = np.flatnonzero(shown.number == number)
        track = Track([State(shown.state[r], when[shown.instant[r]]) for r in mine])
        for metadata in track.metadatas:
            metadata["id"] = wanted[identity[int(number)]]
        tracks.append(track)
        j = assigned.object[mine[0]]
        if j >= 0:
            span = TimeRange(when[shown.instant[mine[0]]], when[shown.instant[mine[-1]]])
            found.add(TimeRangeAssociation({track, paths[j]}, span))

    class Stated(TrackToTrackAssociator):
        def associate_tracks(self, *sets: Any) -> Any:
            return AssociationSet(found)

    measures = [Euclidean(mapping=[0, 1, 2]), Euclidean(mapping=[3, 4, 5])]
    generators = [
        IDSIAPMetrics(
            position_measure=measures[0], velocity_measure=measures[1], truth_id="id", track_id="id"
        ),
        GOSPAMetric(p=2, c=CUTOFF_M, measure=measures[0]),
    ]
    manager = MultiManager(generators, associator=Stated())
    manager.add_data({"groundtruth_paths": set(paths), "tracks": set(tracks)})
    metrics = manager.generate_metrics()
    return {title: metric.value for one in metrics.values() for title, metric in one.items()}


TITLES = {
    "completeness": "SIAP Completeness",
    "ambiguity": "SIAP Ambiguity",
    "spuriousness": "SIAP Spuriousness",
    "positional_accuracy_m": "SIAP Position Accuracy",
    "velocity_accuracy_mps": "SIAP Velocity Accuracy",
    "rate_of_track_number_change_per_s": "SIAP Rate of Track Number Change",
    "longest_track_segment": "SIAP Longest Track Segment",
    "id_completeness": "SIAP ID Completeness",
    "id_correctness": "SIAP ID Correctness",
    "id_ambiguity": "SIAP ID Ambiguity",
}


@pytest.mark.parametrize("seed", range(6))
def test_siap_and_gospa_equal_stone_soups(seed: int) -> None:
    truth, shown, assigned, identity = world(seed)
    theirs = stone_soup(truth, shown, assigned, identity)
    ours = siap(truth, shown, assigned).attributes()
    for name, title in TITLES.items():
        assert ours[name] == pytest.approx(theirs[title], rel=1e-12), name
    distances = [metric.value["distance"] for metric in theirs["GOSPA Metrics"]]
    assert mean_gospa_m(truth, shown, assigned) == pytest.approx(np.mean(distances), rel=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_gospa_is_the_least_over_all_assignments(seed: int) -> None:
    """Equation of the source, minimised by trying every assignment."""
    rng = np.random.default_rng(seed)
    tracks = rng.normal(0, 1500, (int(rng.integers(0, 5)), 3))
    objects = rng.normal(0, 1500, (int(rng.integers(0, 5)), 3))
    n, m = len(tracks), len(objects)
    best = np.inf
    for size in range(min(n, m) + 1):
        for rows in itertools.combinations(range(n), size):
            for columns in itertools.permutations(range(m), size):
                square = ((tracks[list(rows)] - objects[list(columns)]) ** 2).sum() if size else 0.0
                best = min(best, square + CUTOFF_M**2 / 2 * (n + m - 2 * size))
    result = gospa(tracks, objects)
    assert result.distance_m == pytest.approx(np.sqrt(best), rel=1e-12)
    whole = result.localisation_m**2 + CUTOFF_M**2 / 2 * (result.missed + result.false)
    assert result.distance_m**2 == pytest.approx(whole)


def test_the_sums_of_two_pictures_add_up() -> None:
    """Pooling the pictures of several nations pools objects, tracks and times, not quotients."""
    truth, shown, assigned, _ = world(1)
    one = siap(truth, shown, assigned)
    assert (one + one).attributes() == pytest.approx(one.attributes(), nan_ok=True)
    assert Siap().attributes()["completeness"] is None


@pytest.mark.parametrize("seed", range(30))
def test_least_number_of_tracks_is_least(seed: int) -> None:
    """NU against every subset of the runs."""
    from fusion.score.siap import _cover

    rng = np.random.default_rng(seed)
    runs = []
    for number in range(int(rng.integers(1, 7))):
        start, end = sorted(int(i) for i in rng.integers(0, 12, 2))
        runs.append((number, start, end))
    runs.sort(key=lambda run: run[1:])
    tracked = {i for _, s, e in runs for i in range(s, e + 1)}
    least = next(
        size
        for size in range(1, len(runs) + 1)
        for some in itertools.combinations(runs, size)
        if {i for _, s, e in some for i in range(s, e + 1)} == tracked
    )
    steps = {i for _, s, e in runs for i in range(s, e)}
    assert _cover(runs, np.arange(12.0)) == (least, pytest.approx(len(steps)))


def test_what_no_sensor_sees_is_nobodys_fault() -> None:
    truth, shown, assigned, _ = world(2)
    unseen = int(assigned.object[assigned.object >= 0][0])
    in_view = truth.in_view.copy()
    in_view[:, unseen] = False
    blind = Truth(truth.time_ns, truth.object_id, truth.state, truth.environment, truth.identity, in_view)
    keep = assigned.object != unseen
    rest = Shown(*(getattr(shown, f)[keep] for f in Shown.__slots__))
    parts = Assigned(*(getattr(assigned, f)[keep] for f in Assigned.__slots__))
    assert siap(blind, shown, assigned) == siap(blind, rest, parts)
    assert mean_gospa_m(blind, shown, assigned) == pytest.approx(mean_gospa_m(blind, rest, parts))


def test_environments_add_up_to_the_whole() -> None:
    truth, shown, assigned, _ = world(3)
    truth.environment[:, ::2] = SURFACE
    shown.environment[::3] = SPACE
    parts = [siap(truth, shown, assigned, environment) for environment in (AIR, SURFACE, SPACE)]
    whole = siap(truth, shown, assigned)
    total = parts[0] + parts[1] + parts[2]
    for name in ("objects", "tracked", "tracks", "assigned", "error_m", "id_objects", "id_correct"):
        assert getattr(total, name) == pytest.approx(getattr(whole, name)), name


def test_commonality_counts_equal_numbers_shown_by_all() -> None:
    view = np.array([[True, True, True, False]] * 3)
    usa = np.array([[1, 2, 0, 9]] * 3)
    jpn = np.array([[1, 3, 0, 9]] * 3)
    both = np.ones(3, bool)
    assert commonality([usa, jpn], view, [both, both]) == pytest.approx(0.5)
    # an object shown by one of two is not common, one shown by none is not judged
    assert commonality([usa, np.array([[1, 0, 0, 0]] * 3)], view, [both, both]) == pytest.approx(0.5)
    # before the second core spoke there was nothing to compare
    assert commonality([usa, jpn], view, [both, np.array([False, False, True])]) == pytest.approx(0.5)
    assert commonality([usa], view, [both]) is None


class TestAssignment:
    """Which track is a track of which object."""

    def test_one_to_one_first_then_redundant_then_nothing(self) -> None:
        truth = make_truth(np.array([[[0.0] * 6, [9000.0, 0, 0, 0, 0, 0]]]))
        near = [100.0, 200.0, 8950.0, 50_000.0]
        shown = make_shown([(0, n + 1, np.array([x, 0, 0, 0, 0, 0])) for n, x in enumerate(near)])
        result = assign(truth, shown)
        assert result.object.tolist() == [0, 0, 1, -1]
        assert result.primary.tolist() == [True, False, True, False]
        assert result.error_m[:3] == pytest.approx([100, 200, 50])
        assert np.isnan(result.error_m[3])

    def test_close_objects_get_a_track_each(self) -> None:
        """Both tracks are nearest to the same object; the least sum gives each its own."""
        truth = make_truth(np.array([[[0.0] * 6, [600.0, 0, 0, 0, 0, 0]]]))
        shown = make_shown(
            [(0, 1, np.array([10.0, 0, 0, 0, 0, 0])), (0, 2, np.array([290.0, 0, 0, 0, 0, 0]))]
        )
        assert assign(truth, shown).object.tolist() == [0, 1]

    def test_a_passing_neighbour_does_not_take_the_track(self) -> None:
        """Two objects pass at 100 m, errors of 60 m: the pairs hold although the other is nearer at times."""
        rng = np.random.default_rng(6)
        k = 41
        state = np.zeros((k, 2, 6))
        state[:, 0, 0], state[:, 1, 0] = np.linspace(-4000, 4000, k), np.linspace(4000, -4000, k)
        state[:, 1, 1] = 100.0
        truth = make_truth(state)
        rows = [
            (i, j + 1, state[i, j] + np.concatenate([rng.normal(0, 35, 3), np.zeros(3)]))
            for i in range(k)
            for j in range(2)
        ]
        result = assign(truth, make_shown(rows))
        assert result.object.reshape(k, 2).tolist() == [[0, 1]] * k

    def test_a_real_exchange_is_seen(self) -> None:
        """Tracks that do change their objects are found out once the objects part."""
        k = 41
        state = np.zeros((k, 2, 6))
        state[:, 0, 0], state[:, 1, 0] = np.linspace(-4000, 4000, k), np.linspace(4000, -4000, k)
        truth = make_truth(state)
        rows = [(i, j + 1, state[i, j if i < k // 2 else 1 - j]) for i in range(k) for j in range(2)]
        pairs = assign(truth, make_shown(rows)).object.reshape(k, 2)
        assert pairs[0].tolist() == [0, 1]
        assert pairs[-1].tolist() == [1, 0]

    def test_gates_follow_the_environment_of_the_object(self) -> None:
        offset = np.array([[[4000.0, 0, 0, 0, 0, 0]]])
        shown = make_shown([(0, 1, np.zeros(6))])
        assert assign(make_truth(offset, environment=AIR), shown).object.tolist() == [-1]
        assert assign(make_truth(offset, environment=SPACE), shown).object.tolist() == [0]

    @pytest.mark.parametrize("seed", range(10))
    def test_the_sum_of_capped_squares_is_least(self, seed: int) -> None:
        """At a first instant nothing is held: the pairs cost no more than any other assignment."""
        rng = np.random.default_rng(seed)
        objects, tracks = rng.normal(0, 2500, (1, 4, 6)), rng.normal(0, 2500, (5, 6))
        shown = make_shown([(0, n + 1, row) for n, row in enumerate(tracks)])
        result = assign(make_truth(objects), shown)
        square = ((tracks[:, None, :3] - objects[0, None, :, :3]) ** 2).sum(axis=2)
        capped = np.minimum(square / 3000.0**2, 1.0)
        ours = sum(capped[r, result.object[r]] for r in np.flatnonzero(result.primary))
        ours += 4 - result.primary.sum()
        every = min(sum(capped[rows[j], j] for j in range(4)) for rows in itertools.permutations(range(5), 4))
        assert ours == pytest.approx(every)

    def test_nothing_shown_and_nothing_there(self) -> None:
        truth = make_truth(np.full((2, 1, 6), np.nan))
        result = assign(truth, make_shown([(1, 5, np.zeros(6))]))
        assert result.object.tolist() == [-1]
        assert len(assign(truth, make_shown([])).object) == 0
