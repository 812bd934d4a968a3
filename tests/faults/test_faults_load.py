"""Rows 9, 14 and 17 with real cores on one machine: who is slow, who floods, who is of a later version."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

import crowd
import crowd_kit
from compose_kit import Said
from crowd_kit import Crowd, footprint, p99
from demo_kit import wait_for
from nodes.recording import Recording
from nodes.recording.channels import REPORTS
from triwatch.v1 import envelope_pb2

pytestmark = [pytest.mark.faults, pytest.mark.processes, pytest.mark.timeout(600)]

HONEST = ("KOR-1=5", "JPN-1=5", "USA-1=5")
NUMBERS = range(len(HONEST))
FLOOD_HZ = 500
"""A hundred times what each of the others reports."""
LOOK_S = 8.0
FLAT_MB = 48.0
"""Memory may settle by so much: what is kept of the newest minute, and what the allocator keeps."""


@pytest.fixture
def cores(tmp_path: Path) -> Iterator[Crowd]:
    """Two nations' cores to which three nodes report."""
    with crowd_kit.crowd(tmp_path, "USA", "JPN") as made:
        made.talk(*HONEST)
        wait_for(made.folds, 180.0)
        yield made


def test_a_flood(cores: Crowd, record_property: Said) -> None:
    """Row 14: one node reports a hundred times as often; the others' reports are shown as soon, by turns with
    and without it, and of the flood itself nothing is left out."""
    flood = cores.talk("KOR-9=0", "--rows", "1", "--first", "500")
    calm, flooded, resident = list[float](), list[float](), list[float]()
    for _ in range(3):
        flood.set_rate("KOR-9=0")
        time.sleep(2.0)
        calm += cores.delays_ms("USA", LOOK_S, NUMBERS)
        flood.set_rate(f"KOR-9={FLOOD_HZ}")
        flooded += cores.delays_ms("USA", LOOK_S, NUMBERS)
        resident.append(footprint(cores.cores["USA"].pid).resident_mb)
    took_s = cores.end_whole(record_property)
    record_property("recovery_s", took_s)
    ratio = p99(flooded) / p99(calm)
    print(f"p99 {p99(calm):.1f} ms calm, {p99(flooded):.1f} ms in the flood ({ratio:.2f} times)")
    print(
        f"a core's memory after each flood: {[round(mb) for mb in resident]} MB; whole after {took_s:.1f} s"
    )
    assert ratio <= 2.0
    assert resident[-1] - resident[0] < FLAT_MB


def test_a_flood_of_late_reports(cores: Crowd, record_property: Said) -> None:
    """A node's reports come ten seconds behind the others', twenty times as often: for each, what came after
    it is folded again. The others' are shown as soon, in the median; of its own none is left out."""
    calm = cores.delays_ms("USA", LOOK_S, NUMBERS)
    flood = cores.talk("KOR-9=100", "--rows", "1", "--first", "500", "--behind", "10")
    flooded = cores.delays_ms("USA", 2 * LOOK_S, NUMBERS)
    flood.set_rate("KOR-9=0")
    took_s = cores.end_whole(record_property)
    record_property("recovery_s", took_s)
    print(
        f"median {median(calm):.1f} ms, p99 {p99(calm):.1f} ms; beside late reports "
        f"{median(flooded):.1f} and {p99(flooded):.1f} ms; whole after {took_s:.1f} s"
    )
    assert median(flooded) <= 2.0 * median(calm)
    assert p99(flooded) <= 100.0


def test_a_slow_consumer(cores: Crowd, record_property: Said) -> None:
    """Row 9: a core that does not read for half a minute delays nobody, and costs nodes a bounded queue."""
    calm = cores.delays_ms("USA", LOOK_S, NUMBERS)
    flood = cores.talk("KOR-9=100", "--first", "500")
    before_mb = footprint(flood.process.pid).resident_mb
    cores.signal("JPN", signal.SIGSTOP)
    try:
        slowed = cores.delays_ms("USA", 3 * LOOK_S, NUMBERS)
        grown_mb = footprint(flood.process.pid).resident_mb - before_mb
    finally:
        cores.signal("JPN", signal.SIGCONT)
    took_s = cores.end_whole(record_property)
    record_property("recovery_s", took_s)
    print(f"p99 {p99(calm):.1f} ms, beside a core that does not read {p99(slowed):.1f} ms")
    print(f"the node grew by {grown_mb:.1f} MB; whole {took_s:.1f} s after it wakes")
    assert p99(slowed) <= 2.0 * p99(calm)
    assert grown_mb < FLAT_MB


def test_mixed_versions(tmp_path: Path, record_property: Said) -> None:
    """Row 17: a node of a later version says more than is known here: it counts, and its bytes are kept and
    passed on as they came, also by repair to a core that starts later."""
    recorded = tmp_path / "later.mcap"
    with crowd_kit.crowd(tmp_path, "USA") as made:
        made.talk("KOR-1=5", "JPN-1=5", "--later", "KOR-1")
        wait_for(made.folds, 180.0)
        made.more["JPN"] = ["--record", str(recorded)]
        made.start("JPN")
        wait_for(made.folds, 180.0)
        made.end_whole(record_property)
        assert made.signal("JPN", signal.SIGTERM) == 0
    payloads = {"KOR-1": list[bytes](), "JPN-1": list[bytes]()}
    for message in Recording(recorded).messages(REPORTS):
        payloads[message.source].append(envelope_pb2.Envelope.FromString(message.data).payload)
    assert all(len(of_node) > 10 for of_node in payloads.values())
    assert all(payload.endswith(crowd.LATER) for payload in payloads["KOR-1"])
    assert not any(payload.endswith(crowd.LATER) for payload in payloads["JPN-1"])
