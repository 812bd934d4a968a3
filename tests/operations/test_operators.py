"""What those who run a coalition see of it: real processes, their status, metrics and logs.

How soon it is seen, `python -m benchmarks.seen` measures: beside other tests processes wait for a processor.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

import link_kit
from demo_kit import TRIWATCH, wait_for
from nodes.coalition import of_process
from operators_kit import Machines, fetch, metrics, status

pytestmark = pytest.mark.processes


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    made = Machines(tmp_path)
    yield made
    made.end()


@pytest.mark.slow
def test_faults_are_seen_and_gone_when_they_are(machines: Machines) -> None:
    port = machines.metrics
    japan = machines.start_core()
    korea = machines.start(machines.here, "core", "--nation", "KOR")
    usa = machines.start_far_core()
    nodes = [machines.node(machines.here, name) for name in ("KOR-1", "JPN-1")]
    nodes.append(machines.node(machines.there, "USA-1", "--peer", machines.peer))
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
        wait_for(lambda: metrics(port).get(("triwatch_received_bytes_total", ("USA-1",)), 0) > 1000)
        before = metrics(port)
        assert before["triwatch_heard", ("KOR-1", "node")] == 1.0
        assert before["triwatch_line_up", ("core-USA",)] == 1.0
        assert before["triwatch_reports_total", ("folded",)] > 20
        assert before["triwatch_kept_bytes", ()] > 1000

        for _ in range(3):
            hostile.send_multipart([b"report//KOR-1", os.urandom(200)])
        wait_for(lambda: metrics(port).get(("triwatch_refused_total", ("envelope",)), 0) > 0)
        code, told = status(machines.here)
        assert code == 1
        assert any("refused reports or peers lately: envelope" in p for p in told["problems"])

        nodes[0].send_signal(signal.SIGSTOP)
        wait_for(lambda: metrics(port)["triwatch_heard", ("KOR-1", "node")] == 0)
        wait_for(lambda: "KOR-1: hangs" in problems() and "core-JPN: node KOR-1 is" in problems())
        nodes[0].send_signal(signal.SIGCONT)
        wait_for(lambda: metrics(port)["triwatch_heard", ("KOR-1", "node")] == 1)

        usa.send_signal(signal.SIGSTOP)
        wait_for(lambda: metrics(port)["triwatch_line_up", ("core-USA",)] == 0)
        wait_for(lambda: "core-JPN: the line to core-USA is silent" in problems())
        usa.send_signal(signal.SIGCONT)
        wait_for(lambda: metrics(port)["triwatch_line_up", ("core-USA",)] == 1)

        korea.kill()
        korea.wait()
        wait_for(lambda: "core-KOR: was killed" in problems())
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
