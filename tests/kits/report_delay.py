"""Prints the wall time in ms from nodes' reports to a core's picture, median and 99th percentile:
report_delay.py DIR NATION N.

One of the N samples for each reading of a publisher's clock on a picture. Of one kernel's processes alone:
they share CLOCK_MONOTONIC.
"""

from __future__ import annotations

import sys
import time
from contextlib import closing
from pathlib import Path
from statistics import quantiles

from nodes.coalition import of_reader
from nodes.link import topics
from nodes.link.directory import Directory
from nodes.link.endpoint import Listener


def main(root: Path, nation: str, count: int) -> None:
    """Follow the picture of the core in ``root``."""
    waits_ms: list[float] = []
    with closing(Listener(Directory(root), of_reader(root, nation), [topics.picture(nation)])) as listener:
        while len(waits_ms) < count:
            listener.look(time.monotonic())
            for received in listener.receiver.receive(time.monotonic()):
                now_ns = time.monotonic_ns()
                waits_ms += [(now_ns - sent_ns) * 1e-6 for sent_ns in received.clock_ns[1:]]
            listener.wait(0.1)
    cuts = quantiles(waits_ms[-count:], n=100, method="inclusive")
    print(cuts[49], cuts[98])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
