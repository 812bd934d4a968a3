"""National trackers alone: ``python -m benchmarks.national [--runs N] [--first SEED] [KIND ...]``.

Every node of the drawn theatres of N successive seeds, without a coalition: what its tracker reports against
the truth, and against a filter that knows the origin of every detection of that node. Biases of sensors and
clocks are left out, for no tracker can know its own. Errors are taken at the moments of reports, of the track
that stands for each object while the node sees it.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from fusion.arrays import Float, Ints
from fusion.contract import INFRARED, RADAR, SONAR
from fusion.score.centralised import Detections
from fusion.score.consistency import Normalised, normalised
from fusion.score.figures import Exercise, National
from fusion.score.phases import PHASES, phases
from fusion.score.tables import ENVIRONMENTS, Shown, Truth
from nodes.lab.overrides import override
from nodes.sensing.replies import TransponderReply
from nodes.sensing.scan import Scan
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation import loader
from nodes.simulation.spec import Scenario
from nodes.simulation.truth import World
from nodes.theatre import draw, kinds
from nodes.theatre.biases import without_biases
from nodes.tracking.columns import TrackColumns
from nodes.tracking.interface import ScanTracker
from triwatch.v1 import track_pb2

CONSISTENT = (0.7, 1.4)
KINDS = {"radar": RADAR, "infrared": INFRARED, "sonar": SONAR}
COLUMNS = {"radar": (0, 1, 2), "infrared": (1, 2), "sonar": (1,)}
"""Where what a sensor measures stands among range, azimuth, elevation."""
T = TypeVar("T")


@dataclass
class Listener:
    """A tracker whose reports are kept, and the processor time it takes."""

    tracker: ScanTracker
    told: list[TrackColumns] = field(default_factory=list)
    spent_s: float = 0.0

    def process(self, scan: Scan) -> None:
        """Pass on."""
        self._timed(lambda: self.tracker.process(scan))

    def identify(self, time_ns: int, replies: TransponderReply) -> None:
        """Pass on."""
        self._timed(lambda: self.tracker.identify(time_ns, replies))

    def report(self, time_ns: int) -> TrackColumns:
        """Pass on, and keep."""
        self.told.append(self._timed(lambda: self.tracker.report(time_ns)))
        return self.told[-1]

    def _timed(self, call: Callable[[], T]) -> T:
        began = time.process_time()
        answer = call()
        self.spent_s += time.process_time() - began
        return answer


@dataclass(frozen=True)
class Node:
    """What came of one node of one theatre."""

    kind: str
    seed: int
    node: str
    tracker: str
    environment: Ints
    """(r,) of the objects behind the states that count, as the others below."""
    phase: Ints
    """(r,) index into `PHASES`, -1 where none."""
    errors: Normalised
    """(r,)."""
    figures: dict[str, Any]
    lived_s: float
    spent_s: float


def scenario_of(kind: str, seed: int, changes: dict[str, Any]) -> Scenario:
    """A drawn theatre without biases."""
    tables = tomllib.loads(draw(kind, seed))
    tables["nodes"] = [without_biases(node) for node in tables["nodes"]]
    override(tables, changes)
    return loader.checked(tables, f"{kind} {seed}")


def detections_of(seen: Sequence[tuple[Scan, tuple[str, ...]]], column: dict[str, int]) -> Detections:
    """Detections of known origin; false alarms are left out."""
    scan_rows, objects, measured = [], [], []
    sigma = np.ones((len(seen), 3))
    for s, (scan, origin) in enumerate(seen):
        columns = list(COLUMNS[scan.kind])
        sigma[s, columns] = scan.sigma
        for z, name in zip(scan.measurement, origin, strict=True):
            if name:
                row = np.zeros(3)
                row[columns] = z
                scan_rows.append(s)
                objects.append(column[name])
                measured.append(row)
    scans = [scan for scan, _ in seen]
    return Detections(
        time_ns=np.array([s.time_ns for s in scans], np.int64),
        kind=np.array([KINDS[s.kind] for s in scans], np.int64),
        position_m=np.array([s.position_m for s in scans]).reshape(-1, 3),
        axes=np.array([s.axes for s in scans]).reshape(-1, 3, 3),
        sigma=sigma,
        scan=np.array(scan_rows, np.int64),
        object=np.array(objects, np.int64),
        measurement=np.array(measured).reshape(-1, 3),
    )


def truth_at(world: World, times_ns: Sequence[int], start_ns: int) -> Truth:
    """All objects at the moments of a node's reports."""
    moments = [world.at((t - start_ns) * 1e-9) for t in times_ns]
    column = {name: j for j, name in enumerate(dict.fromkeys(n for m in moments for n in m.object_id))}
    shape = (len(moments), len(column))
    state, environment = np.full((*shape, 6), np.nan), np.zeros(shape, np.int64)
    for k, moment in enumerate(moments):
        at = [column[name] for name in moment.object_id]
        state[k, at], environment[k, at] = moment.state, moment.environment
    return Truth(
        np.array(times_ns, np.int64),
        tuple(column),
        state,
        environment,
        np.zeros(shape, np.int64),
        np.isfinite(state[:, :, 0]),
    )


def shown_of(told: Sequence[TrackColumns]) -> Shown:
    """What a node's tracker reported, without what it gave up."""
    kept = [c.rows(c.status != track_pb2.TRACK_STATUS_TERMINATED) for c in told]
    return Shown(
        np.repeat(np.arange(len(kept)), [len(c) for c in kept]),
        np.concatenate([c.number for c in kept]),
        np.concatenate([c.state for c in kept]),
        np.concatenate([c.covariance for c in kept]),
        np.concatenate([c.environment for c in kept]),
        np.concatenate([c.identity for c in kept]),
    )


def theatre(kind: str, seed: int, changes: dict[str, Any]) -> list[Node]:
    """Every node of one drawn theatre."""
    scenario = scenario_of(kind, seed, changes)
    world = World(scenario)
    return [one(kind, scenario, world, spec.id) for spec in scenario.nodes]


def one(kind: str, scenario: Scenario, world: World, node_id: str) -> Node:
    """One node: run and score."""
    seen: list[tuple[Scan, tuple[str, ...]]] = []
    node = simulated_node(
        scenario, node_id, world=world, on_scan=lambda scan, origin: seen.append((scan, origin))
    )
    listener = Listener(node.tracker)
    node.tracker = listener
    for _ in node.advance(scenario.time_ns(scenario.duration_s)):
        pass
    truth = truth_at(world, [c.time_ns for c in listener.told], scenario.start_ns)
    column = {name: j for j, name in enumerate(truth.object_id)}
    seen = [(scan, tuple(name if name in column else "" for name in origin)) for scan, origin in seen]
    shown = shown_of(listener.told)
    whole = np.ones(len(truth.time_ns), np.bool_)
    exercise = Exercise(truth, {node_id: National(shown, whole, [shown])}, detections_of(seen, column))
    mine = exercise.likeliest[node_id]
    rows = np.flatnonzero(mine >= 0)
    rows = rows[exercise.truth.in_view[shown.instant[rows], mine[rows]]]
    k, j = shown.instant[rows], mine[rows]
    return Node(
        kind,
        scenario.seed,
        node_id,
        scenario.node(node_id).tracker,
        truth.environment[k, j],
        phases(exercise.truth)[k, j],
        normalised(truth.state[k, j], truth.environment[k, j], shown.state[rows], shown.covariance[rows]),
        exercise.figures(),
        1e-9 * (listener.told[-1].time_ns - listener.told[0].time_ns),
        listener.spent_s,
    )


def figure(rows: Sequence[Node], *path: str) -> Float:
    """The nodes' values of one figure, without those that have none."""
    found = []
    for row in rows:
        value: Any = row.figures
        for key in path:
            value = value[key]
        if value is not None:
            found.append(value)
    return np.array(found, np.float64)


def ratios(rows: Sequence[Node]) -> Float:
    """RMSE over that of the filter that knows every detection's origin."""
    pairs = [(r.figures["rmse_m"]["shared"], r.figures["rmse_m"]["centralised"]) for r in rows]
    return np.array([a / b for a, b in pairs if a and b])


def _quantile(values: Float, share: float) -> float:
    return float(np.quantile(values, share)) if len(values) else float("nan")


def line(name: str, rows: Sequence[Node]) -> str:
    """One row of the table of nodes."""
    held = figure(rows, "anees")
    good = np.mean((held >= CONSISTENT[0]) & (held <= CONSISTENT[1])) if len(held) else float("nan")
    inside = np.mean(np.concatenate([r.errors.inside for r in rows]))
    ratio, each = ratios(rows), figure(rows, "siap", "ambiguity")
    lived, spent = sum(r.lived_s for r in rows), sum(r.spent_s for r in rows)
    return (
        f"| {name} | {len(rows)} | {_quantile(held, 0.5):.2f} {_quantile(held, 0.9):.2f} "
        f"| {100 * good:.0f} % "
        f"| {100 * inside:.1f} % | {_quantile(ratio, 0.5):.2f} {_quantile(ratio, 0.9):.2f} "
        f"| {_quantile(each, 0.5):.3f} {_quantile(each, 0.95):.3f} "
        f"| {np.mean(figure(rows, 'siap', 'completeness')):.3f} "
        f"| {np.mean(figure(rows, 'siap', 'spuriousness')):.3f} | {lived / max(spent, 1e-9):.0f} |"
    )


def by_node(rows: Sequence[Node]) -> list[str]:
    """A Markdown table: a line for every kind of theatre and, within it, kind of tracker."""
    lines = [
        "| nodes of | n | ANEES median, 90 % | in 0.7 to 1.4 | within 95 % "
        "| RMSE / origins known | tracks each, 95 % | completeness | spurious | x real time |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for kind in dict.fromkeys(r.kind for r in rows):
        mine = [r for r in rows if r.kind == kind]
        lines.append(line(kind, mine))
        trackers = sorted({r.tracker for r in mine})
        if len(trackers) > 1:
            lines += [line(f"{kind} {t}", [r for r in mine if r.tracker == t]) for t in trackers]
    return lines


def by_motion(rows: Sequence[Node]) -> list[str]:
    """A Markdown table of the states' normalised errors by how the object moved."""
    lines = [
        "| kind | moves | states | mean | median | 90 % | 99 % | within 95 % |",
        "|---|---|---|---|---|---|---|---|",
    ]
    names = {code: name for name, code in ENVIRONMENTS.items()}
    for kind in dict.fromkeys(r.kind for r in rows):
        mine = [r for r in rows if r.kind == kind]
        code = np.concatenate([r.environment * 10 + r.phase + 1 for r in mine])
        error = np.concatenate([r.errors.scaled for r in mine])
        within = np.concatenate([r.errors.inside for r in mine])
        for which, count in sorted(Counter(code.tolist()).items()):
            environment, phase = divmod(which, 10)
            these = error[code == which]
            name = PHASES[phase - 1] if phase > 0 else "-"
            inside = within[code == which].mean()
            lines.append(
                f"| {kind} | {names.get(environment, environment)} {name} | {count} | {these.mean():.2f} "
                f"| {np.median(these):.2f} | {_quantile(these, 0.9):.2f} | {_quantile(these, 0.99):.1f} "
                f"| {100 * inside:.1f} % |"
            )
    return lines


def _work(case: tuple[str, int, dict[str, Any]]) -> list[Node]:
    return theatre(*case)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("kind", nargs="*", default=list(kinds()))
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="of the scenario")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--nodes", action="store_true", help="a line a node as well")
    asked = parser.parse_args()
    changes = {
        path: tomllib.loads(f"v = {value}")["v"] for path, _, value in (s.partition("=") for s in asked.set)
    }
    cases = [(k, s, changes) for k in asked.kind for s in range(asked.first, asked.first + asked.runs)]
    theatre("sea", 0, {"scenario.duration_s": 20.0})  # loads what is compiled
    if asked.jobs > 1:
        with ProcessPoolExecutor(asked.jobs) as pool:
            rows = [node for nodes in pool.map(_work, cases) for node in nodes]
    else:
        rows = [node for case in cases for node in _work(case)]
    print("\n".join([*by_node(rows), "", *by_motion(rows)]))
    if asked.nodes:
        for row in rows:
            print(
                json.dumps(
                    {
                        "theatre": f"{row.kind} {row.seed}",
                        "node": row.node,
                        "tracker": row.tracker,
                        "anees": row.figures["anees"],
                        "ambiguity": row.figures["siap"]["ambiguity"],
                        "rmse_m": row.figures["rmse_m"],
                    }
                )
            )
    print(f"\nseeds {asked.first} to {asked.first + asked.runs - 1}; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
