"""The radar of docs/extending.md: at most 60 lines, run as they stand, seen in a real core's picture."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import scan_kit
from demo_kit import TRIWATCH, wait_for
from ports_kit import free_port
from scan_kit import START_NS, aircraft, measured
from stranger import StrangeReader

LINES_MAX = 60
PERIOD_S = 2.0


def programme(repo: Path) -> str:
    """The only block of the page that is a whole programme."""
    blocks = (repo / "docs" / "extending.md").read_text(encoding="utf-8").split("```python\n")[1:]
    (code,) = (block for block in (b.split("```")[0] for b in blocks) if block.startswith('"""radar.py'))
    return code


def test_it_has_at_most_sixty_lines(repo: Path) -> None:
    assert len(programme(repo).splitlines()) <= LINES_MAX


@pytest.mark.processes
def test_its_aircraft_is_in_a_cores_picture(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "radar.py").write_text(programme(repo), encoding="utf-8")
    (tmp_path / "radar.toml").write_text(scan_kit.SCENARIO)
    root, address = tmp_path / "coalition", f"tcp://127.0.0.1:{free_port()}"
    init = [*TRIWATCH, "coalition", "init", str(root), "--scenario", str(tmp_path / "radar.toml")]
    subprocess.run(init, check=True, capture_output=True)
    looks: Looks | None = None
    started: list[subprocess.Popen[str]] = []

    def start(*command: str) -> subprocess.Popen[str]:
        log = (tmp_path / f"{len(started)}.log").open("w")
        started.append(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True, cwd=repo)
        )
        return started[-1]

    try:
        start(*TRIWATCH, "core", "--nation", "KOR", "--coalition", str(root))
        entry = root / "endpoints" / "core-KOR.json"
        wait_for(entry.exists)
        # a coalition whose clock began 100 s ago, ten times as fast as the wall's
        speed, origin_ns = 10.0, time.time_ns() - 10_000_000_000
        epoch = {"start_ns": START_NS, "origin_ns": origin_ns, "speed": speed}
        (root / "epoch.json").write_text(json.dumps(epoch))
        node = start(
            *(*TRIWATCH, "node", "--id", "KOR-1", "--scenario", str(tmp_path / "radar.toml")),
            *("--coalition", str(root), "--scans-from", address, "--json", str(tmp_path / "node.json")),
        )
        place = (str(scan_kit.LAT_DEG), str(scan_kit.LON_DEG), str(scan_kit.ALT_M))
        radar = start(sys.executable, str(tmp_path / "radar.py"), address, str(root), "KOR-1", *place)
        reader = StrangeReader(root, json.loads(entry.read_text(encoding="ascii")))
        looks = Looks(radar, origin_ns, speed)
        looks.start()

        def in_the_picture() -> bool:
            reader.begin(5_000)
            time_ns = reader.head.get("time_ns", 0)
            return any(row["time_ns"] == time_ns and row["environment"] == 1 for row in reader.rows.values())

        wait_for(in_the_picture)
        wanted = looks.said + 10
        wait_for(lambda: looks.said >= wanted)
        reader.begin(5_000)
        (row,) = reader.rows.values()
        t_s = (row["time_ns"] - START_NS) * 1e-9
        # 1 mrad at 100 km is 100 m across the line of sight; a minute of looks halves that
        assert np.linalg.norm(np.array(row["state"][:3]) - aircraft(t_s)) < 300.0
        speed_m_s = np.linalg.norm(row["state"][3:])
        assert abs(speed_m_s - np.linalg.norm(aircraft(t_s + 1.0) - aircraft(t_s))) < 30.0
        looks.over.set()
        looks.join()
        reader.close()
        node.terminate()
        assert node.wait(30) == 0
        scans = json.loads((tmp_path / "node.json").read_text())["scans"]
        assert scans["taken"] >= 10
        assert scans["refused"] == {}
    finally:
        if looks is not None:
            looks.over.set()
        for process in started:
            process.kill()
            process.wait()


class Looks(threading.Thread):
    """Writes the looks of a radar, with their noise, each when it is due: a radar waits for no reader."""

    def __init__(self, radar: subprocess.Popen[str], origin_ns: int, speed: float) -> None:
        super().__init__(daemon=True)
        self._radar, self._origin_ns, self._speed = radar, origin_ns, speed
        self.said = 0
        self.over = threading.Event()

    def run(self) -> None:
        rng = np.random.default_rng(11)
        next_s = np.ceil((time.time_ns() - self._origin_ns) * 1e-9 * self._speed / PERIOD_S) * PERIOD_S
        assert self._radar.stdin is not None
        while True:
            utc_s = self._origin_ns * 1e-9 + next_s / self._speed
            if self.over.wait(max(0.0, utc_s - time.time())):
                return
            noisy = np.array(measured(aircraft(next_s))) + rng.normal(0.0, [30.0, 0.0573, 0.0573])
            print(utc_s, *noisy, file=self._radar.stdin, flush=True)
            self.said += 1
            next_s += PERIOD_S
