"""Nodes restarted as an operator does, under ten reports a second of each.

    python -m benchmarks.restarts [--restarts N] [--seed S]

Three nations' cores and nodes on one machine. Each node is told to stop (SIGTERM) and started again, N
times in all, at moments drawn by the seed, so that two or three may be away at once. Said at the end: what
was refused by anybody, whether all cores hold the same, and how far FINAL was behind the newest report at
most, as each core says twice a second; beside it the same before the first restart. Nodes are started by a
process that has everything imported: a start costs the machine little, and is a start as any other.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from nodes.operations.reporter import read_states
from nodes.operations.state import ProcessState

NATIONS = ("USA", "JPN", "KOR")
UP_S = (0.5, 2.0)
"""How long a node reports before it is stopped again."""
CALM_S = 20.0
SETTLE_S = 60.0
_PLACES = {"USA": (33.0, 128.0), "JPN": (33.5, 129.5), "KOR": (34.5, 127.5)}
_TRIWATCH = [sys.executable, "-P", "-m", "nodes.cli"]


def scenario(folder: Path) -> Path:
    """Three radars that turn ten times a second, four aircraft that all of them see."""
    text = '[scenario]\nname = "restarts"\nstart = 2024-06-27T00:00:00Z\nduration_s = 7200.0\nseed = 3\n'
    for nation, (lat_deg, lon_deg) in _PLACES.items():
        text += f'[[nodes]]\nid = "{nation}-1"\nnation = "{nation}"\nreport_period_s = 0.1\n'
        text += f'[[nodes.sensors]]\nkind = "radar"\nlat_deg = {lat_deg}\nlon_deg = {lon_deg}\nalt_m = 50.0\n'
        text += "range_km = 500.0\nperiod_s = 0.1\npd = 0.95\nsigma_range_m = 30.0\n"
        text += "sigma_azimuth_mrad = 1.0\nsigma_elevation_mrad = 1.0\n"
    for k in range(4):
        lat_deg = 33.0 + 0.3 * k
        text += f'[[objects]]\nid = "F{k}"\nkind = "waypoints"\nenvironment = "AIR"\n'
        text += f"waypoints = [[0.0, {lat_deg}, 127.0, 9000.0], [7200.0, {lat_deg}, 147.0, 9000.0]]\n"
    path = folder / "restarts.toml"
    path.write_text(text)
    return path


def run_node(arguments: list[str]) -> None:
    """One life of a node, in a process of its own: `triwatch node`."""
    from nodes.cli import main

    with suppress(SystemExit):
        main(arguments)


class Restarts:
    """One coalition in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._starts = multiprocessing.get_context("forkserver")
        self._starts.set_forkserver_preload(["nodes.cli.node", "nodes.sensor_node.process"])
        plan = scenario(root.parent)
        run = [*_TRIWATCH, "coalition", "init", str(root), "--scenario", str(plan)]
        subprocess.run(run, check=True, capture_output=True)
        self._node = ["node", "--coalition", str(root), "--scenario", str(plan)]
        self._cores = [
            subprocess.Popen(
                [*_TRIWATCH, "core", "--nation", nation, "--coalition", str(root)], stderr=subprocess.DEVNULL
            )
            for nation in NATIONS
        ]
        self.took_s: list[float] = []
        """Of each restart, from the signal to the new start's first report."""
        self.final_lag_s: dict[str, list[float]] = {"calm": [], "restarts": []}
        self.began = threading.Event()
        """Restarts have begun."""
        self._lock = threading.Lock()
        self._there: set[str] = set()
        """The nodes that have begun: FINAL waits for all of the policy's."""

    def start(self, node_id: str) -> Any:
        """Start a node."""
        process = self._starts.Process(target=run_node, args=([*self._node, "--id", node_id],))
        process.start()
        return process

    def states(self) -> list[ProcessState]:
        """What every process says of itself."""
        return [state for state, _ in read_states(self.root)[0]] if (self.root / "endpoints").is_dir() else []

    def live(self, node_id: str, restarts: int, source: random.Random) -> None:
        """A node's lives, one after the other."""
        process = self.start(node_id)
        self._wait_for_report(node_id, 1)
        with self._lock:
            self._there.add(node_id)
        if len(self._there) == len(NATIONS):
            time.sleep(CALM_S)
            self.began.set()
        self.began.wait()
        for incarnation in range(2, restarts + 2):
            time.sleep(source.uniform(*UP_S))
            stopped_s = time.monotonic()
            process.terminate()
            process.join()
            process = self.start(node_id)
            self._wait_for_report(node_id, incarnation)
            with self._lock:
                self.took_s.append(time.monotonic() - stopped_s)
        time.sleep(source.uniform(*UP_S))
        process.terminate()
        process.join()

    def _wait_for_report(self, node_id: str, incarnation: int) -> None:
        wait_for(lambda: self._reports(node_id, incarnation))

    def _reports(self, node_id: str, incarnation: int) -> bool:
        """Whether a start has reported."""
        return any(
            state.incarnation == incarnation and any(state.published.values())
            for state in self.states()
            if state.id == node_id
        )

    def watch(self, until: threading.Event) -> None:
        """Note how far FINAL is behind."""
        while not until.wait(0.2):
            for state in self.states():
                if state.core is not None and len(self._there) == len(NATIONS):
                    phase = "restarts" if self.began.is_set() else "calm"
                    self.final_lag_s[phase].append(state.core.final_lag_s)

    def close(self) -> None:
        """End the cores."""
        for core in self._cores:
            core.terminate()
            core.wait()


def wait_for(done: Any, within_s: float = 300.0) -> None:
    """Wait. Raises TimeoutError."""
    end_s = time.monotonic() + within_s
    while not done():
        if time.monotonic() > end_s:
            raise TimeoutError(f"not within {within_s:g} s")
        time.sleep(0.05)


def run(restarts: int = 200, seed: int = 1) -> dict[str, Any]:
    """The figures of one run."""
    with tempfile.TemporaryDirectory() as folder:
        made = Restarts(Path(folder) / "coalition")
        try:
            wait_for(lambda: sum(state.core is not None for state in made.states()) == len(NATIONS))
            over = threading.Event()
            watcher = threading.Thread(target=made.watch, args=(over,))
            lives = [
                threading.Thread(
                    target=made.live,
                    args=(
                        f"{nation}-1",
                        restarts // 3 + (k < restarts % 3),
                        random.Random(f"{seed} {nation}"),
                    ),
                )
                for k, nation in enumerate(NATIONS)
            ]
            for thread in (watcher, *lives):
                thread.start()
            for thread in lives:
                thread.join()
            over.set()
            watcher.join()
            with suppress(TimeoutError):
                wait_for(lambda: len({core.input_digest for core in cores(made)}) == 1, SETTLE_S)
            held = cores(made)
            refused: dict[str, int] = {}
            for state in made.states():
                for reason, count in state.refused.items():
                    refused[reason] = refused.get(reason, 0) + count
            took_s = sorted(made.took_s)
            return {
                "restarts": len(took_s),
                "reports folded": [core.folded for core in held],
                "missing": sum(core.missing for core in held),
                "refused": refused,
                "input digests": len({core.input_digest for core in held}),
                "picture digests": len({core.picture_digest for core in held}),
                "FINAL behind s": {phase: spread(lag_s) for phase, lag_s in made.final_lag_s.items()},
                "a restart takes s, median": round(took_s[len(took_s) // 2], 2) if took_s else None,
            }
        finally:
            made.close()


def spread(lag_s: list[float]) -> dict[str, float]:
    """Of what the cores said twice a second."""
    ordered = sorted(lag_s) or [0.0]
    shown = {"median": 0.5, "p99": 0.99, "most": 1.0}
    return {name: round(ordered[int(part * (len(ordered) - 1))], 2) for name, part in shown.items()}


def cores(made: Restarts) -> list[Any]:
    """What the cores say that they hold."""
    return [state.core for state in made.states() if state.core is not None]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--restarts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(json.dumps(run(asked.restarts, asked.seed), indent=1))


if __name__ == "__main__":
    main()
