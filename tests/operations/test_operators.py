"""What those who run a coalition see of it: real processes, their status, metrics and logs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import zmq
from prometheus_client.parser import text_string_to_metric_families

import link_kit
from demo_kit import TRIWATCH, scenario, wait_for
from nodes.coalition import Member, add, of_process

pytestmark = pytest.mark.processes

SEEN_S = 60.0 if "PYTEST_XDIST_WORKER" in os.environ else 5.0
"""Wall time within which a fault must be seen; beside other tests processes wait longer for a processor."""


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


def seen(fault: Callable[[], bool]) -> float:
    """Wall seconds until a fault is seen."""
    began_s = time.monotonic()
    wait_for(fault, 2 * SEEN_S)
    return time.monotonic() - began_s


class Machines:
    """Japan and Korea on one machine, the United States on another."""

    def __init__(self, folder: Path) -> None:
        self.here, self.there = folder / "here", folder / "there"
        self.scenario = scenario(folder, 600.0)
        self._started: list[subprocess.Popen[bytes]] = []
        run = [*TRIWATCH, "coalition", "init", str(self.here), "--scenario", str(self.scenario)]
        subprocess.run(run, check=True, capture_output=True)
        add(self.here, nodes=[Member(id="KOR-9", nation="KOR")])
        shutil.copytree(self.here, self.there)
        self.trunk, self.metrics = free_port(), free_port()
        self.begins = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 2))

    def start(self, root: Path, *arguments: str) -> subprocess.Popen[bytes]:
        log = root / f"{len(self._started)}.log"
        with log.open("wb") as out:
            command = [*TRIWATCH, *arguments, "--coalition", str(root)]
            self._started.append(subprocess.Popen(command, stdout=out, stderr=out))
        return self._started[-1]

    def node(self, root: Path, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        plan = ["--scenario", str(self.scenario), "--begins", self.begins]
        return self.start(root, "node", "--id", name, *plan, *arguments)

    def end(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    made = Machines(tmp_path)
    yield made
    made.end()


@pytest.mark.slow
def test_faults_are_seen_within_seconds_and_gone_when_they_are(machines: Machines) -> None:
    port = machines.metrics
    japan = machines.start(
        machines.here,
        *("core", "--nation", "JPN", "--listen", f"127.0.0.1:{machines.trunk}"),
        *("--metrics-port", str(port), "--log-format", "json"),
    )
    korea = machines.start(machines.here, "core", "--nation", "KOR")
    usa = machines.start(
        machines.there, "core", "--nation", "USA", "--peer", f"JPN=127.0.0.1:{machines.trunk}"
    )
    nodes = [machines.node(machines.here, name) for name in ("KOR-1", "JPN-1")]
    nodes.append(machines.node(machines.there, "USA-1", "--peer", f"JPN=127.0.0.1:{machines.trunk}"))
    context = zmq.Context()
    keys = of_process(machines.here, "KOR-9", "KOR").transport
    hostile = link_kit.raw_server(context, zmq.XPUB, "KOR-9", machines.here, keys)

    def problems(root: Path = machines.here) -> str:
        return "\n".join(status(root)[1]["problems"])

    def folds() -> bool:
        state = status(machines.here)[1]
        cores = [p["core"] for p in state["processes"] if p["core"]]
        return len(cores) == 2 and all(c["folded"] > 20 for c in cores)

    try:
        wait_for(folds, 120.0)
        # KOR-9 is of the policy and has never said a word
        quiet = {"core-JPN: node KOR-9 is not heard", "core-KOR: node KOR-9 is not heard"}
        wait_for(lambda: quiet <= set(problems().splitlines()))
        assert fetch(port, "/healthz")[0] == 200
        before = metrics(port)
        assert before["triwatch_heard", ("KOR-1", "node")] == 1.0
        assert before["triwatch_line_up", ("core-USA",)] == 1.0
        assert before["triwatch_reports_total", ("folded",)] > 20
        assert before["triwatch_received_bytes_total", ("USA-1",)] > 1000
        assert before["triwatch_kept_bytes", ()] > 1000

        for _ in range(3):
            hostile.send_multipart([b"report//KOR-1", os.urandom(200)])
        assert seen(lambda: metrics(port).get(("triwatch_refused_total", ("envelope",)), 0) > 0) < SEEN_S
        code, told = status(machines.here)
        assert code == 1
        assert any("refused reports or peers lately: envelope" in p for p in told["problems"])

        nodes[0].send_signal(signal.SIGSTOP)
        assert seen(lambda: metrics(port)["triwatch_heard", ("KOR-1", "node")] == 0) < SEEN_S
        wait_for(lambda: "KOR-1: hangs" in problems() and "core-JPN: node KOR-1 is" in problems(), SEEN_S)
        nodes[0].send_signal(signal.SIGCONT)
        assert seen(lambda: metrics(port)["triwatch_heard", ("KOR-1", "node")] == 1) < SEEN_S

        usa.send_signal(signal.SIGSTOP)
        assert seen(lambda: metrics(port)["triwatch_line_up", ("core-USA",)] == 0) < SEEN_S
        wait_for(lambda: "core-JPN: the line to core-USA is silent" in problems(), SEEN_S)
        usa.send_signal(signal.SIGCONT)
        assert seen(lambda: metrics(port)["triwatch_line_up", ("core-USA",)] == 1) < SEEN_S

        korea.kill()
        korea.wait()
        assert seen(lambda: "core-KOR: was killed" in problems()) < SEEN_S
        japan.send_signal(signal.SIGSTOP)
        time.sleep(4.0)
        assert "core-JPN: hangs" in problems()
        japan.send_signal(signal.SIGCONT)
        wait_for(lambda: fetch(port, "/healthz")[0] == 200)
    finally:
        hostile.close()
        context.term()
    japan.terminate()
    assert japan.wait(20) == 0
    lines = [json.loads(line) for line in (machines.here / "0.log").read_text().splitlines()]
    events = {line["event"] for line in lines}
    assert {"started", "listening", "sees", "refused", "line up", "metrics"} <= events
    assert all({"time", "level", "process", "message"} <= line.keys() for line in lines)
    assert lines[0]["process"] == "core-JPN"


def test_it_says_who_where_and_whom_it_knows_at_the_start(machines: Machines) -> None:
    machines.start(machines.here, "core", "--nation", "KOR", "--peer", "USA=127.0.0.1:7400")
    log = machines.here / "0.log"
    wait_for(lambda: "sees nobody yet" in log.read_text())
    text = log.read_text()
    assert "core-KOR of KOR, start 1, triwatch" in text
    assert "listens on tcp://127.0.0.1:" in text
    assert "dials core-USA at tcp://127.0.0.1:7400" in text


def test_nobody_there_is_wrong_and_no_directory_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "endpoints").mkdir()
    code, told = status(tmp_path)
    assert (code, told["ok"], told["processes"]) == (1, False, [])
    ran = subprocess.run(
        [*TRIWATCH, "status", "--coalition", str(tmp_path / "x")], capture_output=True, text=True
    )
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
