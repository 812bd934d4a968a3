"""The processes of a latency measurement: ``python -m nodes.bench.roles ROLE FOLDER [NATION]``.

The folder holds a coalition and ``load``. One process sends the reports of every node; for each nation one is
its core as the product runs it, and one receives its picture. The sender is an open loop: each report is due
at the moment of its valid time, and its latency counts from then, however late it really left, so that a
stalled receiver hides nothing (coordinated omission). The picture's ``contributor_time_ns`` says which
reports an update holds.

The floor's processes pass the same messages at the same moments, PUB to SUB to PUB to SUB, one relay and
one receiver for each core.
"""

from __future__ import annotations

import ctypes
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import msgspec

from nodes import coalition
from nodes.bench.load import RAMP_S, Load
from nodes.bench.notices import NS, READY_S, NotMeasuredError, post, posted, told, wait_until
from nodes.bench.traffic import START_NS, STREAM, Traffic
from nodes.bench.unprotected import credentials
from nodes.coalition import Credentials
from nodes.control import clock
from nodes.control.piped_clock import TimeSource
from nodes.core.process import CoreProcess
from nodes.core.warnings import Warner
from nodes.link import codec, topics
from nodes.link.bare import BarePublisher, BareSubscriber
from nodes.link.directory import Directory
from nodes.link.endpoint import LinkEndpoint, Listener

DRAIN_S = 5.0

Messages = list[tuple[str, bytes, int]]
"""(topic, body, sequence)."""


def read_load(root: Path) -> Load:
    """What the folder's measurement is of."""
    return msgspec.json.decode((root / "load").read_bytes(), type=Load)


def trust(root: Path, process_id: str, nation: str, keys: bool) -> Credentials:
    """What a process of the measurement believes."""
    return credentials(root, process_id, nation, curve=keys, signatures=keys)


def sealed(root: Path, traffic: Traffic, seconds: int, keys: bool) -> list[tuple[int, Messages]]:
    """(due ns after the start, the report and the heartbeat) in the order sent."""
    signer = {node_id: trust(root, node_id, node_id[:3], keys).sign for node_id in traffic.nodes}
    made = []
    for sent in traffic.reports(seconds):
        name, number = sent.status.node_id, sent.status.punctuation[0].last_sequence
        said = (
            (topics.report(STREAM, name), topics.REPORT, sent.payload, number),
            (topics.status(STREAM, name), topics.STATUS, sent.status.SerializeToString(), 0),
        )
        bodies = [
            (topic, codec.seal(kind, payload, signer[name], sent.time_ns), k)
            for topic, kind, payload, k in said
        ]
        made.append((sent.time_ns - START_NS, bodies))
    return made


def exact_sleep() -> None:
    """Ask Linux to wake this process when it is due, not 50 us later (PR_SET_TIMERSLACK)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(29, 1000, 0, 0, 0)


def core(root: Path, nation: str) -> None:
    """A nation's core, as `triwatch core` runs it."""
    time_source = TimeSource()

    def stop(number: int, frame: FrameType | None) -> None:
        time_source.stop = True
        time_source.wake()

    signal.signal(signal.SIGTERM, stop)
    believed = trust(root, coalition.core_id(nation), nation, read_load(root).keys)
    process = CoreProcess(
        root,
        believed,
        nation,
        time_source,
        warner=lambda incarnation, track_release: Warner(
            nation, incarnation, believed.coalition.at, None, track_release
        ),
    )
    try:
        process.run()
    finally:
        process.close()


def sender(root: Path, nation: str = "") -> None:
    """Every node's reports, each at its moment."""
    load = read_load(root)
    traffic = load.traffic()
    first = traffic.nodes[0]
    station = LinkEndpoint(
        Directory(root), trust(root, first, first[:3], load.keys), first, "node", first[:3]
    )
    station.wake_on(TimeSource().wake_fd)
    made = sealed(root, traffic, load.seconds, load.keys)
    post(root, "wanted", sum(due >= RAMP_S * NS for due, _ in made))
    station.register()
    exact_sleep()

    def serve_until(ready: Callable[[], bool]) -> None:
        while not ready():
            station.wait(0.01)
            station.serve()

    serve_until(lambda: all(posted(root, f"receiver-{n}") for n in load.nations))
    settled_ns = clock.monotonic_ns() + NS
    serve_until(lambda: clock.monotonic_ns() >= settled_ns)
    start_ns = clock.monotonic_ns() + NS // 10
    post(root, "start", start_ns)
    for due_ns, said in made:
        if start_ns + due_ns - clock.monotonic_ns() > 2_000_000:
            station.serve()
        wait_until(start_ns + due_ns)
        for topic, body, number in said:
            station.publisher.publish(topic, body, 1, number)
    end_s = clock.monotonic_s() + DRAIN_S
    serve_until(
        lambda: (
            clock.monotonic_s() >= end_s or all(posted(root, f"result-{nation}") for nation in load.nations)
        )
    )
    station.close()


def receiver(root: Path, nation: str) -> None:
    """When each report was in the nation's picture."""
    load = read_load(root)
    believed = trust(root, coalition.reader_id(nation), nation, load.keys)
    listener = Listener(Directory(root), believed, [topics.picture(nation)])
    seen: set[int] = set()
    took_ns: list[int] = []
    updates = bytes_got = start_ns = wanted = newest_ns = 0
    end_s = clock.monotonic_s() + READY_S + load.seconds
    while clock.monotonic_s() < end_s:
        now_s = clock.monotonic_s()
        listener.look(now_s)
        if coalition.core_id(nation) in listener.receiver.peers and not posted(root, f"receiver-{nation}"):
            post(root, f"receiver-{nation}")
        if not start_ns and posted(root, "start"):
            start_ns, wanted = int(told(root, "start")), int(told(root, "wanted"))
        for received in listener.receiver.receive(now_s):
            now_ns = newest_ns = clock.monotonic_ns()
            updates += 1
            bytes_got += len(received.body)
            start_ns = start_ns or int(told(root, "start"))
            fresh = set(received.message.contributor_time_ns) - seen
            seen |= fresh
            due_ns = (valid_ns - START_NS for valid_ns in fresh)
            took_ns += [now_ns - start_ns - due for due in due_ns if due >= RAMP_S * NS]
        if (wanted and len(took_ns) >= wanted) or (
            newest_ns and clock.monotonic_ns() - newest_ns > DRAIN_S * NS
        ):
            break
        listener.wait(0.05)
    _tell(root, nation, took_ns, updates=updates, bytes_an_update=bytes_got // max(1, updates))
    listener.close()


def bare_sender(root: Path, nation: str = "") -> None:
    """The same messages at the same moments."""
    load = read_load(root)
    send = BarePublisher()
    post(root, "sends", send.endpoint)
    made = sealed(root, load.traffic(), load.seconds, keys=False)
    post(root, "wanted", sum(due >= RAMP_S * NS for due, _ in made))
    # a subscription takes a moment to come about, and how long is the machine's matter
    _repeat(send, [b"report", b"", bytes(8)], root, [f"receiver-{one}" for one in load.nations])
    exact_sleep()
    start_ns = clock.monotonic_ns()
    post(root, "start", start_ns)
    for due_ns, said in made:
        wait_until(start_ns + due_ns)
        due = (start_ns + due_ns).to_bytes(8, "big") if due_ns >= RAMP_S * NS else bytes(8)
        send.send([b"report", said[0][1], due])
        send.send([b"status", said[1][1]])
    # who leaves takes back what is not read yet: the end is told until everybody has noted it
    _repeat(send, [b"report", b"", b""], root, [f"result-{one}" for one in load.nations])


def bare_relay(root: Path, nation: str) -> None:
    """For every report a message of the picture's size."""
    load = read_load(root)
    receive = BareSubscriber(told(root, "sends"), b"report")
    send = BarePublisher()
    post(root, f"relays-{nation}", send.endpoint)
    body = bytes(int(told(root, "size")))
    while (frames := receive.receive(load.seconds + READY_S)) is not None:
        send.send([b"picture", body, frames[2]])
        if not frames[2]:
            break
    _repeat(send, [b"picture", b"", b""], root, [f"result-{nation}"])


def bare_receiver(root: Path, nation: str) -> None:
    """When each message came."""
    load = read_load(root)
    receive = BareSubscriber(told(root, f"relays-{nation}"), b"picture")
    took_ns = []
    joined = False
    # a relay that does not keep up is given up, before whoever waits for this result gives up
    end_s = clock.monotonic_s() + load.seconds + READY_S
    while (frames := receive.receive(end_s - clock.monotonic_s())) is not None:
        now_ns = clock.monotonic_ns()
        if not frames[2]:
            break
        if not joined:
            joined = True
            post(root, f"receiver-{nation}")
        if any(frames[2]):
            took_ns.append(now_ns - int.from_bytes(frames[2], "big"))
    _tell(root, nation, took_ns)


def _repeat(send: BarePublisher, frames: list[bytes], root: Path, answers: list[str]) -> None:
    """Send a message again and again until all of this has been told of."""
    end_s = clock.monotonic_s() + READY_S
    while not all(posted(root, name) for name in answers) and clock.monotonic_s() < end_s:
        send.send(frames)
        clock.sleep(0.02)


def _tell(root: Path, nation: str, took_ns: list[int], **more: int) -> None:
    post(root, f"result-{nation}", json.dumps({"took_ns": took_ns, **more}))


ROLES = {
    role.__name__.replace("_", "-"): role
    for role in (core, sender, receiver, bare_sender, bare_relay, bare_receiver)
}


def main() -> None:
    """Play one role."""
    role, root, *nation = sys.argv[1:]
    try:
        ROLES[role](Path(root), *nation)
    except NotMeasuredError as error:
        sys.exit(f"{role}: {error}")


if __name__ == "__main__":
    main()
