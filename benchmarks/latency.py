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
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import zmq
from hdrh.histogram import HdrHistogram

from benchmarks.awake import awake
from benchmarks.theatre import NS, START_NS, STREAM, Theatre
from nodes import coalition
from nodes.cli.process import stop_on_signals
from nodes.coalition import Credentials, Member, Policy
from nodes.coalition.keys import load_ring
from nodes.control.piped_clock import TimeSource
from nodes.core.process import CoreProcess
from nodes.core.warnings import Warner
from nodes.link import codec, topics
from nodes.link.directory import Directory
from nodes.link.endpoint import LinkEndpoint, Listener

NATIONS = ("JPN", "KOR", "USA")
NATION = "USA"
SEEN_BY = 4
LOADS = (100, 1000, 5000, 20_000, 40_000, 100_000)
ASLEEP_TOO = 5000
RAMP_S = 2
"""Births are over and everybody is connected; what is due later counts."""
DRAIN_S = 5.0
PAUSE_S = 60.0


class NotMeasuredError(RuntimeError):
    """A run gave no figure: the machine is too slow for its load."""


class Open(Credentials):
    """Knows everybody and checks nothing: what the benchmark's processes believe without keys."""

    transport = None  # type: ignore[assignment]

    def serves(self, peer: Any, public: bytes) -> bool:
        return True

    def sign(self, signed: bytes, time_ns: int) -> tuple[str, bytes]:
        return "", b""

    def verify(self, topic: Any, key_id: str, signature: bytes, signed: bytes) -> None:
        return None

    def judge(self, topic: Any, nation: str, key_id: str, times_ns: Any) -> None:
        return None

    def rights(self) -> Any:
        return None


def trust(root: Path, process_id: str, nation: str, keys: bool) -> Credentials:
    """What a process of the benchmark believes."""
    kind = Credentials if keys else Open
    return kind(coalition.load(root), load_ring(root, nation, process_id))


def theatre(load: int) -> Theatre:
    """The traffic of so many reports a second."""
    sector = 25 if load < 20_000 else 100
    return Theatre(max(1, load // SEEN_BY), SEEN_BY, rows=sector, sector=sector)


def wait_until(due_ns: int) -> None:
    """Sleep until the monotonic clock shows ``due_ns``."""
    left_ns = due_ns - time.monotonic_ns()
    if left_ns > 0:
        time.sleep(left_ns / NS)


def exact_sleep() -> None:
    """Ask Linux to wake this process when it is due, not 50 us later (PR_SET_TIMERSLACK)."""
    ctypes.CDLL(None).prctl(29, 1000, 0, 0, 0)


def announced(root: Path, name: str, value: int | None = None) -> int:
    """Say, or wait to be told, a number by name: the processes' only other contact."""
    file = root / name
    if value is not None:
        draft = file.with_suffix(".draft")
        draft.write_text(str(value), encoding="ascii")
        draft.replace(file)
        return value
    wait_for(file)
    return int(file.read_text(encoding="ascii"))


def wait_for(file: Path) -> None:
    """Wait until another process has written a file. Raises NotMeasuredError when it does not."""
    end_s = time.monotonic() + PAUSE_S
    while not file.exists():
        if time.monotonic() > end_s:
            raise NotMeasuredError(f"nobody told {file.stem} within {PAUSE_S:.0f} s")
        time.sleep(0.01)


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


def sealed(
    root: Path, traffic: Theatre, seconds: int, keys: bool
) -> list[tuple[int, list[tuple[str, bytes, int]]]]:
    """(due ns after the start, the report and the heartbeat as (topic, body, sequence)) in the order sent."""
    signer = {node.node_id: trust(root, node.node_id, node.node_id[:3], keys).sign for node in traffic.nodes}
    made = []
    for sent in traffic.reports(seconds):
        name, number = sent.status.node_id, sent.status.punctuation[0].last_sequence
        said = (
            (topics.report(STREAM, name), topics.REPORT, sent.payload, number),
            (topics.status(STREAM, name), topics.STATUS, sent.status.SerializeToString(), 0),
        )
        bodies = [
            (topic, codec.seal(kind, payload, signer[name], sent.time_ns), k)
            for topic, kind, payload, k in said
        ]
        made.append((sent.time_ns - START_NS, bodies))
    return made


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


def distribution(took_ns: list[int]) -> dict[str, Any]:
    """Percentiles, ms."""
    histogram = HdrHistogram(1, 600 * NS, 3)
    for one in took_ns:
        histogram.record_value(max(1, one))
    shown = {f"p{p:g} ms": histogram.get_value_at_percentile(p) * 1e-6 for p in (50.0, 99.0, 99.9)}
    found = {name: round(value, 3) for name, value in shown.items()}
    return {"got": len(took_ns), **found, "max ms": round(max(took_ns, default=0) * 1e-6, 3)}


# The floor.


def run_relay(root: Path, size: int) -> None:
    """For every message one of the picture's size."""
    context = zmq.Context()
    receive, send = context.socket(zmq.SUB), context.socket(zmq.PUB)
    for one in (receive, send):
        one.setsockopt(zmq.LINGER, 0)
    receive.setsockopt(zmq.SUBSCRIBE, b"report")
    receive.setsockopt(zmq.RCVHWM, 0)
    send.setsockopt(zmq.SNDHWM, 0)
    receive.connect(f"tcp://127.0.0.1:{announced(root, 'sends')}")
    announced(root, "relays", send.bind_to_random_port("tcp://127.0.0.1"))
    body = bytes(size)
    while True:
        _, _, clock = receive.recv_multipart()
        send.send_multipart([b"picture", body, clock], copy=False)
        if not clock:
            break
    time.sleep(0.5)


def run_bare_sender(root: Path, load: int, seconds: int) -> None:
    """The same messages at the same moments."""
    context = zmq.Context()
    send = context.socket(zmq.PUB)
    send.setsockopt(zmq.SNDHWM, 0)
    announced(root, "sends", send.bind_to_random_port("tcp://127.0.0.1"))
    made = sealed(root, theatre(load), seconds, keys=False)
    announced(root, "reports", len(made))
    announced(root, "receiver")
    exact_sleep()
    time.sleep(0.5)
    start_ns = time.monotonic_ns()
    for due_ns, said in made:
        wait_until(start_ns + due_ns)
        clock = (start_ns + due_ns).to_bytes(8, "big") if due_ns >= RAMP_S * NS else bytes(8)
        send.send_multipart([b"report", said[0][1], clock], copy=False)
        send.send_multipart([b"status", said[1][1]], copy=False)
    send.send_multipart([b"report", b"", b""])
    time.sleep(1.0)


def run_bare_receiver(root: Path) -> None:
    """The latency of every message."""
    context = zmq.Context()
    receive = context.socket(zmq.SUB)
    receive.setsockopt(zmq.SUBSCRIBE, b"picture")
    receive.setsockopt(zmq.RCVHWM, 0)
    receive.connect(f"tcp://127.0.0.1:{announced(root, 'relays')}")
    announced(root, "receiver", 1)
    took = []
    # a relay that does not keep up is given up, before whoever waits for this result gives up
    end_s = time.monotonic() + announced(root, "patience")
    while receive.poll(max(0.0, end_s - time.monotonic()) * 1e3):
        _, _, clock = receive.recv_multipart()
        now_ns = time.monotonic_ns()
        if not clock:
            break
        if any(clock):
            took.append(now_ns - int.from_bytes(clock, "big"))
    (root / "result").write_text(json.dumps(distribution(took)), encoding="ascii")


# The runs.


def start(*arguments: object) -> subprocess.Popen[bytes]:
    """One role in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "benchmarks.latency", *map(str, arguments)])


def cpu_s(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mb(pid: int) -> float:
    """The largest resident set that a process has had."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def ended(processes: list[subprocess.Popen[bytes]], timeout_s: float) -> None:
    """Wait for processes to end; what is still there after that is ended."""
    end_s = time.monotonic() + timeout_s
    for process in processes:
        try:
            process.wait(max(0.1, end_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def found_coalition(root: Path, traffic: Theatre) -> None:
    """Keys and a policy for the nodes that report some traffic."""
    nodes = [Member(id=node.node_id, nation=node.node_id[:3]) for node in traffic.nodes]
    coalition.found(root, Policy(nations=NATIONS, nodes=tuple(nodes)))


def product(load: int, seconds: int, keys: bool) -> dict[str, Any]:
    """One run of the product."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        found_coalition(root, theatre(load))
        flag = ["--keys"] if keys else []
        processes = [start("core", root, *flag)]
        core = processes[0]
        try:
            wait_for(root / "endpoints" / f"{coalition.core_id(NATION)}.json")
            announced(root, "core", 1)
            processes += [start("receiver", root, *flag), start("sender", root, load, seconds, *flag)]
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


def floor(load: int, seconds: int, size: int) -> dict[str, Any]:
    """One run of the bare relay."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        found_coalition(root, theatre(load))
        announced(root, "patience", seconds + int(PAUSE_S))
        others = [start("bare-sender", root, load, seconds), start("relay", root, size)]
        receiver = start("bare-receiver", root)
        ended([receiver], seconds + 2 * PAUSE_S)
        ended(others, 5.0)
        return result_of(root)


def result_of(root: Path) -> dict[str, Any]:
    """What the receiver wrote. Raises NotMeasuredError where it did not, or got nothing."""
    if not (root / "result").exists():
        raise NotMeasuredError("this machine did not keep up: the receiver had no time to write")
    result: dict[str, Any] = json.loads((root / "result").read_text(encoding="ascii"))
    if not result["got"]:
        raise NotMeasuredError("this machine did not keep up: nothing came in time")
    return result


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
        "relay": lambda: run_relay(root, *numbers),
        "bare-sender": lambda: run_bare_sender(root, *numbers),
        "bare-receiver": lambda: run_bare_receiver(root),
    }
    roles[role]()


if __name__ == "__main__":
    main()
