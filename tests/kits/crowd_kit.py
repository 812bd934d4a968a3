"""Real cores of the tests' coalition on one machine, and a crowd of nodes (`crowd`) that report to them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

import trust_kit
from demo_kit import wait_for
from forked_kit import Started
from link_kit import START_NS
from nodes import coalition
from nodes.coalition import Member, Policy
from nodes.link import topics
from nodes.link.directory import Directory
from nodes.link.endpoint import Listener
from nodes.operations.reporter import read_states
from nodes.operations.state import CoreState

KITS = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a process takes."""

    resident_mb: float
    descriptors: int
    threads: int


def footprint(pid: int) -> Footprint:
    """Of a process that runs."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return Footprint(
        int(status["VmRSS"].split()[0]) / 1024,
        len(os.listdir(f"/proc/{pid}/fd")),
        int(status["Threads"]),
    )


class Talkers:
    """Nodes that report, in one process (`crowd`)."""

    def __init__(self, root: Path, log: Path, arguments: tuple[str, ...]) -> None:
        self._log = log
        self._names = [name for name, rate, _ in (text.partition("=") for text in arguments) if rate]
        command = [sys.executable, str(KITS / "crowd.py"), str(root), *arguments]
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out, text=True
            )
        self.begun_ns = int(self._answer())
        """CLOCK_MONOTONIC at the scenario's start."""

    def set_rate(self, rate: str = "") -> int:
        """Set ``NAME=REPORTS_A_SECOND``; how many reports there were so far."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{rate}\n")
        self.process.stdin.flush()
        return int(self._answer())

    def fall_silent(self) -> int:
        """No more reports, only heartbeats; how many reports there were."""
        return max(self.set_rate(f"{name}=0") for name in self._names)

    def leave(self) -> None:
        """All nodes say goodbye."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)

    def _answer(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self._log.read_text()
        return line


class Crowd:
    """Cores by nation, and nodes that begin with ``talk``; time is FINAL once all ``members`` speak."""

    def __init__(self, folder: Path, members: Sequence[str] = trust_kit.NODES) -> None:
        # of every member: shared pictures are made of nothing else
        nodes = tuple(Member(id=name, nation=name[:3]) for name in members)
        self.root = folder / "coalition"
        coalition.found(self.root, Policy(nations=trust_kit.NATIONS, nodes=nodes), exercise=True)
        self.folder = folder
        self.cores: dict[str, Started] = {}
        self.more: dict[str, list[str]] = {}
        """By nation, what its core is started with beside."""
        self.talkers: list[Talkers] = []

    def start(self, *nations: str) -> None:
        """Start cores, or start them again."""
        for nation in nations:
            command = ["core", "--nation", nation, "--coalition", str(self.root)]
            command += ["--json", str(self.folder / f"{nation}.json"), *self.more.get(nation, ())]
            self.cores[nation] = Started(command, self.folder / f"{nation}.log")

    def talk(self, *arguments: str) -> Talkers:
        """Nodes begin to report, as `crowd` is told, all by one clock."""
        if self.talkers:
            arguments += ("--begun", str(self.talkers[0].begun_ns))
        self.talkers.append(Talkers(self.root, self.folder / "crowd.log", arguments))
        return self.talkers[-1]

    def signal(self, nation: str, number: int) -> int | None:
        """Send a core a signal; where it ends by it, its exit status."""
        self.cores[nation].send_signal(number)
        return self.cores[nation].wait(60) if number in (signal.SIGKILL, signal.SIGTERM) else None

    def states(self) -> dict[str, CoreState]:
        """What cores say of themselves, by nation."""
        if not (self.root / "endpoints").is_dir():
            return {}
        return {state.nation: state.core for state, _ in read_states(self.root)[0] if state.core is not None}

    def refused(self, nation: str) -> dict[str, int]:
        """What a core has refused, by reason."""
        found: dict[str, int] = {}
        for state, _ in read_states(self.root)[0]:
            if state.nation == nation and state.core is not None:
                found = state.refused
        return found

    def summary(self, nation: str) -> dict[str, Any]:
        """What a core that has ended said."""
        return json.loads((self.folder / f"{nation}.json").read_text())  # type: ignore[no-any-return]

    def folds(self) -> bool:
        """Every core is there and folds."""
        states = self.states()
        return states.keys() == self.cores.keys() and all(state.folded > 5 for state in states.values())

    def whole(self, published: int) -> bool:
        """Every core has so many reports, nothing is missing, and all say the same of it."""
        states = self.states()
        if states.keys() != self.cores.keys() or not all(state.tracks for state in states.values()):
            return False
        same = len({(state.input_digest, state.picture_digest) for state in states.values()}) == 1
        return same and all(s.folded == published and not s.missing for s in states.values())

    def end_whole(self, record_property: Callable[[str, object], None], within_s: float = 60.0) -> float:
        """Let the nodes stop reporting; every core must soon have all of it, and the same. How long, s."""
        published = sum(talkers.fall_silent() for talkers in self.talkers)
        began_s = time.monotonic()
        try:
            wait_for(lambda: self.whole(published), within_s)
        finally:
            states = self.states()
            record_property("lost", published - min((s.folded for s in states.values()), default=0))
            digests = {(s.input_digest, s.picture_digest) for s in states.values()}
            record_property("digests_equal", len(digests) == 1)
        return time.monotonic() - began_s

    def delays_ms(self, nation: str, seconds: float, nodes: range) -> list[float]:
        """From the moment that reports were due to the nation's picture in this process, each that came
        within so many seconds, of the first talkers' nodes with these numbers."""
        begun_ns = self.talkers[0].begun_ns
        trust = trust_kit.credentials(self.root, f"reader-{nation}")
        seen: set[int] = set()
        waits_ms: list[float] = []
        with closing(Listener(Directory(self.root), trust, [topics.picture(nation)])) as listener:
            begin_s = time.monotonic() + 1.0
            while (now_s := time.monotonic()) < begin_s + seconds:
                listener.look(now_s)
                for received in listener.receiver.receive(now_s):
                    now_ns = time.monotonic_ns()
                    fresh = set(received.message.contributor_time_ns) - seen
                    seen |= fresh
                    if now_s > begin_s:
                        waits_ms += [
                            (now_ns - begun_ns - (valid_ns - START_NS)) * 1e-6
                            for valid_ns in fresh
                            if valid_ns % 1000 in nodes
                        ]
                listener.wait(0.05)
        # the first updates tell of what was there before
        return [wait_ms for wait_ms in waits_ms if wait_ms < 1e3 * seconds]

    def close(self) -> None:
        """End everything."""
        for process in (*(talkers.process for talkers in self.talkers), *self.cores.values()):
            process.kill()
            process.wait()


def p99(waits_ms: list[float]) -> float:
    """The 99th percentile."""
    return quantiles(waits_ms, n=100, method="inclusive")[98]


@contextmanager
def crowd(folder: Path, *nations: str, members: Sequence[str] = trust_kit.NODES) -> Iterator[Crowd]:
    """Made, its cores started, closed."""
    made = Crowd(folder, members)
    try:
        made.start(*nations)
        yield made
    finally:
        made.close()
