"""All benchmarks, at sizes that end within minutes: ``python -m benchmarks``, which is ``make bench``.

Prints each benchmark's figures and writes them with machine, date and commit to ``benchmarks/results.json``.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import fold, impact, page, trust

RESULTS = Path(__file__).parent / "results.json"
BENCHMARKS: dict[str, Callable[[], Any]] = {
    "fold": fold.run,
    "impact": lambda: impact.measure(seeds=20, until_s=120, pd=1.0),
    "trust": trust.run,
    "page": lambda: page.run(minutes=1.0) if page.PROGRAM else "skipped: no chromium",
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
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [row for i, item in enumerate(value) for row in flat(item, f"{name}[{i}]")]
    return [(name, str(value))]


def main() -> None:
    console = Console()
    results: dict[str, Any] = {"machine": machine()}
    for name, benchmark in BENCHMARKS.items():
        results[name] = benchmark()
        table = Table("figure", "value", title=name)
        for row in flat(results[name]):
            table.add_row(*row)
        console.print(table)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    console.print(
        f"Written to {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}"
    )


if __name__ == "__main__":
    main()
