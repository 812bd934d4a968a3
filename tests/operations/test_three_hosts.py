"""Three hosts in namespaces, started by the compose file's own commands: make faults, as root.

The file's containers become a network namespace for each core and what shares its network, a pid namespace
for each process, and a directory for each nation; nothing else is in common. What an operator does is done as
docs/operations.md says.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo_kit import TRIWATCH, scenario, wait_for
from nodes.operations.reporter import read_states
from nodes.operations.state import CoreState, ProcessState, problems
from three_hosts import Hosts, can_run

pytestmark = [pytest.mark.faults, pytest.mark.processes, pytest.mark.timeout(900)]

KITS = Path(__file__).parents[1] / "kits"
NATIONS = ("USA", "JPN", "KOR")
LEAD_S = 20.0
"""Scenario time that a version has to reach every machine before it is in force."""
CUT_S = float(os.environ.get("TRIWATCH_CUT_S", "60"))


class Compose:
    """The services of deploy/compose.yaml, each as a process in namespaces of its own."""

    def __init__(self, folder: Path, repo: Path, *, speed: str = "1", duration_s: float = 3000.0) -> None:
        self.folder = folder
        self.services = yaml.safe_load((repo / "deploy/compose.yaml").read_text())["services"]
        self.keys = folder / "coalition"
        plan = scenario(folder, duration_s)
        (folder / "scenario.toml").write_text(plan.read_text())
        self.triwatch("coalition", "init", str(self.keys), "--scenario", str(folder / "scenario.toml"))
        for nation in NATIONS:
            self.triwatch("coalition", "copy", str(self.keys), str(folder / nation), "--of", nation)
        self.begins = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 5))
        self._more = ["--speed", speed]
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        addresses = {
            name: service["networks"]["between"]["ipv4_address"]
            for name, service in self.services.items()
            if "networks" in service
        }
        self.hosts = Hosts({name.removeprefix("core-").upper(): a for name, a in addresses.items()})

    def triwatch(self, *arguments: str) -> None:
        subprocess.run([*TRIWATCH, *arguments], check=True, capture_output=True)

    def start(self, *names: str) -> None:
        """Start services, or start them again, with the words of the file."""
        for name in names or self.services:
            service = self.services[name]
            nation = name.rpartition("-")[2].upper()
            shares = service.get("network_mode", f"service:{name}")
            assert shares == f"service:core-{nation.lower()}"
            assert service["read_only"]
            assert service["user"] != "0:0"
            outside = dict(mount.split(":")[1::-1] for mount in service["volumes"])
            line = service["command"].replace("${BEGINS:?}", self.begins)
            words = [str(self.folder / outside[word]) if word in outside else word for word in line.split()]
            more = self._more if words[0] == "node" else ["--json", str(self.folder / f"{name}.json")]
            log = (self.folder / f"{name}.log").open("ab")
            command = [*self.hosts.within(nation), *TRIWATCH, *words, *more]
            self._running[name] = subprocess.Popen(command, stdout=log, stderr=log)
            log.close()

    def signal(self, name: str, number: int) -> None:
        """Send the process itself, not what made its namespaces, a signal, and wait for its end."""
        (child,) = _children(self._running[name].pid)
        os.kill(child, number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self._running[name].wait(30)

    def status(self, nation: str) -> dict[str, Any]:
        """What triwatch status says on a host."""
        command = [*TRIWATCH, "status", "--coalition", str(self.folder / nation), "--json", "-"]
        ran = subprocess.run(command, capture_output=True, text=True)
        told: dict[str, Any] = json.loads(ran.stdout) if ran.stdout else {"ok": False, "processes": []}
        assert told["ok"] == (ran.returncode == 0)
        return told

    def states(self) -> list[ProcessState]:
        """What triwatch status reads on each host, without a process for each look."""
        started = [self.folder / n for n in NATIONS if (self.folder / n / "endpoints").is_dir()]
        return [state for root in started for state, _ in read_states(root)[0]]

    def cores(self) -> dict[str, CoreState]:
        """The state of each nation's core, by its id."""
        return {state.id: state.core for state in self.states() if state.core is not None}

    def problems(self) -> str:
        return "\n".join(f"{n}: {line}" for n in NATIONS for line in self.status(n).get("problems", ()))

    def all_well(self) -> bool:
        """Every host says that nothing is wrong, and reports are folded."""
        told = [self.status(n) for n in NATIONS]
        states = [p["core"] for t in told for p in t["processes"] if p["core"]]
        return all(t["ok"] for t in told) and len(states) == 3 and all(s["folded"] > 20 for s in states)

    def copy_policy(self, nation: str) -> None:
        """Bring the newest version to one machine, by hand."""
        newest = max((self.keys / "policy").glob("??????.json"))
        shutil.copy(newest, self.folder / nation / "policy" / newest.name)

    def summaries(self) -> list[dict[str, Any]]:
        """Stop every node, wait until the cores agree, stop them; what each held."""
        for name in [n for n in self._running if n.startswith("node")]:
            self.signal(name, signal.SIGTERM)
        wait_for(lambda: len({core.input_digest for core in self.cores().values()}) == 1, 30.0)
        found = []
        for nation in NATIONS:
            self.signal(f"core-{nation.lower()}", signal.SIGTERM)
            found.append(json.loads((self.folder / f"core-{nation.lower()}.json").read_text()))
        return found

    def close(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()
        self.hosts.close()


def _children(pid: int) -> list[int]:
    """The process inside: the only one below ip and unshare."""
    while True:
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if not below:
            return [pid]
        (pid,) = map(int, below)
        if "nodes.cli" in Path(f"/proc/{pid}/cmdline").read_text() and _namespace(pid) != _namespace(
            os.getpid()
        ):
            return [pid]


def _namespace(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/pid").readlink())


@pytest.fixture
def compose(tmp_path: Path, repo: Path) -> Iterator[Compose]:
    if not can_run() or shutil.which("unshare") is None:
        pytest.skip("needs root, ip (Debian: iproute2), unshare and /dev/net/tun")
    made = Compose(tmp_path, repo)
    try:
        yield made
    finally:
        made.close()


Said = Callable[[str, object], None]
"""pytest's record_property: for the table at the end of make faults."""


def one_picture(summaries: list[dict[str, Any]], record_property: Said) -> None:
    record_property("lost", sum(s["reports"]["missing"] for s in summaries))
    record_property("digests_equal", len({s["picture_digest"] for s in summaries}) == 1)
    assert len({s["input_digest"] for s in summaries}) == 1
    assert len({s["picture_digest"] for s in summaries}) == 1
    for summary in summaries:
        assert summary["reports"]["missing"] == 0
        assert summary["tracks"] == 4


def test_what_an_operator_does(compose: Compose, record_property: Said) -> None:
    """One picture; kill -9, restart, rotate, revoke, upgrade by turns, each as the page says."""
    compose.start()
    wait_for(compose.all_well, 180.0)

    compose.signal("core-jpn", signal.SIGKILL)
    wait_for(lambda: "JPN: core-JPN: was killed" in compose.problems(), 10.0)
    compose.start("core-jpn")
    wait_for(compose.all_well, 90.0)

    def incarnations() -> set[int]:
        return {p["incarnation"] for n in NATIONS for p in compose.status(n)["processes"]}

    # rotate: the key by hand, then the version to one machine, from where it travels
    effective = _in_scenario(compose, LEAD_S)
    compose.triwatch("coalition", "rotate", str(compose.keys), "KOR-1", "--at", effective)
    shutil.copy(compose.keys / "keys/KOR/KOR-1.json", compose.folder / "KOR/keys/KOR/KOR-1.json")
    compose.copy_policy("USA")
    wait_for(lambda: {p["policy"] for n in NATIONS for p in compose.status(n)["processes"]} == {2}, 30.0)
    wait_for(lambda: _in_scenario(compose, 0.0) > effective, 90.0)
    wait_for(compose.all_well, 90.0)

    # revoke the key that it had before: nothing is signed with it any more, nothing changes
    shown = subprocess.run(
        [*TRIWATCH, "coalition", "show", str(compose.keys), "--json", "-"], check=True, capture_output=True
    )
    keys = json.loads(shown.stdout)["versions"][-1]["keys"]
    old = next(k["id"] for k in keys if (k["owner"], k["use"]) == ("KOR-1", "connect"))
    effective = _in_scenario(compose, LEAD_S)
    compose.triwatch("coalition", "revoke", str(compose.keys), old, "--at", effective)
    compose.copy_policy("JPN")
    wait_for(lambda: {p["policy"] for n in NATIONS for p in compose.status(n)["processes"]} == {3}, 30.0)
    wait_for(lambda: _in_scenario(compose, 0.0) > effective, 90.0)
    wait_for(compose.all_well, 90.0)

    # upgrade: one machine after the other, cores first
    for nation in NATIONS:
        for role in ("core", "node"):
            name = f"{role}-{nation.lower()}"
            compose.signal(name, signal.SIGTERM)
            compose.start(name)
        wait_for(compose.all_well, 90.0)
    assert incarnations() == {2, 3}
    one_picture(compose.summaries(), record_property)


def _in_scenario(compose: Compose, ahead_s: float) -> str:
    """A scenario time from now, as --at takes it."""
    newest_ns = max(p["time_ns"] for n in NATIONS for p in compose.status(n)["processes"])
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(newest_ns * 1e-9 + ahead_s))


def test_a_cut_is_noticed_and_repaired(compose: Compose, record_property: Said) -> None:
    """Korea's host is cut off without a word: seen within 8 s; 5 s after it heals nothing is missing."""
    compose.start()
    wait_for(compose.all_well, 180.0)
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
        return float(ran.stdout)

    def folds() -> bool:
        cores = compose.cores()
        return "core-USA" in cores and cores["core-USA"].folded > 5

    wait_for(folds, 180.0)
    near_ms = median_ms()
    compose.hosts.delay(0.1)
    time.sleep(2.0)
    far_ms = median_ms()
    print(f"report to picture, median of 60: {near_ms:.2f} ms, with 200 ms of round trip {far_ms:.2f} ms")
    assert far_ms > 100.0
    assert far_ms - near_ms < 105.0
