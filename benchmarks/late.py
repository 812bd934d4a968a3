"""What a thousand late reports cost: ``python -m benchmarks.late [--tracks N] [--json FILE]``.

Four nodes report the same aircraft once a second for 500 s, 2,000 reports. Every second one of them comes
late, by a share of a delay that is given; the picture is looked at every tenth of a second, as a core does,
or once after all. Time is that of one processor; the ratio is to the same reports in order, looked at as
often. The pictures must end equal.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path
from typing import Any

from benchmarks.fold import NODES, NS, START_NS, reports
from fusion import Picture
from triwatch.v1 import track_pb2

SECONDS = 500
DELAYS_S = (0.6, 2.0, 10.0, 60.0)
"""The first is a slow satellite path's."""
LOOK_S = 0.1

Arrivals = list[tuple[float, track_pb2.TrackBatch]]


def arrivals(batches: list[track_pb2.TrackBatch], delay_s: float, seed: int = 1) -> Arrivals:
    """Each report with the second it comes: the nodes a quarter of a second apart, every other one late."""
    rng = random.Random(seed)
    found = []
    for k, batch in enumerate(batches):
        due_s = (batch.valid_time_ns[0] - START_NS) / NS + NODES.index(batch.node_id) / len(NODES)
        found.append((due_s + (delay_s * rng.random() if k % 2 else 0.0), k, batch))
    return [(t, batch) for t, _, batch in sorted(found, key=lambda f: f[:2])]


def fold_s(told: Arrivals, looks: bool) -> tuple[float, Picture]:
    """Processor seconds to take the reports as they come, and the picture."""
    picture, next_s = Picture(), 0.0
    begin_s = time.process_time()
    for t, batch in told:
        if looks and t >= next_s:
            picture.delta()
            next_s = t + LOOK_S
        picture.fold(batch)
    picture.delta()
    return time.process_time() - begin_s, picture


def run(tracks: int = 50) -> dict[str, Any]:
    """The figures: seconds in order, and by how much lateness multiplies them."""
    batches = [track_pb2.TrackBatch.FromString(payload) for payload in reports(tracks, SECONDS)]
    fold_s(arrivals(batches[:40], 0.0), looks=True)  # compiled or read from the cache here
    found: dict[str, Any] = {"reports": len(batches), "late": len(batches) // 2, "tracks": tracks}
    for name, looks in (("looked at ten times a second", True), ("looked at once", False)):
        in_order_s, expected = fold_s(arrivals(batches, 0.0), looks)
        row: dict[str, Any] = {"in order s": round(in_order_s, 2)}
        for delay_s in DELAYS_S:
            late_s, picture = fold_s(arrivals(batches, delay_s), looks)
            if picture.digest() != expected.digest():
                raise RuntimeError(f"reports up to {delay_s} s late gave another picture")
            row[f"times, up to {delay_s:g} s late"] = round(late_s / in_order_s, 2)
        found[name] = row
    return found


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tracks", type=int, default=50)
    parser.add_argument("--json", metavar="FILE")
    arguments = parser.parse_args()
    text = json.dumps(run(arguments.tracks), indent=1)
    print(text)
    if arguments.json:
        Path(arguments.json).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
