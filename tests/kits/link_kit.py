"""Reports and stations for the tests of the link and the processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import zmq

import trust_kit
from nodes.control import clock
from nodes.link import codec, topics
from nodes.link.codec import Received
from nodes.link.directory import Directory, EndpointRecord
from nodes.link.endpoint import LinkEndpoint, Listener
from nodes.link.sockets import seek_curve, serve_curve
from nodes.link.trust import KeyPair
from triwatch.v1 import status_pb2, track_pb2

START_NS = 1_719_446_400_000_000_000
ALL = "JPN-KOR-USA"
_registered: list[Directory] = []
"""What keeps the names of ``raw_server``'s processes, to the end."""


def batch(
    node_id: str = "KOR-1", sequence: int = 1, *, stream: str = ALL, x_m: float = 6.4e6
) -> track_pb2.TrackBatch:
    """A report of one aircraft, valid ``sequence`` seconds into the exercise."""
    time_ns = START_NS + sequence % 10**6 * 1_000_000_000
    return track_pb2.TrackBatch(
        node_id=node_id,
        nation=node_id[:3],
        incarnation=1,
        sequence=sequence,
        stream=stream,
        sent_time_ns=time_ns,
        exercise=True,
        local_number=[1],
        valid_time_ns=[time_ns],
        state=[x_m, 200.0 * (sequence % 10**6), 0.0, 0.0, 200.0, 0.0],
        covariance=[100.0 if c == r else 0.0 for r in range(6) for c in range(r + 1)],
        environment=[track_pb2.ENVIRONMENT_AIR],
        status=[track_pb2.TRACK_STATUS_MAINTAINING],
        process_noise=[1.0],
    )


def body(report: track_pb2.TrackBatch) -> bytes:
    """A report in its envelope, signed by its node."""
    return seal(topics.REPORT, report.SerializeToString(), report.node_id)


def seal(kind: str, payload: bytes, signer: str = "KOR-1", time_ns: int = START_NS) -> bytes:
    """Anything in an envelope, signed by anybody."""
    return codec.seal(kind, payload, trust_kit.signer(signer).sign, time_ns)


def frames(report: track_pb2.TrackBatch) -> list[bytes]:
    """A report as a live message of two frames."""
    return [topics.report(report.stream, report.node_id).encode(), body(report)]


def status(node_id: str, last_sequence: int, *, stream: str = ALL, leaving: bool = False) -> bytes:
    """A heartbeat in its envelope."""
    time_ns = START_NS + last_sequence * 1_000_000_000
    message = status_pb2.NodeStatus(
        node_id=node_id,
        nation=node_id[:3],
        incarnation=1,
        state=status_pb2.NODE_STATE_LEAVING if leaving else status_pb2.NODE_STATE_ALIVE,
        time_ns=time_ns,
    )
    message.punctuation.add(stream=stream, last_sequence=last_sequence, low_watermark_ns=time_ns)
    return seal(topics.STATUS, message.SerializeToString(), node_id)


def publish(endpoint: LinkEndpoint, report: track_pb2.TrackBatch) -> None:
    """Publish and keep a report."""
    topic = topics.report(report.stream, report.node_id)
    endpoint.publisher.publish(topic, body(report), report.incarnation, report.sequence)


@contextmanager
def endpoint(
    root: Path, name: str = "KOR-1", role: str = "node", **options: object
) -> Iterator[LinkEndpoint]:
    """A registered endpoint, closed at the end."""
    trust = trust_kit.credentials(trust_kit.settle(root), name)
    made = LinkEndpoint(Directory(root), trust, name, role, trust_kit.nation_of(name), **options)  # type: ignore[arg-type]
    made.register()
    try:
        yield made
    finally:
        made.close()


@contextmanager
def listener(root: Path, *prefixes: str, name: str = "exercise") -> Iterator[Listener]:
    """A listener to these topics, closed at the end."""
    made = Listener(Directory(root), trust_kit.credentials(trust_kit.settle(root), name), prefixes)
    try:
        yield made
    finally:
        made.close()


def raw_server(
    context: zmq.Context, kind: int, name: str, root: Path, keys: KeyPair | None = None
) -> zmq.Socket:
    """A socket of a member that keeps to no rule, bound and registered: a CURVE server that lets in all."""
    socket = context.socket(kind)
    keys = keys or trust_kit.signer(name).transport
    serve_curve(socket, keys)
    socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 0)
    socket.linger = 0
    socket.bind("tcp://127.0.0.1:*")
    address = socket.getsockopt_string(zmq.LAST_ENDPOINT)
    nation = trust_kit.nation_of(name)
    directory = Directory(root)
    _registered.append(directory)
    directory.register(
        EndpointRecord(
            id=name,
            role="core" if name.startswith("core-") else "node",
            nation=nation,
            pid=os.getpid(),
            pub=address,
            request=address,
            curve=keys.public.hex(),
        )
    )
    return socket


def raw_client(socket: zmq.Socket, name: str, server: bytes) -> None:
    """Give a socket, not yet connected, the keys of a member."""
    seek_curve(socket, trust_kit.signer(name).transport, server)


def turn(*parties: Listener) -> list[Received]:
    """One turn of each party's loop; what the first one heard."""
    heard: list[Received] = []
    for party in parties:
        now_s = clock.monotonic_s()
        party.look(now_s)
        if isinstance(party, LinkEndpoint):
            party.serve()
        came = list(party.receiver.receive(now_s))
        if party is parties[0]:
            heard = came
    time.sleep(0.002)
    return heard


def turn_until(
    done: Callable[[list[Received]], bool], *parties: Listener, within_s: float = 20.0
) -> list[Received]:
    """Turn the loops until ``done`` of all that the first party heard; fails after ``within_s``."""
    heard: list[Received] = []
    end_s = time.monotonic() + within_s
    while not done(heard):
        assert time.monotonic() < end_s, f"not done after {within_s} s; heard {len(heard)}"
        heard += turn(*parties)
    return heard


def connected(hearer: Listener, sender: LinkEndpoint) -> None:
    """Turn until what ``sender`` publishes is heard by ``hearer``."""
    probe = topics.status(ALL, "KOR-PROBE")
    hearer.receiver.listen([probe])
    end_s = time.monotonic() + 20.0
    while True:
        assert time.monotonic() < end_s, "never connected"
        sender.publisher.publish(probe, status("KOR-PROBE", 0))
        if any(r.topic.text == probe for r in turn(hearer, sender)):
            break
    for _ in range(20):  # the probes still under way
        turn(hearer, sender)
