"""A stranger who has read only proto/README.md publishes reports and reads the picture they made."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from stranger import StrangeNode, StrangeReader

START_NS = 1_719_446_400_000_000_000
ORIGIN = np.array([-3_290_000.0, 4_010_000.0, 3_700_000.0])
VELOCITY = np.array([-210.0, 95.0, -12.0])
PATIENCE_S = 60.0


@pytest.fixture
def coalition(tmp_path: Path) -> Path:
    """A coalition that has admitted the stranger."""
    root = tmp_path / "coalition"
    for arguments in (["init", root, "--nations", "JPN,USA"], ["add", root, "--node", "X-1", "--of", "USA"]):
        command = [sys.executable, "-m", "nodes.cli", "coalition", *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True)
    return root


@pytest.fixture
def core(coalition: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "nodes.cli", "core", "--nation", "JPN", "--coalition", str(coalition)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    yield process
    process.kill()
    process.wait()


def until(condition: Callable[[], bool], work: Callable[[], object]) -> None:
    """Keep working until the condition holds; fail after a patience no healthy run comes near."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        work()


@pytest.mark.processes
def test_from_the_page_alone(coalition: Path, core: subprocess.Popen[bytes]) -> None:
    entry = coalition / "endpoints" / "core-JPN.json"
    until(entry.exists, lambda: time.sleep(0.05))
    node = StrangeNode(coalition, "X-1", "USA", "")
    reader = StrangeReader(coalition, json.loads(entry.read_text(encoding="ascii")))

    def time_ns(sequence: int) -> int:
        return START_NS + sequence * 1_000_000_000

    def publish(sequence: int) -> None:
        node.report(
            sequence,
            time_ns(sequence),
            [*(ORIGIN + sequence * VELOCITY), *VELOCITY],
            live=sequence % 3 != 0,  # every third is lost on the way and must be asked for
        )

    def heartbeats_and_repair() -> None:
        node.heartbeat(10, time_ns(10))
        node.serve(100)

    def everything_is_final() -> bool:
        reader.begin(5_000)
        return bool(reader.head.get("final_time_ns") == time_ns(10))

    try:
        for sequence in range(1, 11):
            publish(sequence)
        until(everything_is_final, heartbeats_and_repair)
        assert node.asked >= 3
        assert [row["contributors"] for row in reader.rows.values()] == [["X-1"]]

        for sequence in range(11, 21):
            publish(sequence)
        node.heartbeat(20, time_ns(20), leaving=True)

        def serve_and_follow() -> None:
            node.serve(50)
            reader.follow(50)

        until(lambda: reader.head["time_ns"] == time_ns(20), serve_and_follow)
        (track,) = reader.rows.values()
        assert track["time_ns"] == time_ns(20)
        assert track["environment"] == 1
        # an exact report of 30 m a priori: the picture must stand where the reports stood
        assert np.allclose(track["state"][:3], ORIGIN + 20 * VELOCITY, atol=1.0)
        assert np.allclose(track["state"][3:], VELOCITY, atol=0.1)
    finally:
        node.close()
        reader.close()
    core.send_signal(signal.SIGTERM)
    assert core.wait(PATIENCE_S) == 0
