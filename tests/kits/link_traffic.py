"""A node that publishes a report each 50 ms and eight that hear it, in one process, for a network namespace.

Prints a line for every report heard: when, monotonic s, by whom, and its sequence. Ends with its input.
"""

from __future__ import annotations

import select
import sys
from contextlib import ExitStack
from pathlib import Path

import link_kit
from link_kit import batch
from nodes.control import clock

HEARERS = 8
PERIOD_S = 0.05


def main(root: Path) -> None:
    with ExitStack() as ending:
        node = ending.enter_context(link_kit.endpoint(root))
        hearers = [ending.enter_context(link_kit.listener(root, "report/")) for _ in range(HEARERS)]
        sequence, due_s = 0, 0.0
        while not select.select([sys.stdin], [], [], 0.002)[0]:
            now_s = clock.monotonic_s()
            node.serve()
            if now_s >= due_s:
                due_s = now_s + PERIOD_S
                sequence += 1
                link_kit.publish(node, batch(sequence=sequence))
            for number, hearer in enumerate(hearers):
                hearer.look(now_s)
                for received in hearer.receiver.receive(now_s):
                    print(now_s, number, received.sequence, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
