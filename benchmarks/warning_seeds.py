"""How often the warnings of whole scenarios are right: ``python -m benchmarks.warning_seeds [NAME ...]``.

medium_range: first warning within 20 s of the first infrared detection, launch point within 3 km.
multiple_warheads: vehicles and decoy each with a track of its own whose parent is the missile's, for good,
within 10 s of when the radars can tell them all apart; each warned of.
salvo: twelve of twelve warned of, no shared track that detections of two missiles fed, and nothing else
warned of: where lines of sight cross, or right after a mix-up, stand ghosts, which are no missile's.
early_failure: warned, then nobody left under an alert. air_traffic: no warning (three seeds are an hour).

A long count can be made in pieces: ``--into FILE`` adds every seed's line to a file, ``--first N`` goes on
where the last piece ended, and what is printed is the count of all that the file holds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/kits"))

from fusion.physics.geodesy import great_circle_range_m
from nodes.simulation.spec import Scenario
from nodes.simulation.truth import World
from separation import WITHIN_S, resolvable_s, separated_s
from warning_chain import ENDED, Lived, live, scenario

MOMENT_S = 5.0
"""A track is of two missiles where detections of another feed it, by any nation, for longer than this."""

Told = dict[str, bool | float]
"""Of one seed: what held, and measured figures."""


def medium_range(lived: Lived, world: World, _one: Scenario) -> Told:
    truth = world.flights()[0]
    warnings = lived.of("M1")
    told = (
        [w.flight.launch for _, w in lived.said[warnings[0]] if w.flight.HasField("launch")]
        if warnings
        else []
    )
    launch = told[0] if told else None
    off = (
        great_circle_range_m(launch.lat_deg, launch.lon_deg, truth.launch_lat_deg, truth.launch_lon_deg)
        if launch
        else np.inf
    )
    after_s = lived.first_s("M1") - lived.first_infrared_s.get("M1", np.inf)
    return {
        "within 20 s of infrared": after_s <= 20.0,
        "launch within 3 km": off < 3_000.0,
        "first warning after infrared, s": after_s,
        "launch point off by, m": off,
    }


def multiple_warheads(lived: Lived, world: World, one: Scenario) -> Told:
    (missile,) = one.objects
    parts_s = missile.launch_s + missile.separates_s
    from_s = resolvable_s(one, world, parts_s, max(lived.tracks))
    tracked_s = separated_s(lived, world, parts_s)
    return {
        f"all tracked, right parent, within {WITHIN_S:.0f} s": tracked_s <= from_s + WITHIN_S,
        "all bodies warned of": all(lived.warned_in_the_end(f.object_id) for f in world.flights()),
        "no other track at the end": lived.redundant[max(lived.redundant)] == 0,
        "resolvable after separation, s": from_s - parts_s,
        "all tracked after resolvable, s": tracked_s - from_s,
    }


def salvo(lived: Lived, world: World, _one: Scenario) -> Told:
    missiles = {f.object_id for f in world.flights()}
    mixed = [
        sorted((s for o, s in fed.items() if o in missiles), reverse=True)[1:2] for fed in lived.fed.values()
    ]
    wrong = sum(seconds > MOMENT_S for second in mixed for seconds in second)
    return {
        "12 of 12 warned of": all(np.isfinite(lived.first_s(m)) for m in missiles),
        "no track of two missiles": wrong == 0,
        "no thirteenth warning": len(lived.said) <= len(missiles),
        "tracks of two missiles": float(wrong),
        "warnings too many": float(max(0, len(lived.said) - len(missiles))),
    }


def early_failure(lived: Lived, _world: World, _one: Scenario) -> Told:
    return {
        "warned": bool(lived.said),
        "nobody left under an alert": all(lived.last(w).status in ENDED for w in lived.said),
    }


def air_traffic(lived: Lived, _world: World, _one: Scenario) -> Told:
    return {"no warning": not lived.said}


CASES: dict[str, tuple[Callable[[Lived, World, Scenario], Told], float | None]] = {
    "medium_range": (medium_range, 200.0),
    "multiple_warheads": (multiple_warheads, 300.0),
    "salvo": (salvo, 260.0),
    "early_failure": (early_failure, None),
    "air_traffic": (air_traffic, None),
}


def count(rows: list[dict[str, Any]]) -> list[str]:
    """Lines for people: in how many seeds of each scenario what held, and the spread of measured figures."""
    lines = []
    for name in CASES:
        seeds = {row["seed"]: row["told"] for row in rows if row["scenario"] == name}
        for what in next(iter(seeds.values()), {}):
            found = {seed: told[what] for seed, told in sorted(seeds.items())}
            if isinstance(next(iter(found.values())), bool):
                failed = [seed for seed, good in found.items() if not good]
                but = f", not seeds {failed}" if failed else ""
                lines.append(f"{name}: {what}: {len(found) - len(failed)} of {len(found)}{but}")
            else:
                low, middle, high = np.quantile(list(found.values()), [0.0, 0.5, 1.0])
                lines.append(f"{name}: {what}: {low:.0f} to {high:.0f}, median {middle:.0f}")
    return lines


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(CASES), metavar="NAME")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--into", metavar="FILE", type=Path, help="add every seed's line to it")
    arguments = parser.parse_args()
    started_s = time.perf_counter()
    rows = []
    for name in arguments.names:
        judge, until_s = CASES[name]
        world = World(scenario(name))
        for seed in range(arguments.first, arguments.first + arguments.seeds):
            one = scenario(name, seed)
            told = {
                what: bool(how) if isinstance(how, bool | np.bool_) else float(how)
                for what, how in judge(live(one, until_s, world), world, one).items()
            }
            rows.append({"scenario": name, "seed": seed, "told": told})
            if arguments.into:
                with arguments.into.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(rows[-1]) + "\n")
    if arguments.into:
        rows = [json.loads(line) for line in arguments.into.read_text(encoding="utf-8").splitlines()]
    print("\n".join(count(rows)))
    print(f"{time.perf_counter() - started_s:.0f} s")


if __name__ == "__main__":
    main()
