"""What docs/operations.md says to do when something is lost or leaves, done as it says.

Two nations' machines on one, a directory each and between them the trunk alone. What needs hosts of their own
(kill, rotate, revoke, upgrade, a cut) is in test_three_hosts.py.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo_kit import TRIWATCH, scenario, wait_for
from nodes.operations.reporter import read_states
from nodes.operations.state import CoreState, ProcessState, problems
from ports_kit import free_port

pytestmark = [pytest.mark.processes, pytest.mark.slow]

NATIONS = ("JPN", "KOR")
CORES = ("core-JPN", "core-KOR")
NODES = ("JPN-1", "KOR-1")


class Day:
    """Japan's and Korea's machines, ``out/JPN`` and ``out/KOR``, and ``coalition`` with the nations' keys."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan = scenario(folder, 1800.0, nations=NATIONS)
        self.trunk = free_port()
        self.begins = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 2))
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.coalition("init", "coalition", "--scenario", self.plan.name)
        for nation in NATIONS:
            self.coalition("copy", "coalition", f"out/{nation}", "--of", nation)

    def coalition(self, *words: str) -> str:
        """``triwatch coalition`` beside the keys; what it said."""
        command = [*TRIWATCH, "coalition", *words]
        ran = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def machine(self, name: str) -> Path:
        """Where a process, or a nation, has its directory."""
        return self.folder / "out" / name.removeprefix("core-")[:3]

    def start(self, *names: str) -> None:
        for name in names:
            nation = self.machine(name).name
            if name in CORES:
                words = ["core", "--nation", nation]
                words += ["--listen", f"127.0.0.1:{self.trunk}"] if nation == "JPN" else []
            else:
                words = ["node", "--id", name, "--scenario", str(self.plan), "--begins", self.begins]
            if nation != "JPN":
                words += ["--peer", f"JPN=127.0.0.1:{self.trunk}"]
            with (self.folder / f"{name}.log").open("ab") as log:
                command = [*TRIWATCH, *words, "--coalition", str(self.machine(name))]
                self.running[name] = subprocess.Popen(command, stdout=log, stderr=log)

    def stop(self, *names: str) -> None:
        """As a loss of power does."""
        for name in names:
            process = self.running.pop(name)
            process.kill()
            process.wait()

    def states(self, nation: str) -> list[ProcessState]:
        """What triwatch status reads, without a process for each look."""
        if not (self.machine(nation) / "endpoints").is_dir():
            return []  # nobody has started there yet
        return [state for state, _ in read_states(self.machine(nation))[0]]

    def state(self, name: str) -> ProcessState:
        return next(state for state in self.states(self.machine(name).name) if state.id == name)

    def core(self, nation: str) -> CoreState | None:
        return next((state.core for state in self.states(nation) if state.core is not None), None)

    def folded(self) -> int:
        """What the core that holds least has folded."""
        return min((core.folded if core else 0) for core in map(self.core, NATIONS))

    def wrong(self) -> list[str]:
        """As triwatch status says it, of both machines."""
        said = [f"{s.id}: {line}" for nation in NATIONS for s in self.states(nation) for line in problems(s)]
        return said + [f"{name}: not there" for name in self.running if name not in self.alive()]

    def alive(self) -> set[str]:
        return {state.id for nation in NATIONS for state in self.states(nation)}

    def all_well(self) -> bool:
        return self.folded() > 10 and not self.wrong()

    def in_scenario(self, ahead_s: float) -> str:
        """A scenario time from now, as --at takes it."""
        newest_ns = max(state.time_ns for nation in NATIONS for state in self.states(nation))
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(newest_ns * 1e-9 + ahead_s))

    def copy_policy(self, nation: str) -> None:
        """Bring the newest version to one machine; from there it travels."""
        newest = max((self.folder / "coalition/policy").glob("??????.json"))
        shutil.copy(newest, self.machine(nation) / "policy" / newest.name)

    def goes_by(self, version: int) -> bool:
        return {state.policy for nation in NATIONS for state in self.states(nation)} == {version}

    def end(self) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    made = Day(tmp_path)
    yield made
    made.end()


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_what_is_lost_comes_back_and_what_leaves_is_gone(day: Day) -> None:
    day.start(*CORES, *NODES)
    wait_for(day.all_well, 180.0)

    # all cores were lost, without journals: nodes that still run repair what they keep
    before = day.folded()
    day.stop(*CORES)
    day.start(*CORES)
    wait_for(lambda: day.folded() > before and day.all_well(), 120.0)

    # the endpoints of a machine were deleted: restart its processes
    shutil.rmtree(day.machine("KOR") / "endpoints")
    day.stop("core-KOR", "KOR-1")
    day.start("core-KOR", "KOR-1")
    wait_for(day.all_well, 180.0)

    # a key file was lost: rotate the process, bring the new file, then the version
    day.stop("KOR-1")
    key = day.machine("KOR") / "keys/KOR/KOR-1.json"
    key.unlink()
    day.coalition("rotate", "coalition", "KOR-1", "--at", day.in_scenario(0.0))
    shutil.copy(day.folder / "coalition/keys/KOR/KOR-1.json", key)
    day.copy_policy("JPN")
    day.start("KOR-1")
    wait_for(lambda: day.goes_by(2) and day.all_well(), 120.0)

    # keys and policy restored from a copy that is old: the count of starts no lower than status says
    backup = day.folder / "backup"
    shutil.copytree(day.machine("JPN") / "keys", backup)
    day.stop("JPN-1")
    day.start("JPN-1")
    wait_for(day.all_well, 180.0)
    last = day.state("JPN-1").incarnation
    day.stop("JPN-1")
    shutil.rmtree(day.machine("JPN") / "keys")
    shutil.copytree(backup, day.machine("JPN") / "keys")
    starts = day.machine("JPN") / "keys/JPN/JPN-1.starts"
    assert int(starts.read_text()) < last
    starts.write_text(f"{last}\n")
    day.start("JPN-1")
    wait_for(day.all_well, 180.0)

    # a node is gone for good: remove it, its keys too; FINAL has waited for it
    day.stop("KOR-1")
    wait_for(lambda: any("node KOR-1 is" in line for line in day.wrong()), 60.0)
    said = day.coalition(
        "remove", "coalition", "--node", "KOR-1", "--delete-keys", "--at", day.in_scenario(10.0)
    )
    assert "Deleted the secret keys coalition/keys/KOR/KOR-1.json; copies elsewhere remain" in said
    assert not (day.folder / "coalition/keys/KOR/KOR-1.json").exists()
    assert key.exists()
    day.copy_policy("KOR")
    wait_for(lambda: day.goes_by(3), 60.0)

    def final_goes_on() -> bool:
        cores = [day.core(nation) for nation in NATIONS]
        return all(core is not None and core.final_still_s < 5.0 and not core.missing for core in cores)

    wait_for(lambda: final_goes_on() and not day.wrong(), 120.0)

    def alike() -> bool:
        cores = [core for core in map(day.core, NATIONS) if core is not None]
        return len({core.input_digest for core in cores}) == 1 == len({core.picture_digest for core in cores})

    wait_for(alike, 60.0)
    told = subprocess.run(
        [*TRIWATCH, "status", "--coalition", str(day.machine("JPN"))], capture_output=True, text=True
    )
    assert "core-JPN" in told.stdout
    assert "KOR-1" not in told.stdout.partition("Wrong:")[2]
