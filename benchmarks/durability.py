"""Cores killed one after the other under load.

    python -m benchmarks.durability [--seconds S] [--rate R]

Three nations' cores with journals, as `triwatch core --journal` runs them, fold R reports a second for S
seconds (in batches of 100 rows, signed). Each second one of them, drawn at random, is killed with SIGKILL and
started again; a listener writes down what each core's heartbeats acknowledge. Said at the end:

- what a core does not hold of all that any core had acknowledged, and of all that was published;
- how long after the last restart the three digests are equal;
- whether a core that is started with every other process gone has the same picture from its journal alone.

Cores are forked by a process that has everything imported and compiled, so that one which is killed again
after some seconds has been up in between.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from nodes import coalition
from nodes.bench.latency import ended, found_coalition
from nodes.bench.load import SEEN_BY
from nodes.bench.notices import NS, post, posted, told, wait_until
from nodes.bench.roles import exact_sleep, sealed, trust
from nodes.bench.traffic import NATIONS, Traffic
from nodes.coalition.keys import ring_file
from nodes.demo.forks import Forks
from nodes.link import topics
from nodes.link.directory import Directory
from nodes.link.endpoint import LinkEndpoint, Listener
from triwatch.v1 import status_pb2

EVERY_S = 1.0
SETTLE_S = 240.0
"""So long digests may take to become equal before the run is called failed."""


def traffic(rate: int) -> Traffic:
    """So many reports a second, of nodes that hold a hundred targets each."""
    return Traffic(rate // SEEN_BY, SEEN_BY, rows=100, sector=100)


def run_sender(root: Path, rate: int, seconds: int) -> None:
    """Every node's reports, each at its moment, from a place of its own on the link; then they serve repairs
    until they are told to go."""
    names = traffic(rate).nodes
    stations = {
        name: LinkEndpoint(Directory(root), trust(root, name, name[:3], True), name, "node", name[:3])
        for name in names
    }
    made = sealed(root, traffic(rate), seconds, keys=True)
    for station in stations.values():
        station.register()
    exact_sleep()
    start_ns = time.monotonic_ns() + NS
    post(root, "start", start_ns)

    def serve(until_ns: int) -> None:
        while time.monotonic_ns() < until_ns:
            for station in stations.values():
                station.serve()
            wait_until(min(until_ns, time.monotonic_ns() + NS // 500))

    last = {}
    for due_ns, said in made:
        serve(start_ns + due_ns)
        name = topics.parse(said[0][0].encode()).source
        for topic, body, number in said:
            stations[name].publisher.publish(topic, body, 1, number)
        last[name] = said[1]
    post(root, "published", len(made))
    while not posted(root, "done"):
        serve(time.monotonic_ns() + NS)
        # a node's heartbeat goes on while it lives: who was dead when the last report came learns of it
        for name, (topic, body, _) in last.items():
            stations[name].publisher.publish(topic, body, 1, 0)
    for station in stations.values():
        station.close()


class Cores:
    """The nations' cores, and what they have said."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._forks = Forks()
        self.running: dict[str, int] = {}
        """By nation, its core's process id."""
        self.acknowledged: dict[str, int] = {}
        """By node, the highest number that any core ever said it held."""
        self._dead: dict[str, int] = {}
        """By nation the start up to which its core is dead: of those words may still be on their way."""
        self.last: dict[str, status_pb2.CoreStatus] = {}
        self._listener = Listener(
            Directory(root), trust(root, coalition.reader_id("USA"), "USA", True), ["corestatus//"]
        )

    def start(self, nation: str) -> None:
        """Start a core on its journal."""
        command = ["core", "--nation", nation, "--coalition", str(self.root)]
        command += ["--journal", str(self.root / "journal" / nation)]
        with open(os.devnull, "r+b") as nothing, (self.root / f"{nation}.log").open("ab") as log:
            self.running[nation] = self._forks.fork(
                command, (nothing.fileno(), nothing.fileno(), log.fileno())
            )

    def kill(self, nation: str) -> None:
        """Kill a core without warning."""
        pid = self.running.pop(nation)
        os.kill(pid, signal.SIGKILL)
        self._forks.ended(pid, None)
        starts = ring_file(self.root, nation, coalition.core_id(nation)).with_suffix(".starts")
        self._dead[nation] = int(starts.read_text()) if starts.exists() else 0
        self.last.pop(nation, None)

    def listen(self, until_s: float) -> None:
        """Note what the cores say until a moment of the monotonic clock."""
        while (now_s := time.monotonic()) < until_s:
            self._listener.look(now_s)
            for received in self._listener.receiver.receive(now_s):
                status = received.message
                if status.nation in self.running and status.incarnation > self._dead.get(status.nation, 0):
                    self.last[status.nation] = status
                for held in status.holding:
                    known = self.acknowledged.get(held.node_id, 0)
                    self.acknowledged[held.node_id] = max(known, held.last_sequence)
            self._listener.wait(min(0.1, max(0.0, until_s - time.monotonic())))

    def agreed(self, published: int) -> bool:
        """Whether all say the same, of all that was published."""
        said = [self.last.get(nation) for nation in self.running]
        whole = all(s is not None and s.reports_folded == published for s in said)
        return whole and len({(s.input_digest, s.picture_digest) for s in said if s is not None}) == 1

    def lost(self, status: status_pb2.CoreStatus) -> int:
        """How many batches that some core ever acknowledged this one does not hold, by its own word."""
        held = {holding.node_id: holding.last_sequence for holding in status.holding}
        return sum(max(0, number - held.get(name, 0)) for name, number in self.acknowledged.items())

    def wait_for_agreement(self, published: int) -> float | None:
        """How long it takes until all have everything; None where it takes too long."""
        begun_s = time.monotonic()
        while not self.agreed(published):
            if time.monotonic() - begun_s > SETTLE_S:
                return None
            self.listen(time.monotonic() + 0.1)
        return time.monotonic() - begun_s

    def close(self) -> None:
        """End everything."""
        self._listener.close()
        for pid in self.running.values():
            if self._forks.ended(pid) is None:
                os.kill(pid, signal.SIGTERM)
            if self._forks.ended(pid, 20.0) is None:
                os.kill(pid, signal.SIGKILL)
        self._forks.close()


def run(seconds: int = 120, rate: int = 2000, seed: int = 1) -> dict[str, Any]:
    """The figures of one run."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        found_coalition(root, traffic(rate), NATIONS)
        with closing(Cores(root)) as cores:
            for nation in NATIONS:
                cores.start(nation)
            sender = subprocess.Popen(
                [
                    *(sys.executable, "-m", "benchmarks.durability", "--sender", str(root)),
                    *("--rate", str(rate), "--seconds", str(seconds)),
                ]
            )
            start_ns = int(told(root, "start"))
            kills = 0
            for k in range(1, seconds):
                cores.listen((start_ns / NS) + k * EVERY_S)
                victim = draw.choice(NATIONS)
                cores.kill(victim)
                kills += 1
                cores.start(victim)
            published = int(told(root, "published"))
            settled_s = cores.wait_for_agreement(published)
            counted = dict(cores.last)
            digests = {s.input_digest: s.picture_digest for s in counted.values()}
            post(root, "done")
            ended([sender], 20.0)
            for nation in NATIONS:
                cores.kill(nation)
            cores.start("JPN")
            alone_s = cores.wait_for_agreement(published)
            alone = cores.last.get("JPN")
            kept = sum(p.stat().st_size for p in (root / "journal" / "JPN").iterdir())
        return {
            "reports/s": rate,
            "seconds": seconds,
            "kills": kills,
            "batches published": published,
            "batches acknowledged": sum(cores.acknowledged.values()),
            "acknowledged and not held": {n: cores.lost(s) for n, s in sorted(counted.items())},
            "not yet held": {n: published - s.reports_folded for n, s in sorted(counted.items())},
            "digests equal after s": settled_s and round(settled_s, 2),
            "alone: whole after s": alone_s and round(alone_s, 2),
            "alone: same picture": alone is not None
            and digests.get(alone.input_digest) == alone.picture_digest,
            "journal MB a core": round(kept / 1e6, 1),
        }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sender", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    if a.sender:
        run_sender(a.sender, a.rate, a.seconds)
    else:
        print(json.dumps(run(a.seconds, a.rate, a.seed), indent=1))


if __name__ == "__main__":
    main()
