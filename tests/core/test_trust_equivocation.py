"""A node that signs two contents under one number: every core that saw both holds the same proof and judges
alike, in whatever order they came; whoever saw one learns of the other from its neighbours."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path

import pytest

import link_kit
import trust_kit
from link_kit import START_NS, batch, endpoint, turn
from nodes.control import clock
from nodes.control.piped_clock import TimeSource
from nodes.core.process import CoreProcess
from nodes.link import codec, topics
from nodes.link.codec import Received
from nodes.link.errors import Reason
from nodes.recording import Recording
from nodes.recording.recorder import Recorder
from nodes.replay.refold import Refold

STREAM = link_kit.ALL


@contextmanager
def core(root: Path, nation: str) -> Iterator[CoreProcess]:
    """A core in this process, on the link."""
    trust = trust_kit.credentials(trust_kit.settle(root), f"core-{nation}")
    process = CoreProcess(root, trust, nation, TimeSource())
    process.endpoint.register()
    try:
        yield process
    finally:
        process.close()


def deliver(process: CoreProcess, body: bytes, node_id: str) -> None:
    """One report as the receiver hands it over, first or again."""
    topic = topics.parse(topics.report(STREAM, node_id).encode())
    received = codec.decode(topic, body, process.endpoint.trust)
    receiver = process.endpoint.receiver
    if receiver.repairs.note(topic, received.incarnation, received.sequence, 0.0):
        assert process.ingest.take(received, 0.0)
    else:
        receiver._came_again(received)
    process.ingest.renew(inf)


def judgement(process: CoreProcess) -> tuple[object, ...]:
    """All that must be the same at every core."""
    picture = process.views.fullest.picture
    return (
        picture.input_digest(),
        picture.digest(),
        process.ingest.evidence.equivocations.proofs,
        process.endpoint.rejections.by_reason[Reason.EQUIVOCATION] > 0,
    )


def told() -> list[tuple[str, bytes]]:
    """An honest node's reports, and those of one that tells three stories of one second."""
    reports = [batch("JPN-1", n, x_m=6.5e6) for n in range(1, 6)]
    reports += [batch("KOR-1", n) for n in range(1, 6)]
    reports += [batch("KOR-1", 3, x_m=6.4e6 + 5e3 * k) for k in (1, 2)]
    reports += [batch("KOR-1", 4, x_m=6.6e6)]
    return [(r.node_id, link_kit.body(r)) for r in reports]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The picture of the honest node's reports alone."""
    with core(tmp_path_factory.mktemp("honest"), "USA") as process:
        for node_id, body in told():
            if node_id == "JPN-1":
                deliver(process, body, node_id)
        return judgement(process)[:2]  # type: ignore[return-value]


@pytest.mark.parametrize("seed", range(6))
def test_the_judgement_knows_no_order(tmp_path: Path, seed: int, honest: tuple[str, str]) -> None:
    bodies = told()
    found = []
    for k, nation in enumerate(("JPN", "KOR")):
        random.Random(2 * seed + k).shuffle(bodies)
        with core(tmp_path, nation) as process:
            for node_id, body in bodies:
                deliver(process, body, node_id)
            deliver(process, bodies[0][1], bodies[0][0])  # a mere repetition proves nothing
            found.append(judgement(process))
    assert found[0] == found[1]
    assert found[0][:2] == honest
    ((start, proof),) = found[0][2].items()  # type: ignore[attr-defined]
    assert start == ("KOR-1", 1, STREAM)
    assert proof.sequence == 3
    assert len(set(proof.bodies)) == 2


def test_a_repetition_is_no_equivocation(tmp_path: Path) -> None:
    with core(tmp_path, "JPN") as process:
        for _ in range(3):
            for node_id, body in told()[:10]:
                deliver(process, body, node_id)
        assert not process.ingest.evidence.equivocations.proofs
        assert process.views.fullest.picture.counts.folded == 10


def test_whoever_saw_one_story_learns_of_the_other(tmp_path: Path, honest: tuple[str, str]) -> None:
    """Two stories to two cores, and a third core that comes when all is over."""
    *same, _, _, _ = told()
    one, other = link_kit.body(batch("KOR-1", 6)), link_kit.body(batch("KOR-1", 6, x_m=6.6e6))
    with core(tmp_path, "JPN") as japan, core(tmp_path, "KOR") as korea, endpoint(tmp_path) as liar:
        for process, story in ((japan, one), (korea, other)):
            for node_id, body in same:
                deliver(process, body, node_id)
            deliver(process, story, "KOR-1")
        assert judgement(japan)[0] != judgement(korea)[0]
        liar.publisher.send([topics.report(STREAM, "KOR-1").encode(), other])

        def turn_all(*processes: CoreProcess) -> None:
            turn(liar)
            for process in processes:
                process._turn(clock.monotonic_s())

        def wait(*processes: CoreProcess) -> None:
            end_s = clock.monotonic_s() + 30.0
            while not all(process.ingest.evidence.equivocations.proofs for process in processes):
                assert clock.monotonic_s() < end_s, "never learned of it"
                liar.publisher.send([topics.report(STREAM, "KOR-1").encode(), other])
                turn_all(*processes)

        wait(japan, korea)
        assert judgement(japan) == judgement(korea)
        assert judgement(japan)[:2] == honest
        with core(tmp_path, "USA") as late:
            wait(japan, korea, late)
            end_s = clock.monotonic_s() + 30.0
            while judgement(late) != judgement(japan):
                assert clock.monotonic_s() < end_s, "never came to the same judgement"
                turn_all(japan, korea, late)


def test_a_recording_is_judged_alike(tmp_path: Path, honest: tuple[str, str]) -> None:
    trust = trust_kit.signer("core-USA")
    recorder = Recorder(tmp_path / "x.mcap", trust.coalition)
    seen: set[tuple[str, int]] = set()
    for node_id, body in told():
        topic = topics.parse(topics.report(STREAM, node_id).encode())
        received: Received = codec.decode(topic, body, trust)
        key = (node_id, received.sequence)
        (recorder.again if key in seen else recorder.take)(received, START_NS)
        if key not in seen:
            recorder.again(received, START_NS)  # a repetition is not recorded
        seen.add(key)
    recorder.close()
    refold = Refold(Recording(tmp_path / "x.mcap"))
    refold.run()
    assert refold.signatures.summary() == {"state": "verified", "verified": 13, "refused": {}}
    picture = refold.nationals["USA"].picture
    assert (picture.input_digest(), picture.digest()) == honest
