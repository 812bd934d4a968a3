"""Row 18: real cores under reports and faults drawn by a seed: memory, descriptors and threads stay the same.

For TRIWATCH_SOAK_S seconds: 30, in make faults 300, an hour with make soak. The core that nothing is done to,
and the nodes' process, end with what they had in the middle of the run; no report is missing at the end, and
all cores say the same.
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
FLAT_DESCRIPTORS = 4
"""Connections to a core that is just being started again."""
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
    with crowd_kit.crowd(tmp_path, "USA") as made:
        made.more["JPN"] = ["--journal", str(tmp_path / "journal")]
        made.start("JPN")
        made.talk("KOR-1=10", "JPN-1=10", "USA-1=10")
        wait_for(made.folds, 180.0)
        yield made


def go_wrong(cores: Crowd, source: random.Random) -> str:
    """One fault of Japan's core, drawn; what it was."""
    kind = source.choice(("kill", "restart", "pause", "nothing"))
    if kind == "kill":
        cores.signal("JPN", signal.SIGKILL)
        cores.start("JPN")
    elif kind == "restart":
        cores.signal("JPN", signal.SIGTERM)
        cores.start("JPN")
    elif kind == "pause":
        cores.signal("JPN", signal.SIGSTOP)
        time.sleep(source.uniform(0.5, 8.0))
        cores.signal("JPN", signal.SIGCONT)
    return kind


def check_flat(name: str, seen: list[Footprint]) -> None:
    """The last third of the samples beside the middle one: the first is for warming up."""
    third = len(seen) // 3
    middle, last = seen[third : 2 * third], seen[2 * third :]
    grown_mb = median(f.resident_mb for f in last) - median(f.resident_mb for f in middle)
    more = max(f.descriptors for f in last) - max(f.descriptors for f in middle)
    threads = max(f.threads for f in last) - max(f.threads for f in middle)
    now = seen[-1]
    print(
        f"{name}: {now.resident_mb:.0f} MB ({grown_mb:+.1f}), {now.descriptors} descriptors ({more:+d}), "
        f"{now.threads} threads ({threads:+d}) after {SOAK_S:g} s"
    )
    assert grown_mb < FLAT_MB
    assert more <= FLAT_DESCRIPTORS
    assert threads <= 0


def test_a_long_run_with_faults(cores: Crowd, record_property: Said) -> None:
    source = random.Random(SEED)
    watched = {"core-USA": cores.cores["USA"].pid, "nodes": cores.talkers[0].process.pid}
    seen: dict[str, list[Footprint]] = {name: [] for name in watched}
    went_wrong, next_s = list[str](), 0.0
    end_s = time.monotonic() + SOAK_S
    while (now_s := time.monotonic()) < end_s:
        for name, pid in watched.items():
            seen[name].append(footprint(pid))
        if now_s >= next_s:
            went_wrong.append(go_wrong(cores, source))
            next_s = time.monotonic() + source.uniform(SOAK_S / 12, SOAK_S / 6) ** 0.75
        time.sleep(min(1.0, SOAK_S / 60))
    print(f"seed {SEED}: {', '.join(went_wrong)}")
    wait_for(cores.folds, 180.0)
    record_property("recovery_s", cores.end_whole(record_property))
    for name, samples in seen.items():
        check_flat(name, samples)
    assert max(log.stat().st_size for log in cores.folder.glob("*.log")) < LOG_BYTES_MAX
