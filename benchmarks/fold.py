"""What folding costs, and how it grows: ``python -m benchmarks.fold [--quick]``.

`triwatch bench fold` at many sizes. Every target is seen by four nodes, each of which reports its sector of
up to 1,000 targets once a second in one batch, then says how far it has spoken. Before and after each point
stands one update of filterpy's IMM: ratios are between figures of the same seconds.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np

from fusion import Picture
from nodes.bench.fold import RAMP_S, fold_us, measure, take
from nodes.bench.traffic import SECTOR, Environment, Sent, Traffic
from triwatch.v1 import track_pb2

NODES = ("JPN-1", "KOR-1", "USA-1", "USA-2")
START_NS = 1_719_446_400_000_000_000
NS = 1_000_000_000
SIGMA_M, SIGMA_MPS = 40.0, 4.0


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


LATE_SHARES = (0.0, 0.01, 0.1)
LATE_BY_S = 2.0
"""A late report is up to so late."""


def measured(
    targets: int, seen_by: int = 4, rows: int = SECTOR, environment: Environment = "AIR"
) -> dict[str, Any]:
    """One point of a curve: cost of a report, and how often it fits into one update of filterpy's."""
    found = measure(Traffic(targets, seen_by, rows, environment))
    return {
        "targets": targets,
        "seen by": seen_by,
        "rows a batch": min(rows, targets, SECTOR),
        "us a report": found["us_a_report"],
        "reports/s": found["reports_per_s"],
        "filterpy IMM us": found["filterpy_imm_us"],
        "filterpy IMM / report": found["filterpy_imm_over_report"],
    }


def disordered(told: list[Sent], share: float) -> list[Sent]:
    """The batches as they come: a share of them up to ``LATE_BY_S`` late."""
    rng = random.Random(5)
    due = [
        (sent.time_ns + (rng.random() * LATE_BY_S * NS if rng.random() < share else 0.0), k)
        for k, sent in enumerate(told)
    ]
    return [told[k] for _, k in sorted(due)]


def late(targets: int, seconds: int) -> list[dict[str, Any]]:
    """Cost a report by the share of batches that come late; the picture is looked at after every one."""
    found = []
    expected = ""
    for share in LATE_SHARES:
        picture = Picture()
        traffic = Traffic(targets, rows=50)
        for sent in traffic.reports(RAMP_S):
            take(picture, sent)
        cost_us = fold_us(disordered(list(traffic.reports(seconds)), share), picture)
        expected = expected or picture.digest()
        if picture.digest() != expected:
            raise RuntimeError("late reports gave another picture")
        found.append(
            {
                "late": f"{share:.0%}",
                "targets": targets,
                "us a report": round(cost_us, 2),
                "times in order": round(cost_us / (found[0]["us a report"] if found else cost_us), 2),
            }
        )
    return found


_MEMORY = """
import json, resource, sys
from nodes.bench.fold import RAMP_S, take
from nodes.bench.traffic import Traffic
from fusion import Picture
from nodes.bench.fold import RAMP_S, fold_us, measure, take
from nodes.bench.traffic import SECTOR, Environment, Sent, Traffic
from pathlib import Path
def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
targets = int(sys.argv[1])
picture, traffic = Picture(), Traffic(targets)
empty_mb = resident_mb()
for sent in traffic.reports(RAMP_S + 5):
    take(picture, sent)
print(json.dumps([empty_mb, resident_mb()]))
"""


def memory(targets: int) -> dict[str, Any]:
    """What a picture adds to a process of its own that folds 8 s of four nodes' reports."""
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY, str(targets)], capture_output=True, text=True, check=True
    )
    empty_mb, full_mb = json.loads(done.stdout)
    return {
        "targets": targets,
        "MB before": round(empty_mb),
        "MB after": round(full_mb),
        "kB a track": round((full_mb - empty_mb) * 1024 / targets, 1),
    }


def engines() -> dict[str, float]:
    """Microseconds a report by engine, 20 aircraft of four nodes."""

    def cost_us(engine: Literal["compiled", "reference"]) -> float:
        traffic, picture = Traffic(20), Picture(engine=engine)
        for sent in traffic.reports(2):
            take(picture, sent)
        return round(fold_us(traffic.reports(8), picture), 1)

    return {"compiled": cost_us("compiled"), "reference": cost_us("reference")}


def replay() -> dict[str, Any]:
    """How much faster than it happened the default scenario is folded again, process start and all."""
    with tempfile.TemporaryDirectory() as folder:
        recording, said = Path(folder) / "demo.mcap", Path(folder) / "replay.json"
        command = [sys.executable, "-m", "nodes.cli"]
        subprocess.run(
            [*command, "demo", "--speed", "max", "--no-page", "--record", str(recording)],
            capture_output=True,
            check=True,
        )
        begin_s = time.monotonic()
        subprocess.run([*command, "replay", str(recording)], capture_output=True, check=True)
        process_s = time.monotonic() - begin_s
        subprocess.run([*command, "replay", str(recording), "--json", str(said)], check=True)
        result = json.loads(said.read_text(encoding="utf-8"))
    return {
        "scenario s": result["duration_s"],
        "fold s": round(result["wall_s"], 2),
        "times faster, fold": round(result["duration_s"] / result["wall_s"]),
        "process s": round(process_s, 2),
        "times faster, process": round(result["duration_s"] / process_s),
    }


def run(quick: bool = False) -> dict[str, Any]:
    """The figures."""
    sizes = (100, 1000, 5000) if quick else (100, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
    measured(100)  # the kernels are compiled or read from their cache here
    # in space everything is a missile, whose launch and fall are worked out once a second
    largest: dict[Environment, int] = {"AIR": 50_000, "SPACE": 500}
    by_targets = {
        name: [measured(n, environment=name) for n in sizes if n <= most] for name, most in largest.items()
    }
    found: dict[str, Any] = {
        "by targets": by_targets,
        "by nodes": [measured(1000, seen_by=k) for k in ((1, 4) if quick else (1, 2, 4, 8, 12))],
        "by rows a batch": [measured(1000, rows=k) for k in ((25, 1000) if quick else (10, 25, 100, 1000))],
        "late": late(200 if quick else 1000, 5 if quick else 10),
        "memory": [memory(n) for n in ((1000,) if quick else (1000, 10_000, 20_000))],
        "us a report by engine, 20 aircraft": engines(),
    }
    if not quick:
        found["growth 1,000 to 20,000"] = round(
            cost(by_targets["AIR"], 20_000) / cost(by_targets["AIR"], 1000), 2
        )
        found["replay"] = replay()
    return found


def cost(rows: list[dict[str, Any]], targets: int) -> float:
    """The cost of a report at one size."""
    return next(float(row["us a report"]) for row in rows if row["targets"] == targets)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    print(json.dumps(run(parser.parse_args().quick), indent=1))


if __name__ == "__main__":
    main()
