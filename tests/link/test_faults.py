"""The fault matrix's rows that need a network of their own: run by make faults, as root.

Each runs a whole exercise in a network namespace, where the test breaks the loopback that every process
talks through. In every row: all cores end with the same bytes, and no report is lost.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo_kit import scenario, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.processes]

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


def nothing_was_lost(result: dict[str, Any]) -> None:
    assert len({p["picture_digest"] for p in result["pictures"]}) == 1
    assert len({p["input_digest"] for p in result["pictures"]}) == 1
    assert result["reports"]["missing"] == 0
    assert result["reports"]["folded"] == result["reports"]["published"] > 150


def test_every_link_cut_and_healed(namespace: list[str], tmp_path: Path) -> None:
    """Row 4: nobody hears anybody for some seconds; what was published meanwhile is repaired."""
    exercise = Exercise(namespace, tmp_path)
    wait_for(exercise.started, 180.0)
    ip("-n", NAMESPACE, "link", "set", "lo", "down")
    time.sleep(4.0)
    ip("-n", NAMESPACE, "link", "set", "lo", "up")
    nothing_was_lost(exercise.result())


def test_links_cut_again_and_again(namespace: list[str], tmp_path: Path) -> None:
    """Row 6: short cuts one after another."""
    exercise = Exercise(namespace, tmp_path)
    wait_for(exercise.started, 180.0)
    for _ in range(5):
        ip("-n", NAMESPACE, "link", "set", "lo", "down")
        time.sleep(0.5)
        ip("-n", NAMESPACE, "link", "set", "lo", "up")
        time.sleep(0.5)
    nothing_was_lost(exercise.result())


def test_a_narrow_link(namespace: list[str], tmp_path: Path) -> None:
    """Row 9: all processes share a few megabits a second; late is not lost."""
    shape = ["tbf", "rate", "6mbit", "burst", "64kbit", "latency", "400ms"]
    run = ["tc", "-n", NAMESPACE, "qdisc", "add", "dev", "lo", "root", *shape]
    if subprocess.run(run, capture_output=True).returncode != 0:
        pytest.skip("this kernel has no tbf")
    nothing_was_lost(Exercise(namespace, tmp_path).result())
