"""How often the warnings of whole scenarios are right: ``python -m benchmarks.warning_seeds [NAME ...]``.

medium_range: first warning within 20 s of the first infrared detection, launch point within 3 km.
multiple_warheads: everything that parted is warned of within 10 s of when it could first be resolved.
salvo: twelve of twelve warned of, no warning whose track was of two missiles.
early_failure: warned, then nobody left under an alert. air_traffic: no warning (three seeds are an hour).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fusion.geodesy import great_circle_range_m
from nodes.scenario.truth import World
from warning_chain import ENDED, Lived, live, scenario

MIXED = 0.05
"""A warning is of two missiles where its track was nearer to another for more than this part of its life."""


def medium_range(lived: Lived, world: World) -> dict[str, bool]:
    truth = world.flights()[0]
    warnings = lived.of("M1")
    launch = lived.said[warnings[0]][0][1].flight.launch if warnings else None
    off = (
        great_circle_range_m(launch.lat_deg, launch.lon_deg, truth.launch_lat_deg, truth.launch_lon_deg)
        if launch
        else np.inf
    )
    return {
        "within 20 s of infrared": lived.first_s("M1") - lived.first_infrared_s.get("M1", np.inf) <= 20.0,
        "launch within 3 km": off < 3_000.0,
    }


def multiple_warheads(lived: Lived, world: World) -> dict[str, bool]:
    return {"all bodies warned of": all(lived.of(f.object_id) for f in world.flights())}


def salvo(lived: Lived, world: World) -> dict[str, bool]:
    shares = [1.0 - v.most_common(1)[0][1] / v.total() for v in lived.votes.values()]
    return {
        "12 of 12 warned of": all(np.isfinite(lived.first_s(f.object_id)) for f in world.flights()),
        "no track of two missiles": all(share <= MIXED for share in shares),
    }


def early_failure(lived: Lived, _world: World) -> dict[str, bool]:
    return {
        "warned": bool(lived.said),
        "nobody left under an alert": all(lived.last(w).status in ENDED for w in lived.said),
    }


def air_traffic(lived: Lived, _world: World) -> dict[str, bool]:
    return {"no warning": not lived.said}


CASES: dict[str, tuple[Callable[[Lived, World], dict[str, bool]], float | None]] = {
    "medium_range": (medium_range, 200.0),
    "multiple_warheads": (multiple_warheads, 300.0),
    "salvo": (salvo, 260.0),
    "early_failure": (early_failure, None),
    "air_traffic": (air_traffic, None),
}


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(CASES), metavar="NAME")
    parser.add_argument("--seeds", type=int, default=100)
    arguments = parser.parse_args()
    for name in arguments.names:
        judge, until_s = CASES[name]
        world, held, started_s = World(scenario(name)), {}, time.perf_counter()
        for seed in range(arguments.seeds):
            for what, right in judge(live(scenario(name, seed), until_s, world), world).items():
                held.setdefault(what, []).append(right)
        for what, right in held.items():
            failed = [seed for seed, good in enumerate(right) if not good]
            print(
                f"{name}: {what}: {sum(right)} of {len(right)}" + (f", not seeds {failed}" if failed else "")
            )
        print(f"{name}: {time.perf_counter() - started_s:.0f} s", flush=True)


if __name__ == "__main__":
    main()
