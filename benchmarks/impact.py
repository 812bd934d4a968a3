"""How well the impact is known after burnout: ``python -m benchmarks.impact [--seeds N] [--until S]``.

The issue's flight (lofted, apogee 2,111.5 km, range 787 km) is seen by three radars of one node each (30 m,
1 mrad, once a second), tracked nationally, fused, and its impact predicted, by the production code in one
process. Beside the errors stands the Cramér-Rao bound of `tests/kits/cramer_rao.py`, an integration of its
own, of radars that begin at burnout and never miss. Prints a table; ``--json FILE`` writes it.

Many seeds can be run in pieces: ``--into FILE`` adds every prediction to a file, ``--first N`` goes on where
the last piece ended, and the table is of all that the file holds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from fusion import Picture
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.loader import load
from nodes.simulation.spec import Scenario
from nodes.simulation.truth import World
from triwatch.v1 import track_pb2

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/kits"))

MOMENTS_S = (10, 30, 60, 120, 300)
STATIONS = (("KOR-1", "KOR", 36.7, 127.5), ("JPN-1", "JPN", 40.9, 140.3), ("JPN-2", "JPN", 35.8, 135.2))
CHI2_95 = 5.991464547107979
"""95 % point of chi-square with two degrees of freedom."""
Found = dict[str, Any]
"""One prediction: its seed, moment, squared error, squared Mahalanobis distance and ellipse."""
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
    """Prediction (Crossing, and whether only the reach is known) at each moment of one seed, or None."""
    one = msgspec.structs.replace(base, seed=seed)
    nodes = [simulated_node(one, n.id, world=world) for n in one.nodes]
    picture = Picture()
    found: list[Any] = []
    due = iter(moments_s)
    moment = next(due)
    for t in np.arange(np.floor(one.nodes[0].joins_s), moments_s[-1] + 1.0):
        batches = [
            b for n in nodes for b in n.advance(one.time_ns(float(t))) if isinstance(b, track_pb2.TrackBatch)
        ]
        for batch in sorted(batches, key=lambda b: (b.sent_time_ns, b.node_id)):
            picture.fold(batch)
        if t >= moment:
            watches = [row.watch for row in picture.missiles() if row.open]
            found.append((watches[0].area, not watches[0].known) if watches else None)
            moment = next(due, np.inf)
    return found


def predictions(seeds: int, until_s: int, pd: float, stations: int = 3, first: int = 0) -> Iterator[Found]:
    """Every prediction of so many seeds, as it is made."""
    from cramer_rao import ecef

    world, burnout_s, bound = _flight(until_s, pd, stations)
    start_s = float(np.floor(burnout_s))
    base = scenario(start_s - LEAD_S, pd, stations)
    moments = [m for m in MOMENTS_S if m <= until_s]
    for seed in range(first, first + seeds):
        for m, said in zip(moments, run(base, world, seed, [start_s + m for m in moments]), strict=True):
            if said is None or said[0] is None:
                yield {"seed": seed, "after_burnout_s": m}
                continue
            point, unknown = said
            miss = bound.level @ (bound.impact_m - ecef(point.lat_deg, point.lon_deg, 0.0))
            yield {
                "seed": seed,
                "after_burnout_s": m,
                "error2_m2": float(miss @ miss),
                "distance2": float(miss @ np.linalg.solve(point.covariance_m2, miss)),
                "semi_major_m": point.ellipse_95_m[0],
                "unknown": unknown,
            }


def measure(seeds: int, until_s: int, pd: float, stations: int = 3, first: int = 0) -> list[dict[str, Any]]:
    """One row a moment after burnout, over so many seeds."""
    bound = _flight(until_s, pd, stations)[2]
    return summarise(list(predictions(seeds, until_s, pd, stations, first)), bound)


def _flight(until_s: int, pd: float, stations: int) -> tuple[World, float, Any]:
    """The true world, its burnout, and the bound from there."""
    from cramer_rao import STATIONS as PLACES
    from cramer_rao import Bound

    world = World(scenario(0.0, pd, stations))
    burnout_s = world.flights()[0].burnout_s
    return world, burnout_s, Bound(world.at(burnout_s + 1e-3).state[0], until_s, PLACES[:stations])


def summarise(found: list[Found], bound: Any) -> list[dict[str, Any]]:
    """One row a moment after burnout."""
    return [
        _row(m, [f for f in found if f["after_burnout_s"] == m], bound.rms_m(m))
        for m in sorted({f["after_burnout_s"] for f in found})
    ]


def _row(m: int, found: list[Found], bound_m: float) -> dict[str, Any]:
    said = [f for f in found if "error2_m2" in f]
    rms_m = float(np.sqrt(np.mean([f["error2_m2"] for f in said]))) if said else None
    return {
        "after_burnout_s": m,
        "seeds": len(found),
        "predicted": len(said),
        "not_yet_known": sum(f["unknown"] for f in said),
        "rms_m": rms_m,
        "bound_m": bound_m,
        "ratio": rms_m / bound_m if rms_m is not None else None,
        "inside_95": float(np.mean([f["distance2"] < CHI2_95 for f in said])) if said else None,
        "median_semi_major_m": float(np.median([f["semi_major_m"] for f in said])) if said else None,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--until", type=int, default=300, help="seconds after burnout")
    parser.add_argument("--pd", type=float, default=1.0, help="probability of detection")
    parser.add_argument("--stations", type=int, default=3, choices=(1, 2, 3))
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--into", metavar="FILE", type=Path, help="add every prediction to it")
    parser.add_argument("--json", metavar="FILE")
    arguments = parser.parse_args()
    started_s = time.perf_counter()
    flight = (arguments.until, arguments.pd, arguments.stations)
    found = []
    for one in predictions(arguments.seeds, *flight, arguments.first):
        found.append(one)
        if arguments.into:
            with arguments.into.open("a", encoding="utf-8") as file:
                file.write(json.dumps(one) + "\n")
    if arguments.into:
        found = [json.loads(line) for line in arguments.into.read_text(encoding="utf-8").splitlines()]
    rows = summarise(found, _flight(*flight)[2])
    seeds = len({one["seed"] for one in found})
    print(f"{arguments.stations} radars, {seeds} seeds, {time.perf_counter() - started_s:.0f} s")
    print("| s after burnout | RMS km | bound km | ratio | in 95 % ellipse | semi-major km | not yet known |")
    print("|---|---|---|---|---|---|---|")
    for r in rows:
        if r["predicted"]:
            errors = f"{r['rms_m'] / 1e3:.2f} | {r['bound_m'] / 1e3:.2f} | {r['ratio']:.2f}"
            ellipse = f"{100 * r['inside_95']:.1f} % | {r['median_semi_major_m'] / 1e3:.1f}"
            print(f"| {r['after_burnout_s']} | {errors} | {ellipse} | {r['not_yet_known']} |")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
