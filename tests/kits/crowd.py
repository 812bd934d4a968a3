"""Nodes of the tests' coalition that report on their own, all in one process:

    python crowd.py DIR [--rows N] [--first K] [--begun NS] [--behind S] [--later NAME] NAME=HZ ...

Any number of nodes. Each report is of N aircraft, made and signed at the moment at which it is valid; the
last three digits of that moment say which node it is of, counted from K. Scenario time runs along
CLOCK_MONOTONIC from the moment NS, or now, which is printed at the start; S seconds behind that here.

Lines on the input: ``NAME=HZ`` sets another rate; each is answered with a line that says how many reports
there were so far. At the input's end the nodes say goodbye. NAME after --later sends fields that this version
does not know.
"""

from __future__ import annotations

import argparse
import os
import select
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import link_kit
from link_kit import START_NS
from nodes.link import codec, topics
from nodes.link.endpoint import LinkEndpoint
from nodes.names import EVERY_MEMBER
from triwatch.v1 import status_pb2, track_pb2

HEARTBEAT_S = 0.2
LATER = bytes.fromhex("aa0603") + b"new" + bytes.fromhex("b00601")
"""Fields 101 (bytes) and 102 (varint) of a TrackBatch."""
NS = 1_000_000_000


class Talker:
    """One node."""

    def __init__(self, endpoint: LinkEndpoint, number: int, rows: int, later: bool) -> None:
        self.endpoint = endpoint
        self.rate_hz = 0.0
        self.due_ns = 0
        self.sequence = 0
        self._number, self._rows, self._later = number, rows, later
        self._sign = endpoint.trust.sign
        self._watermark_ns = START_NS

    def report(self, since_ns: int) -> None:
        """Aircraft on parallel straight courses, ``since_ns`` after the start."""
        time_ns = (START_NS + since_ns) // 1000 * 1000 + self._number
        self.sequence, n = self.sequence + 1, self._rows
        states: list[float] = []
        for k in range(n):
            states += [-3.2e6 + 2e4 * k, 4.1e6 + 1e5 * self._number, 3.7e6 + 2e-7 * since_ns, 0.0, 0.0, 200.0]
        batch = track_pb2.TrackBatch(
            node_id=self.endpoint.id,
            nation=self.endpoint.id[:3],
            incarnation=1,
            sequence=self.sequence,
            stream=EVERY_MEMBER,
            sent_time_ns=time_ns,
            exercise=True,
            local_number=range(1, n + 1),
            valid_time_ns=[time_ns] * n,
            state=states,
            covariance=[(900.0 if r < 3 else 25.0) if r == c else 0.0 for r in range(6) for c in range(r + 1)]
            * n,
            environment=[track_pb2.ENVIRONMENT_AIR] * n,
            status=[track_pb2.TRACK_STATUS_MAINTAINING] * n,
            process_noise=[1.0] * n,
        )
        payload = batch.SerializeToString() + (LATER if self._later else b"")
        body = codec.seal(topics.REPORT, payload, self._sign, time_ns)
        self.endpoint.publisher.publish(topics.report(EVERY_MEMBER, self.endpoint.id), body, 1, self.sequence)
        self._watermark_ns = time_ns

    def say(self, since_ns: int, leaving: bool = False) -> None:
        """The heartbeat: nothing older comes any more."""
        message = status_pb2.NodeStatus(
            node_id=self.endpoint.id,
            nation=self.endpoint.id[:3],
            incarnation=1,
            state=status_pb2.NODE_STATE_LEAVING if leaving else status_pb2.NODE_STATE_ALIVE,
            time_ns=START_NS + since_ns,
        )
        message.punctuation.add(
            stream=EVERY_MEMBER,
            last_sequence=self.sequence,
            low_watermark_ns=max(self._watermark_ns, START_NS),
        )
        body = codec.seal(topics.STATUS, message.SerializeToString(), self._sign, message.time_ns)
        self.endpoint.publisher.publish(topics.status(EVERY_MEMBER, self.endpoint.id), body)


def main() -> None:
    """Report until the input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("rates", nargs="+")
    parser.add_argument("--rows", type=int, default=5)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--begun", type=int)
    parser.add_argument("--behind", type=float, default=0.0)
    parser.add_argument("--later", default="")
    a = parser.parse_args()
    with ExitStack() as ending:
        names = [rate.partition("=")[0] for rate in a.rates]
        talkers = {
            name: Talker(ending.enter_context(link_kit.endpoint(a.root, name)), k, a.rows, name == a.later)
            for k, name in enumerate(names, a.first)
        }
        begun_ns = a.begun or time.monotonic_ns()
        set_rates(talkers, a.rates, time.monotonic_ns())
        print(begun_ns, flush=True)
        begun_ns += round(a.behind * NS)
        heartbeat_s, line = 0.0, b""
        while True:
            now_ns = time.monotonic_ns()
            for talker in talkers.values():
                while talker.rate_hz and talker.due_ns <= now_ns:
                    talker.report(talker.due_ns - begun_ns)
                    talker.due_ns += round(NS / talker.rate_hz)
            if now_ns * 1e-9 >= heartbeat_s:
                heartbeat_s = now_ns * 1e-9 + HEARTBEAT_S
                for talker in talkers.values():
                    talker.say(now_ns - begun_ns)
            for talker in talkers.values():
                talker.endpoint.look(now_ns * 1e-9)
                talker.endpoint.serve()
            if select.select([0], [], [], 0.001)[0]:
                said = os.read(0, 4096)
                if not said:
                    break
                *lines, line = (line + said).split(b"\n")
                for text in lines:
                    set_rates(talkers, [text.decode()] if text else [], time.monotonic_ns())
                    print(sum(talker.sequence for talker in talkers.values()), flush=True)
        end_s = time.monotonic() + 2.0
        while time.monotonic() < end_s:
            for talker in talkers.values():
                talker.say(time.monotonic_ns() - begun_ns, leaving=True)
                talker.endpoint.serve()
            time.sleep(0.1)


def set_rates(talkers: dict[str, Talker], rates: list[str], now_ns: int) -> None:
    for name, _, rate in (text.partition("=") for text in rates):
        talkers[name].rate_hz, talkers[name].due_ns = float(rate), now_ns


if __name__ == "__main__":
    sys.exit(main())
