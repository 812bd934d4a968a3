"""What folding costs: ``python -m benchmarks.fold [--tracks N] [--seconds S]``.

Four nodes report the same N aircraft once a second. Measured in processor time of one process: reading
and checking a report from its bytes, folding it with either engine, and what one late report costs by how
late it is.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any, Literal

import numpy as np

from fusion import Picture
from fusion.report import check_report, parse_report
from triwatch.v1 import track_pb2

NODES = ("JPN-1", "KOR-1", "USA-1", "USA-2")
START_NS = 1_719_446_400_000_000_000
NS = 1_000_000_000
SIGMA_M, SIGMA_MPS = 40.0, 4.0
LATE_S = (1, 5, 10)


def reports(tracks: int, seconds: int) -> list[bytes]:
    """Every node's reports in the order of time, as bytes."""
    rng = np.random.default_rng(7)
    position = np.array([-3.1e6, 4.1e6, 3.8e6]) + rng.normal(0.0, 2e5, (tracks, 3))
    velocity = rng.normal(0.0, 150.0, (tracks, 3))
    sigma = np.array([SIGMA_M] * 3 + [SIGMA_MPS] * 3)
    covariance = np.tile(np.diag(sigma**2)[np.tril_indices(6)], tracks).tolist()
    found = []
    for second in range(1, seconds + 1):
        truth = np.hstack([position + second * velocity, velocity])
        for node_id in NODES:
            batch = track_pb2.TrackBatch(
                node_id=node_id,
                nation=node_id[:3],
                incarnation=1,
                sequence=second,
                stream="JPN-KOR-USA",
                local_number=range(1, tracks + 1),
                valid_time_ns=[START_NS + second * NS] * tracks,
                state=(truth + rng.normal(0.0, 1.0, truth.shape) * sigma).ravel().tolist(),
                covariance=covariance,
                environment=[track_pb2.ENVIRONMENT_AIR] * tracks,
                status=[track_pb2.TRACK_STATUS_MAINTAINING] * tracks,
                process_noise=[1.0] * tracks,
            )
            found.append(batch.SerializeToString())
    return found


def read_us(payloads: list[bytes], tracks: int) -> float:
    """Microseconds a row from bytes to a checked report."""
    begin_s = time.process_time()
    for payload in payloads:
        check_report(parse_report(payload), payload)
    return (time.process_time() - begin_s) / (len(payloads) * tracks) * 1e6


def fold_us(payloads: list[bytes], tracks: int, engine: Literal["compiled", "reference"]) -> float:
    """Microseconds a row from a parsed report to the picture, looked at after each report."""
    batches = [parse_report(payload) for payload in payloads]
    picture = Picture(engine=engine)
    picture.fold(batches[0])
    picture.digest()
    begin_s = time.process_time()
    for batch in batches[1:]:
        picture.fold(batch)
        picture.digest()
    return (time.process_time() - begin_s) / ((len(batches) - 1) * tracks) * 1e6


def late_ms(payloads: list[bytes], late_s: int) -> float:
    """Milliseconds until the picture holds one report that comes ``late_s`` late, everything else in time."""
    batches = [parse_report(payload) for payload in payloads]
    held_back = batches.pop(-1 - len(NODES) * late_s)
    picture = Picture()
    for batch in batches:
        picture.fold(batch)
        picture.digest()
    begin_s = time.process_time()
    picture.fold(held_back)
    picture.digest()
    return (time.process_time() - begin_s) * 1e3


def run(tracks: int = 200, seconds: int = 30) -> dict[str, Any]:
    """The figures."""
    payloads = reports(tracks, seconds)
    few = reports(20, 10)
    fold_us(few, 20, "compiled")  # the kernels are compiled or read from their cache here
    return {
        "tracks": tracks,
        "nodes": len(NODES),
        "bytes_a_row": round(len(payloads[0]) / tracks, 1),
        "read_us_a_row": round(read_us(payloads, tracks), 2),
        "fold_us_a_row": {
            "compiled": round(fold_us(payloads, tracks, "compiled"), 2),
            "reference": round(fold_us(few, 20, "reference"), 1),
        },
        "late_report_ms": {f"{late} s late": round(late_ms(payloads, late), 1) for late in LATE_S},
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tracks", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=30)
    arguments = parser.parse_args()
    print(json.dumps(run(arguments.tracks, arguments.seconds), indent=2))


if __name__ == "__main__":
    main()
