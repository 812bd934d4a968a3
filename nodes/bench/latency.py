"""From a report that is due to the picture received by another process, beside a bare relay.

The processes are those of `nodes.bench.roles`; figures are over every report and every core. The processors
are kept awake (`nodes.bench.awake`), for the floor too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from hdrh.histogram import HdrHistogram
from msgspec.structs import replace

from nodes import coalition
from nodes.bench.awake import awake
from nodes.bench.load import RAMP_S, Load, checked
from nodes.bench.notices import NS, PAUSE_S, NotMeasuredError, post, told, wait_until
from nodes.bench.traffic import Traffic
from nodes.coalition import Member, Policy
from nodes.control import clock

ORDINARY_BYTES = 1000
"""Of a floor's message where no picture's size is known."""


def measure(load: Load, keep_awake: bool = True) -> dict[str, Any]:
    """``{"floor": figures, "product": figures, "p50_over_floor": ratio or None}`` of one go.

    Figures are ``p50_ms``, ``p99_ms``, ``p999_ms``, ``max_ms``; ``got`` of ``wanted``: reports in pictures;
    of the product also updates and their bytes, and a core's share of a processor and largest memory; or
    ``not_measured``: why there are none. Raises BadInput where there can be no such load.
    """
    checked(load)
    with awake(keep_awake):
        own = attempt(lambda: product(load))
        bare = attempt(lambda: floor(load, own.get("bytes_an_update", ORDINARY_BYTES)))
    both = "p50_ms" in own and "p50_ms" in bare
    ratio = round(own["p50_ms"] / max(bare["p50_ms"], 1e-3), 2) if both else None
    return {"floor": bare, "product": own, "p50_over_floor": ratio}


def attempt(one: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a run gives, or why there is nothing: a load too high for the machine ends that run alone."""
    try:
        return one()
    except NotMeasuredError as error:
        return {"not_measured": str(error)}


def product(load: Load) -> dict[str, Any]:
    """One run of cores as nations run them."""
    with _folder(load) as root:
        cores = [start("core", root, nation) for nation in load.nations]
        others: list[subprocess.Popen[bytes]] = []
        try:
            for nation in load.nations:
                told(root, f"endpoints/{coalition.core_id(nation)}.json", cores)
            others += [start("receiver", root, nation) for nation in load.nations]
            others.append(start("sender", root))
            start_ns = int(told(root, "start", [*cores, *others]))
            wait_until(start_ns + RAMP_S * NS)
            before_s = [processor_s(one.pid) for one in cores]
            wait_until(start_ns + load.seconds * NS)
            after_s = [processor_s(one.pid) for one in cores]
            most_mb = max(peak_mb(one.pid) for one in cores)
            ended(others, PAUSE_S)
        finally:
            for one in cores:
                one.terminate()
            ended([*others, *cores], 10.0)
        results = _results(root, load)
        busy = max(b - a for a, b in zip(before_s, after_s, strict=True)) / (load.seconds - RAMP_S)
        more = {
            "updates": sum(result["updates"] for result in results) // load.cores,
            "bytes_an_update": max(result["bytes_an_update"] for result in results),
            "core_busy": round(busy, 2),
            "core_mb": round(most_mb),
        }
        return _figures(root, load, results) | more


def floor(load: Load, message_bytes: int) -> dict[str, Any]:
    """One run of the bare relays."""
    with _folder(load) as root:
        post(root, "size", message_bytes)
        relays = [start("bare-relay", root, nation) for nation in load.nations]
        receivers = [start("bare-receiver", root, nation) for nation in load.nations]
        sender = start("bare-sender", root)
        try:
            start_ns = int(told(root, "start", [sender, *relays, *receivers]))
            wait_until(start_ns + load.seconds * NS)
            ended(receivers, PAUSE_S)
        finally:
            for one in (sender, *relays, *receivers):
                one.terminate()
            ended([sender, *relays, *receivers], 5.0)
        return _figures(root, load, _results(root, load))


def start(role: str, root: Path, *nation: str) -> subprocess.Popen[bytes]:
    """One role in a process of its own."""
    path = os.pathsep.join(place for place in sys.path if place)
    return subprocess.Popen(
        [sys.executable, "-m", "nodes.bench.roles", role, str(root), *nation],
        env={**os.environ, "PYTHONPATH": path},
    )


def ended(processes: list[subprocess.Popen[bytes]], timeout_s: float) -> None:
    """Wait for processes to end; what is still there after that is ended."""
    end_s = clock.monotonic_s() + timeout_s
    for process in processes:
        try:
            process.wait(max(0.1, end_s - clock.monotonic_s()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def found_coalition(root: Path, traffic: Traffic, members: tuple[str, ...]) -> None:
    """Keys and a policy for the nodes that report some traffic."""
    nodes = tuple(Member(id=node_id, nation=node_id[:3]) for node_id in traffic.nodes)
    coalition.found(root, Policy(nations=members, nodes=nodes))


def processor_s(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mb(pid: int) -> float:
    """The largest resident set that a process has had. Raises NotMeasuredError where it has ended."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    most_kb = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    if not most_kb:
        raise NotMeasuredError("a core ended before its time")
    return most_kb[0] / 1024


def distribution(took_ns: list[int]) -> dict[str, float]:
    """Percentiles, ms."""
    histogram = HdrHistogram(1, 600 * NS, 3)
    for one in took_ns:
        histogram.record_value(max(1, one))
    shown = {"p50_ms": 50.0, "p99_ms": 99.0, "p999_ms": 99.9, "max_ms": 100.0}
    return {name: round(histogram.get_value_at_percentile(p) * 1e-6, 3) for name, p in shown.items()}


@contextmanager
def _folder(load: Load) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="triwatch-") as folder:
        root = Path(folder)
        found_coalition(root, replace(load, seconds=RAMP_S).traffic(), load.members)
        (root / "load").write_bytes(msgspec.json.encode(load))
        yield root


def _results(root: Path, load: Load) -> list[dict[str, Any]]:
    """What the receivers wrote. Raises NotMeasuredError where one did not, or got nothing."""
    found = []
    for nation in load.nations:
        file = root / f"result-{nation}"
        if not file.exists():
            raise NotMeasuredError("this machine did not keep up: the receiver had no time to write")
        found.append(json.loads(file.read_text(encoding="ascii")))
        if not found[-1]["took_ns"]:
            raise NotMeasuredError("this machine did not keep up: nothing came in time")
    return found


def _figures(root: Path, load: Load, results: list[dict[str, Any]]) -> dict[str, Any]:
    took_ns = [one for result in results for one in result["took_ns"]]
    wanted = int(told(root, "wanted")) * load.cores
    return {"wanted": wanted, "got": len(took_ns), **distribution(took_ns)}
