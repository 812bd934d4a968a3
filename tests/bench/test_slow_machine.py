"""A load that is too high for the machine ends that run with a reason, and the ones after it are measured."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from benchmarks import latency as of_the_tree
from nodes.bench import latency, notices, roles
from nodes.bench.latency import attempt, floor, measure, product
from nodes.bench.load import Load
from nodes.link.bare import BareSubscriber

LOAD = Load(rate=100, rows=25, nodes=4, cores=1, seconds=3)
PLAY = """
import pathlib, sys, time
role, root, nations = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
if role == "core":
    (root / "endpoints").mkdir(exist_ok=True)
    (root / "endpoints" / f"core-{nations[0]}.json").write_text("{}")
if role == "sender":
    (root / "start").write_text(str(time.monotonic_ns()))
"""
"""Processes that come up, and of which each ends before anything is measured."""


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nobody waits for long."""
    monkeypatch.setattr(notices, "READY_S", 0.3)
    monkeypatch.setattr(latency, "PAUSE_S", 0.3)
    return monkeypatch


def plays(program: str) -> object:
    def start(role: str, root: Path, *nation: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-S", "-c", program, role, str(root), *nation])

    return start


@pytest.mark.parametrize(
    ("program", "ready_s", "reason"),
    [
        ("import sys; sys.exit(3)", notices.READY_S, "a process that was needed ended with 3"),
        ("import time; time.sleep(60)", 0.3, "did not keep up"),
    ],
    ids=["killed", "hanging"],
)
def test_what_never_comes_up_is_given_up_with_a_reason(
    short: pytest.MonkeyPatch, program: str, ready_s: float, reason: str
) -> None:
    """Who has ended is not waited for, however long who is slow may take."""
    short.setattr(notices, "READY_S", ready_s)
    short.setattr(latency, "start", plays(program))
    began = time.monotonic()
    found = measure(LOAD, keep_awake=False)
    assert reason in found["floor"]["not_measured"]
    assert reason in found["product"]["not_measured"]
    assert found["p50_over_floor"] is None
    assert time.monotonic() - began < 60.0, "what hangs is ended"


def test_a_core_that_ends_in_the_middle_is_a_reason(short: pytest.MonkeyPatch) -> None:
    short.setattr(notices, "READY_S", 60.0)
    short.setattr(latency, "start", plays(PLAY))
    found = attempt(lambda: product(LOAD))
    assert "ended" in found["not_measured"]


def test_the_end_of_a_floor_is_told_until_it_is_noted(tmp_path: Path) -> None:
    """A relay that is slow to read hears of the end from a sender that has nothing else to say; once it left
    a second after its last word, and the relay waited five minutes for one that had ended."""
    load = replace(LOAD, rate=50)
    latency.found_coalition(tmp_path, load.traffic(), load.members)
    (tmp_path / "load").write_bytes(msgspec.json.encode(load))
    sender = threading.Thread(target=roles.bare_sender, args=(tmp_path,), daemon=True)
    sender.start()
    notices.post(tmp_path, f"receiver-{load.nations[0]}")
    sends = notices.told(tmp_path, "sends")
    notices.told(tmp_path, "start")
    time.sleep(load.seconds + 1.5)
    assert BareSubscriber(sends, b"report").receive(5.0) == [b"report", b"", b""]
    notices.post(tmp_path, f"result-{load.nations[0]}")
    sender.join(5.0)
    assert not sender.is_alive()


def test_the_trees_own_table_has_a_row_for_it(short: pytest.MonkeyPatch) -> None:
    short.setattr(latency, "start", plays("import time; time.sleep(60)"))
    short.setattr(of_the_tree, "product", product)
    short.setattr(of_the_tree, "floor", floor)
    rows = list(of_the_tree.measured(100, 3, "asleep"))
    assert [row["what"] for row in rows] == ["floor", "no keys", "CURVE, signed"]
    assert all("did not keep up" in row["not measured"] for row in rows)
