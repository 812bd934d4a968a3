"""Faults of the lines between three hosts, rows 1 to 6: make faults, as root.

A core and a node on each host, one report a second of each node; what the network does to packets is told to
the process between the hosts. TCP hides loss as delay, a connection that is given up shows as a gap.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from compose_kit import Compose, Said, composed, heal, mended
from demo_kit import NATIONS

pytestmark = [pytest.mark.faults, pytest.mark.processes, pytest.mark.timeout(900)]

KITS = Path(__file__).parents[1] / "kits"
FOR_S = float(os.environ.get("TRIWATCH_FAULT_S", "30"))
"""How long each fault lasts."""
DELAY_BUDGET_MS = 100.0
"""What may come to a way's own length at the 99th percentile, where six processes share the machine."""
SILENT = ("silent", "not heard")


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory, repo: Path) -> Iterator[Compose]:
    with composed(tmp_path_factory.mktemp("lines"), repo) as made:
        made.start()
        yield made


@pytest.fixture
def compose(hosts: Compose) -> Iterator[Compose]:
    """Three hosts on which all is well, and the network as it was afterwards."""
    hosts.wait_well(180.0)
    yield hosts
    hosts.hosts.heal()


def repairs(compose: Compose) -> tuple[int, int]:
    """Gaps noticed and requests made, by all cores."""
    cores = compose.cores().values()
    return sum(core.gaps for core in cores), sum(core.requested for core in cores)


@pytest.mark.parametrize("loss", [0.01, 0.1, 0.3])
def test_loss(compose: Compose, loss: float, record_property: Said) -> None:
    """Row 1: everything arrives while packets go on being lost; at most two requests a gap."""
    gaps, requests = repairs(compose)
    compose.hosts.set(loss=loss)
    time.sleep(FOR_S)
    took_s = mended(compose, record_property, repaired_s=30.0)
    gaps, requests = (now - before for now, before in zip(repairs(compose), (gaps, requests), strict=True))
    print(f"loss {loss:.0%}: {gaps} gaps, {requests} requests, whole within {took_s:.1f} s")
    assert requests <= 2 * gaps


REPORT_BYTES = 1500
"""A report of four tracks, signed, with its heartbeat."""


class BareTcp:
    """Connections that carry as much as a line does, to each host from the next one, for so many seconds."""

    def __init__(self, compose: Compose, seconds: float, period_s: float) -> None:
        addresses = compose.hosts.addresses
        command = [sys.executable, str(KITS / "bare_tcp.py")]
        self._seconds = seconds
        self._ears, self._mouths = list[subprocess.Popen[str]](), list[subprocess.Popen[bytes]]()
        for host, sender in zip(addresses, [*list(addresses)[1:], *list(addresses)[:1]], strict=True):
            words = [*compose.hosts.within(host), *command, "listen", addresses[host], f"{seconds}"]
            self._ears.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
            words = [*compose.hosts.within(sender), *command, "speak", addresses[host]]
            self._mouths.append(subprocess.Popen([*words, f"{REPORT_BYTES}", f"{period_s}"]))

    def behind_s(self) -> tuple[list[float], list[float]]:
        """Wait for their end: how far behind they were then, and at most."""
        try:
            said = [ear.communicate(timeout=self._seconds + 30.0)[0].split() for ear in self._ears]
        finally:
            for mouth in self._mouths:
                mouth.kill()
                mouth.wait()
        return [float(behind) for behind, _ in said], [float(longest) for _, longest in said]


@pytest.mark.parametrize("delay_s", [0.05, 0.6])
def test_delay_and_jitter(compose: Compose, delay_s: float, record_property: Said) -> None:
    """Row 2: the worst of a hundred is the way's own length and a little, or what TCP alone takes where a way
    grows long under it: it takes the first answers for lost, and sends less at a time for a while. Nobody is
    called lost."""
    _, near_ms = delays_ms(compose)
    jitter_s = delay_s / 10
    bare = BareTcp(compose, 2.0 * FOR_S, 0.5)
    time.sleep(3.0)
    compose.hosts.set(delay=delay_s, jitter=jitter_s)
    time.sleep(3.0)
    seen: set[str] = set()
    end_s = time.monotonic() + FOR_S / 2
    while time.monotonic() < end_s:
        seen.update(line for line in compose.wrong() if any(word in line for word in SILENT))
        time.sleep(0.2)
    median_ms, far_ms = delays_ms(compose)
    _, longest_s = bare.behind_s()
    print(
        f"p99 {near_ms:.1f} ms near; {delay_s:g} s away median {median_ms:.1f} ms, p99 {far_ms:.1f} ms, "
        f"bare TCP at most {1e3 * max(longest_s):.1f} ms"
    )
    way_ms = 1e3 * (delay_s + jitter_s)
    assert not seen
    assert median_ms < way_ms + DELAY_BUDGET_MS
    assert 1e3 * delay_s < far_ms < max(way_ms, 1e3 * max(longest_s)) + near_ms + DELAY_BUDGET_MS
    heal(compose, record_property)


def delays_ms(compose: Compose) -> tuple[float, float]:
    """From reports of all nodes to America's picture, median and 99th percentile of 100."""
    command = [sys.executable, str(KITS / "report_delay.py"), str(compose.folder / "USA"), "USA", "100"]
    ran = subprocess.run(
        [*compose.hosts.within("USA"), *command], check=True, capture_output=True, text=True, timeout=180
    )
    median, worst = map(float, ran.stdout.split())
    return median, worst


def test_a_core_begins_over_a_satellite(compose: Compose, record_property: Said) -> None:
    """Row 2: connections are made, not only kept, where each way takes 0.6 s."""
    compose.hosts.set(delay=0.6, jitter=0.06)
    compose.signal("core-jpn", signal.SIGKILL)
    compose.start("core-jpn")
    began_s = time.monotonic()
    compose.wait_well(60.0)
    print(f"a core is back after {time.monotonic() - began_s:.1f} s")
    mended(compose, record_property, repaired_s=30.0)


def test_loss_and_a_long_way_together(compose: Compose, record_property: Said) -> None:
    """Rows 1 and 2 at their worst: 30 % of the packets lost, 0.6 s each way. TCP itself falls silent for half
    a minute; what is reported comes all the same while it lasts, hardly later than TCP brings it."""
    gaps, requests = repairs(compose)
    compose.hosts.set(loss=0.3, delay=0.6)
    bare_s, _ = BareTcp(compose, 2 * FOR_S, 1.0).behind_s()
    # of two nodes in three each core hears over the bad way, one report a second of each
    behind_s = (compose.published - min(core.folded for core in compose.cores().values())) / 2
    took_s = mended(compose, record_property, repaired_s=60.0)
    gaps, requests = (now - before for now, before in zip(repairs(compose), (gaps, requests), strict=True))
    said = ", ".join(f"{s:.1f}" for s in bare_s)
    print(
        f"{behind_s:.1f} s behind, bare TCP {said} s; {gaps} gaps, {requests} requests; "
        f"all of that there {took_s:.1f} s later"
    )
    assert behind_s <= 2.0 * max(*bare_s, 6.0)
    assert requests <= 2 * gaps


def test_repetition_and_disorder(compose: Compose, record_property: Said) -> None:
    """Row 3: packets come twice and out of turn."""
    compose.hosts.set(repeat=0.3, reorder=0.3)
    time.sleep(FOR_S)
    mended(compose, record_property)


def test_partition(compose: Compose, record_property: Said) -> None:
    """Row 4: each side keeps a picture of its own and says of what it lacks; whole and equal afterwards."""
    compose.hosts.cut("KOR")
    time.sleep(FOR_S)
    cores = compose.cores()
    before = {name: core.folded for name, core in cores.items()}
    assert all(core.tracks == 4 for core in cores.values())
    wrong = compose.wrong()
    assert any(line.startswith("core-KOR: node USA-1 is") for line in wrong), wrong
    assert any(line.startswith("core-USA: node KOR-1 is") for line in wrong), wrong
    assert len({core.input_digest for core in cores.values()}) > 1
    time.sleep(2.0)
    assert all(core.folded > before[name] for name, core in compose.cores().items())
    heal(compose, record_property)


def test_one_way_cut(compose: Compose, record_property: Said) -> None:
    """Row 5: Japan is heard by nobody, and hears all."""
    for other in ("USA", "KOR"):
        compose.hosts.cut_from("JPN", other)
    time.sleep(FOR_S)
    heal(compose, record_property)


def test_two_that_both_see_a_third(compose: Compose, record_property: Said) -> None:
    """Row 5: America and Japan do not reach each other; what each reports comes by way of Korea."""
    compose.hosts.cut_between("USA", "JPN")
    time.sleep(FOR_S)
    # still cut: all are whole all the same
    mended(compose, record_property)


def test_links_stopped_and_opened_one_by_one(compose: Compose, record_property: Said) -> None:
    """Row 6: in random order, until nobody reaches anybody, and back."""
    source = random.Random(6)
    pairs = list(combinations(NATIONS, 2))
    for pair in source.sample(pairs, len(pairs)):
        compose.hosts.cut_between(*pair)
        time.sleep(FOR_S / 6)
    for pair in source.sample(pairs, len(pairs)):
        time.sleep(FOR_S / 6)
        compose.hosts.heal_between(*pair)
    mended(compose, record_property)
