"""All benchmarks: ``python -m benchmarks [--quick] [NAME ...]``, which is ``make bench``.

Prints each benchmark's figures, writes them with machine, date and commit to ``benchmarks/results.json``
and draws the curves beside it. The fold alone took seven minutes beside other work; ``--quick`` a few
minutes, to see that all runs, and then nothing is written. With names, those alone are measured anew and
the others' figures kept.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import fold, impact, latency, page, peers, plot, ready, trust

RESULTS = Path(__file__).parent / "results.json"
BENCHMARKS: dict[str, Callable[[bool], Any]] = {
    "fold": fold.run,
    "latency": latency.run,
    "peers": peers.run,
    "ready": ready.run,
    "trust": lambda quick: trust.run(),
    "impact": lambda quick: impact.measure(seeds=2 if quick else 20, until_s=120, pd=1.0),
    "page": lambda quick: page.run(minutes=0.2 if quick else 1.0) if page.PROGRAM else "skipped: no chromium",
}


def machine() -> dict[str, Any]:
    """Where and of what the figures are."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=RESULTS.parent
    )
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines()
        if line.startswith("model name")
    ]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "load_1_min": round(os.getloadavg()[0], 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
    }


def flat(value: Any, name: str = "") -> list[tuple[str, str]]:
    """Nested figures as (dotted name, value) rows."""
    if isinstance(value, dict):
        return [
            row for key, item in value.items() for row in flat(item, f"{name}.{key}" if name else str(key))
        ]
    if is_table(value):
        return []
    return [(name, str(value))]


def is_table(value: Any) -> bool:
    """Whether a figure is a list of rows."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def tables(value: Any, name: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """The lists of rows among nested figures, by dotted name."""
    if is_table(value):
        return [(name, value)]
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in tables(item, f"{name}.{key}")]
    return []


def show(console: Console, name: str, result: Any) -> None:
    """Print one benchmark's figures."""
    for title, rows in tables(result, name):
        table = Table(*rows[0], title=title)
        for row in rows:
            table.add_row(*(str(row.get(column, "")) for column in rows[0]))
        console.print(table)
    if single := flat(result):
        table = Table("figure", "value", title=name)
        for one in single:
            table.add_row(*one)
        console.print(table)


def main() -> None:
    """Measure, print, write, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark {min(unknown)}; there are {', '.join(BENCHMARKS)}")
    console = Console()
    results: dict[str, Any] = {}
    if arguments.names and RESULTS.exists():
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
    results["machine"] = machine()
    for name in arguments.names or BENCHMARKS:
        console.print(f"Measuring: {name}")
        sys.stdout.flush()
        results[name] = BENCHMARKS[name](arguments.quick)
        show(console, name, results[name])
        if not arguments.quick:
            RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if not arguments.quick:
        drawn = plot.draw(results, RESULTS.parent)
        console.print(
            f"Written: {', '.join(path.name for path in (RESULTS, *drawn))} in {RESULTS.parent.name}/"
        )


if __name__ == "__main__":
    main()
