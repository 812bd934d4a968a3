"""Three hosts in namespaces, started by the compose file's own commands: make faults, as root.

What an operator does is done as docs/operations.md says.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from compose_kit import Compose, Said, composed, one_picture
from demo_kit import NATIONS, TRIWATCH, wait_for
from nodes.operations.state import problems

pytestmark = [pytest.mark.faults, pytest.mark.processes, pytest.mark.timeout(900)]

KITS = Path(__file__).parents[1] / "kits"
START_S = 180.0
"""Wall time that processes have to start and agree, on a machine that may be busy."""
LEAD_S = 45.0
"""Scenario time that a version has to reach every machine before it is in force."""
CUT_S = float(os.environ.get("TRIWATCH_CUT_S", "60"))


@pytest.fixture
def compose(tmp_path: Path, repo: Path) -> Iterator[Compose]:
    with composed(tmp_path, repo) as made:
        yield made


def test_what_an_operator_does(compose: Compose, record_property: Said) -> None:
    """One picture; kill -9, restart, rotate, revoke, upgrade by turns, each as the page says."""
    compose.start()
    compose.wait_well(START_S)
    wait_for(compose.all_well, START_S)

    compose.signal("core-jpn", signal.SIGKILL)
    wait_for(lambda: "core-JPN" in compose.killed(), 10.0)
    assert "JPN: core-JPN: was killed" in compose.problems()
    compose.start("core-jpn")
    compose.wait_well(START_S)

    def incarnations() -> set[int]:
        return {state.incarnation for state in compose.states()}

    def versions() -> set[int]:
        return {state.policy for state in compose.states()}

    # rotate: the key by hand, then the version to one machine, from where it travels
    effective = _in_scenario(compose, LEAD_S)
    compose.triwatch("coalition", "rotate", str(compose.keys), "KOR-1", "--at", effective)
    shutil.copy(compose.keys / "keys/KOR/KOR-1.json", compose.folder / "KOR/keys/KOR/KOR-1.json")
    compose.copy_policy("USA")
    wait_for(lambda: versions() == {2}, 30.0)
    wait_for(lambda: _in_scenario(compose, 0.0) > effective, 90.0)
    compose.wait_well(START_S)

    # revoke the key that it had before: nothing is signed with it any more, nothing changes
    shown = subprocess.run(
        [*TRIWATCH, "coalition", "show", str(compose.keys), "--json", "-"], check=True, capture_output=True
    )
    keys = json.loads(shown.stdout)["versions"][-1]["keys"]
    old = next(k["id"] for k in keys if (k["owner"], k["use"]) == ("KOR-1", "connect"))
    effective = _in_scenario(compose, LEAD_S)
    compose.triwatch("coalition", "revoke", str(compose.keys), old, "--at", effective)
    compose.copy_policy("JPN")
    wait_for(lambda: versions() == {3}, 30.0)
    wait_for(lambda: _in_scenario(compose, 0.0) > effective, 90.0)
    compose.wait_well(START_S)

    # upgrade: one machine after the other, cores first
    for nation in NATIONS:
        for role in ("core", "node"):
            name = f"{role}-{nation.lower()}"
            compose.signal(name, signal.SIGTERM)
            compose.start(name)
        compose.wait_well(START_S)
    wait_for(compose.all_well, START_S)
    assert incarnations() == {2, 3}
    one_picture(compose.summaries(), record_property)


def _in_scenario(compose: Compose, ahead_s: float) -> str:
    """A scenario time from now, as --at takes it."""
    newest_ns = max(state.time_ns for state in compose.states())
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(newest_ns * 1e-9 + ahead_s))


def test_a_cut_is_noticed_and_repaired(compose: Compose, record_property: Said) -> None:
    """Korea's host is cut off without a word: seen within 8 s; 5 s after it heals nothing is missing."""
    compose.start()
    compose.wait_well(START_S)
    compose.hosts.cut("KOR")
    cut_s = time.monotonic()

    def seen() -> bool:
        """Both of the others say so."""
        wrong = [line for state in compose.states() if state.role == "core" for line in problems(state)]
        return sum("line to core-KOR is silent" in line for line in wrong) == 2

    wait_for(seen, 20.0)
    noticed_s = time.monotonic() - cut_s
    time.sleep(max(0.0, CUT_S - noticed_s))
    before = max(core.folded for core in compose.cores().values())
    compose.hosts.heal()
    healed_s = time.monotonic()

    def repaired() -> bool:
        """Each core holds what was reported on the other side of the cut, up to the end of it."""
        cores = compose.cores().values()
        whole = min(core.folded for core in cores) > before + 0.9 * CUT_S
        return whole and not any(core.missing for core in cores)

    wait_for(repaired, 60.0)
    repaired_s = time.monotonic() - healed_s
    print(f"cut of {CUT_S:g} s: noticed after {noticed_s:.1f} s, repaired {repaired_s:.1f} s after healing")
    record_property("recovery_s", repaired_s)
    assert noticed_s < 8.0
    assert repaired_s < 5.0
    one_picture(compose.summaries(), record_property)


def test_a_long_way_adds_its_own_length(compose: Compose) -> None:
    """100 ms each way: the median from Korea's report to America's picture grows by little more."""
    compose.start("core-usa", "core-kor", "node-kor")

    def median_ms() -> float:
        command = [sys.executable, str(KITS / "report_delay.py"), str(compose.folder / "USA"), "USA", "60"]
        ran = subprocess.run(
            [*compose.hosts.within("USA"), *command], check=True, capture_output=True, text=True, timeout=180
        )
        return float(ran.stdout.split()[0])

    def folds() -> bool:
        cores = compose.cores()
        return "core-USA" in cores and cores["core-USA"].folded > 5

    wait_for(folds, 180.0)
    near_ms = median_ms()
    compose.hosts.set(delay=0.1)
    time.sleep(2.0)
    far_ms = median_ms()
    print(f"report to picture, median of 60: {near_ms:.2f} ms, with 200 ms of round trip {far_ms:.2f} ms")
    assert far_ms > 100.0
    assert far_ms - near_ms < 105.0
