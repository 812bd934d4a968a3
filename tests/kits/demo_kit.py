"""A small exercise, and its launcher as a process, for the tests of the demo and the cores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

NATIONS = ("USA", "JPN", "KOR")
TRIWATCH = [sys.executable, "-P", "-m", "nodes.cli"]

_NODE = """
[[nodes]]
id = "{nation}-1"
nation = "{nation}"
report_period_s = 1.0
{extra}
  [[nodes.sensors]]
  kind = "radar"
  lat_deg = {lat}
  lon_deg = {lon}
  alt_m = 50.0
  range_km = 500.0
  period_s = 1.0
  pd = 0.95
  sigma_range_m = 30.0
  sigma_azimuth_mrad = 1.0
  sigma_elevation_mrad = 1.0
"""

_OBJECT = """
[[objects]]
id = "F{k}"
kind = "waypoints"
environment = "AIR"
waypoints = [[0.0, {lat}, 127.0, 9000.0], [3600.0, {lat}, 137.0, 9000.0]]
"""


_PLACES = {"USA": (33.0, 128.0), "JPN": (33.5, 129.5), "KOR": (34.5, 127.5)}


def scenario(
    folder: Path,
    duration_s: float = 60.0,
    *,
    nations: tuple[str, ...] = NATIONS,
    extra: str = "",
    name: str = "small",
) -> Path:
    """Nations with a radar each and four aircraft that all of them see; ``extra`` is for Japan's node."""
    text = f'[scenario]\nname = "{name}"\nstart = 2024-06-27T00:00:00Z\nduration_s = {duration_s}\nseed = 3\n'
    for nation in nations:
        lat, lon = _PLACES[nation]
        text += _NODE.format(nation=nation, lat=lat, lon=lon, extra=extra if nation == "JPN" else "")
    for k in range(4):
        text += _OBJECT.format(k=k, lat=33.0 + 0.3 * k)
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


class Run:
    """``triwatch demo`` as a process, with a temporary folder of its own."""

    def __init__(self, folder: Path, *arguments: str, **options: Any) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir(parents=True)
        self.json = folder / "result.json"
        self.process = subprocess.Popen(
            [*TRIWATCH, "demo", "--no-page", *arguments, "--json", str(self.json)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "TMPDIR": str(self.temporary)},
            **options,
        )
        self.said = ""

    @property
    def children(self) -> list[int]:
        """Process ids of the nodes and cores that the launcher had started."""
        return started_by(self.process.pid)

    def read_until(self, word: str) -> None:
        """Read what it says up to a line with ``word``."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if word in line:
                return
        raise AssertionError(f"never said {word!r}:\n{self.said}")

    def end(self, within_s: float = 280.0) -> int:
        """Wait for its end; the exit code."""
        rest, _ = self.process.communicate(timeout=within_s)
        self.said += rest
        return self.process.returncode

    def result(self) -> dict[str, Any]:
        """The JSON it wrote."""
        return json.loads(self.json.read_text())  # type: ignore[no-any-return]

    def leftovers(self) -> list[str]:
        """What it left in its temporary folder."""
        return [p.name for p in self.temporary.iterdir()]


def children(pid: int) -> list[int]:
    """Process ids of a process's children, whichever of its threads started them."""
    listed = [tasks.read_text() for tasks in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(word) for words in listed for word in words.split()]


def started_by(launcher: int) -> list[int]:
    """Process ids of a demo's nodes and cores: forked from one that the launcher has for it."""
    below = [pid for child in children(launcher) for pid in children(child)]
    return [pid for pid in below if "nodes.cli" in command_line(pid)]


def command_line(pid: int) -> list[str]:
    """What starts the same process, word by word; nothing where there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for(done: Callable[[], bool], within_s: float = 120.0) -> None:
    """Wait until ``done``; fails after ``within_s``."""
    end_s = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < end_s, f"not within {within_s} s"
        time.sleep(0.02)
