"""How what is under water is held: ``python -m benchmarks.hunts WHAT [--seeds N] [--first K] [--lines]``.

WHAT is a scenario, or a kind of theatre of which each seed is drawn anew. Each seed is the whole exercise in
one process: simulated sensors, national trackers, reports, the fold; what the shared picture shows is scored
as `triwatch score` does under water (`docs/scoring.md`). ``--lines`` lets every node tell lines of bearing,
``--no-lines`` none; else each does as the scenario says. ``--alone`` takes out what flies, and the sensors
that see nothing else.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from nodes.lab import run
from nodes.lab.run import prepared
from nodes.recording import Recording
from nodes.scoring.alone import SHARED, Alone
from nodes.scoring.undersea import UnderseaWatch
from nodes.simulation.loader import checked, tables
from nodes.simulation.spec import Scenario
from nodes.theatre import drawn, kinds

COLUMNS = ("held", "containment_95", "one_number", "tracks_each", "spurious", "rmse_m", "area_km2")
HEAD = "  seed contact         held  in 95 %  one number  tracks each  spurious    off m  area km²"


def shared(recording: Recording) -> dict[str, Any]:
    """`fusion.score.undersea.figures` of the shared picture alone."""
    alone = Alone(recording)
    watch = UnderseaWatch(recording, {SHARED: alone.views[SHARED]})
    for reached_ns in alone.steps():
        watch.step(reached_ns)
    return watch.figures()


def words(seed: object, name: str, found: dict[str, Any]) -> str:
    """A line of the table."""
    held, inside, one, each, spurious, off, area = (
        float("nan") if (value := found.get(key)) is None else float(value) for key in COLUMNS
    )
    return (
        f"{seed!s:>6s} {name:12s} {held:7.3f} {inside:8.3f} {one:11.3f} {each:12.2f} {spurious:9.3f}"
        f" {off:8.0f} {area:9.2f}"
    )


def scenario_of(what: str, seed: int, lines: bool | None, alone: bool) -> Scenario:
    """What is run."""
    scenario = drawn(what, seed) if what in kinds() else prepared(what, seed)
    told = {} if lines is None else {"nodes.*.tells_lines": lines}
    scenario = prepared(scenario, None, told)
    return _without_aircraft(scenario) if alone else scenario


def _without_aircraft(scenario: Scenario) -> Scenario:
    raw = tables(scenario)
    raw["objects"] = [o for o in raw["objects"] if o.get("environment") in ("SURFACE", "SUBSURFACE")]
    for node in raw["nodes"]:
        node["sensors"] = [s for s in node.get("sensors", []) if _looks_down(s)]
    raw["nodes"] = [node for node in raw["nodes"] if node["sensors"] or node.get("fields")]
    return checked(raw, scenario.file)


def _looks_down(sensor: dict[str, Any]) -> bool:
    return sensor["kind"] != "infrared" and sensor.get("min_target_alt_m", 0.0) <= 0.0


def over_all(views: list[dict[str, Any]]) -> dict[str, Any]:
    """Means over seeds of what a picture shows; of what is off the root of the mean square, of areas the
    median."""
    every = {key: [view[key] for view in views if view.get(key) is not None] for key in COLUMNS}
    found: dict[str, Any] = {key: float(np.mean(values)) for key, values in every.items() if values}
    if every["rmse_m"]:
        found["rmse_m"] = float(np.sqrt(np.mean(np.square(every["rmse_m"]))))
        found["area_km2"] = float(np.median(every["area_km2"]))
    return found


def main() -> None:
    """Print a line for each contact of each seed, one for each seed, and one for all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--lines", action=argparse.BooleanOptionalAction)
    parser.add_argument("--alone", action="store_true")
    asked = parser.parse_args()
    print(HEAD)
    views: list[dict[str, Any]] = []
    anees: list[float] = []
    began_s = time.process_time()
    for seed in range(asked.first, asked.first + asked.seeds):
        result = run(scenario_of(asked.what, seed, asked.lines, asked.alone))
        figures = shared(result.recording)
        for name, contact in figures["contacts"].items():
            print(words(seed, name, contact[SHARED]))
        views.append(figures["views"][SHARED])
        score = result.result["score"]
        anees.append(score["anees"] or float("nan"))
        print(words(seed, "all", views[-1]), f"  ANEES of the whole {anees[-1]:.2f}", flush=True)
    print(words("all", "", over_all(views)), f"  ANEES of the whole {np.nanmedian(anees):.2f} (median)")
    print(f"  {len(views)} seeds from {asked.first}, {time.process_time() - began_s:.0f} s of a processor")


if __name__ == "__main__":
    main()
