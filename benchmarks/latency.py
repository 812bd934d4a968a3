"""From report sent to picture received: ``python -m benchmarks.latency [--quick]``.

Three real processes over ZeroMQ: one sends the reports of every node, one is a nation's core as the product
runs it (verify, order, fold, warn, publish), one receives its picture. A node reports its sector of 25
targets (100 from 20,000 reports a second on) once a second, followed by its heartbeat; every target is seen
by four nodes, so a load of L reports a second is L / 4 targets. With keys, every connection is CURVE and
every report and heartbeat is signed and verified; without, neither.

The sender is an open loop: each report is due at the moment of its valid time, and its latency counts from
then, however late it really left, so that a stalled receiver hides nothing (coordinated omission). The
picture's ``contributor_time_ns`` says which reports an update holds. Beside it the floor: the same messages
at the same moments through a bare relay, PUB to SUB to PUB to SUB, one message of the picture's size for each
of a report's, without keys.

The processors are kept awake (`benchmarks.awake`), for the floor too; how much longer all takes where they
sleep between two reports stands beside it for one load.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from benchmarks.awake import awake
from benchmarks.floor import floor
from benchmarks.offered import (
    RAMP_S,
    SEEN_BY,
    distribution,
    found_coalition,
    sealed,
    theatre,
    trust,
)
from benchmarks.roles import (
    PAUSE_S,
    NotMeasuredError,
    announced,
    cpu_s,
    ended,
    exact_sleep,
    peak_mb,
    result_of,
    start,
    wait_for,
    wait_until,
)
from benchmarks.theatre import NS, START_NS
from nodes import coalition
from nodes.cli.process import stop_on_signals
from nodes.control.piped_clock import TimeSource
from nodes.core.process import CoreProcess
from nodes.core.warnings import Warner
from nodes.link import topics
from nodes.link.directory import Directory
from nodes.link.endpoint import LinkEndpoint, Listener

NATION = "USA"
LOADS = (100, 1000, 5000, 20_000, 40_000, 100_000)
ASLEEP_TOO = 5000
DRAIN_S = 5.0
MODULE = "benchmarks.latency"


def run_core(root: Path, keys: bool) -> None:
    """A nation's core, as `triwatch core` runs it."""
    time_source = TimeSource()
    stop_on_signals(time_source)
    believed = trust(root, coalition.core_id(NATION), NATION, keys)
    process = CoreProcess(
        root,
        believed,
        NATION,
        time_source,
        warner=lambda incarnation, track_release: Warner(
            NATION, incarnation, believed.coalition.at, None, track_release
        ),
    )
    try:
        process.run()
    finally:
        process.close()


def run_sender(root: Path, load: int, seconds: int, keys: bool) -> None:
    """Every node's reports, each at its moment."""
    first = theatre(load).nodes[0].node_id
    believed = trust(root, first, first[:3], keys)
    station = LinkEndpoint(Directory(root), believed, first, "node", first[:3])
    station.wake_on(TimeSource().wake_fd)
    made = sealed(root, theatre(load), seconds, keys)
    announced(root, "reports", sum(due >= RAMP_S * NS for due, _ in made))
    station.register()
    exact_sleep()
    for waits_for in ("core", "receiver"):
        while not (root / waits_for).exists():
            station.wait(0.01)
            station.serve()
    ready_ns = time.monotonic_ns() + NS
    while time.monotonic_ns() < ready_ns:
        station.wait(0.01)
        station.serve()
    start_ns = announced(root, "start", time.monotonic_ns() + NS // 10)
    for due_ns, said in made:
        if start_ns + due_ns - time.monotonic_ns() > 2_000_000:
            station.serve()
        wait_until(start_ns + due_ns)
        for topic, body, number in said:
            station.publisher.publish(topic, body, 1, number)
    end_s = time.monotonic() + DRAIN_S
    while time.monotonic() < end_s and not (root / "done").exists():
        station.wait(0.05)
        station.serve()
    station.close()


def run_receiver(root: Path, keys: bool) -> None:
    """The latency of every report by the picture, to ``result``."""
    believed = trust(root, coalition.reader_id(NATION), NATION, keys)
    listener = Listener(Directory(root), believed, [topics.picture(NATION)])
    seen: set[int] = set()
    took: list[tuple[int, int]] = []  # due after the start, received; both ns
    updates = bytes_got = 0
    start_ns = wanted = 0
    end_s = time.monotonic() + PAUSE_S
    while time.monotonic() < end_s:
        now_s = time.monotonic()
        listener.look(now_s)
        if coalition.core_id(NATION) in listener.receiver.peers and not (root / "receiver").exists():
            announced(root, "receiver", 1)
        for received in listener.receiver.receive(now_s):
            now_ns = time.monotonic_ns()
            updates += 1
            bytes_got += len(received.body)
            fresh = set(received.message.contributor_time_ns) - seen
            seen |= fresh
            took += [(valid_ns - START_NS, now_ns) for valid_ns in fresh]
        if not start_ns and (root / "start").exists():
            start_ns, wanted = announced(root, "start"), announced(root, "reports")
        if start_ns and sum(due >= RAMP_S * NS for due, _ in took[-1:]) and len(took) >= wanted:
            counted = [(due, at - start_ns - due) for due, at in took if due >= RAMP_S * NS]
            if len(counted) >= wanted:
                break
        if took and time.monotonic_ns() - took[-1][1] > DRAIN_S * NS:
            break
        listener.wait(0.05)
    counted = [(due, at - start_ns - due) for due, at in took if due >= RAMP_S * NS]
    announced(root, "done", 1)
    told = {"wanted": wanted, "updates": updates, "bytes an update": bytes_got // max(1, updates)}
    (root / "result").write_text(
        json.dumps(told | distribution([took_ns for _, took_ns in counted])), encoding="ascii"
    )
    listener.close()


def product(load: int, seconds: int, keys: bool) -> dict[str, Any]:
    """One run of the product."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        found_coalition(root, theatre(load))
        flag = ["--keys"] if keys else []
        processes = [start(MODULE, "core", root, *flag)]
        core = processes[0]
        try:
            wait_for(root / "endpoints" / f"{coalition.core_id(NATION)}.json")
            announced(root, "core", 1)
            processes += [
                start(MODULE, "receiver", root, *flag),
                start(MODULE, "sender", root, load, seconds, *flag),
            ]
            start_ns = announced(root, "start")
            wait_until(start_ns + RAMP_S * NS)
            before_s = cpu_s(core.pid)
            wait_until(start_ns + seconds * NS)
            busy = (cpu_s(core.pid) - before_s) / (seconds - RAMP_S)
            most_mb = peak_mb(core.pid)
            ended(processes[1:], PAUSE_S)
        finally:
            core.terminate()
            ended(processes, 10.0)
        result = result_of(root)
    return result | {"core busy": round(busy, 2), "core MB": round(most_mb)}


def measured(load: int, seconds: int, processors: Literal["awake", "asleep"]) -> Iterator[dict[str, Any]]:
    """The floor and the product at one load, in one go."""
    shape: dict[str, Any] = {
        "reports/s": load,
        "targets": load // SEEN_BY,
        "rows a batch": 25 if load < 20_000 else 100,
    }
    shape["processors"] = processors
    with awake(processors == "awake"):
        without = attempt(lambda: product(load, seconds, keys=False))
        size = without.get("bytes an update", 1000)
        bare = attempt(lambda: floor(load, seconds, size))
        signed = attempt(lambda: product(load, seconds, keys=True))
    for name, got in (("floor", bare), ("no keys", without), ("CURVE, signed", signed)):
        row = shape | {"what": name} | got
        if "p50 ms" in got and "p50 ms" in bare:
            row["p50 / floor"] = round(got["p50 ms"] / max(bare["p50 ms"], 1e-3), 2)
        yield row


def attempt(one: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a run gives, or why there is nothing: a load too high for the machine ends that run alone."""
    try:
        return one()
    except NotMeasuredError as error:
        return {"not measured": str(error)}


def run(quick: bool = False) -> list[dict[str, Any]]:
    """The figures."""
    if quick:
        return [row for load in (1000, 5000) for row in measured(load, 6, "awake")]
    found = [row for load in LOADS for row in measured(load, 12 if load <= 10_000 else 6, "awake")]
    return found + list(measured(ASLEEP_TOO, 12, "asleep"))


def main() -> None:
    """Print the figures, or play one role."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("role", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--keys", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--load", type=int, help="this load alone")
    a = parser.parse_args()
    if a.role:
        try:
            play(a.role, Path(a.rest[0]), [int(number) for number in a.rest[1:]], a.keys)
        except NotMeasuredError as error:
            sys.exit(f"{a.role}: {error}")
        return
    states: tuple[Literal["awake", "asleep"], ...] = ("awake", "asleep")
    for row in (row for p in states for row in measured(a.load, 8, p)) if a.load else run(a.quick):
        print(json.dumps(row), flush=True)


def play(role: str, root: Path, numbers: list[int], keys: bool) -> None:
    """One process of a run. Raises NotMeasuredError where another does not do its part in time."""
    roles: dict[str, Callable[[], None]] = {
        "core": lambda: run_core(root, keys),
        "sender": lambda: run_sender(root, *numbers, keys),
        "receiver": lambda: run_receiver(root, keys),
    }
    roles[role]()


if __name__ == "__main__":
    main()
