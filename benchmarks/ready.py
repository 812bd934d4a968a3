"""How soon a process is ready, and how large it is: ``python -m benchmarks.ready``.

A process is ready when its entry stands in the coalition directory, with warm caches: kernels compiled,
modules byte-compiled. The least and the median of several starts, by itself and forked as `triwatch demo` has
it, from a process that has everything loaded. Memory is the resident set of a fold, in a
process of its own with all that a core imports, that holds so many live tracks after 8 s of four nodes'
reports; what a whole core takes stands beside each load of `benchmarks.latency`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from nodes import coalition
from nodes.bench.traffic import Traffic
from nodes.demo.forks import Forks
from nodes.simulation.loader import load
from nodes.simulation.members import policy_of

SCENARIO = "medium_range"
READY_MAX_S = 300.0

_CORE = """
import json, resource, struct, sys
from pathlib import Path
import nodes.core.process, nodes.core.warnings
from fusion import Picture, Report
from triwatch.v1 import status_pb2
picture, told = Picture(), sys.stdin.buffer
while size := told.read(8):
    report, status = (told.read(n) for n in struct.unpack("<2I", size))
    picture.add(Report.from_bytes(report))
    picture.punctuate(status_pb2.NodeStatus.FromString(status))
    picture.delta()
pages = int(Path("/proc/self/statm").read_text().split()[1])
print(json.dumps([picture.live, pages * resource.getpagesize() / 2**20]))
"""


def ready_s(
    root: Path, process_id: str, arguments: Sequence[str], start: Callable[[list[str]], Process]
) -> float:
    """Seconds from a process's start to its entry in the coalition directory."""
    entry = root / "endpoints" / f"{process_id}.json"
    begin_s = time.monotonic()
    process = start([*arguments, "--coalition", str(root)])
    try:
        while not entry.exists():
            if process.ended() or time.monotonic() > begin_s + READY_MAX_S:
                raise RuntimeError(f"{process_id} did not come up")
            time.sleep(0.005)
        return time.monotonic() - begin_s
    finally:
        process.end()


class Process(Protocol):
    """A started process."""

    def ended(self) -> bool: ...

    def end(self) -> None: ...


class ByItself:
    """Started by its command."""

    def __init__(self, arguments: list[str]) -> None:
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nodes.cli", *arguments], env=environment, stderr=subprocess.DEVNULL
        )

    def ended(self) -> bool:
        """Whether it has."""
        return self._process.poll() is not None

    def end(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


class Forked:
    """Forked, as a demo's are."""

    def __init__(self, forks: Forks, arguments: list[str]) -> None:
        self._forks = forks
        with open(os.devnull, "r+b") as nothing:
            self._pid = forks.fork(arguments, [nothing.fileno()] * 3)

    def ended(self) -> bool:
        """Whether it has."""
        return self._forks.ended(self._pid) is not None

    def end(self) -> None:
        """End it."""
        os.kill(self._pid, signal.SIGTERM)
        self._forks.ended(self._pid, None)


def memory_mb(targets: int) -> float:
    """Resident megabytes of a core that holds so many tracks."""
    core = subprocess.Popen(
        [sys.executable, "-c", _CORE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1 << 20
    )
    assert core.stdin is not None
    for sent in Traffic(targets).reports(8):
        status = sent.status.SerializeToString()
        core.stdin.write(struct.pack("<2I", len(sent.payload), len(status)) + sent.payload + status)
    done, _ = core.communicate()
    live, size_mb = json.loads(done)
    if live != targets:
        raise RuntimeError(f"{live} tracks of {targets} targets")
    return float(size_mb)


def run(quick: bool = False) -> dict[str, Any]:
    """The figures."""
    starts = 2 if quick else 5
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        scenario = load(SCENARIO)
        first = scenario.nodes[0]
        coalition.found(root, policy_of(scenario))
        runs = {
            "core": (coalition.core_id(first.nation), "core", "--nation", first.nation),
            "node": (first.id, "node", "--id", first.id, "--scenario", SCENARIO),
        }
        with closing(Forks()) as forks:
            ways = {"ready s": ByItself, "forked, ready s": partial(Forked, forks)}
            took_s = {
                f"{name} {what}": [ready_s(root, run[0], run[1:], way) for _ in range(starts + 1)][1:]
                for name, run in runs.items()
                for what, way in ways.items()
            }
    # of each, the first start filled the caches
    return {
        **{
            name: {"least": round(min(took), 2), "median": round(statistics.median(took), 2)}
            for name, took in took_s.items()
        },
        "core MB by tracks": {str(n): round(memory_mb(n)) for n in ((1000,) if quick else (1000, 10_000))},
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    print(json.dumps(run(parser.parse_args().quick), indent=1))


if __name__ == "__main__":
    main()
