"""Who is who after an encounter: ``python -m benchmarks.swaps [--seeds N] [--peer NAME] [--json FILE]``.

The built-in scenario ``crossing``: pairs of aircraft that cross, fly side by side, turn together, and
approach and part, 300 m apart, seen by three airborne radars. The same detections go two ways: through each
nation's tracker and its reports into triwatch's picture, and all of them together into Stone Soup trackers
(global nearest neighbour, and joint probabilistic data association), which is more than any nation has. A
third Stone Soup tracker takes the nations' reports in place of detections: what triwatch has.

Counted over seeds and pairs: *swapped*, an aircraft ends under the number that its partner had; *renamed*,
it ends under a number that neither had; *lost*, it ends without a track. Beside them each nation's own
tracks: what the picture is made of.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from fusion import Picture
from fusion.physics.geodesy import enu_axes, geodetic2ecef
from nodes.sensing.scan import Scan
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.loader import load
from nodes.simulation.spec import Scenario
from nodes.simulation.truth import World
from triwatch.v1 import track_pb2

Float = NDArray[np.float64]
Shown = dict[int | str, Float]
"""Position of each track, ECEF m, by its number."""

BEFORE_S, AFTER_S = 100.0, 580.0
NEAR_M = 1000.0
ORIGIN_DEG = (32.5, 126.5)
OUTCOMES = ("kept", "swapped", "renamed", "lost", "unseen")


class Witness:
    """Notes which number each aircraft has before and after the encounters."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.named: dict[float, dict[str, int | str]] = {}

    def note(self, t_s: float, shown: Shown) -> None:
        """Assign tracks to aircraft at a moment."""
        truth = self._world.at(t_s)
        numbers = list(shown)
        self.named[t_s] = {}
        if not numbers:
            return
        apart = np.linalg.norm(
            truth.state[:, None, :3] - np.array([shown[n] for n in numbers])[None, :, :], axis=2
        )
        for i, j in zip(*linear_sum_assignment(np.minimum(apart, NEAR_M)), strict=True):
            if apart[i, j] < NEAR_M:
                self.named[t_s][truth.object_id[i]] = numbers[j]

    def verdict(self) -> dict[str, dict[str, int]]:
        """By kind of pair: how many aircraft were followed, swapped, renamed, lost."""
        before, after = self.named.get(BEFORE_S, {}), self.named.get(AFTER_S, {})
        found: dict[str, dict[str, int]] = {}
        for name in self._world.at(AFTER_S).object_id:
            kind, which = name.rsplit("-", 1)
            partner = before.get(f"{kind}-{3 - int(which)}")
            counts = found.setdefault(
                kind, dict.fromkeys(("kept", "swapped", "renamed", "lost", "unseen"), 0)
            )
            if name not in before:
                counts["unseen"] += 1
            elif name not in after:
                counts["lost"] += 1
            elif after[name] == before[name]:
                counts["kept"] += 1
            else:
                counts["swapped" if after[name] == partner else "renamed"] += 1
        return found


# ------------------------------------------------------------------ triwatch


def carried(state: Float, age_s: Float) -> Float:
    """Positions carried straight on."""
    moved: Float = state[:, :3] + age_s[:, None] * state[:, 3:]
    return moved


def nations(scenario: Scenario, world: World) -> tuple[list[track_pb2.TrackBatch], list[Scan]]:
    """Everything that the nodes reported and saw, in order of time."""
    told: list[track_pb2.TrackBatch] = []
    seen: list[Scan] = []
    for spec in scenario.nodes:
        node = simulated_node(scenario, spec.id, world=world)
        for message in node.advance(scenario.time_ns(scenario.duration_s)):
            (seen if isinstance(message, Scan) else told).append(message)  # type: ignore[attr-defined]
    return sorted(told, key=lambda b: b.sent_time_ns), sorted(seen, key=lambda s: s.time_ns)


def picture_verdict(
    scenario: Scenario, world: World, told: list[track_pb2.TrackBatch], nodes: Iterable[str]
) -> dict[str, dict[str, int]]:
    """The fold of some nodes' reports."""
    picture, witness = Picture(), Witness(world)
    moments = [BEFORE_S, AFTER_S]
    chosen = set(nodes)
    for batch in told:
        while moments and batch.sent_time_ns > scenario.time_ns(moments[0]):
            tracks = picture.tracks()
            age_s = (scenario.time_ns(moments[0]) - tracks.time_ns) * 1e-9
            place = carried(tracks.state, age_s)
            witness.note(moments.pop(0), dict(zip(tracks.number.tolist(), place, strict=True)))
        if batch.node_id in chosen:
            picture.fold(batch)
    return witness.verdict()


# ------------------------------------------------------------------ Stone Soup


def cartesian(scan: Scan) -> list[tuple[Float, Float]]:
    """Detections as positions and covariances in a common east-north-up frame."""
    common = enu_axes(*ORIGIN_DEG)
    origin = geodetic2ecef(*ORIGIN_DEG, 0.0)
    found = []
    for r, azimuth, elevation in scan.measurement:
        sa, ca, se, ce = np.sin(azimuth), np.cos(azimuth), np.sin(elevation), np.cos(elevation)
        local = r * np.array([ce * sa, ce * ca, se])
        slope = np.column_stack(
            [local / r, r * np.array([ce * ca, -ce * sa, 0.0]), r * np.array([-se * sa, -se * ca, ce])]
        )
        turn = common @ scan.axes.T
        place = common @ (scan.position_m - origin) + turn @ local
        found.append((place, turn @ slope @ np.diag(scan.sigma**2) @ slope.T @ turn.T))
    return found


Seen = list[tuple[int, list[tuple[Float, Float]]]]
"""Times, ns, with the measurements and covariances of that moment."""


def of_scans(seen: list[Scan]) -> Seen:
    """All detections, as positions."""
    return [
        (time_ns, [found for scan in scans for found in cartesian(scan)])
        for time_ns, scans in groupby(seen, key=lambda s: s.time_ns)
    ]


def of_reports(told: list[track_pb2.TrackBatch]) -> Seen:
    """All reports, as measurements of position and velocity, in the order (x, vx, y, vy, z, vz)."""
    common, origin = enu_axes(*ORIGIN_DEG), geodetic2ecef(*ORIGIN_DEG, 0.0)
    turn = np.zeros((6, 6))
    turn[::2, :3], turn[1::2, 3:] = common, common
    lower = np.tril_indices(6)
    found = []
    for batch in told:
        rows = []
        states = np.reshape(batch.state, (-1, 6)) - np.append(origin, np.zeros(3))
        for x, triangle, status in zip(
            states, np.reshape(batch.covariance, (-1, 21)), batch.status, strict=True
        ):
            if status in (track_pb2.TRACK_STATUS_INITIATING, track_pb2.TRACK_STATUS_MAINTAINING):
                p = np.zeros((6, 6))
                p[lower] = triangle
                rows.append((turn @ x, turn @ (p + np.tril(p, -1).T) @ turn.T))
        # one nation's reports of a moment are one scan: two of its tracks are never one aircraft
        found.append((batch.sent_time_ns, rows))
    return found


def stone_soup(
    scenario: Scenario, world: World, seen: Seen, associator: str, q: float
) -> dict[str, dict[str, int]]:
    """All measurements in one Stone Soup tracker."""
    from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
    from stonesoup.dataassociator.probability import JPDA
    from stonesoup.deleter.time import UpdateTimeDeleter
    from stonesoup.hypothesiser.distance import DistanceHypothesiser
    from stonesoup.hypothesiser.probability import PDAHypothesiser
    from stonesoup.initiator.simple import MultiMeasurementInitiator
    from stonesoup.measures import Mahalanobis
    from stonesoup.models.measurement.linear import LinearGaussian
    from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
    from stonesoup.predictor.kalman import KalmanPredictor
    from stonesoup.tracker.simple import MultiTargetMixtureTracker, MultiTargetTracker
    from stonesoup.types.detection import Detection
    from stonesoup.types.state import GaussianState
    from stonesoup.updater.kalman import KalmanUpdater

    start = datetime.fromtimestamp(scenario.start_ns * 1e-9, UTC).replace(tzinfo=None)
    measured = range(6) if associator == "reports" else (0, 2, 4)

    def detections() -> Iterator[tuple[datetime, set[Any]]]:
        for k, (time_ns, rows) in enumerate(seen):
            at = start + timedelta(seconds=(time_ns - scenario.start_ns) * 1e-9, microseconds=k % 4)
            yield (
                at,
                {
                    Detection(
                        value[:, None],
                        timestamp=at,
                        measurement_model=LinearGaussian(6, measured, covariance),
                    )
                    for value, covariance in rows
                },
            )

    predictor = KalmanPredictor(CombinedLinearGaussianTransitionModel([ConstantVelocity(q)] * 3))
    updater = KalmanUpdater(None)
    near = DistanceHypothesiser(predictor, updater, Mahalanobis(), missed_distance=5)
    deleter = UpdateTimeDeleter(timedelta(seconds=20))
    initiator = MultiMeasurementInitiator(
        GaussianState(np.zeros((6, 1)), np.diag([0.0, 250.0**2] * 3)),
        deleter,
        GNNWith2DAssignment(near),
        updater,
        measurement_model=LinearGaussian(6, measured, np.diag([1e4] * len(measured))),
        min_points=4,
    )
    if associator != "jpda":
        tracker: Any = MultiTargetTracker(
            initiator, deleter, detections(), GNNWith2DAssignment(near), updater
        )
    else:
        chance = PDAHypothesiser(
            predictor, updater, clutter_spatial_density=1e-15, prob_detect=0.92, prob_gate=0.99999
        )
        tracker = MultiTargetMixtureTracker(initiator, deleter, detections(), JPDA(chance), updater)
    witness, moments = Witness(world), [BEFORE_S, AFTER_S]
    common, origin = enu_axes(*ORIGIN_DEG), geodetic2ecef(*ORIGIN_DEG, 0.0)
    shown: Shown = {}
    for at, tracks in tracker:
        t_s = (at - start).total_seconds()
        while moments and t_s > moments[0]:
            witness.note(moments.pop(0), shown)
        if not moments:
            break
        shown = {}
        for track in tracks:
            mean = np.asarray(track.state.mean, dtype=float).ravel()
            age_s = (moments[0] - t_s) if moments[0] - t_s < 5.0 else 0.0
            shown[track.id] = origin + common.T @ (mean[::2] + age_s * mean[1::2])
    return witness.verdict()


# ------------------------------------------------------------------ the table


Verdicts = dict[str, dict[str, dict[str, int]]]


def case(seed: int, stone_soups: dict[str, tuple[str, float]]) -> tuple[Verdicts, dict[str, float]]:
    """One seed: verdicts and processor seconds by way."""
    scenario = msgspec.structs.replace(load("crossing"), seed=seed)
    world = World(scenario)
    cost: dict[str, float] = {}
    begin_s = time.process_time()
    told, seen = nations(scenario, world)
    cost["national trackers"] = time.process_time() - begin_s
    ids = [spec.id for spec in scenario.nodes]
    begin_s = time.process_time()
    found = {"triwatch": picture_verdict(scenario, world, told, ids)}
    cost["triwatch"] = time.process_time() - begin_s
    for node_id in ids:
        found[f"{node_id} alone"] = picture_verdict(scenario, world, told, [node_id])
    for name, (associator, q) in stone_soups.items():
        begin_s = time.process_time()
        measurements = of_reports(told) if associator == "reports" else of_scans(seen)
        found[name] = stone_soup(scenario, world, measurements, associator, q)
        cost[name] = time.process_time() - begin_s
    return found, cost


STONE_SOUPS = {
    "Stone Soup GNN, q 1": ("gnn", 1.0),
    "Stone Soup GNN, q 10": ("gnn", 10.0),
    "Stone Soup JPDA, q 1": ("jpda", 1.0),
    "Stone Soup GNN on the reports, q 1": ("reports", 1.0),
}


def run(seeds: int = 3, first: int = 1, peers: Iterable[str] = STONE_SOUPS) -> dict[str, Any]:
    """Counts by way and kind of pair, summed over seeds, for the ``peers`` of STONE_SOUPS named."""
    total: Verdicts = {}
    seconds: dict[str, float] = {}
    for seed in range(first, first + seeds):
        found, cost = case(seed, {name: STONE_SOUPS[name] for name in peers})
        for way, kinds in found.items():
            for kind, counts in kinds.items():
                row = total.setdefault(way, {}).setdefault(kind, {})
                for what, n in counts.items():
                    row[what] = row.get(what, 0) + n
        for way, s in cost.items():
            seconds[way] = round(seconds.get(way, 0.0) + s, 1)
    return {"seeds": seeds, "verdicts": total, "seconds": seconds}


def table(found: dict[str, Any]) -> str:
    """In Markdown: swapped / renamed / lost aircraft of 2 x seeds."""
    ways = found["verdicts"]
    kinds = list(next(iter(ways.values())))
    lines = ["| | " + " | ".join(k.lower() for k in kinds) + " | all |", "|---" * (len(kinds) + 2) + "|"]
    for way, by_kind in ways.items():
        sums = {w: sum(by_kind[k][w] for k in kinds) for w in ("swapped", "renamed", "lost")}
        cells = [" / ".join(str(c[w]) for w in sums) for c in [*(by_kind[k] for k in kinds), sums]]
        lines.append(f"| {way} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument(
        "--peer", action="append", choices=list(STONE_SOUPS), help="only this one; repeatable"
    )
    parser.add_argument("--json", metavar="FILE")
    arguments = parser.parse_args()
    found = run(arguments.seeds, arguments.first, arguments.peer or STONE_SOUPS)
    print(f"swapped / renamed / lost of {2 * found['seeds']} aircraft a kind")
    print(table(found))
    print(json.dumps(found["seconds"]))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
