"""A run in one process: how many times real time, and whether many processes give the same digests.

``python -m benchmarks.in_process`` times sixty objects, eight nodes and three cores (`sixty.toml`) by this
process' own processor time. With ``--equal N`` every built-in scenario and N theatres of all kinds, seeds
from ``--first`` on, are run in processes as well, ``--seconds`` of each, and their digests compared; ends
with 1 where they differ.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from nodes.errors import BadInput
from nodes.lab import run
from nodes.simulation.loader import builtin
from nodes.theatre import draw, drawn, kinds

SIXTY = Path(__file__).parent / "sixty.toml"
DIGESTS = ("nation", "tracks", "input_digest", "picture_digest")


def speed(seed: int = 1) -> dict[str, float]:
    """Times real time of the run, and with its scores."""
    scenario = drawn(str(SIXTY), seed)
    run(scenario, set={"scenario.duration_s": 10.0})  # loads what is compiled
    began = time.process_time()
    result = run(scenario).result
    whole_s = time.process_time() - began
    return {
        "objects": len(scenario.objects),
        "nodes": len(scenario.nodes),
        "cores": len(scenario.members),
        "run": result["duration_s"] / result["processor_s"],
        "run_and_scores": result["duration_s"] / whole_s,
    }


def pictures(result: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What must be equal."""
    return sorted(tuple(picture[key] for key in DIGESTS) for picture in result["pictures"])


def equal(scenario: str, seconds: float) -> bool:
    """Whether processes and one process give the same digests."""
    arguments = ["demo", "--scenario", scenario, "--speed", "max", "--no-page", "--json", "-"]
    if seconds:
        arguments += ["--duration", str(seconds)]
    many = subprocess.run(
        [sys.executable, "-m", "nodes.cli", *arguments], capture_output=True, text=True, check=False
    )
    if many.returncode:
        print(f"FAILED  {scenario}: {many.returncode}: {many.stderr.strip().splitlines()[-1:]}", flush=True)
        return False
    try:
        one = pictures(run(scenario, set={"scenario.duration_s": seconds} if seconds else None).result)
    except BadInput as error:  # cut before a node joins, say
        print(f"NOT RUN {scenario}: {error}", flush=True)
        return False
    other = pictures(json.loads(many.stdout))
    print(f"{'equal' if one == other else 'DIFFER'}  {scenario}", flush=True)
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            print(f"  one process {mine}\n  many        {theirs}", flush=True)
    return one == other


def main() -> None:
    """Print the figures; compare where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--equal", type=int, metavar="N", help="theatres to compare beside the built-in ones")
    parser.add_argument("--first", type=int, default=0, metavar="K", help="seed of the first theatre")
    parser.add_argument("--seconds", type=float, default=0.0, help="of each; 0: to its end")
    parser.add_argument("--drawn-only", action="store_true", help="without the built-in scenarios")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="these built-in scenarios")
    asked = parser.parse_args()
    if asked.equal is None:
        for name, value in speed().items():
            print(f"{name:<16} {value:8.1f}")
        print(f"load             {os.getloadavg()[0]:8.1f}")
        return
    names = [] if asked.drawn_only else asked.only or [scenario.name for scenario in builtin()]
    with tempfile.TemporaryDirectory() as folder:
        for i in range(asked.first, asked.first + asked.equal):
            kind = kinds()[i % len(kinds())]
            path = Path(folder) / f"{kind}-{i}.toml"
            path.write_text(draw(kind, i), encoding="utf-8")
            names.append(str(path))
        same = [equal(name, asked.seconds) for name in names]
    print(f"{sum(same)} of {len(same)} equal")
    sys.exit(not all(same))


if __name__ == "__main__":
    main()
