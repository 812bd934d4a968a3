"""Two versions of the fold on the same reports: ``python -m benchmarks.same_reports FOLDER``.

    python -m benchmarks.same_reports FOLDER --record air:8000 sea:8000 shipping:1
    python -m benchmarks.same_reports FOLDER --json before.json
    python -m benchmarks.same_reports FOLDER --json after.json --against before.json

``--record`` runs drawn theatres, or built-in scenarios, of a seed each and keeps their recordings in FOLDER.
Without it the fold of the code that runs is given the reports of every recording there, as a contender is
(`nodes.contenders`), and scored. What the nodes said is the same whatever the fold, so that a difference is
the fold's: neither a tracker that changed meanwhile nor chance has a part in it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fusion import Picture
from nodes.contenders import FusedTracks, NodeReport
from nodes.contenders.contest import contend
from nodes.errors import BadInput
from nodes.lab import run
from nodes.recording import Recording
from nodes.theatre import drawn, kinds

FIGURES = ("completeness", "ambiguity", "spuriousness", "ratio", "anees", "tgospa_m")


class Ours:
    """The shared picture as a contender."""

    def __init__(self) -> None:
        self._picture = Picture()

    def fold(self, report: NodeReport) -> None:
        """See `nodes.contenders.Fusion`."""
        self._picture.fold(report.message)

    def tracks(self, time_ns: int) -> FusedTracks:
        """See `nodes.contenders.Fusion`."""
        shown = self._picture.at(max(time_ns, self._picture.time_ns))
        return FusedTracks(shown.number, shown.state, shown.covariance, shown.environment)


@dataclass(frozen=True)
class Row:
    """One recording's figures."""

    completeness: float | None
    ambiguity: float | None
    spuriousness: float | None
    ratio: float | None
    """Position RMSE over that of the filter whose detections wait for their node's next report."""
    anees: float | None
    tgospa_m: float | None
    processor_s: float
    """Of the fold and the scores together."""


def row(score: Mapping[str, Any], processor_s: float) -> Row:
    """The figures that say who is who, of all that a score has."""
    siap, rmse_m = score["siap"], score["rmse_m"]
    shared, bound = rmse_m["shared"], rmse_m["centralised_at_reports"]
    return Row(
        siap["completeness"],
        siap["ambiguity"],
        siap["spuriousness"],
        shared / bound if shared and bound else None,
        score["anees"],
        score["tgospa_m"],
        processor_s,
    )


def record(folder: Path, name: str) -> None:
    """Keep the recording of ``KIND:SEED``. Raises BadInput for what is neither drawn nor built in."""
    kind, _, seed = name.partition(":")
    if not seed.isdecimal():
        raise BadInput(f"--record {name}: expected KIND:SEED, such as air:8000")
    path = folder / f"{kind}-{seed}.mcap"
    if kind in kinds():
        run(drawn(kind, int(seed)), record=path)
    else:
        run(kind, int(seed), record=path)


def measure(path: Path) -> Row:
    """Fold and score one recording's reports. Raises BadInput where it has no truth, or no tracks come."""
    began = time.process_time()
    result = contend(Recording(path), [f"{Ours.__module__}:{Ours.__name__}"])
    (found,) = result.values()
    if found["score"] is None:
        raise BadInput(f"{path}: {found['said']}")
    return row(found["score"], time.process_time() - began)


def table(rows: Mapping[str, Mapping[str, float | None]], before: Mapping[str, Any]) -> list[str]:
    """Lines of a Markdown table, a recording a line; ``before > after`` where there is something before."""
    lines = ["| recording | " + " | ".join(FIGURES) + " |", "|---" * (len(FIGURES) + 1) + "|"]
    for name, after in rows.items():
        cells = [_cell(before.get(name, {}).get(figure), after[figure]) for figure in FIGURES]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _cell(before: float | None, after: float | None) -> str:
    shown = "-" if after is None else f"{after:.4g}"
    return shown if before is None else f"{before:.4g} > {shown}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Record, or fold what was recorded, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--record", nargs="+", metavar="KIND:SEED", default=[])
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--against", type=Path, metavar="FILE")
    asked = parser.parse_args(arguments)
    asked.folder.mkdir(parents=True, exist_ok=True)
    for name in asked.record:
        record(asked.folder, name)
    if asked.record:
        return
    rows = {path.stem: asdict(measure(path)) for path in sorted(asked.folder.glob("*.mcap"))}
    before = json.loads(asked.against.read_text(encoding="utf-8")) if asked.against else {}
    print("\n".join(table(rows, before)))
    if asked.json is not None:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
