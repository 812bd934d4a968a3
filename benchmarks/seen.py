"""How soon an operator sees a fault: ``python -m benchmarks.seen [--rounds N]``.

Japan and Korea on one machine, the United States on another, real processes. Each round a report is
refused, a node stops without a word and the line to the other machine's core falls silent; of each, the
seconds until `triwatch status` and Japan's `/metrics` say so, and until the metrics say that it is over. At
most SEEN_S is promised; the exit status is 1 where anything took longer.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import zmq
from rich.console import Console
from rich.table import Table

from nodes.coalition import of_process

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/kits"))
import link_kit
from demo_kit import wait_for
from operators_kit import Machines, metrics, status

SEEN_S = 5.0
Took = dict[str, list[float]]
Key = tuple[str, tuple[str, ...]]
"""A metric's name and the values of its labels."""


def problems(made: Machines) -> str:
    """What `triwatch status` says is wrong."""
    return "\n".join(status(made.here)[1]["problems"])


def folded(made: Machines) -> int:
    """Reports folded by the core that has the fewest."""
    cores = [p["core"] for p in status(made.here)[1]["processes"] if p["core"]]
    return min((core["folded"] for core in cores), default=0)


class Seen:
    """Seconds of each fault, by where it was seen."""

    def __init__(self, made: Machines) -> None:
        self.made = made
        self.took: Took = {}

    def note(self, what: str, fault: Callable[[], bool], began_s: float) -> None:
        """Wait until a fault is seen; since it began."""
        wait_for(fault)
        self.took.setdefault(what, []).append(time.monotonic() - began_s)

    def gauge(self, key: Key) -> float:
        """What Japan's core says; 0 of what it has not said yet."""
        return metrics(self.made.metrics).get(key, 0.0)

    def refuse(self, hostile: zmq.Socket[bytes]) -> None:
        """A member sends what is no report."""
        key = ("triwatch_refused_total", ("envelope",))
        before = self.gauge(key)
        said = self.refusals() > 0
        for _ in range(3):
            hostile.send_multipart([b"report//KOR-1", os.urandom(200)])
        began_s = time.monotonic()
        self.note(
            "refused report, metrics", lambda: metrics(self.made.metrics).get(key, 0.0) > before, began_s
        )
        if not said:  # of the round before it is said for a while
            self.note("refused report, status", lambda: self.refusals() > 0, began_s)

    def refusals(self) -> int:
        """How often `triwatch status` says that something was refused."""
        return problems(self.made).count("refused reports or peers lately")

    def silence(self, what: str, process: subprocess.Popen[bytes], gauge: Key, problem: str) -> None:
        """A process stops without a word, and goes on when that was seen."""
        process.send_signal(signal.SIGSTOP)
        began_s = time.monotonic()
        self.note(f"{what}, metrics", lambda: self.gauge(gauge) == 0.0, began_s)
        self.note(f"{what}, status", lambda: problem in problems(self.made), began_s)
        process.send_signal(signal.SIGCONT)
        began_s = time.monotonic()
        self.note(f"{what} over, metrics", lambda: self.gauge(gauge) == 1.0, began_s)


def rounds(made: Machines, count: int) -> Took:
    """All faults, so many times."""
    seen = Seen(made)
    made.start_core()
    usa = made.start_far_core()
    korea = made.node(made.here, "KOR-1")
    made.node(made.here, "JPN-1")
    made.node(made.there, "USA-1", "--peer", made.peer)
    context = zmq.Context()
    keys = of_process(made.here, "KOR-9", "KOR").transport
    hostile = link_kit.raw_server(context, zmq.XPUB, "KOR-9", made.here, keys)
    node, line = ("triwatch_heard", ("KOR-1", "node")), ("triwatch_line_up", ("core-USA",))
    try:
        wait_for(lambda: folded(made) > 20)
        wait_for(lambda: metrics(made.metrics).get(line) == 1.0)
        # what nobody subscribes to, nobody refuses
        wait_for(lambda: bool(hostile.poll(100)))
        time.sleep(2.0)
        for _ in range(count):
            seen.refuse(hostile)
            seen.silence("silent node", korea, node, "core-JPN: node KOR-1 is")
            seen.silence("cut line", usa, line, "the line to core-USA is silent")
    finally:
        hostile.close()
        context.term()
    return seen.took


def main() -> int:
    """Print the figures; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    with tempfile.TemporaryDirectory() as folder:
        made = Machines(Path(folder))
        try:
            took = rounds(made, parser.parse_args().rounds)
        finally:
            made.end()
    table = Table("fault, where", "rounds", "median s", "most s")
    for what, all_s in took.items():
        ordered = sorted(all_s)
        table.add_row(what, str(len(ordered)), f"{ordered[len(ordered) // 2]:.2f}", f"{ordered[-1]:.2f}")
    Console().print(table)
    most_s = max(max(all_s) for all_s in took.values())
    print(f"at most {most_s:.1f} s of {SEEN_S:g} s, load {os.getloadavg()[0]:.1f}")
    return 0 if most_s <= SEEN_S else 1


if __name__ == "__main__":
    sys.exit(main())
