"""Release: what is not released to a nation shows in no byte, number or silence of what it gets."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st

import link_kit
from nodes.link import codec, limits, topics
from nodes.link.errors import Reason
from nodes.link.journal import Journal
from nodes.link.publisher import Publisher
from nodes.link.rejections import Rejections
from nodes.link.release import audiences, both, granted, may_read
from nodes.link.requests import RequestService
from nodes.link.sockets import Poller
from nodes.link.trust import Peer, Rights
from nodes.link.zap import Gate
from nodes.names import stream_of
from triwatch.v1 import request_pb2, status_pb2

NATIONS = ("USA", "JPN", "KOR", "AUS")
MEMBERS = frozenset(NATIONS[:3])
STREAMS = frozenset(("", "KOR-USA", "JPN-USA", "JPN-KOR-USA", "KOR"))
RIGHTS = Rights(MEMBERS, STREAMS)
JAPAN = Peer("core-JPN", "JPN", "core")
streams = st.lists(st.sampled_from(NATIONS), unique=True, max_size=4).map(stream_of)
peers = st.builds(
    lambda nation, role: Peer(f"{role}-{nation}", nation, role),
    st.sampled_from(NATIONS),
    st.sampled_from(("node", "core", "reader")),
)
sources = st.sampled_from(("KOR-1", "KOR-10", "JPN-1", "A"))
made = st.one_of(
    st.builds(topics.report, streams, sources),
    st.builds(topics.status, streams, sources),
    st.builds(topics.core_status, st.sampled_from(NATIONS), streams),
    st.builds(topics.warning, st.sampled_from(NATIONS), streams),
    st.sampled_from(NATIONS).map(topics.picture),
    st.sampled_from(NATIONS).map(topics.national),
    sources.map(topics.detections),
    sources.map(topics.origins),
)


@given(made, peers, st.integers(0, 40), st.frozensets(streams, max_size=6))
def test_no_prefix_ever_brings_what_may_not_be_read(
    text: str, peer: Peer, cut: int, known: frozenset
) -> None:
    """Whatever is asked for, what is granted matches no topic that the peer may not read."""
    may = may_read(topics.parse(text.encode()), peer, MEMBERS)
    prefixes = granted(text[:cut], peer, Rights(MEMBERS, known))
    assert may or not any(text.startswith(prefix) for prefix in prefixes)
    assert bool(granted(text, peer, Rights(MEMBERS, known))) == may


@given(streams.filter(lambda s: s in audiences(STREAMS) or not s), peers, sources)
def test_a_prefix_brings_all_that_may_be_read(stream: str, peer: Peer, source: str) -> None:
    for kind, text in (("report/", topics.report(stream, source)), ("", topics.status(stream, source))):
        if may_read(topics.parse(text.encode()), peer, MEMBERS):
            assert any(text.startswith(prefix) for prefix in granted(kind, peer, RIGHTS))


def test_who_may_read() -> None:
    def may(text: str, nation: str, role: str = "core") -> bool:
        return may_read(topics.parse(text.encode()), Peer("x", nation, role), MEMBERS)

    assert may("report/KOR-USA/KOR-1", "USA")
    assert not may("report/KOR-USA/KOR-1", "JPN")
    assert may("report//KOR-1", "JPN")
    assert not may("report//KOR-1", "AUS"), "not a member"
    assert not may("report/AUS-KOR/KOR-1", "AUS"), "named, yet not a member"
    assert may("picture/JPN", "JPN", "reader")
    assert not may("picture/JPN", "USA")
    assert not may("national/USA", "JPN")
    assert not may("detections/KOR-1", "KOR")
    assert may("detections/KOR-1", "", "control")
    assert not may("origins/KOR-1", "KOR")
    assert may("origins/KOR-1", "", "control")


def test_what_is_made_of_two_streams_is_for_those_who_may_read_both() -> None:
    assert both("KOR-USA", "JPN-USA") == "USA"
    assert both("", "JPN-USA") == both("JPN-USA", "") == "JPN-USA"
    assert both("", "") == ""
    assert both("KOR", "JPN") is None
    assert audiences(("", "KOR-USA", "JPN-USA")) == {"KOR-USA", "JPN-USA", "USA"}


@dataclass
class Member:
    """One nation's sockets to a process: subscribed to everything, asking for everything."""

    live: zmq.Socket
    ask: zmq.Socket
    asked: int = 0
    heard: list[list[bytes]] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)

    def receive(self, end: list[bytes]) -> None:
        """Until ``end`` has been heard and every question answered."""
        while True:
            assert self.live.poll(20_000), "the end was not heard"
            frames = self.live.recv_multipart()
            if frames[:2] == end:
                break
            self.heard.append(frames[:2])  # the third frame is the wall's clock
        while len(self.answers) < self.asked:
            assert self.ask.poll(20_000), "a question was not answered"
            reply = request_pb2.Reply.FromString(self.ask.recv())
            for kept in reply.repair.message:
                kept.sent_clock_ns = 0
            self.answers.append(reply.SerializeToString(deterministic=True))


class Process:
    """The real publisher and request service of one process, and who is connected.

    The identity that CURVE would prove is told by the order of connecting.
    """

    def __init__(self, who: tuple[Peer, ...]) -> None:
        self.context = zmq.Context()
        self.rejections = Rejections()
        plain: Any = SimpleNamespace(transport=None)
        gate = Gate(self.context, Poller(), "127.0.0.1", plain, self.rejections)
        self.publisher = Publisher(gate, self.rejections, lambda: RIGHTS)
        self.publisher.journals[topics.REPORT] = Journal(limits.ARCHIVE_BYTES_MAX)
        journals, latest = self.publisher.journals, self.publisher.latest
        self.requests = RequestService(gate, journals, latest, self.rejections, lambda: RIGHTS)
        self.now: Peer | None = None
        self.publisher.identify = self.requests.identify = lambda _: self.now
        self.members = {peer.nation: self._connect(peer) for peer in who}

    def _connect(self, peer: Peer) -> Member:
        live, ask = self.context.socket(zmq.SUB), self.context.socket(zmq.DEALER)
        live.linger = ask.linger = 0
        live.connect(self.publisher.endpoint)
        ask.connect(self.requests.endpoint)
        live.setsockopt(zmq.SUBSCRIBE, b"")
        self.now = peer
        assert self.publisher.socket.poll(5_000)
        self.publisher.serve()
        self.now = None
        return Member(live, ask)

    def ask(self, peer: Peer, topic: str) -> None:
        """Ask for everything under a topic."""
        request = request_pb2.Request(id=7)
        request.repair.topic, request.repair.incarnation = topic, 1
        request.repair.missing.add(first=1, last=1 << 40)
        self.members[peer.nation].asked += 1
        self.members[peer.nation].ask.send(request.SerializeToString())
        self.now = peer
        assert self.requests.socket.poll(5_000)
        self.requests.serve()
        self.now = None

    def end(self) -> None:
        """All that was sent before is heard by all, and every question answered."""
        last = [topics.core_status("USA", "").encode(), b"end"]
        self.publisher.send([*last, bytes(8)])
        for member in self.members.values():
            member.receive(last)

    def close(self) -> None:
        self.context.destroy(linger=0)


@pytest.fixture
def process() -> Iterator[Process]:
    made = Process((JAPAN, Peer("core-USA", "USA", "core")))
    yield made
    made.close()


def story(seed: int, restricted: bool) -> list[tuple[str, str, str, int]]:
    """What a process publishes, relays and is asked: with or without what Japan may not have."""
    chance = random.Random(seed)
    numbers: dict[tuple[str, str], int] = {}
    events = []
    for _ in range(chance.randrange(20, 60)):
        stream = chance.choice(("", "JPN-USA", "JPN-KOR-USA", "KOR-USA", "KOR-USA", "KOR"))
        node = chance.choice(("KOR-1", "KOR-10"))
        deed = chance.choice(("publish", "publish", "relay", "status", "corestatus", "ask", "warn"))
        if "JPN" not in stream and stream and not restricted and deed != "ask":
            continue
        numbers[node, stream] = numbers.get((node, stream), 0) + (deed in ("publish", "relay"))
        events.append((deed, stream, node, numbers[node, stream]))
    return events


def play(process: Process, events: list[tuple[str, str, str, int]]) -> None:
    """Publish, relay, say and ask it all, by the product's own code."""
    for deed, stream, node, number in events:
        if deed == "publish":
            report = link_kit.batch(node, number, stream=stream)
            topic = topics.report(stream, node)
            process.publisher.publish(topic, link_kit.body(report), 1, number)
        elif deed == "relay":
            report = link_kit.batch(node, number, stream=stream)
            topic, body = topics.report(stream, node), link_kit.body(report)
            received = codec.Received(topics.parse(topic.encode()), body, report, b"", 1, number, (1,))
            process.publisher.journals[topics.REPORT].keep(topic, 1, number, body)
            process.publisher.relay(received)
        elif deed == "status":
            body = link_kit.status(node, number, stream=stream)
            process.publisher.publish(topics.status(stream, node), body)
        elif deed == "corestatus":
            status = status_pb2.CoreStatus(nation="USA", reports_folded=number)
            body = status.SerializeToString(deterministic=True)
            process.publisher.publish(topics.core_status("USA", stream), body)
        elif deed == "warn":
            process.publisher.publish(topics.warning("USA", stream), b"warning %d" % number, 1, number + 1)
        else:
            for kind in (topics.report, topics.status):
                process.ask(JAPAN, kind(stream, node))
    process.end()


@pytest.mark.parametrize("seed", range(12))
def test_japan_is_sent_the_same_bytes_with_and_without(seed: int) -> None:
    """Over the real publisher, relay and request service, on sockets: every byte and every answer."""
    seen = []
    for restricted in (True, False):
        process = Process((JAPAN, Peer("core-USA", "USA", "core")))
        try:
            play(process, story(seed, restricted))
            japan = process.members["JPN"]
            seen.append((japan.heard, japan.answers))
            if restricted:
                more = [f for f in process.members["USA"].heard if f not in japan.heard]
                assert more, "the United States gets what Japan does not"
        finally:
            process.close()
    assert seen[0] == seen[1]
    assert seen[0][0]


def test_what_is_not_granted_is_refused_counted_and_logged(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    live = process.members["JPN"].live
    live.setsockopt(zmq.SUBSCRIBE, b"report/KOR-USA/KOR-1")
    process.now = JAPAN
    assert process.publisher.socket.poll(5_000)
    process.publisher.serve()
    assert process.rejections.by_reason == {Reason.RELEASE: 1}
    assert "core-JPN" in caplog.text
    process.ask(JAPAN, "report/KOR-USA/KOR-1")
    process.ask(JAPAN, "status/KOR-USA/KOR-1")
    process.ask(JAPAN, "national/USA")
    assert process.rejections.by_reason == {Reason.RELEASE: 4}
    process.end()
    assert len(process.members["JPN"].answers) == 3
    assert all(request_pb2.Reply.FromString(a).refusal for a in process.members["JPN"].answers)


def test_an_answer_does_not_tell_whether_there_is_anything(process: Process) -> None:
    """What does not exist and what may not be had are refused in the same words."""
    process.publisher.publish("report/KOR-USA/KOR-1", b"something", 1, 1)
    process.ask(JAPAN, "report/KOR-USA/KOR-1")
    process.ask(JAPAN, "report/KOR-USA/KOR-9")
    process.end()
    told = [request_pb2.Reply.FromString(a).refusal for a in process.members["JPN"].answers]
    assert told[0].replace("KOR-1", "") == told[1].replace("KOR-9", "")


def captured(root: Path, restricted: bool) -> list[list[bytes]]:
    """All that a Japanese reader is sent, over CURVE, that subscribes to and asks for everything."""
    context = zmq.Context()
    live, ask = context.socket(zmq.SUB), context.socket(zmq.DEALER)
    seen: list[list[bytes]] = []
    try:
        with link_kit.endpoint(root) as node:
            for socket, endpoint in (
                (live, node.publisher.endpoint),
                (ask, node.requests.endpoint),
            ):
                socket.linger = 0
                link_kit.raw_client(socket, "reader-JPN", node.record.server_key)
                socket.connect(endpoint)
            for prefix in (b"", b"report/", b"report/KOR-USA/", b"status/K", b"report/KOR-USA/KOR-1"):
                live.setsockopt(zmq.SUBSCRIBE, prefix)
            probe = topics.status("", "KOR-PROBE")
            while not live.poll(5):
                link_kit.turn(node)
                node.publisher.publish(probe, link_kit.status("KOR-PROBE", 0, stream=""))
            for n in range(1, 31):
                for stream in ("", link_kit.ALL, "KOR-USA", "KOR"):
                    if not restricted and stream in ("KOR-USA", "KOR"):
                        continue
                    link_kit.publish(node, link_kit.batch("KOR-1", n, stream=stream))
                    heartbeat = link_kit.status("KOR-1", n, stream=stream)
                    node.publisher.publish(topics.status(stream, "KOR-1"), heartbeat)
                for stream in ("", "KOR-USA"):
                    request = request_pb2.Request(id=n)
                    request.repair.topic, request.repair.incarnation = topics.report(stream, "KOR-1"), 1
                    request.repair.missing.add(first=1, last=1 << 40)
                    ask.send(request.SerializeToString())
                    while not ask.poll(2):
                        link_kit.turn(node)
                    reply = request_pb2.Reply.FromString(ask.recv())
                    for kept in reply.repair.message:
                        kept.sent_clock_ns = 0
                    seen.append([reply.SerializeToString(deterministic=True)])
            while live.poll(200):
                seen.append(live.recv_multipart()[:2])
            assert node.rejections.by_reason[Reason.RELEASE] == 3 + 30, "counted"
    finally:
        context.destroy(linger=0)
    return [frames for frames in seen if frames[0] != probe.encode()]


def test_a_capture_of_a_japanese_client_is_the_same_with_and_without(tmp_path: Path) -> None:
    with_them, without = captured(tmp_path, restricted=True), captured(tmp_path, restricted=False)
    assert with_them == without
    assert len([frames for frames in without if len(frames) == 2]) == 4 * 30
    assert {frames[0].split(b"/")[1] for frames in without if len(frames) == 2} == {
        b"",
        link_kit.ALL.encode(),
    }
