"""Nodes and cores started by hand: late joiners, restarts and hostile neighbours."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import zmq

import link_kit
from demo_kit import TRIWATCH, scenario, wait_for
from forked_kit import Started
from nodes.coalition import Credentials, Member, add, of_process, of_reader
from nodes.link import codec, limits, topics
from nodes.link.directory import Directory
from nodes.link.endpoint import Listener
from triwatch.v1 import envelope_pb2, status_pb2

NODES = ("JPN-1", "KOR-1", "USA-1")

pytestmark = pytest.mark.processes


class Coalition:
    """A coalition directory and the processes that a test starts in it."""

    def __init__(self, folder: Path, duration_s: float = 60.0) -> None:
        self.root = folder / "coalition"
        self.scenario = scenario(folder, duration_s)
        self._started: list[Started] = []
        subprocess.run(
            [*TRIWATCH, "coalition", "init", str(self.root), "--scenario", str(self.scenario)],
            check=True,
            capture_output=True,
        )

    def start(self, role: str, *arguments: str) -> Started:
        """Start a node or a core."""
        log = self.root / f"{role}-{len(self._started)}.log"
        process = Started([role, *arguments, "--coalition", str(self.root)], log)
        self._started.append(process)
        return process

    def core(self, nation: str, *arguments: str) -> Started:
        """Start a nation's core and wait until it can be reached."""
        entry = self.root / "endpoints" / f"core-{nation}.json"
        process = self.start(
            "core", "--nation", nation, "--json", str(self.root / f"{nation}.json"), *arguments
        )
        wait_for(lambda: entry.exists() and json.loads(entry.read_text())["pid"] == process.pid)
        return process

    def nodes(self) -> list[Started]:
        """Start all nodes, ten times as fast as the wall clock."""
        return [self.node(i) for i in NODES]

    def node(self, node_id: str) -> Started:
        """Start one node."""
        arguments = ["--scenario", str(self.scenario), "--speed", "10"]
        return self.start("node", "--id", node_id, *arguments, "--json", str(self.root / f"{node_id}.json"))

    def published(self, nodes: list[Started]) -> int:
        """Wait until all nodes have left; how many reports they had published."""
        for node in nodes:
            assert node.wait(120) == 0
        results = [json.loads((self.root / f"{i}.json").read_text()) for i in NODES]
        return sum(last for result in results for last in result["published"].values())

    def summary(self, nation: str, core: Started) -> dict[str, Any]:
        """Stop a core; what it held."""
        core.send_signal(signal.SIGTERM)
        assert core.wait(20) == 0
        return json.loads((self.root / f"{nation}.json").read_text())  # type: ignore[no-any-return]

    def end(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()


def test_a_second_core_of_a_nation_is_refused_unless_the_first_is_dead(coalition: Coalition) -> None:
    first = coalition.core("KOR")
    entry = coalition.root / "endpoints" / "core-KOR.json"
    before = entry.read_bytes()
    command = [*TRIWATCH, "core", "--nation", "KOR", "--coalition", str(coalition.root)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert second.returncode == 2
    assert len(second.stderr.splitlines()) == 1
    assert "core-KOR runs already in" in second.stderr
    assert entry.read_bytes() == before
    first.kill()
    first.wait()
    third = coalition.core("KOR")
    coalition.summary("KOR", third)
    assert not entry.exists()


def test_a_node_whose_clock_has_run_out_says_so(coalition: Coalition) -> None:
    ran_out = {"start_ns": link_kit.START_NS, "origin_ns": time.time_ns() - 10**12, "speed": 1.0}
    (coalition.root / "epoch.json").write_text(json.dumps(ran_out))
    command = [*TRIWATCH, "node", "--id", "KOR-1", "--scenario", str(coalition.scenario)]
    ran = subprocess.run([*command, "--coalition", str(coalition.root)], capture_output=True, text=True)
    assert ran.returncode == 2
    assert len(ran.stderr.splitlines()) == 1
    assert re.search(r"epoch.json: this clock passed the scenario.s end \d+ s ago", ran.stderr)


@pytest.fixture
def coalition(tmp_path: Path) -> Iterator[Coalition]:
    made = Coalition(tmp_path)
    yield made
    made.end()


class Heard:
    """What so many cores say of themselves, as a Korean reader hears it."""

    def __init__(self, root: Path, cores: int) -> None:
        self._listener = Listener(Directory(root), of_reader(root, "KOR"), ["corestatus//"])
        self._cores = cores
        self._said: dict[str, status_pb2.CoreStatus] = {}

    def _newest(self) -> list[status_pb2.CoreStatus]:
        """Of every core; of none before all have spoken."""
        self._listener.look(time.monotonic())
        for received in self._listener.receiver.receive(time.monotonic()):
            self._said[received.message.nation] = received.message
        return [*self._said.values()] if len(self._said) == self._cores else []

    def final(self) -> bool:
        """All time is FINAL at every core."""
        said = self._newest()
        return bool(said) and all(s.final_time_ns == s.time_ns > 0 for s in said)

    def holds(self, node_id: str, start: int) -> bool:
        """Every core has thirty reports of a node's start."""
        said = self._newest()
        return bool(said) and all(
            any((h.node_id, h.incarnation) == (node_id, start) and h.last_sequence >= 30 for h in s.holding)
            for s in said
        )

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def longer(tmp_path: Path) -> Iterator[Coalition]:
    """For what is done to nodes while they run, however late they come to run."""
    made = Coalition(tmp_path, 3_000.0)
    yield made
    made.end()


def test_restarted_and_late_cores_come_to_the_same_picture(coalition: Coalition) -> None:
    """One core is killed half way and comes back, one comes after all nodes have left."""
    steady, killed = coalition.core("KOR"), coalition.core("JPN")
    trust = of_reader(coalition.root, "KOR")
    with closing(Listener(Directory(coalition.root), trust, ["corestatus//"])) as listener:
        said: dict[str, status_pb2.CoreStatus] = {}

        def folded(nation: str) -> int:
            listener.look(time.monotonic())
            said.update((r.message.nation, r.message) for r in listener.receiver.receive(time.monotonic()))
            return said[nation].reports_folded if nation in said else 0

        nodes = coalition.nodes()
        wait_for(lambda: folded("JPN") >= 5)
        killed.kill()
        killed.wait()
        said.clear()
        everything = coalition.published(nodes)
        restarted = coalition.core("JPN")
        late = coalition.core("USA")
        for nation in ("KOR", "JPN", "USA"):
            wait_for(lambda nation=nation: folded(nation) == everything)
        final_ns = said["KOR"].final_time_ns
        wait_for(lambda: folded("USA") > 0 and said["USA"].final_time_ns == final_ns)
        wait_for(lambda: folded("JPN") > 0 and said["JPN"].final_time_ns == final_ns)
    cores = {"KOR": steady, "JPN": restarted, "USA": late}
    summaries = [coalition.summary(*one) for one in cores.items()]
    for key in ("input_digest", "picture_digest", "tracks", "final_time_ns"):
        assert len({summary[key] for summary in summaries}) == 1, key
    for summary in summaries:
        assert summary["tracks"] == 4
        assert summary["reports"]["missing"] == summary["reports"]["rejected"] == 0


def test_a_core_has_its_picture_from_its_journal_alone(coalition: Coalition) -> None:
    """It is killed half way and at the end; then nobody is left but what it kept."""
    journal = coalition.root.parent / "journal"
    arguments = "--journal", str(journal)
    steady, core = coalition.core("KOR"), coalition.core("JPN", *arguments)
    trust = of_reader(coalition.root, "JPN")
    with closing(Listener(Directory(coalition.root), trust, ["corestatus//"])) as listener:
        said: dict[str, status_pb2.CoreStatus] = {}

        def folded(nation: str) -> int:
            listener.look(time.monotonic())
            said.update((r.message.nation, r.message) for r in listener.receiver.receive(time.monotonic()))
            return said[nation].reports_folded if nation in said else 0

        nodes = coalition.nodes()
        wait_for(lambda: folded("JPN") >= 5)
        for _ in range(2):
            core.kill()
            core.wait()
            said.clear()
            core = coalition.core("JPN", *arguments)
            wait_for(lambda: folded("JPN") >= 5)
        everything = coalition.published(nodes)
        for nation in ("KOR", "JPN"):
            wait_for(lambda nation=nation: folded(nation) == everything)
        final_ns = said["KOR"].final_time_ns
        wait_for(lambda: folded("JPN") > 0 and said["JPN"].final_time_ns == final_ns)
        core.kill()
        wanted = coalition.summary("KOR", steady)
        said.clear()
        core = coalition.core("JPN", *arguments)
        wait_for(lambda: folded("JPN") == everything)
    # a second core on the same journal is refused in one line
    second = subprocess.run(
        [*TRIWATCH, "core", "--nation", "JPN", "--coalition", str(coalition.root), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert second.returncode == 2
    assert "in use by another core" in second.stderr
    found = coalition.summary("JPN", core)
    for key in ("input_digest", "picture_digest", "tracks", "final_time_ns"):
        assert found[key] == wanted[key], key
    assert found["reports"]["missing"] == found["reports"]["rejected"] == 0
    assert found["journal"]["damaged"] == []
    checked = subprocess.run([*TRIWATCH, "journal", str(journal)], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0
    assert "0 of them damaged" in checked.stdout
    # of a spoilt one it has what lies before the fault, and says so in its exit status
    oldest = min(journal.glob("*.journal"))
    spoilt = bytearray(oldest.read_bytes())
    spoilt[len(spoilt) // 2] ^= 1
    oldest.write_bytes(spoilt)
    checked = subprocess.run([*TRIWATCH, "journal", str(journal)], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 3
    core = coalition.core("JPN", *arguments)
    core.send_signal(signal.SIGTERM)
    assert core.wait(20) == 3


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_node_that_starts_again_leaves_no_difference(longer: Coalition, how: signal.Signals) -> None:
    """At ten reports a second it is stopped or killed, and started, twice: nothing is refused, the
    cores are equal, and all time is FINAL in the end."""
    cores = {nation: longer.core(nation) for nation in ("JPN", "KOR", "USA")}
    with closing(Heard(longer.root, len(cores))) as heard:
        nodes = longer.nodes()
        for start in (1, 2):
            wait_for(lambda start=start: heard.holds(NODES[1], start))
            assert nodes[1].poll() is None
            nodes[1].send_signal(how)
            nodes[1].wait()
            nodes[1] = longer.node(NODES[1])
        wait_for(lambda: heard.holds(NODES[1], 3))
        for node in nodes:
            node.terminate()
            node.wait(60)
        wait_for(heard.final)
    summaries = [longer.summary(*one) for one in cores.items()]
    for key in ("input_digest", "picture_digest", "final_time_ns"):
        assert len({summary[key] for summary in summaries}) == 1, key
    for summary in summaries:
        assert summary["reports"]["missing"] == summary["reports"]["rejected"] == 0
        assert summary["final_time_ns"] == summary["time_ns"]


@pytest.mark.slow
def test_a_dead_node_is_fenced_by_the_members(longer: Coalition) -> None:
    """It is killed and does not come back: time stands until the members say how far it counts."""
    cores = {nation: longer.core(nation) for nation in ("JPN", "KOR")}
    with closing(Heard(longer.root, len(cores))) as heard:
        nodes = longer.nodes()
        wait_for(lambda: all(heard.holds(node_id, 1) for node_id in NODES))
        nodes[1].kill()
        for node in (nodes[0], nodes[2]):
            node.terminate()
            node.wait(60)
        time.sleep(1.0)
        assert not heard.final()
        command = [*TRIWATCH, "coalition", "fence", str(longer.root), "--node", NODES[1]]
        told = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert told.returncode == 0, told.stderr
        assert f"fenced {NODES[1]} at 1=" in told.stdout
        wait_for(heard.final)
    summaries = [longer.summary(*one) for one in cores.items()]
    for key in ("input_digest", "picture_digest", "final_time_ns"):
        assert len({summary[key] for summary in summaries}) == 1, key


def test_a_hostile_publisher_changes_nothing(coalition: Coalition) -> None:
    """A member's node speaks under another's topic: garbage, too much, what it signed itself, what nobody
    signed, what was altered on the way."""
    root = coalition.root
    add(root, nodes=[Member(id="KOR-9", nation="KOR")])
    cores = coalition.core("JPN"), coalition.core("KOR")
    context = zmq.Context()
    mine, honest = (of_process(root, name, "KOR") for name in ("KOR-9", "KOR-1"))
    hostile = link_kit.raw_server(context, zmq.XPUB, "KOR-9", root, mine.transport)
    try:
        wait_for(lambda: hostile.poll(10) != 0)
        nodes = coalition.nodes()
        while nodes[0].poll() is None:
            for frames in _attacks(mine, honest):
                hostile.send_multipart(frames)
            while hostile.poll(20):
                hostile.recv()
        coalition.published(nodes)
    finally:
        hostile.close()
        context.term()
    summaries = [coalition.summary(*one) for one in zip(("JPN", "KOR"), cores, strict=True)]
    for summary in summaries:
        assert summary["reports"]["rejected"] > 100
        assert summary["reports"]["missing"] == 0
        assert summary["tracks"] == 4
    assert summaries[0]["picture_digest"] == summaries[1]["picture_digest"]


def _attacks(mine: Credentials, honest: Credentials) -> Iterator[list[bytes]]:
    topic = topics.report("", "KOR-1").encode()
    report = link_kit.batch("KOR-1", 10**6, stream="").SerializeToString()
    yield [topic, os.urandom(200)]
    yield [topic, bytes(limits.BODY_BYTES_MAX["report"] + 1)]
    yield [topic]
    yield [topic, codec.seal("report", report, mine.sign, link_kit.START_NS)]
    yield [topic, envelope_pb2.Envelope(payload=report).SerializeToString()]
    altered = envelope_pb2.Envelope.FromString(codec.seal("report", report, honest.sign, link_kit.START_NS))
    altered.payload = altered.payload[:-1]
    yield [topic, altered.SerializeToString()]
    yield [b"status//KOR-1", b"\x1a\x02\xff\xff"]


def test_the_policy_is_shown_to_be_wrong_in_one_line(coalition: Coalition, tmp_path: Path) -> None:
    root = str(coalition.root)
    wrong = [
        (["core", "--nation", "AUS", "--coalition", root], "AUS is no member"),
        (["core", "--nation", "JPN", "--coalition", str(tmp_path / "none")], "no coalition there"),
        (["coalition", "init", root, "--nations", "USA"], "there is a coalition already"),
        (["coalition", "init", str(tmp_path / "new"), "--nations", "USA,XYZW"], "'XYZW'"),
        (["coalition", "init", str(tmp_path / "new")], "--nations"),
        (["node", "--id", "X", "--scenario", "medium_range", "--coalition", root], "node X"),
    ]
    for arguments, told in wrong:
        ran = subprocess.run([*TRIWATCH, *arguments], capture_output=True, text=True)
        assert ran.returncode == 2, arguments
        assert ran.stderr.startswith("triwatch: ")
        assert ran.stderr.count("\n") == 1
        assert told in ran.stderr
