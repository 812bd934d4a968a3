"""Drawn theatres, in process: ``python -m benchmarks.theatres [--runs N] [--first SEED] [KIND ...]``.

Of each kind the theatres of N successive seeds; medians over them of what the shared picture is worth, and
the share whose ANEES lies in 0.7 to 1.4. A run that fails is named with its seed, and counted.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nodes.errors import BadInput
from nodes.lab import run
from nodes.theatre import drawn, kinds

CONSISTENT = (0.7, 1.4)
FIGURES = ("ratio", "anees", "containment", "completeness", "ambiguity", "spuriousness", "speed")


@dataclass(frozen=True)
class Row:
    """One run."""

    kind: str
    seed: int
    objects: int
    ratio: float | None
    """Position RMSE over that of the filter whose detections wait for their node's next report."""
    anees: float | None
    containment: float | None
    completeness: float | None
    ambiguity: float | None
    spuriousness: float | None
    speed: float
    """Times real time by this process' own processor time, scoring and all."""


def one(kind: str, seed: int) -> Row:
    """Draw, run and score."""
    began = time.process_time()
    result = run(drawn(kind, seed)).result
    score: dict[str, Any] = result["score"]
    shared, bound = score["rmse_m"]["shared"], score["rmse_m"]["centralised_at_reports"]
    siap = score["siap"]
    return Row(
        kind,
        seed,
        score["objects"],
        shared / bound if shared and bound else None,
        score["anees"],
        score["containment_95"],
        siap["completeness"],
        siap["ambiguity"],
        siap["spuriousness"],
        result["duration_s"] / (time.process_time() - began),
    )


def table(rows: Sequence[Row]) -> list[str]:
    """Lines of a Markdown table, a kind a line."""
    lines = [
        "| kind | runs | objects | RMSE / bound at reports | ANEES | ANEES in 0.7 to 1.4 | within 95 % "
        "| completeness | ambiguity | spurious | x real time |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for kind in dict.fromkeys(row.kind for row in rows):
        mine = [row for row in rows if row.kind == kind]
        held = [row.anees for row in mine if row.anees is not None]
        good = np.mean([CONSISTENT[0] <= a <= CONSISTENT[1] for a in held]) if held else float("nan")
        middle = {name: _median([getattr(row, name) for row in mine]) for name in FIGURES}
        objects = np.median([row.objects for row in mine])
        lines.append(
            f"| {kind} | {len(mine)} | {objects:.0f} | {middle['ratio']:.2f} | {middle['anees']:.2f} "
            f"| {100 * good:.0f} % | {100 * middle['containment']:.0f} % | {middle['completeness']:.3f} "
            f"| {middle['ambiguity']:.3f} | {middle['spuriousness']:.3f} | {middle['speed']:.0f} |"
        )
    return lines


def _median(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else float("nan")


def main() -> None:
    """Run, print, and write one JSON row a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("kind", nargs="*", default=list(kinds()))
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    run(drawn("sea", 0), set={"scenario.duration_s": 5.0})  # loads what is compiled
    rows, failed = [], 0
    for kind in asked.kind:
        for seed in range(asked.first, asked.first + asked.runs):
            try:
                rows.append(one(kind, seed))
            except (BadInput, ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
                failed += 1
                print(f"failed: triwatch theatre {kind} --seed {seed}: {error}", flush=True)
    print("\n".join(table(rows)))
    print(
        f"\nseeds {asked.first} to {asked.first + asked.runs - 1}; {failed} failed; "
        f"load {os.getloadavg()[0]:.1f}"
    )
    if asked.json is not None:
        asked.json.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
