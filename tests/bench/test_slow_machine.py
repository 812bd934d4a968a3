"""A load that is too high for the machine ends that run with a reason, and the ones after it are measured."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks import latency as of_the_tree
from nodes.bench import latency, notices
from nodes.bench.latency import attempt, floor, measure, product
from nodes.bench.load import Load

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
    for name in ("READY_S", "PAUSE_S"):
        monkeypatch.setattr(latency, name, 0.3)
    return monkeypatch


def plays(program: str) -> object:
    def start(role: str, root: Path, *nation: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-S", "-c", program, role, str(root), *nation])

    return start


@pytest.mark.parametrize("program", ["pass", "import time; time.sleep(60)"], ids=["killed", "hanging"])
def test_what_never_comes_up_is_given_up_with_a_reason(short: pytest.MonkeyPatch, program: str) -> None:
    short.setattr(latency, "start", plays(program))
    began = time.monotonic()
    found = measure(LOAD, keep_awake=False)
    assert "did not keep up" in found["floor"]["not_measured"]
    assert "did not keep up" in found["product"]["not_measured"]
    assert found["p50_over_floor"] is None
    assert time.monotonic() - began < 60.0, "what hangs is ended"


def test_a_core_that_ends_in_the_middle_is_a_reason(short: pytest.MonkeyPatch) -> None:
    short.setattr(notices, "READY_S", 60.0)
    short.setattr(latency, "start", plays(PLAY))
    found = attempt(lambda: product(LOAD))
    assert found == {"not_measured": "a core ended before its time"}


def test_the_trees_own_table_has_a_row_for_it(short: pytest.MonkeyPatch) -> None:
    short.setattr(latency, "start", plays("pass"))
    short.setattr(of_the_tree, "product", product)
    short.setattr(of_the_tree, "floor", floor)
    rows = list(of_the_tree.measured(100, 3, "asleep"))
    assert [row["what"] for row in rows] == ["floor", "no keys", "CURVE, signed"]
    assert all("did not keep up" in row["not measured"] for row in rows)
