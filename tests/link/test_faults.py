"""The fault matrix's rows that need a network of their own: run by make faults, as root.

Each runs a whole exercise in a network namespace, where the test breaks the loopback that every process
talks through. In every row: all cores end with the same bytes, and no report is lost.
"""

import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from demo_kit import scenario, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.processes]

KITS = Path(__file__).parents[1] / "kits"
RETURN_S = 5.0
"""Wall time within which every link is back and brings what was missed."""
NAMESPACE = f"triwatch-{os.getpid()}"


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@pytest.fixture
def namespace() -> Iterator[list[str]]:
    """A network namespace with a loopback; the words that run a command inside it."""
    if os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("tc") is None:
        pytest.skip("needs root, ip and tc (Debian: iproute2)")
    ip("netns", "add", NAMESPACE)
    try:
        ip("-n", NAMESPACE, "link", "set", "lo", "up")
        yield ["ip", "netns", "exec", NAMESPACE]
    finally:
        ip("netns", "delete", NAMESPACE)


class Exercise:
    """A demo inside the namespace."""

    def __init__(self, within: list[str], folder: Path) -> None:
        self.json = folder / "result.json"
        self.log = folder / "log.txt"
        plan = scenario(folder, 60.0)
        command = [*within, sys.executable, "-m", "nodes.cli", "demo", "--scenario", str(plan)]
        command += ["--speed", "5", "--no-page", "--json", str(self.json)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def started(self) -> bool:
        """Whether reports are flowing."""
        return "tracks 4/4/4" in self.log.read_text(encoding="utf-8")

    def result(self) -> dict[str, Any]:
        """Wait for its end, which must be a good one."""
        assert self.process.wait(timeout=240) == 0, self.log.read_text(encoding="utf-8")
        return json.loads(self.json.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


Said = Callable[[str, object], None]
"""pytest's record_property: for the table at the end of make faults."""


def nothing_was_lost(result: dict[str, Any], record_property: Said) -> None:
    record_property("lost", result["reports"]["missing"])
    record_property("digests_equal", len({p["picture_digest"] for p in result["pictures"]}) == 1)
    assert len({p["picture_digest"] for p in result["pictures"]}) == 1
    assert len({p["input_digest"] for p in result["pictures"]}) == 1
    assert result["reports"]["missing"] == 0
    assert result["reports"]["folded"] == result["reports"]["published"] > 150


def test_every_link_cut_and_healed(namespace: list[str], tmp_path: Path, record_property: Said) -> None:
    """Row 4: nobody hears anybody for some seconds; what was published meanwhile is repaired."""
    exercise = Exercise(namespace, tmp_path)
    wait_for(exercise.started, 180.0)
    ip("-n", NAMESPACE, "link", "set", "lo", "down")
    time.sleep(4.0)
    ip("-n", NAMESPACE, "link", "set", "lo", "up")
    nothing_was_lost(exercise.result(), record_property)


def test_links_cut_again_and_again(namespace: list[str], tmp_path: Path, record_property: Said) -> None:
    """Row 6: short cuts one after another."""
    exercise = Exercise(namespace, tmp_path)
    wait_for(exercise.started, 180.0)
    for _ in range(5):
        ip("-n", NAMESPACE, "link", "set", "lo", "down")
        time.sleep(0.5)
        ip("-n", NAMESPACE, "link", "set", "lo", "up")
        time.sleep(0.5)
    nothing_was_lost(exercise.result(), record_property)


def nft(within: list[str], rules: str) -> None:
    subprocess.run([*within, "nft", rules], check=True, capture_output=True)


@pytest.mark.parametrize("cut_s", [3.0, 16.0, 34.0])
def test_links_return_soon_after_a_cut(
    namespace: list[str], tmp_path: Path, cut_s: float, record_property: Said
) -> None:
    """Row 4: packets vanish without a word, as on a broken line. Every one of eight links brings what it
    missed within RETURN_S of the line's return, however long it was cut."""
    if shutil.which("nft") is None:
        pytest.skip("needs nft (Debian: nftables)")
    nft(namespace, "add table inet cut; add chain inet cut in { type filter hook input priority 0; }")
    heard = tmp_path / "heard.txt"
    command = [*namespace, sys.executable, str(KITS / "link_traffic.py"), str(tmp_path / "coalition")]
    (tmp_path / "coalition").mkdir()
    with heard.open("wb") as out:
        traffic = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out)
    try:
        wait_for(lambda: len(_heard(heard)) > 500, 60.0)
        nft(namespace, "chain inet cut in { policy drop; }")
        time.sleep(cut_s)
        until, at_s = max((sequence, t) for t, _, sequence in _heard(heard))
        assert time.monotonic() - at_s > cut_s - 1.0, "nothing was cut"
        nft(namespace, "chain inet cut in { policy accept; }")
        healed_s = time.monotonic()
        time.sleep(RETURN_S + 1.0)
        later = [line for line in _heard(heard) if line[0] > healed_s]
        first_s = [min((t for t, who, _ in later if who == n), default=math.inf) - healed_s for n in range(8)]
        whole_s = [
            min((t for t, who, sequence in later if who == n and sequence == until + 1), default=math.inf)
            - healed_s
            for n in range(8)
        ]
        print(f"cut {cut_s} s: first {sorted(first_s)}, first missed {sorted(whole_s)}")
        record_property("recovery_s", max(whole_s))
        assert max(first_s) < RETURN_S
        assert max(whole_s) < RETURN_S
    finally:
        traffic.kill()
        traffic.wait()


def _heard(path: Path) -> list[tuple[float, int, int]]:
    """When, by whom and which report, by every whole line."""
    lines = path.read_text().rpartition("\n")[0].splitlines()
    return [(float(t), int(who), int(sequence)) for t, who, sequence in map(str.split, lines)]


def test_a_narrow_link(namespace: list[str], tmp_path: Path, record_property: Said) -> None:
    """Row 9: all processes share a few megabits a second; late is not lost."""
    shape = ["tbf", "rate", "6mbit", "burst", "64kbit", "latency", "400ms"]
    run = ["tc", "-n", NAMESPACE, "qdisc", "add", "dev", "lo", "root", *shape]
    if subprocess.run(run, capture_output=True).returncode != 0:
        pytest.skip("this kernel has no tbf")
    nothing_was_lost(Exercise(namespace, tmp_path).result(), record_property)
