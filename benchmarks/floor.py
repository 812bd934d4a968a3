"""The floor of `benchmarks.latency`: the same messages at the same moments through a bare relay.

PUB to SUB to PUB to SUB, one message of the picture's size for each of a report's, without keys.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import zmq

from benchmarks.offered import RAMP_S, distribution, found_coalition, sealed, theatre
from benchmarks.roles import (
    PAUSE_S,
    NotMeasuredError,
    announced,
    ended,
    exact_sleep,
    result_of,
    start,
    wait_until,
)
from benchmarks.theatre import NS

MODULE = "benchmarks.floor"


def run_relay(root: Path, size: int) -> None:
    """For every message one of the picture's size."""
    context = zmq.Context()
    receive, send = context.socket(zmq.SUB), context.socket(zmq.PUB)
    for one in (receive, send):
        one.setsockopt(zmq.LINGER, 0)
    receive.setsockopt(zmq.SUBSCRIBE, b"report")
    receive.setsockopt(zmq.RCVHWM, 0)
    send.setsockopt(zmq.SNDHWM, 0)
    receive.connect(f"tcp://127.0.0.1:{announced(root, 'sends')}")
    announced(root, "relays", send.bind_to_random_port("tcp://127.0.0.1"))
    body = bytes(size)
    while True:
        _, _, clock = receive.recv_multipart()
        send.send_multipart([b"picture", body, clock], copy=False)
        if not clock:
            break
    time.sleep(0.5)


def run_bare_sender(root: Path, load: int, seconds: int) -> None:
    """The same messages at the same moments."""
    context = zmq.Context()
    send = context.socket(zmq.PUB)
    send.setsockopt(zmq.SNDHWM, 0)
    announced(root, "sends", send.bind_to_random_port("tcp://127.0.0.1"))
    made = sealed(root, theatre(load), seconds, keys=False)
    announced(root, "reports", len(made))
    announced(root, "receiver")
    exact_sleep()
    time.sleep(0.5)
    start_ns = time.monotonic_ns()
    for due_ns, said in made:
        wait_until(start_ns + due_ns)
        clock = (start_ns + due_ns).to_bytes(8, "big") if due_ns >= RAMP_S * NS else bytes(8)
        send.send_multipart([b"report", said[0][1], clock], copy=False)
        send.send_multipart([b"status", said[1][1]], copy=False)
    send.send_multipart([b"report", b"", b""])
    time.sleep(1.0)


def run_bare_receiver(root: Path) -> None:
    """The latency of every message."""
    context = zmq.Context()
    receive = context.socket(zmq.SUB)
    receive.setsockopt(zmq.SUBSCRIBE, b"picture")
    receive.setsockopt(zmq.RCVHWM, 0)
    receive.connect(f"tcp://127.0.0.1:{announced(root, 'relays')}")
    announced(root, "receiver", 1)
    took = []
    # a relay that does not keep up is given up, before whoever waits for this result gives up
    end_s = time.monotonic() + announced(root, "patience")
    while receive.poll(max(0.0, end_s - time.monotonic()) * 1e3):
        _, _, clock = receive.recv_multipart()
        now_ns = time.monotonic_ns()
        if not clock:
            break
        if any(clock):
            took.append(now_ns - int.from_bytes(clock, "big"))
    (root / "result").write_text(json.dumps(distribution(took)), encoding="ascii")


def floor(load: int, seconds: int, size: int) -> dict[str, Any]:
    """One run of the bare relay."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        found_coalition(root, theatre(load))
        announced(root, "patience", seconds + int(PAUSE_S))
        others = [start(MODULE, "sender", root, load, seconds), start(MODULE, "relay", root, size)]
        receiver = start(MODULE, "receiver", root)
        ended([receiver], seconds + 2 * PAUSE_S)
        ended(others, 5.0)
        return result_of(root)


def main() -> None:
    """Play one role."""
    role, root, *numbers = sys.argv[1:]
    roles = {"sender": run_bare_sender, "relay": run_relay, "receiver": run_bare_receiver}
    try:
        roles[role](Path(root), *map(int, numbers))
    except NotMeasuredError as error:
        sys.exit(f"{role}: {error}")


if __name__ == "__main__":
    main()
