"""Row 18: real cores under reports and faults drawn by a seed: memory, descriptors and threads stay the same.

For TRIWATCH_SOAK_S seconds: 30, in make faults 300, an hour with make soak. The core that nothing is done to,
and the nodes' process, end with what they had after the first third of the run, which is for warming up; no
report is missing at the end, and all cores say the same.

Descriptors and threads are counted when all cores fold and nothing changes any more: while a core is being
started again its peers have its old connections beside the new ones. Every third of the run has each kind of
fault, so that whatever a fault leaves behind is there to be counted.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

import crowd_kit
from compose_kit import Said
from crowd_kit import Crowd, Footprint, footprint
from demo_kit import wait_for

SOAK_S = float(os.environ.get("TRIWATCH_SOAK_S", "30"))
SEED = int(os.environ.get("TRIWATCH_SOAK_SEED", "18"))
FLAT_MB = 24.0
"""Memory may still grow by so much: places in a file of what is kept for repair, up to their bound."""
FLAT_DESCRIPTORS = {"core-USA": 2, "nodes": 3}
"""Files of what is kept for repair, which are made when there is enough to write: of reports and of pictures,
and one of each of three nodes. Between the two counts there are four starts of a peer or more."""
SETTLED_S = 3.0
"""So long nothing changes when all has settled."""
KINDS = ("kill", "restart", "pause", "nothing")
LOG_BYTES_MAX = 64 << 10

pytestmark = [
    pytest.mark.soak,
    pytest.mark.slow,
    pytest.mark.processes,
    pytest.mark.timeout(2 * SOAK_S + 600),
]


@pytest.fixture
def cores(tmp_path: Path) -> Iterator[Crowd]:
    """Two nations' cores, Japan's with a journal, to which three nodes report."""
    # a member that never speaks would hold FINAL back, and with it what a core may forget
    with crowd_kit.crowd(tmp_path, "USA", members=("KOR-1", "JPN-1", "USA-1")) as made:
        made.more["JPN"] = ["--journal", str(tmp_path / "journal")]
        made.start("JPN")
        made.talk("KOR-1=10", "JPN-1=10", "USA-1=10")
        wait_for(made.folds, 180.0)
        yield made


def go_wrong(cores: Crowd, kind: str, source: random.Random) -> None:
    """One fault of Japan's core."""
    if kind == "kill":
        cores.signal("JPN", signal.SIGKILL)
        cores.start("JPN")
    elif kind == "restart":
        cores.signal("JPN", signal.SIGTERM)
        cores.start("JPN")
    elif kind == "pause":
        cores.signal("JPN", signal.SIGSTOP)
        time.sleep(source.uniform(0.5, min(8.0, SOAK_S / 6)))
        cores.signal("JPN", signal.SIGCONT)


class Third:
    """A third of the run: each kind of fault once or more often, in an order that is drawn."""

    def __init__(self, cores: Crowd, source: random.Random, watched: dict[str, int]) -> None:
        self.went_wrong: list[str] = []
        self.resident_mb: dict[str, list[float]] = {name: [] for name in watched}
        ends_s = time.monotonic() + SOAK_S / 3
        while not self.went_wrong or time.monotonic() < ends_s:
            for kind in source.sample(KINDS, len(KINDS)):
                go_wrong(cores, kind, source)
                self.went_wrong.append(kind)
                next_s = time.monotonic() + source.uniform(SOAK_S / 12, SOAK_S / 6) ** 0.75
                while time.monotonic() < next_s:
                    for name, pid in watched.items():
                        self.resident_mb[name].append(footprint(pid).resident_mb)
                    time.sleep(min(1.0, SOAK_S / 60))
        self.settled = settled(cores, watched)


def settled(cores: Crowd, watched: dict[str, int]) -> dict[str, Footprint]:
    """What processes take once all cores fold and their descriptors and threads stay as many."""
    wait_for(cores.folds, 180.0)
    since_s, counts, now = time.monotonic(), None, dict[str, Footprint]()

    def stays() -> bool:
        nonlocal since_s, counts, now
        now = {name: footprint(pid) for name, pid in watched.items()}
        seen = [(f.descriptors, f.threads) for f in now.values()]
        if seen != counts:
            since_s, counts = time.monotonic(), seen
        return time.monotonic() - since_s >= SETTLED_S

    wait_for(stays, 60.0)
    return now


def check_flat(name: str, thirds: list[Third]) -> None:
    """The end of the run beside the end of its first third; memory, the last third beside the middle one."""
    first, now = thirds[0].settled[name], thirds[-1].settled[name]
    grown_mb = median(thirds[-1].resident_mb[name]) - median(thirds[-2].resident_mb[name])
    more, threads = now.descriptors - first.descriptors, now.threads - first.threads
    print(
        f"{name}: {now.resident_mb:.0f} MB ({grown_mb:+.1f}), {now.descriptors} descriptors ({more:+d}), "
        f"{now.threads} threads ({threads:+d}) after {SOAK_S:g} s"
    )
    assert grown_mb < FLAT_MB
    assert more <= FLAT_DESCRIPTORS[name]
    assert threads <= 0


def test_a_long_run_with_faults(cores: Crowd, record_property: Said) -> None:
    source = random.Random(SEED)
    watched = {"core-USA": cores.cores["USA"].pid, "nodes": cores.talkers[0].process.pid}
    thirds = [Third(cores, source, watched) for _ in range(3)]
    print(f"seed {SEED}: {'; '.join(', '.join(third.went_wrong) for third in thirds)}")
    record_property("recovery_s", cores.end_whole(record_property))
    for name in watched:
        check_flat(name, thirds)
    assert max(log.stat().st_size for log in cores.folder.glob("*.log")) < LOG_BYTES_MAX
