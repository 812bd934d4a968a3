"""Who may connect and whose word counts, over real sockets: everything else is refused, counted, logged."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
import zmq

import link_kit
import trust_kit
from link_kit import START_NS, batch, connected, endpoint, listener, publish, turn, turn_until
from nodes import coalition
from nodes.coalition.keys import load_ring, new_ring, save_ring
from nodes.link import codec, topics
from nodes.link.directory import Directory, EndpointRecord
from nodes.link.endpoint import LinkEndpoint, Listener
from nodes.link.errors import Reason
from nodes.link.sockets import seek_curve
from triwatch.v1 import envelope_pb2, picture_pb2, request_pb2

TOPIC = topics.report(link_kit.ALL, "KOR-1")
SECOND_NS = 10**9


def sequences(heard: list) -> list[int]:
    return [r.sequence for r in heard if r.topic.kind == "report"]


@contextmanager
def asker(**keys: bytes) -> Iterator[zmq.Socket]:
    """A DEALER of a stranger, with or without CURVE keys."""
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    if keys:
        socket.setsockopt(zmq.CURVE_SERVERKEY, keys["server"])
        socket.setsockopt(zmq.CURVE_PUBLICKEY, keys["public"])
        socket.setsockopt(zmq.CURVE_SECRETKEY, keys["secret"])
    try:
        yield socket
    finally:
        socket.close()
        context.term()


def until(condition: Callable[[], bool], *parties: Listener) -> None:
    end_s = time.monotonic() + 20.0
    while not condition():
        assert time.monotonic() < end_s, "waited in vain"
        turn(*parties)


REQUEST = request_pb2.Request(id=1, repair={"topic": TOPIC, "incarnation": 1}).SerializeToString()


def refused(node: LinkEndpoint, socket: zmq.Socket, reason: Reason) -> None:
    """The stranger asks, is counted for ``reason`` and never answered.

    It comes back each second: of a connection that the other side has closed first, in the middle of a
    handshake, ZeroMQ tells that it is gone and not why, and it does not dial anew after one that failed.
    """
    addresses, again_s = (node.requests.endpoint, node.publisher.endpoint), 0.0

    def counted() -> bool:
        nonlocal again_s
        if time.monotonic() >= again_s:
            again_s = time.monotonic() + 1.0
            for address in addresses:
                with suppress(zmq.ZMQError):
                    socket.disconnect(address)
                socket.connect(address)
            socket.send(REQUEST, zmq.DONTWAIT)
        return node.rejections.by_reason[reason] > 0

    until(counted, node)
    assert not socket.poll(200)
    assert node.requests.answered == 0


def test_a_peer_without_curve_is_not_heard(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with endpoint(tmp_path) as node, asker() as socket:
        refused(node, socket, Reason.HANDSHAKE)
    assert "refused (handshake" in caplog.text


def test_a_peer_with_a_key_that_nobody_knows_is_not_heard(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pair = new_ring("KOR-1", "KOR", "node").pairs()[0]
    with endpoint(tmp_path) as node:
        keys = {"server": node.record.server_key, "public": pair.public, "secret": pair.secret}
        with asker(**keys) as socket:
            refused(node, socket, Reason.STRANGER)
    assert "refused (stranger" in caplog.text
    assert pair.secret.hex() not in caplog.text


def test_a_peer_that_takes_this_process_for_another_is_not_heard(tmp_path: Path) -> None:
    mine = trust_kit.signer("JPN-1").transport
    another = trust_kit.signer("KOR-2").transport.public
    with endpoint(tmp_path) as node, asker(server=another, public=mine.public, secret=mine.secret) as socket:
        refused(node, socket, Reason.HANDSHAKE)


def test_a_member_is_answered_and_known_by_name(tmp_path: Path) -> None:
    pair = trust_kit.signer("core-JPN").transport
    with endpoint(tmp_path) as node:
        publish(node, batch(sequence=1))
        keys = {"server": node.record.server_key, "public": pair.public, "secret": pair.secret}
        with asker(**keys) as socket:
            seen = []
            identify = node.requests.identify
            node.requests.identify = lambda frame: seen.append(identify(frame)) or seen[-1]
            socket.connect(node.requests.endpoint)
            socket.send(REQUEST)
            until(lambda: node.requests.answered == 1, node)
            assert seen == [("core-JPN", "JPN", "core")]


def test_an_entry_with_anothers_name_is_not_believed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever can write into the directory is not thereby a member: the policy says whose keys there are."""
    directory = Directory(trust_kit.settle(tmp_path))
    pair = new_ring("KOR-2", "KOR", "node").pairs()[0]
    address = "tcp://127.0.0.1:9"
    for name, key in (("KOR-2", pair.public.hex()), ("PRK-1", pair.public.hex()), ("JPN-1", "")):
        directory.register(
            EndpointRecord(
                id=name, role="node", nation=name[:3], pid=1, pub=address, request=address, curve=key
            )
        )
    stolen = trust_kit.signer("KOR-9").transport.public.hex()
    directory.register(
        EndpointRecord(
            id="USA-1", role="node", nation="USA", pid=1, pub=address, request=address, curve=stolen
        )
    )
    with endpoint(tmp_path) as node, listener(tmp_path, "report/") as core:
        connected(core, node)
        assert list(core.receiver.peers) == ["KOR-1"]
        assert core.rejections.by_reason == {Reason.STRANGER: 4}
    assert "is not KOR-2's by the policy" in caplog.text


def altered(body: bytes) -> bytes:
    """One bit of the payload the other way round."""
    envelope = envelope_pb2.Envelope.FromString(body)
    envelope.payload = envelope.payload[:-1] + bytes([envelope.payload[-1] ^ 1])
    return envelope.SerializeToString()


def signed_by(process_id: str, report: object, time_ns: int = START_NS) -> bytes:
    return link_kit.seal("report", report.SerializeToString(), process_id, time_ns)  # type: ignore[attr-defined]


def forgeries() -> dict[Reason, bytes]:
    """Bodies under KOR-1's topic that KOR-1 never signed, by what is wrong with each."""
    report = batch(sequence=2)
    payload = report.SerializeToString()
    stranger = new_ring("KOR-1", "KOR", "node").signers()[0]
    unknown = envelope_pb2.Envelope(
        key_id=stranger.key_id,
        signature=stranger.sign(b"triwatch.v1.TrackBatch\x00" + payload),
        payload=payload,
    )
    status = link_kit.seal("status", payload, "KOR-1")  # the right key, the wrong domain
    return {
        Reason.UNSIGNED: envelope_pb2.Envelope(payload=payload).SerializeToString(),
        Reason.UNKNOWN_KEY: unknown.SerializeToString(),
        Reason.FOREIGN_KEY: signed_by("JPN-1", report),
        Reason.SIGNATURE: altered(link_kit.body(report)),
    } | {Reason.PAYLOAD: status}


def test_forged_reports_are_refused_each_for_its_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A member's own publisher sends them: CURVE lets it in, the signatures do not."""
    forged = forgeries()
    wrong_domain = forged.pop(Reason.PAYLOAD)
    with endpoint(tmp_path) as node, listener(tmp_path, "report/") as core:
        connected(core, node)
        publish(node, batch(sequence=1))
        for body in (*forged.values(), wrong_domain):
            node.publisher.send([TOPIC.encode(), body])
        publish(node, batch(sequence=3))
        heard = turn_until(lambda h: len(sequences(h)) >= 2, core, node)
        assert sequences(heard) == [1, 3]
        expected = dict.fromkeys(forged, 1)
        expected[Reason.SIGNATURE] += 1  # the wrong domain is a wrong signature
        assert core.rejections.by_reason == expected
    for reason in forged:
        assert f"refused ({reason}" in caplog.text


def test_a_report_that_comes_again_changes_nothing(tmp_path: Path) -> None:
    with endpoint(tmp_path) as node, listener(tmp_path, "report/") as core:
        connected(core, node)
        for _ in range(5):
            publish(node, batch(sequence=1))
        publish(node, batch(sequence=2))
        heard = turn_until(lambda h: 2 in sequences(h), core, node)
        assert sequences(heard) == [1, 2]
        assert core.receiver.duplicates == 4
        assert core.rejections.total == 0


def test_a_repaired_report_is_verified_too(tmp_path: Path) -> None:
    """A neighbour that keeps an altered copy cannot make anybody believe it."""
    with endpoint(tmp_path, "core-USA", "core") as bad, endpoint(tmp_path, "core-JPN", "core") as good:
        report = batch(sequence=1)
        bad.publisher.journals["report"].keep(TOPIC, 1, 1, altered(link_kit.body(report)), 1)
        good.publisher.journals["report"].keep(TOPIC, 1, 1, link_kit.body(report), 1)
        with listener(tmp_path, TOPIC) as core:
            core.receiver.announce(TOPIC, 1, 1, 0.0)
            heard = turn_until(lambda h: len(sequences(h)) == 1, core, bad, good)
            assert heard[0].body == link_kit.body(report)
            assert set(core.rejections.by_reason) <= {Reason.SIGNATURE}


def test_a_picture_is_believed_of_its_own_core_alone(tmp_path: Path) -> None:
    """It carries no signature: CURVE says whose it is, and nobody else's is taken."""
    update = picture_pb2.PictureUpdate(nation="JPN", incarnation=1, sequence=1).SerializeToString()
    with (
        endpoint(tmp_path, "core-KOR", "core") as liar,
        endpoint(tmp_path, "core-JPN", "core") as japan,
        listener(tmp_path, "picture/") as reader,
    ):
        connected(reader, liar)
        connected(reader, japan)
        liar.publisher.publish(topics.picture("JPN"), update, 1, 1)
        liar.requests.snapshots[topics.picture("KOR")] = lambda: update
        assert reader.receiver.ask_snapshot("core-KOR", "KOR")
        until(lambda: reader.rejections.by_reason == {Reason.MISMATCH: 2}, reader, liar, japan)
        japan.publisher.publish(topics.picture("JPN"), update, 1, 1)
        turn_until(lambda h: any(r.topic.kind == "picture" for r in h), reader, japan)


def test_a_key_counts_by_the_policy_in_force_at_the_reports_time(tmp_path: Path) -> None:
    """Rotated at 10 s and the new key revoked at 20 s: before and after, by valid time, not by arrival."""
    root = trust_kit.settle(tmp_path)
    old = link_kit.body(batch(sequence=5))
    late_old = link_kit.body(batch(sequence=15))
    coalition.rotate(root, "KOR-1", START_NS + 10 * SECOND_NS)
    fresh = trust_kit.credentials(root, "KOR-1")
    (key,) = fresh.coalition.current.keys_of("KOR-1", "sign")
    coalition.revoke(root, key.id, START_NS + 20 * SECOND_NS)

    def by_new(sequence: int) -> bytes:
        signer = fresh._signers[-1]
        payload = batch(sequence=sequence).SerializeToString()
        signature = signer.sign(b"triwatch.v1.TrackBatch\x00" + payload)
        return envelope_pb2.Envelope(
            key_id=signer.key_id, signature=signature, payload=payload
        ).SerializeToString()

    with endpoint(root) as node, listener(root, "report/") as core:
        connected(core, node)
        for body in (late_old, by_new(25), by_new(7), by_new(16), old):
            node.publisher.send([TOPIC.encode(), body])
        heard = turn_until(lambda h: len(sequences(h)) >= 2, core, node)
        assert sequences(heard) == [16, 5]
        until(lambda: core.rejections.total == 3, core, node)
        assert core.rejections.by_reason == {Reason.REVOKED: 3}


def test_who_is_let_go_is_cut_off_and_the_others_lose_nothing(tmp_path: Path) -> None:
    root = trust_kit.settle(tmp_path)
    with (
        endpoint(root) as node,
        listener(root, "report/", name="reader-JPN") as leaver,
        listener(root, "report/", "status/") as stays,
    ):
        connected(stays, node)
        connected(leaver, node)
        publish(node, batch(sequence=1))
        turn_until(lambda h: sequences(h) == [1], leaver, node)
        coalition.remove(root, ["JPN"], effective_ns=START_NS + 2 * SECOND_NS)
        until(lambda: node.trust.coalition.current.version == 2, node, leaver)
        publish(node, batch(sequence=2))  # the change is known, and not in force yet
        turn_until(lambda h: sequences(h) == [2], leaver, node)
        node.trust.time_ns = START_NS + 2 * SECOND_NS
        until(lambda: node.rejections.by_reason[Reason.STRANGER] > 0, node, leaver)
        publish(node, batch(sequence=3))
        connected(stays, node)
        node.publisher.publish(topics.status(link_kit.ALL, "KOR-1"), link_kit.status("KOR-1", 3))
        turn_until(lambda h: 3 in sequences(h), stays, node)
        assert stays.receiver.missing == 0
        for _ in range(50):
            assert sequences(turn(leaver, node)) == []


def test_new_keys_take_effect_without_a_restart(tmp_path: Path) -> None:
    root = trust_kit.settle(tmp_path)
    with endpoint(root) as node, listener(root, "report/") as core:
        connected(core, node)
        before = node.record.curve
        publish(node, batch(sequence=1))
        turn_until(lambda h: sequences(h) == [1], core, node)
        coalition.rotate(root, "KOR-1")
        until(lambda: node.record.curve != before, node, core)
        payload = batch(sequence=2).SerializeToString()
        until(lambda: core.trust.coalition.current.version == 2, core)
        until(lambda: core.receiver.peers.get("KOR-1") == node.record, core, node)
        connected(core, node)
        body = codec.seal("report", payload, node.trust.sign, START_NS)
        node.publisher.publish(TOPIC, body, 1, 2)
        heard = turn_until(lambda h: 2 in sequences(h), core, node)
        key = envelope_pb2.Envelope.FromString(heard[-1].body).key_id
        assert key == load_ring(root, "KOR", "KOR-1").signers()[-1].key_id


def test_a_foreign_version_of_the_policy_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root, foreign = trust_kit.settle(tmp_path / "ours"), tmp_path / "theirs"
    coalition.found(foreign, coalition.Policy(nations=trust_kit.NATIONS))
    coalition.add(foreign, ["PRK"])
    with endpoint(root) as node, listener(root, "report/") as core:
        connected(core, node)
        (root / "policy" / "000002.json").write_bytes((foreign / "policy" / "000002.json").read_bytes())
        until(lambda: core.trust.coalition.refused == 1, core, node)
        publish(node, batch(sequence=1))
        turn_until(lambda h: sequences(h) == [1], core, node)
        assert core.trust.coalition.current.nations == trust_kit.NATIONS
        assert core.trust.coalition.refused == 1
        (root / "policy" / "000002.json").unlink()
        coalition.add(root, ["AUS"])
        until(lambda: core.trust.coalition.current.version == 2, core, node)
    assert "refused (policy, 1 so far)" in caplog.text


def test_nothing_secret_is_shown(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    root = trust_kit.settle(tmp_path)
    secrets = trust_kit.secrets(root)
    assert len(secrets) > 20
    shown = []
    with endpoint(root) as node, closing(Listener(Directory(root), node.trust, ["report/"])) as core:
        connected(core, node)
        publish(node, batch(sequence=1))
        shown += [repr(node.trust), repr(node.trust.transport), repr(node.trust.__dict__)]
        shown += [repr(node.record), repr(load_ring(root, "KOR", "KOR-1")), str(node.__dict__)]
    ring = load_ring(root, "KOR", "KOR-1")
    save_ring(root, ring)
    shown.append(caplog.text)
    published = [f.read_text() for part in ("policy", "endpoints") for f in (root / part).glob("*")]
    for secret in secrets:
        assert not any(secret in text or bytes.fromhex(secret).hex() in text for text in shown + published)
        assert not any(repr(bytes.fromhex(secret))[2:-1] in text for text in shown)


def test_an_oversize_request_is_counted(tmp_path: Path) -> None:
    pair = trust_kit.signer("core-JPN").transport
    with endpoint(tmp_path) as node, asker() as socket:
        seek_curve(socket, pair, node.record.server_key)
        socket.connect(node.requests.endpoint)
        socket.send(bytes((64 << 10) + 1))
        until(lambda: node.rejections.by_reason == {Reason.OVERSIZE: 1}, node)


def test_what_an_old_key_signed_too_late_is_signed_anew(tmp_path: Path) -> None:
    """A node learns after the time that its key was to change: its reports since come under the new one."""
    root = trust_kit.settle(tmp_path)
    with endpoint(root) as node, listener(root, "report/") as core:
        for n in range(1, 7):
            publish(node, batch(sequence=n))
        coalition.rotate(root, "KOR-1", START_NS + 4 * SECOND_NS)
        until(lambda: core.trust.coalition.current.version == 2, core)
        connected(core, node)
        core.receiver.announce(TOPIC, 1, 6, time.monotonic())
        heard = turn_until(lambda h: len(sequences(h)) == 6, core, node)
        assert sorted(sequences(heard)) == [1, 2, 3, 4, 5, 6]
        assert core.receiver.missing == 0
