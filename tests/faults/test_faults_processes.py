"""Faults of processes on three hosts, rows 7, 8 and 10: killed, stopped for a while, by a wrong clock."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from compose_kit import Compose, Said, composed, mended
from demo_kit import wait_for

pytestmark = [pytest.mark.faults, pytest.mark.processes, pytest.mark.timeout(900)]

FOR_S = float(os.environ.get("TRIWATCH_FAULT_S", "30"))
FAKETIME = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
"""Shifts the clocks of a process of several threads (Debian: libfaketime)."""


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory, repo: Path) -> Iterator[Compose]:
    with composed(tmp_path_factory.mktemp("processes"), repo) as made:
        made.start()
        yield made


@pytest.fixture
def compose(hosts: Compose) -> Compose:
    """Three hosts on which all is well."""
    hosts.wait_well(180.0)
    return hosts


def test_a_core_killed_again_and_again(compose: Compose, record_property: Said) -> None:
    """Row 7: a crash loop; what it had is there again, of the others' reports nothing is missing."""
    for _ in range(4):
        compose.signal("core-jpn", signal.SIGKILL)
        compose.start("core-jpn")
        time.sleep(FOR_S / 10)
    wait_for(lambda: "core-JPN" in compose.cores(), 120.0)
    mended(compose, record_property, repaired_s=10.0)


def test_a_node_killed_again_and_again(compose: Compose, record_property: Said) -> None:
    """Row 7: no number is used twice, so nobody is convicted; what a dead start had said counts."""
    starts = []
    for _ in range(4):
        compose.signal("node-kor", signal.SIGKILL)
        compose.start("node-kor")
        wait_for(lambda: any(state.id == "KOR-1" for state in compose.states()), 120.0)
        starts += [state.incarnation for state in compose.states() if state.id == "KOR-1"]
        time.sleep(FOR_S / 10)
    assert starts == sorted(set(starts))
    refused = {reason for state in compose.states() for reason in state.refused}
    assert "equivocation" not in refused
    mended(compose, record_property, repaired_s=10.0)


@pytest.mark.parametrize("name", ["core-jpn", "node-kor"])
@pytest.mark.parametrize("for_s", [1.0, FOR_S])
def test_a_pause(compose: Compose, name: str, for_s: float, record_property: Said) -> None:
    """Row 8: the others go on and see who is silent; who wakes has what it missed."""
    process_id = {"core-jpn": "JPN", "node-kor": "KOR-1"}[name]
    others = {"core-USA", "core-KOR"}
    before = {core: state.folded for core, state in compose.cores().items()}
    compose.signal(name, signal.SIGSTOP)
    try:
        time.sleep(for_s)
        folded = {core: state.folded - before[core] for core, state in compose.cores().items()}
        wrong = compose.wrong()
    finally:
        compose.signal(name, signal.SIGCONT)
    still = 3 if name == "core-jpn" else 2
    assert all(folded[core] >= still * (for_s - 3.0) for core in others)
    if for_s > 10.0:
        assert all(any(f"{core}:" in w and f" {process_id} is" in w for w in wrong) for core in others), wrong
    mended(compose, record_property)


@pytest.mark.skipif(FAKETIME is None, reason="needs libfaketime (Debian: libfaketime)")
@pytest.mark.parametrize("name", ["core-jpn", "node-kor"])
@pytest.mark.parametrize("clock", ["+5s", "-5s", "+0 x1.02", "steps"])
def test_a_wrong_clock(
    compose: Compose, name: str, clock: str, tmp_path: Path, record_property: Said
) -> None:
    """Row 10: both clocks of one process 5 s off, drifting, or stepping to and fro; no picture depends on it.

    Of a node what it reports is that much before or behind the others, which is its own matter.
    """
    assert FAKETIME is not None
    steps = tmp_path / "clock"
    steps.write_text("+0\n")
    environment = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_NO_CACHE": "1"}
    if clock == "steps":
        # the wall clock alone: no system sets CLOCK_MONOTONIC back
        environment |= {"FAKETIME_TIMESTAMP_FILE": str(steps), "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    else:
        environment["FAKETIME"] = clock
    compose.environment[name] = environment
    try:
        compose.signal(name, signal.SIGTERM)
        compose.start(name)
        wait_for(lambda: len(compose.states()) == len(compose.running), 120.0)
        for k in range(4):
            steps.write_text(("+3\n", "-3\n")[k % 2])
            time.sleep(FOR_S / 4)
        mended(compose, record_property, repaired_s=10.0)
    finally:
        del compose.environment[name]
        compose.signal(name, signal.SIGTERM)
        compose.start(name)
