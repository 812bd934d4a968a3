"""Members that keep to no rule: they contradict themselves, claim what cannot be, or have lost their keys."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from members import STREAM
from world import START_NS

from nodes.coalition.signing import Signer
from nodes.link import codec, topics
from nodes.link.limits import SEQUENCE_MAX
from triwatch.v1 import envelope_pb2, status_pb2, track_pb2

if TYPE_CHECKING:
    from faults import Fault, Scene

INVENTED = 900


def two_stories(scene: Scene, fault: Fault) -> None:
    """One report is told to everybody, another under its number to some."""
    host = scene.world.hosts[fault.target]

    def spoil(batch: track_pb2.TrackBatch) -> track_pb2.TrackBatch:
        other = track_pb2.TrackBatch()
        other.CopyFrom(batch)
        other.state[0] += 2e4
        assert host.running is not None
        endpoint = host.running.endpoint
        body = codec.seal(
            topics.REPORT, other.SerializeToString(), endpoint.trust.sign, max(other.valid_time_ns)
        )
        pipes = sorted(endpoint.publisher.socket.pipes.values(), key=lambda pipe: pipe.id)
        for pipe in random.Random(str(fault)).sample(pipes, (len(pipes) + 1) // 2):
            pipe.send(False, [topics.report(STREAM, fault.target).encode(), body])
        return batch

    scene.once(fault, spoil)


def behind_watermark(scene: Scene, fault: Fault) -> None:
    """A report is valid before the node's own watermark."""

    def spoil(batch: track_pb2.TrackBatch) -> track_pb2.TrackBatch:
        batch.valid_time_ns[:] = [time_ns - 5_000_000_000 for time_ns in batch.valid_time_ns]
        return batch

    scene.once(fault, spoil)


def absurd_watermark(scene: Scene, fault: Fault) -> None:
    """A heartbeat says that nothing comes before the year 2100; then reports come."""

    def lie(status: status_pb2.NodeStatus) -> None:
        scene.lives[fault.target].lie = None
        scene.world.count(fault.kind)
        status.punctuation[0].low_watermark_ns = START_NS + 2_400_000_000_000_000_000

    scene.lives[fault.target].lie = lie


def absurd_sequence(scene: Scene, fault: Fault) -> None:
    """A heartbeat claims 9e15 reports."""

    def lie(status: status_pb2.NodeStatus) -> None:
        scene.lives[fault.target].lie = None
        scene.world.count(fault.kind)
        status.punctuation[0].last_sequence = SEQUENCE_MAX

    scene.lives[fault.target].lie = lie


def ghost(scene: Scene, fault: Fault) -> None:
    """A node invents a track of its own, to the end."""
    life = scene.lives[fault.target]

    def spoil(batch: track_pb2.TrackBatch) -> track_pb2.TrackBatch:
        scene.world.count(fault.kind)
        batch.state[0] += 3e5 * (1.0 + fault.amount)
        return batch

    life.spoil = spoil


def false_holdings(scene: Scene, fault: Fault) -> None:
    """A core says that it holds what nobody ever published, of everybody, in one message."""
    host = scene.world.hosts[fault.target]
    if host.running is None:
        return
    endpoint = host.running.endpoint
    nation = fault.target.removeprefix("core-")
    said = status_pb2.CoreStatus(nation=nation, incarnation=host.starts)
    for number in range(INVENTED):
        said.holding.add(
            node_id=sorted(scene.lives)[number % len(scene.lives)],
            incarnation=1 + number // len(scene.lives),
            stream=STREAM,
            last_sequence=SEQUENCE_MAX,
        )
    with scene.world.of(host):
        body = codec.seal(topics.CORE_STATUS, said.SerializeToString(), endpoint.trust.sign, 0)
        endpoint.publisher.send([topics.core_status(nation, STREAM).encode(), body])
    scene.world.count(fault.kind)


def forge(scene: Scene, target: str, key: Signer, from_ns: int) -> None:
    """Whoever has a node's old key tells of what comes after it under the node's next numbers."""
    host, life = scene.world.hosts[target], scene.lives[target]
    if host.running is None:
        return
    for ahead in range(3):
        batch = life.report()
        batch.sequence = life.sequence + 1 + ahead
        batch.state[0] += 5e4
        batch.valid_time_ns[:] = [max(from_ns, life.time_ns) + 1 for _ in batch.valid_time_ns]
        payload = batch.SerializeToString()
        signed = codec.DOMAIN[topics.REPORT] + payload
        envelope = envelope_pb2.Envelope(key_id=key.key_id, signature=key.sign(signed), payload=payload)
        with scene.world.of(host):
            publisher = host.running.endpoint.publisher
            publisher.send([topics.report(STREAM, target).encode(), envelope.SerializeToString()])
    scene.world.count("forged")
