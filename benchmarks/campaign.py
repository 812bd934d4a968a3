"""Campaigns killed and resumed, and what a second worker is worth: ``python -m benchmarks.campaign``.

    python -m benchmarks.campaign [--runs N] [--kills K] [--seconds S] [--ratio-runs N]

A campaign of N runs of a scene of S seconds is run to its end; the same campaign is killed with SIGKILL at K
moments drawn at random and resumed each time. Said: what a run costs, whether the two tables are the same
bytes, and how many times one worker's pace two workers make, measured in turn. Ends with 1 where the tables
differ.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SCENE = """[scenario]
name = "scene"
start = 2024-06-27T00:00:00Z
duration_s = {seconds}
seed = 3
"""
NODE = """
[[nodes]]
id = "{nation}-1"
nation = "{nation}"
  [[nodes.sensors]]
  kind = "radar"
  lat_deg = {lat}
  lon_deg = {lon}
  range_km = 500.0
  period_s = 1.0
  sigma_range_m = 30.0
  sigma_azimuth_mrad = 1.0
  sigma_elevation_mrad = 1.0
"""
OBJECT = """
[[objects]]
id = "F{k}"
kind = "waypoints"
environment = "AIR"
waypoints = [[0.0, {lat}, 127.0, 9000.0], [3600.0, {lat}, 137.0, 9000.0]]
"""
PLACES = {"USA": (33.0, 128.0), "JPN": (33.5, 129.5), "KOR": (34.5, 127.5)}


def study(folder: Path, runs: int, seconds: float) -> Path:
    """A campaign file of so many runs of a small scene."""
    text = SCENE.format(seconds=seconds)
    text += "".join(NODE.format(nation=n, lat=lat, lon=lon) for n, (lat, lon) in PLACES.items())
    text += "".join(OBJECT.format(k=k, lat=33.0 + 0.5 * k) for k in range(4))
    (folder / "scene.toml").write_text(text, encoding="utf-8")
    path = folder / f"study{runs}.toml"
    head = f'[campaign]\nname = "study"\nscenario = "scene.toml"\nseeds = {runs}\n'
    path.write_text(head, encoding="utf-8")
    return path


def start(path: Path, out: Path, workers: int) -> subprocess.Popen[bytes]:
    """The campaign on its way."""
    command = [sys.executable, "-m", "nodes.cli", "campaign", str(path), "--out", str(out)]
    return subprocess.Popen([*command, "--workers", str(workers)], stdout=subprocess.DEVNULL)


def rows(out: Path) -> int:
    """Runs done."""
    file = out / "rows.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def whole(path: Path, out: Path, workers: int) -> float:
    """Run to the end; wall seconds from the first row to the last, by which no start is counted."""
    running = start(path, out, workers)
    while not rows(out) and running.poll() is None:
        time.sleep(0.05)
    first_s, counted = time.monotonic(), rows(out)
    total = int(path.stem.removeprefix("study"))
    while rows(out) < total and running.poll() is None:
        time.sleep(0.05)
    took_s = time.monotonic() - first_s
    if running.wait() != 0:
        raise RuntimeError(f"the campaign ended with {running.returncode}")
    return took_s / max(1, total - counted)


def killed(path: Path, out: Path, kills: int, total: int, seed: int = 1) -> list[int]:
    """Kill and resume, then run to the end; how many rows there were at each kill."""
    draw, there = random.Random(seed), []
    for moment in sorted(draw.sample(range(1, total), min(kills, total - 1))):
        running = start(path, out, 2)
        while rows(out) < moment and running.poll() is None:
            time.sleep(0.02)
        time.sleep(draw.random() * 0.5)  # in the middle of whatever it is at
        running.send_signal(signal.SIGKILL)
        running.wait()
        there.append(rows(out))
    if start(path, out, 2).wait() != 0:
        raise RuntimeError("the resumed campaign failed")
    return there


def run(runs: int, kills: int, seconds: float, ratio_runs: int) -> dict[str, Any]:
    """The figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = study(folder, runs, seconds)
        a_run_s = whole(path, folder / "whole", 2)
        there = killed(path, folder / "killed", kills, runs)
        tables = [(folder / out / "runs.parquet").read_bytes() for out in ("whole", "killed")]
        cost = [
            json.loads(line)["wall_s"] for line in (folder / "whole" / "rows.jsonl").read_text().splitlines()
        ]
        found: dict[str, Any] = {
            "runs": runs,
            "scene s": seconds,
            "s a run, two workers": round(a_run_s, 3),
            "s in a worker, median": round(sorted(cost)[len(cost) // 2], 3),
            "rows at each kill": there,
            "rows in the journal": rows(folder / "killed"),
            "same table, byte for byte": tables[0] == tables[1],
        }
        if ratio_runs:
            short = study(folder, ratio_runs, seconds)
            pace = {n: [whole(short, folder / f"ratio{n}{k}", n) for k in range(2)] for n in (1, 2)}
            found["two workers, times one"] = round(min(pace[1]) / min(pace[2]), 2)
        return found | {"load": round(os.getloadavg()[0], 1)}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--ratio-runs", type=int, default=40)
    asked = parser.parse_args()
    found = run(asked.runs, asked.kills, asked.seconds, asked.ratio_runs)
    print(json.dumps(found, indent=1))
    sys.exit(not found["same table, byte for byte"])


if __name__ == "__main__":
    main()
