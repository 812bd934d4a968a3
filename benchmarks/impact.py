"""How well the impact is known after burnout: ``python -m benchmarks.impact [--seeds N] [--until S]``.

The issue's flight (lofted, apogee 2,111.5 km, range 787 km) is seen by three radars of one node each (30 m,
1 mrad, once a second), tracked nationally, fused, and its impact predicted, by the production code in one
process. Beside the errors stands the Cramér-Rao bound of `tests/cramer_rao.py`, an integration of its own,
of radars that begin at burnout and never miss. Prints a table; ``--json FILE`` writes it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from fusion import Picture
from fusion.warning.areas import Nations
from fusion.warning.board import Board
from nodes.national.node import NationalNode
from nodes.scenario.loader import load
from nodes.scenario.spec import Scenario
from nodes.scenario.truth import World
from triwatch.v1 import track_pb2

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

MOMENTS_S = (10, 30, 60, 120, 300)
STATIONS = (("KOR-1", "KOR", 36.7, 127.5), ("JPN-1", "JPN", 40.9, 140.3), ("JPN-2", "JPN", 35.8, 135.2))
LEAD_S = 30.0
"""The radars look from so long before burnout: earlier sight does not help, the engine hides it."""
HEADER = """[scenario]
name = "impact"
start = 2024-06-27T00:00:00Z
duration_s = 700.0
[[objects]]
id = "M1"
kind = "ballistic"
launch_s = 0.5
launch_lat_deg = 39.9
launch_lon_deg = 125.2
azimuth_deg = 75.0
apogee_km = 2111.5
range_km = 787.0
"""
NODE = """[[nodes]]
id = "{0}"
nation = "{1}"
joins_s = {4}
  [[nodes.sensors]]
  kind = "radar"
  lat_deg = {2}
  lon_deg = {3}
  alt_m = 100.0
  range_km = 5000.0
  period_s = 1.0
  pd = {5}
  sigma_range_m = 30.0
  sigma_azimuth_mrad = 1.0
  sigma_elevation_mrad = 1.0
"""


def scenario(joins_s: float, pd: float, stations: int) -> Scenario:
    """The flight and the first so many radars, from ``joins_s`` on."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "impact.toml"
        nodes = "".join(NODE.format(*s, joins_s, pd) for s in STATIONS[:stations])
        file.write_text(HEADER + nodes, encoding="utf-8")
        return load(str(file))


def run(base: Scenario, world: World, seed: int, moments_s: list[float]) -> list[Any]:
    """Prediction (Crossing and whether burning) at each moment of one seed; None where there is none."""
    one = msgspec.structs.replace(base, seed=seed)
    nodes = [NationalNode(one, n.id, world=world) for n in one.nodes]
    picture, board = Picture(), Board(Nations({}))
    found: list[Any] = []
    due = iter(moments_s)
    moment = next(due)
    for t in np.arange(np.floor(one.nodes[0].joins_s), moments_s[-1] + 1.0):
        batches = [
            b for n in nodes for b in n.advance(one.time_ns(float(t))) if isinstance(b, track_pb2.TrackBatch)
        ]
        for batch in sorted(batches, key=lambda b: (b.valid_time_ns[0], b.node_id)):
            picture.fold(batch)
        if picture.time_ns:
            board.step(picture.delta())
        if t >= moment:
            watches = [w.watch for w in board.warnings() if w.open]
            found.append((watches[0].impact, watches[0].burning) if watches else None)
            moment = next(due, np.inf)
    return found


def measure(seeds: int, until_s: int, pd: float, stations: int = 3, first: int = 0) -> list[dict[str, Any]]:
    """One row a moment after burnout."""
    from cramer_rao import STATIONS as PLACES
    from cramer_rao import Bound, axes, ecef, geodetic, impact

    world = World(scenario(0.0, pd, stations))
    burnout_s = world.flights()[0].burnout_s
    start_s = float(np.floor(burnout_s))
    base = scenario(start_s - LEAD_S, pd, stations)
    state = world.at(burnout_s + 1e-3).state[0]
    bound = Bound(state, until_s, PLACES[:stations])
    there, _ = impact(state)
    level = axes(*geodetic(there))[:2]
    moments = [m for m in MOMENTS_S if m <= until_s]
    rows: dict[int, list[tuple[float, bool, float, bool]]] = {m: [] for m in moments}
    for seed in range(first, first + seeds):
        for m, found in zip(moments, run(base, world, seed, [start_s + m for m in moments]), strict=True):
            if found is None or found[0] is None:
                continue
            point, burning = found
            miss = level @ (there - ecef(point.lat_deg, point.lon_deg, 0.0))
            inside = bool(miss @ np.linalg.solve(point.covariance_m2, miss) < 5.991)
            rows[m].append((float(miss @ miss), inside, point.ellipse_95_m[0], burning))
    return [_row(m, rows[m], seeds, bound) for m in moments]


def _row(m: int, found: list[tuple[float, bool, float, bool]], seeds: int, bound: Any) -> dict[str, Any]:
    error2 = [f[0] for f in found]
    return {
        "after_burnout_s": m,
        "seeds": seeds,
        "predicted": len(found),
        "still_burning": sum(f[3] for f in found),
        "rms_m": float(np.sqrt(np.mean(error2))) if found else None,
        "bound_m": bound.rms_m(m),
        "ratio": float(np.sqrt(np.mean(error2)) / bound.rms_m(m)) if found else None,
        "inside_95": float(np.mean([f[1] for f in found])) if found else None,
        "median_semi_major_m": float(np.median([f[2] for f in found])) if found else None,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--until", type=int, default=300, help="seconds after burnout")
    parser.add_argument("--pd", type=float, default=1.0, help="probability of detection")
    parser.add_argument("--stations", type=int, default=3, choices=(1, 2, 3))
    parser.add_argument("--json", metavar="FILE")
    arguments = parser.parse_args()
    started_s = time.perf_counter()
    rows = measure(arguments.seeds, arguments.until, arguments.pd, arguments.stations)
    print(f"{arguments.stations} radars, {arguments.seeds} seeds, {time.perf_counter() - started_s:.0f} s")
    print("| s after burnout | RMS km | bound km | ratio | in 95 % ellipse | semi-major km | burning |")
    print("|---|---|---|---|---|---|---|")
    for r in rows:
        if r["predicted"]:
            errors = f"{r['rms_m'] / 1e3:.2f} | {r['bound_m'] / 1e3:.2f} | {r['ratio']:.2f}"
            ellipse = f"{100 * r['inside_95']:.1f} % | {r['median_semi_major_m'] / 1e3:.1f}"
            print(f"| {r['after_burnout_s']} | {errors} | {ellipse} | {r['still_burning']} |")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
