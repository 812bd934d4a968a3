"""What weighing nodes' words is worth: ``python -m benchmarks.consistency [honest | sure] [--kind air]``.

Drawn theatres, folded with the weighing and without, from the same reports. ``honest`` leaves the nodes as
they are; ``sure`` has one node, by lot, declare a quarter of its covariances and four times the information.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from unittest.mock import patch

import numpy as np

from benchmarks.registration import reports_of, scored
from fusion import Picture
from fusion.contract import word
from nodes.theatre import drawn
from triwatch.v1 import track_pb2

TIMES = 4.0


def too_sure(reports: Sequence[track_pb2.TrackBatch], node_id: str) -> list[track_pb2.TrackBatch]:
    """The same reports, one node's with covariances too small."""
    made = []
    for report in reports:
        one = track_pb2.TrackBatch()
        one.CopyFrom(report)
        if one.node_id == node_id:
            one.covariance[:] = [value / TIMES for value in one.covariance]
            one.tracklet_information[:] = [value * TIMES for value in one.tracklet_information]
            one.tracklet_vector[:] = [value * TIMES for value in one.tracklet_vector]
        made.append(one)
    return made


def doubts(picture: Picture) -> str:
    """Who is doubted in the end, and how the others fit; who is alone."""
    known = picture.consistency
    said = []
    for k in np.argsort([str(one) for one in known.words]):
        if not known.samples[k] and not known.expected[k]:
            continue
        name, environment = known.words[k]
        where = word(track_pb2.Environment, environment).lower()
        one = f"{name}/{where} {known.mean[k]:.2f} ({known.samples[k]})"
        one += f" x{known.scale[k]:.1f}" if known.doubted[k] else ""
        one += f" {known.unconfirmed[k]}/{known.expected[k]}" if known.unconfirmed[k] else ""
        said.append(one + (" ALONE" if known.alone[k] else ""))
    return ", ".join(said)


def compared(kind: str, seeds: Sequence[int], sure: bool) -> Iterator[str]:
    """A line a theatre, and what they come to."""
    ratios = []
    for seed in seeds:
        scenario = drawn(kind, seed)
        made = reports_of(scenario)
        if sure:
            node_id = scenario.nodes[seed % len(scenario.nodes)].id
            made = too_sure(made, node_id)
        weighed, picture = scored(scenario, made, 0.0)
        with patch("fusion.whole_event.weigh", lambda *_: None):
            plain, _ = scored(scenario, made, 0.0)
        rmse = weighed["rmse_m"]["shared"] / plain["rmse_m"]["shared"]
        ratios.append((rmse, weighed["anees"], plain["anees"]))
        yield (
            f"{kind} {seed}{f', {node_id} too sure' if sure else ''}: RMSE with over without {rmse:.4f}, "
            f"ANEES {weighed['anees']:.2f} and {plain['anees']:.2f}\n    {doubts(picture)}"
        )
    rmse_median, with_median, without_median = np.median(ratios, axis=0)
    yield (
        f"\n{kind}, median of {len(ratios)}: RMSE with over without {rmse_median:.4f}, "
        f"ANEES {with_median:.2f} and {without_median:.2f}"
    )


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=("honest", "sure"))
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--kind", nargs="*", default=["air"])
    asked = parser.parse_args()
    began = time.process_time()
    for kind in asked.kind:
        for line in compared(kind, range(asked.first, asked.first + asked.runs), asked.what == "sure"):
            print(line, flush=True)
    print(f"\n{time.process_time() - began:.0f} s of processor time; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
