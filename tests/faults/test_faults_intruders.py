"""Rows 11 and 12 with real cores: bytes that are nothing, and messages that nobody should believe."""

from __future__ import annotations

import contextlib
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import crowd_kit
import link_kit
import trust_kit
from compose_kit import Said
from crowd_kit import Crowd, footprint
from demo_kit import wait_for
from link_kit import START_NS, batch
from nodes.link import codec, topics
from nodes.link.directory import Directory
from nodes.names import EVERY_MEMBER

pytestmark = [pytest.mark.faults, pytest.mark.processes, pytest.mark.timeout(600)]


@pytest.fixture
def cores(tmp_path: Path) -> Iterator[Crowd]:
    """Two nations' cores to which three nodes report."""
    with crowd_kit.crowd(tmp_path, "USA", "JPN") as made:
        made.talk("KOR-1=5", "JPN-1=5", "USA-1=5")
        wait_for(made.folds, 180.0)
        yield made


def test_bytes_that_are_no_zeromq(cores: Crowd, record_property: Said) -> None:
    """Row 11: raw TCP with random bytes, half a greeting, a greeting and then noise, a frame said to be huge;
    thousands of connections, some left open. All else goes on."""
    source = random.Random(11)
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x01CURVE".ljust(22, b"\0") + b"\0" + bytes(31)
    record = Directory(cores.root).endpoints()["core-USA"]
    before, open_ones = footprint(cores.cores["USA"].pid), list[socket.socket]()
    try:
        for k in range(1500):
            host, port = (record.pub, record.request)[k % 2].removeprefix("tcp://").rsplit(":", 1)
            raw = socket.create_connection((host, int(port)), timeout=10)
            noise = source.randbytes(source.randrange(1, 2000))
            said = (noise, greeting[: k % 64], greeting + noise, greeting + b"\x02" + b"\xff" * 8 + noise)[
                k % 4
            ]
            with contextlib.suppress(OSError):  # dropped already
                raw.sendall(said)
            if k % 10:
                raw.close()
            else:
                open_ones.append(raw)
    finally:
        time.sleep(3.0)
        assert all(core.poll() is None for core in cores.cores.values())
        for raw in open_ones:
            raw.close()
    record_property("recovery_s", cores.end_whole(record_property))
    wait_for(lambda: footprint(cores.cores["USA"].pid).descriptors <= before.descriptors + 8, 60.0)


def test_what_nobody_should_believe(cores: Crowd, record_property: Said) -> None:
    """Row 12: one member forges another's reports, replays them, signs with a wrong key, sends mutants of
    good bodies: each is refused for its reason and counted, a replay changes nothing, and the picture is
    that of the honest."""
    source = random.Random(12)
    mine, others = (
        batch(name, 10**6, stream=EVERY_MEMBER).SerializeToString() for name in ("KOR-1", "KOR-9")
    )
    good = seal(cores, mine, "KOR-1")
    topic = topics.report(EVERY_MEMBER, "KOR-1")
    said = {
        "foreign key": (topic, seal(cores, mine, "KOR-9")),
        "mismatch": (topic, seal(cores, others, "KOR-1")),
        "signature": (topic, good.replace(mine[-8:], bytes(8))),
        "envelope": (topic, b"\xff" * 17),
        "topic": ("report/jpn/KOR-1", good),
    }
    with link_kit.endpoint(cores.root, "KOR-9") as liar:
        end_s = time.monotonic() + 60.0
        while not said.keys() - {"topic"} <= cores.refused("USA").keys():
            assert time.monotonic() < end_s, cores.refused("USA")
            for name, body in said.values():
                liar.publisher.send([name.encode(), body])
            liar.look(time.monotonic())
            liar.serve()
            time.sleep(0.05)
        for _ in range(2000):
            mutant = bytearray(good)
            for _ in range(source.randrange(1, 4)):
                mutant[source.randrange(len(mutant))] ^= 1 << source.randrange(8)
            liar.publisher.send([topic.encode(), bytes(mutant)])
            liar.serve()
        # replayed: the honest node's own bytes, from another socket
        replayed = list(_heard(cores, 3.0))
        for frames in replayed * 3:
            liar.publisher.send(frames)
            liar.serve()
        time.sleep(1.0)
    assert replayed
    assert sum(cores.refused("USA").values()) > 1000
    record_property("recovery_s", cores.end_whole(record_property))


def seal(cores: Crowd, payload: bytes, name: str) -> bytes:
    """A report signed by a node."""
    return codec.seal(topics.REPORT, payload, trust_kit.credentials(cores.root, name).sign, START_NS)


def _heard(cores: Crowd, seconds: float) -> Iterator[list[bytes]]:
    """What nodes publish just now, as it comes."""
    with link_kit.listener(cores.root, "report/", name="core-KOR") as ear:
        end_s = time.monotonic() + seconds
        while (now_s := time.monotonic()) < end_s:
            ear.look(now_s)
            for received in ear.receiver.receive(now_s):
                yield [received.topic.text.encode(), received.body]
            ear.wait(0.05)
