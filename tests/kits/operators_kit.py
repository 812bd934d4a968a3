"""A coalition on two machines, and what an operator reads of it: status, metrics, health."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from demo_kit import TRIWATCH, scenario
from forked_kit import Started
from nodes.coalition import Member, add
from ports_kit import free_port


def fetch(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def metrics(port: int) -> dict[tuple[str, tuple[str, ...]], float]:
    """By name and the values of the labels, as Prometheus' own parser reads them."""
    return {
        (sample.name, tuple(v for _, v in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(fetch(port, "/metrics")[1])
        for sample in family.samples
    }


def status(root: Path) -> tuple[int, dict[str, Any]]:
    command = [*TRIWATCH, "status", "--coalition", str(root), "--json", "-"]
    ran = subprocess.run(command, capture_output=True, text=True)
    return ran.returncode, json.loads(ran.stdout)


class Machines:
    """Japan and Korea on one machine, the United States on another."""

    def __init__(self, folder: Path) -> None:
        self.here, self.there = folder / "here", folder / "there"
        self.scenario = scenario(folder, 600.0)
        self._started: list[Started] = []
        run = [*TRIWATCH, "coalition", "init", str(self.here), "--scenario", str(self.scenario)]
        subprocess.run(run, check=True, capture_output=True)
        add(self.here, nodes=[Member(id="KOR-9", nation="KOR")])
        shutil.copytree(self.here, self.there)
        self.trunk, self.metrics = free_port(), free_port()
        self.begins = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 2))

    def start(self, root: Path, *arguments: str) -> Started:
        log = root / f"{len(self._started)}.log"
        self._started.append(Started([*arguments, "--coalition", str(root)], log))
        return self._started[-1]

    def start_core(self) -> Started:
        """Japan's, to which the other machine's processes dial, with its metrics."""
        where = ("--listen", f"127.0.0.1:{self.trunk}", "--metrics-port", str(self.metrics))
        return self.start(self.here, "core", "--nation", "JPN", *where, "--log-format", "json")

    def start_far_core(self) -> Started:
        """The United States', on the other machine."""
        return self.start(self.there, "core", "--nation", "USA", "--peer", self.peer)

    @property
    def peer(self) -> str:
        """How the other machine finds this one."""
        return f"JPN=127.0.0.1:{self.trunk}"

    def node(self, root: Path, name: str, *arguments: str) -> Started:
        """One that begins when the others do."""
        plan = ["--scenario", str(self.scenario), "--begins", self.begins]
        return self.start(root, "node", "--id", name, *plan, *arguments)

    def end(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()
