"""The services of deploy/compose.yaml as processes on hosts in namespaces: three nations, two processes each.

The file's containers become a network namespace for each core and what shares its network, a pid namespace
for each process, and a directory for each nation; nothing else is in common.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo_kit import NATIONS, TRIWATCH, scenario, wait_for
from hosts import Hosts, can_run
from nodes.link import topics
from nodes.operations.reporter import read_states
from nodes.operations.state import CoreState, ProcessState, problems

Said = Callable[[str, object], None]
"""pytest's record_property: for the table at the end of make faults."""
REPAIRED_S = 5.0
"""Wall time after healing within which nothing is missing any more."""


class Compose:
    """Each service as a process in namespaces of its own; ``more`` and ``environment``, by service, are given
    to it beside what the file says."""

    def __init__(
        self, folder: Path, repo: Path, *, speed: str = "1", duration_s: float = 3000.0, **plan: Any
    ) -> None:
        self.folder = folder
        self.services = yaml.safe_load((repo / "deploy/compose.yaml").read_text())["services"]
        self.keys = folder / "coalition"
        made = scenario(folder, duration_s, **plan)
        (folder / "scenario.toml").write_text(made.read_text())
        self.triwatch("coalition", "init", str(self.keys), "--scenario", str(folder / "scenario.toml"))
        for nation in NATIONS:
            self.triwatch("coalition", "copy", str(self.keys), str(folder / nation), "--of", nation)
        self.begins = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 5))
        self.more: dict[str, list[str]] = {}
        self.environment: dict[str, dict[str, str]] = {}
        self._speed = ["--speed", speed]
        self._published: dict[tuple[str, int, str], int] = {}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        addresses = {
            name: service["networks"]["between"]["ipv4_address"]
            for name, service in self.services.items()
            if "networks" in service
        }
        self.hosts = Hosts({name.removeprefix("core-").upper(): a for name, a in addresses.items()})

    def triwatch(self, *arguments: str) -> None:
        """Run a command of an operator."""
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
            more = self._speed if words[0] == "node" else ["--json", str(self.folder / f"{name}.json")]
            command = [*self.hosts.within(nation), *TRIWATCH, *words, *more, *self.more.get(name, ())]
            with (self.folder / f"{name}.log").open("ab") as log:
                environment = {**os.environ, **self.environment.get(name, {})}
                self.running[name] = subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def pid(self, name: str) -> int:
        """Of the process itself, not of what made its namespaces."""
        return _inner(self.running[name].pid)

    def signal(self, name: str, number: int) -> None:
        """Send a process a signal; where it ends by it, wait for its end."""
        os.kill(self.pid(name), number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.running[name].wait(30)

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
        found = [state for root in started for state, _ in read_states(root)[0]]
        for state in found:
            for topic, sequence in state.published.items():
                if topic.startswith(f"{topics.REPORT}/"):
                    key = (state.id, state.incarnation, topic)
                    self._published[key] = max(sequence, self._published.get(key, 0))
        return found

    @property
    def published(self) -> int:
        """Reports that nodes said they had published, of all their starts."""
        self.states()
        return sum(self._published.values())

    def cores(self) -> dict[str, CoreState]:
        """The state of each nation's core, by its id."""
        return {state.id: state.core for state in self.states() if state.core is not None}

    def wrong(self) -> list[str]:
        """What every process sees of faults, a line each."""
        return [f"{state.id}: {line}" for state in self.states() for line in problems(state)]

    def problems(self) -> str:
        """What triwatch status says of faults, on every host."""
        return "\n".join(f"{n}: {line}" for n in NATIONS for line in self.status(n).get("problems", ()))

    def well(self) -> bool:
        """All run, nothing is wrong, and reports are folded."""
        states, cores = self.states(), self.cores()
        folds = len(cores) == len(NATIONS) and all(core.folded > 5 for core in cores.values())
        return folds and len(states) == len(self.running) and not self.wrong()

    def wait_well(self, within_s: float) -> None:
        """Wait until all is well; says what is not where that takes too long."""
        try:
            wait_for(self.well, within_s)
        except AssertionError:
            raise AssertionError(f"not well within {within_s:g} s: {self.wrong()}") from None

    def killed(self) -> set[str]:
        """The processes that ended without a word."""
        started = [self.folder / n for n in NATIONS if (self.folder / n / "endpoints").is_dir()]
        return {name for root in started for name in read_states(root)[1]}

    def all_well(self) -> bool:
        """Every host's triwatch status says that nothing is wrong, and reports are folded."""
        told = [self.status(n) for n in NATIONS]
        states = [p["core"] for t in told for p in t["processes"] if p["core"]]
        return all(t["ok"] for t in told) and len(states) == 3 and all(s["folded"] > 20 for s in states)

    def whole(self) -> bool:
        """Every core says that it has all that was published so far, and all say the same of it."""
        published = self.published
        cores = self.cores().values()
        same = len({(core.input_digest, core.picture_digest) for core in cores}) == 1
        return same and all(core.folded >= published and not core.missing for core in cores)

    def copy_policy(self, nation: str) -> None:
        """Bring the newest version to one machine, by hand."""
        newest = max((self.keys / "policy").glob("??????.json"))
        shutil.copy(newest, self.folder / nation / "policy" / newest.name)

    def summaries(self) -> list[dict[str, Any]]:
        """Stop every node, wait until the cores agree, stop them; what each held."""
        for name in [n for n in self.running if n.startswith("node")]:
            self.signal(name, signal.SIGTERM)
        wait_for(lambda: len({core.input_digest for core in self.cores().values()}) == 1, 30.0)
        found = []
        for nation in NATIONS:
            self.signal(f"core-{nation.lower()}", signal.SIGTERM)
            found.append(json.loads((self.folder / f"core-{nation.lower()}.json").read_text()))
        return found

    def close(self) -> None:
        """End everything."""
        for process in self.running.values():
            process.kill()
            process.wait()
        self.hosts.close()


@contextmanager
def composed(folder: Path, repo: Path, **options: Any) -> Iterator[Compose]:
    """Made and closed; skips the test where this machine or user cannot have hosts of its own."""
    if not can_run() or shutil.which("unshare") is None:
        pytest.skip("needs root, ip (Debian: iproute2), unshare and /dev/net/tun")
    made = Compose(folder, repo, **options)
    try:
        yield made
    finally:
        made.close()


def heal(compose: Compose, record_property: Said, repaired_s: float = REPAIRED_S) -> float:
    """Heal the network; every core must soon have everything, and the same. How long it took, s."""
    compose.hosts.heal()
    return mended(compose, record_property, repaired_s)


def mended(compose: Compose, record_property: Said, repaired_s: float = REPAIRED_S) -> float:
    """From now on every core must soon have everything, as the network is; then the network is healed and all
    must say the same. How long it took to have everything, s.

    Cores say how they are twice a second, and reports go on: over a long way they seldom speak of one moment.
    """
    began_s, missing_s, published = time.monotonic(), 0.0, compose.published

    def caught_up() -> bool:
        cores = compose.cores().values()
        return len(cores) == len(NATIONS) and all(c.folded >= published and not c.missing for c in cores)

    wait_for(caught_up, 60.0)
    missing_s = time.monotonic() - began_s
    compose.hosts.heal()
    wait_for(compose.whole, 60.0)
    held = min(core.folded for core in compose.cores().values())
    record_property("recovery_s", missing_s)
    record_property("lost", max(0, published - held))
    record_property("digests_equal", True)
    assert missing_s < repaired_s
    return missing_s


def one_picture(summaries: list[dict[str, Any]], record_property: Said) -> None:
    """All cores ended with the same, and nothing is missing."""
    record_property("lost", sum(s["reports"]["missing"] for s in summaries))
    record_property("digests_equal", len({s["picture_digest"] for s in summaries}) == 1)
    assert len({s["input_digest"] for s in summaries}) == 1
    assert len({s["picture_digest"] for s in summaries}) == 1
    for summary in summaries:
        assert summary["reports"]["missing"] == 0
        assert summary["tracks"] == 4


def _inner(pid: int) -> int:
    """The process inside: the only one below ip and unshare."""
    own = _pid_namespace(os.getpid())
    while True:
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if not below:
            return pid
        (pid,) = map(int, below)
        if "nodes.cli" in Path(f"/proc/{pid}/cmdline").read_text() and _pid_namespace(pid) != own:
            return pid


def _pid_namespace(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/pid").readlink())
