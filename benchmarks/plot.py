"""The curves of ``results.json``, latency by load and throughput by tracks: ``python -m benchmarks.plot``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "triwatch"

from matplotlib import pyplot  # noqa: E402

HERE = Path(__file__).parent


def latency(rows: list[dict[str, Any]], to: Path) -> None:
    """Median and 99th percentile by offered load, beside the bare relay's."""
    figure, axes = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    for k, what in enumerate(dict.fromkeys(row["what"] for row in rows)):
        mine = [r for r in rows if r["what"] == what and r["processors"] == "awake" and r.get("got")]
        load = [row["reports/s"] for row in mine]
        axes.plot(load, [row["p50 ms"] for row in mine], f"C{k}o-", label=f"{what}, median")
        axes.plot(load, [row["p99 ms"] for row in mine], f"C{k}x--", label=f"{what}, 99 %")
    axes.set(xscale="log", yscale="log", xlabel="offered load, reports/s", ylabel="latency, ms")
    axes.set_title("Report due to picture received in another process")
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=8)
    figure.savefig(to, metadata={"Date": None})
    pyplot.close(figure)


def throughput(by_targets: dict[str, list[dict[str, Any]]], to: Path) -> None:
    """Reports a second of one core by live tracks."""
    figure, axes = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    for name, rows in by_targets.items():
        axes.plot([r["targets"] for r in rows], [r["reports/s"] for r in rows], "o-", label=name)
    axes.plot(
        [r["targets"] for r in by_targets["AIR"]],
        [1e6 / r["filterpy IMM us"] for r in by_targets["AIR"]],
        "k:",
        label="filterpy, one IMM of three alone",
    )
    axes.set(xscale="log", yscale="log", xlabel="live tracks", ylabel="reports/s on one processor")
    axes.set_title("Decode, order, associate, fuse, publish")
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=8)
    figure.savefig(to, metadata={"Date": None})
    pyplot.close(figure)


def draw(results: dict[str, Any], folder: Path) -> list[Path]:
    """Draw what there are figures of; the files."""
    drawn = []
    if "latency" in results:
        drawn.append(folder / "latency.svg")
        latency(results["latency"], drawn[-1])
    if "fold" in results:
        drawn.append(folder / "throughput.svg")
        throughput(results["fold"]["by targets"], drawn[-1])
    return drawn


if __name__ == "__main__":
    draw(json.loads((HERE / "results.json").read_text(encoding="utf-8")), HERE)
