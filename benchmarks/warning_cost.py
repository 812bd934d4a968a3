"""What flights cost a core: ``python -m benchmarks.warning_cost [--until S]``.

The reports of ``salvo`` (twelve missiles) are folded as they would come, and looked at after every report;
measured is the processor's time, as a part of the scenario's, of folding the reports and of their flights
alone: over the seconds in which all are warned of, and over the dearest ten, while most burn. Beside it
what flights cost a report of aircraft.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import fusion.whole_event
from fusion import Picture
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.loader import load
from nodes.simulation.truth import World
from triwatch.v1 import track_pb2

SPAN_S = 10


class Timed:
    """Calls a function and adds up the processor's time in it."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call
        self.seconds = 0.0

    def __call__(self, *arguments: Any) -> Any:
        began_s = time.process_time()
        try:
            return self._call(*arguments)
        finally:
            self.seconds += time.process_time() - began_s


def folded(name: str, until_s: float) -> list[tuple[float, int, int, float, float]]:
    """By scenario second: time, missiles in flight, reports, seconds of folding, and of flights in it."""
    one = load(name)
    world = World(one)
    nodes = [simulated_node(one, n.id, world=world) for n in one.nodes]
    picture, rows = Picture(), []
    flights = Timed(fusion.whole_event.fold_space)
    fusion.whole_event.fold_space = flights
    try:
        for t in np.arange(1.0, until_s + 1.0):
            batches = [
                b
                for n in nodes
                for b in n.advance(one.time_ns(float(t)))
                if isinstance(b, track_pb2.TrackBatch)
            ]
            began_s, before_s = time.process_time(), flights.seconds
            for batch in sorted(batches, key=lambda b: (b.sent_time_ns, b.node_id)):
                picture.fold(batch)
                missiles = picture.missiles()
            spent_s = time.process_time() - began_s
            flying = sum(row.open for row in missiles) if batches else 0
            rows.append((float(t), flying, len(batches), spent_s, flights.seconds - before_s))
    finally:
        fusion.whole_event.fold_space = flights._call
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--until", type=float, default=260.0, help="scenario seconds of the salvo")
    arguments = parser.parse_args()
    folded("salvo", 60.0)  # compiled, and warm
    rows = folded("salvo", arguments.until)
    most = max(flying for _, flying, *_ in rows)
    full = [row for row in rows if row[1] == most]
    folding, alone = (100.0 * sum(row[k] for row in full) / len(full) for k in (3, 4))
    print(
        f"{most} missiles at once, {len(full)} s: folding {folding:.1f} % of a processor, "
        f"{alone:.1f} % for their flights"
    )
    spans = [rows[k : k + SPAN_S] for k in range(len(rows) - SPAN_S + 1)]
    dearest = max(spans, key=lambda span: sum(row[3] for row in span))
    folding, alone = (100.0 * sum(row[k] for row in dearest) / SPAN_S for k in (3, 4))
    print(
        f"dearest {SPAN_S} s, from {dearest[0][0]:.0f} s on, {dearest[-1][1]} warned of: "
        f"folding {folding:.1f} %, {alone:.1f} % for flights"
    )
    rows = folded("air_traffic", 120.0)[20:]
    reports = sum(row[2] for row in rows)
    whole, alone = (1e6 * sum(row[k] for row in rows) / reports for k in (3, 4))
    print(f"a report of aircraft: {whole:.0f} µs, {alone:.1f} µs for flights")


if __name__ == "__main__":
    main()
