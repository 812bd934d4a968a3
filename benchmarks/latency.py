"""From report sent to picture received: ``python -m benchmarks.latency [--quick] [--load N]``.

`triwatch bench latency` at several loads, for one nation's core. Every target is seen by four nodes, so a
load of L reports a second is L / 4 targets; a node reports its sector of 25 targets (100 from 20,000 reports
a second on) once a second, followed by its heartbeat. With keys, every connection is CURVE and every report
and heartbeat is signed and verified; without, neither. Beside both the floor (`nodes.bench.roles`).

The processors are kept awake, for the floor too; how much longer all takes where they sleep between two
reports stands beside it for one load.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any, Literal

from nodes.bench.awake import awake
from nodes.bench.latency import ORDINARY_BYTES, attempt, floor, product
from nodes.bench.load import SEEN_BY, Load

LOADS = (100, 1000, 5000, 20_000, 40_000, 100_000)
ASLEEP_TOO = 5000
NAMES = {"p50_ms": "p50 ms", "p99_ms": "p99 ms", "p999_ms": "p99.9 ms", "max_ms": "max ms"}
NAMES |= {"core_busy": "core busy", "core_mb": "core MB", "bytes_an_update": "bytes an update"}


def offered(reports: int, seconds: int, keys: bool) -> Load:
    """One core under so many reports a second, each node with one sector."""
    rows = 25 if reports < 20_000 else 100
    sectors = -(-(reports // SEEN_BY) // rows)
    return Load(rate=reports, rows=rows, nodes=SEEN_BY * sectors, cores=1, seconds=seconds, keys=keys)


def measured(reports: int, seconds: int, processors: Literal["awake", "asleep"]) -> Iterator[dict[str, Any]]:
    """The floor and the product at one load, in one go."""
    plain, signed = (offered(reports, seconds, keys) for keys in (False, True))
    shape = {"reports/s": reports, "targets": plain.targets, "rows a batch": plain.rows}
    with awake(processors == "awake"):
        without = attempt(lambda: product(plain))
        size = without.get("bytes_an_update", ORDINARY_BYTES)
        bare = attempt(lambda: floor(plain, size))
        secured = attempt(lambda: product(signed))
    for name, got in (("floor", bare), ("no keys", without), ("CURVE, signed", secured)):
        row = shape | {"processors": processors, "what": name}
        row |= {NAMES.get(key, key.replace("_", " ")): value for key, value in got.items()}
        if "p50_ms" in got and "p50_ms" in bare:
            row["p50 / floor"] = round(got["p50_ms"] / max(bare["p50_ms"], 1e-3), 2)
        yield row


def run(quick: bool = False) -> list[dict[str, Any]]:
    """The figures."""
    if quick:
        return [row for load in (1000, 5000) for row in measured(load, 6, "awake")]
    found = [row for load in LOADS for row in measured(load, 12 if load <= 10_000 else 6, "awake")]
    return found + list(measured(ASLEEP_TOO, 12, "asleep"))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--load", type=int, help="this load alone")
    asked = parser.parse_args()
    states: tuple[Literal["awake", "asleep"], ...] = ("awake", "asleep")
    for row in (
        (row for p in states for row in measured(asked.load, 8, p)) if asked.load else run(asked.quick)
    ):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
