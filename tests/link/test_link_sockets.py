"""The link over real sockets: nothing is lost, and what is malformed disturbs nothing."""

import os
import random
import shutil
import subprocess
import sys
import time
import weakref
from pathlib import Path

import pytest
import zmq

import link_kit
import trust_kit
from link_kit import batch, connected, endpoint, listener, publish, turn, turn_until
from nodes.errors import BadInput
from nodes.link import limits, topics
from nodes.link.directory import Directory, EndpointRecord, draft_beside
from nodes.link.errors import Reason
from nodes.link.sockets import Poller
from triwatch.v1 import picture_pb2

REPORTS = "report/"


def numbers(heard: list) -> list[int]:
    return [r.sequence for r in heard if r.topic.kind == "report"]


def test_a_slow_joiner_gets_everything(tmp_path: Path) -> None:
    with endpoint(tmp_path) as node:
        for n in range(1, 301):
            publish(node, batch(sequence=n))
        with listener(tmp_path, REPORTS, "status/") as late:
            connected(late, node)
            node.publisher.publish(topics.status(link_kit.ALL, "KOR-1"), link_kit.status("KOR-1", 300))
            heard = turn_until(lambda h: len(numbers(h)) >= 300, late, node)
            assert numbers(heard) == list(range(1, 301))
            assert all(r.repaired and r.clock_ns for r in heard if r.topic.kind == "report")
            assert late.receiver.missing == 0


def test_what_is_dropped_on_the_way_is_repaired_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A third of the messages never leaves the publisher: its journal alone has them. Asked for again is only
    what was not answered in time, which on a busy machine may be anything."""
    monkeypatch.setattr("nodes.link.repairs.RETRY_S", 10.0)
    chance = random.Random(5)
    with endpoint(tmp_path) as node, listener(tmp_path, REPORTS, "status/") as core:
        connected(core, node)
        send, dropped = node.publisher.send, 0

        def lossy(frames: list[bytes]) -> None:
            nonlocal dropped
            if frames[0].startswith(b"report/") and chance.random() < 0.33:
                dropped += 1
            else:
                send(frames)

        node.publisher.send = lossy  # type: ignore[method-assign]
        heard = []
        for n in range(1, 401):
            publish(node, batch(sequence=n))
            if n % 10 == 0:
                heard += turn(core, node)
        node.publisher.publish(topics.status(link_kit.ALL, "KOR-1"), link_kit.status("KOR-1", 400))
        heard += turn_until(lambda h: len(numbers(heard + h)) >= 400, core, node)
        assert sorted(numbers(heard)) == list(range(1, 401))
        assert core.receiver.duplicates == 0
        assert dropped > 100
        assert core.receiver.repairs.requested <= 2 * dropped


def test_a_core_repairs_what_a_dead_node_can_no_longer_give(tmp_path: Path) -> None:
    with endpoint(tmp_path, "core-USA", "core") as neighbour:
        for n in range(1, 11):
            report = batch(sequence=n)
            topic = topics.report(report.stream, report.node_id)
            neighbour.publisher.journals["report"].keep(topic, 1, n, link_kit.body(report), 1)
        with listener(tmp_path, "report/JPN-KOR-USA/KOR-1", "corestatus/") as core:
            core.receiver.announce("report/JPN-KOR-USA/KOR-1", 1, 10, 0.0)
            heard = turn_until(lambda h: len(numbers(h)) >= 10, core, neighbour)
            assert numbers(heard) == list(range(1, 11))
            assert heard[0].body == link_kit.body(batch(sequence=1))


def test_the_last_word_of_one_that_has_left_is_heard(tmp_path: Path) -> None:
    """It had come while this process did not look, as one that was paused: the node is gone when it does."""
    topic = topics.status(link_kit.ALL, "KOR-1")
    with listener(tmp_path, "status/") as core:
        with endpoint(tmp_path) as node:
            connected(core, node)
            node.publisher.publish(topic, link_kit.status("KOR-1", 5, leaving=True))
            core.wait(10.0)
        now_s = time.monotonic() + 1.0
        core.look(now_s)
        assert not core.receiver.peers
        assert [r.message.punctuation[0].last_sequence for r in core.receiver.receive(now_s)] == [5]


def test_a_subscription_hears_its_topics_only(tmp_path: Path) -> None:
    with endpoint(tmp_path) as node, listener(tmp_path, "report/JPN-KOR-USA/KOR-1") as core:
        connected(core, node)
        publish(node, batch("KOR-10", 1))
        publish(node, batch("KOR-1", 1, stream="KOR"))
        publish(node, batch("KOR-1", 1))
        heard = turn_until(lambda h: len(numbers(h)) >= 1, core, node)
        assert [r.topic.text for r in heard if r.topic.kind == "report"] == ["report/JPN-KOR-USA/KOR-1"]


def test_malformed_messages_are_counted_and_disturb_nothing(tmp_path: Path) -> None:
    with endpoint(tmp_path) as node, listener(tmp_path, REPORTS) as core:
        connected(core, node)
        topic = b"report/JPN-KOR-USA/KOR-1"
        not_a_number = batch(sequence=2)
        not_a_number.state[3] = float("nan")
        publish(node, batch(sequence=1))
        for frames in (
            [topic, b"\xff" * 50],
            [topic, b"\x00" * (limits.BODY_BYTES_MAX["report"] + 1)],
            [topic],
            [b"report/\xff", b""],
            link_kit.frames(not_a_number),
        ):
            node.publisher.send(frames)
        publish(node, batch(sequence=3))
        heard = turn_until(lambda h: len(numbers(h)) >= 2, core, node)
        assert numbers(heard) == [1, 3], "what is refused for its content has taken its number"
        assert core.receiver.missing == 0
        reasons = core.rejections.by_reason
        assert reasons == dict.fromkeys(
            (Reason.ENVELOPE, Reason.OVERSIZE, Reason.FRAMES, Reason.TOPIC, Reason.NOT_FINITE), 1
        )


def test_a_peer_beyond_the_frame_limit_loses_its_connection_only(tmp_path: Path) -> None:
    """MAXMSGSIZE stands before connect: the hostile publisher is cut off, the honest one is heard."""
    context = zmq.Context()
    hostile = link_kit.raw_server(context, zmq.PUB, "KOR-2", trust_kit.settle(tmp_path))
    try:
        with endpoint(tmp_path) as node, listener(tmp_path, REPORTS) as core:
            connected(core, node)
            for _ in range(5):
                hostile.send_multipart([b"report/JPN-KOR-USA/KOR-2", bytes(limits.MESSAGE_BYTES_MAX + 1)])
                turn(core, node)
            for n in range(1, 21):
                publish(node, batch(sequence=n))
            heard = turn_until(lambda h: len(numbers(h)) >= 20, core, node)
            assert {r.topic.source for r in heard if r.sequence} == {"KOR-1"}
    finally:
        hostile.close()
        context.term()


def test_rubbish_on_the_ports_disturbs_nothing(tmp_path: Path) -> None:
    import socket

    chance = random.Random(3)
    with endpoint(tmp_path) as node, listener(tmp_path, REPORTS) as core:
        connected(core, node)
        for address in (node.publisher.endpoint, node.requests.endpoint):
            for _ in range(10):
                with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as raw:
                    raw.sendall(chance.randbytes(2000))
        publish(node, batch(sequence=1))
        assert numbers(turn_until(lambda h: len(numbers(h)) >= 1, core, node)) == [1]


def test_requests_that_make_no_sense_are_counted(tmp_path: Path) -> None:
    context = zmq.Context()
    asker = context.socket(zmq.DEALER)
    asker.linger = 0
    try:
        with endpoint(tmp_path) as node:
            link_kit.raw_client(asker, "JPN-1", node.record.server_key)
            asker.connect(node.requests.endpoint)
            asker.send(b"\xff\xff")
            asker.send_multipart([b"", b"a REQ socket"])
            asker.send(b"")
            end_s = time.monotonic() + 10
            while node.rejections.total < 3 and time.monotonic() < end_s:
                turn(node)
            assert node.rejections.by_reason == {Reason.REQUEST: 2, Reason.FRAMES: 1}
            assert node.requests.answered == 0
    finally:
        asker.close()
        context.term()


def test_a_snapshot_is_asked_for_and_had(tmp_path: Path) -> None:
    update, own = (
        picture_pb2.PictureUpdate(
            nation="KOR", kind=picture_pb2.PICTURE_KIND_SNAPSHOT, sequence=sequence
        ).SerializeToString()
        for sequence in (1, 2)
    )
    with endpoint(tmp_path, "core-KOR", "core") as core, listener(tmp_path, "picture/KOR") as page:
        core.requests.snapshots["picture/KOR"] = lambda: update
        core.requests.snapshots["national/KOR"] = lambda: own
        got: list[tuple[bytes, bool]] = []
        page.receiver.on_snapshot = lambda picture, national: got.append((picture, national))
        connected(page, core)
        assert page.receiver.ask_snapshot("core-KOR", "KOR", national=True)
        assert page.receiver.ask_snapshot("core-KOR", "KOR")
        turn_until(lambda h: len(got) == 2, page, core)
        assert got == [(own, True), (update, False)]


def test_a_process_that_comes_back_elsewhere_is_found_again(tmp_path: Path) -> None:
    with listener(tmp_path, REPORTS) as core:
        for incarnation in (1, 2):
            with endpoint(tmp_path) as node:
                connected(core, node)
                report = batch(sequence=1)
                report.incarnation = incarnation
                publish(node, report)
                heard = turn_until(lambda h: bool(numbers(h)), core, node)
                assert [r.incarnation for r in heard if r.sequence] == [incarnation]
        turn_until(lambda h: not core.receiver.peers, core)


def test_peers_come_and_go_while_much_is_under_way(tmp_path: Path) -> None:
    """libzmq aborts the process where a SUB socket is disconnected between a poll and its receive."""
    with endpoint(tmp_path, "KOR-2") as steady, listener(tmp_path, REPORTS) as core:
        connected(core, steady)
        for n in range(1, 21):
            with endpoint(tmp_path) as passing:
                connected(core, passing)
                for k in range(1, 51):
                    report = batch(sequence=k)
                    report.incarnation = n
                    publish(passing, report)
                core.wait(1.0)
                core.receiver.follow({"KOR-2": core.receiver.peers["KOR-2"]})
        publish(steady, batch("KOR-2", 1))
        heard = turn_until(lambda h: any(r.topic.source == "KOR-2" for r in h), core, steady)
        assert [r.sequence for r in heard if r.topic.source == "KOR-2"] == [1]


def test_the_directory_ignores_the_dead_and_the_malformed(tmp_path: Path) -> None:
    directory, dead = Directory(tmp_path), Directory(tmp_path)
    address = "tcp://127.0.0.1:4"
    for where, name in ((directory, "KOR-1"), (dead, "KOR-2")):
        where.register(
            EndpointRecord(id=name, role="node", nation="KOR", pid=1, pub=address, request=address)
        )
    assert sorted(directory.endpoints()) == ["KOR-1", "KOR-2"]
    del where, dead  # the system unlocks what a dead process kept
    folder = tmp_path / "endpoints"
    (folder / "KOR-3.json").write_text("{")
    (folder / "KOR-4.json").write_bytes((folder / "KOR-1.json").read_bytes())
    (folder / "KOR-5.json").write_text(
        '{"id":"KOR-5","role":"node","nation":"KOR","pid":1,"pub":"ipc:///etc/x","request":"tcp://a:1"}'
    )
    (folder / ".KOR-6.json.99").write_text("half of it")
    assert list(directory.endpoints()) == ["KOR-1"]


def test_a_second_process_of_one_id_is_refused_and_takes_nothing_with_it(tmp_path: Path) -> None:
    with endpoint(tmp_path) as first:
        with pytest.raises(BadInput, match="KOR-1 runs already in"), endpoint(tmp_path):
            pass
        assert Directory(tmp_path).endpoints() == {"KOR-1": first.record}
    with endpoint(tmp_path) as second:
        assert Directory(tmp_path).endpoints() == {"KOR-1": second.record}


_KEEP = """
import sys
from nodes.link.directory import *
kept = Directory(Path(sys.argv[1]))
kept.register(EndpointRecord(id="KOR-2", role="node", nation="KOR", pid=os.getpid(), pub=sys.argv[2],
                             request=sys.argv[2]))
print(sorted(kept.endpoints()), flush=True)
sys.stdin.read()
"""


def test_processes_that_see_other_process_ids_see_each_other(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    within = [unshare, "--pid", "--fork", "--mount-proc"] if unshare and os.geteuid() == 0 else []
    if not within or subprocess.run([*within, "true"], capture_output=True).returncode != 0:
        pytest.skip("needs root and unshare (util-linux)")
    address = "tcp://127.0.0.1:4"
    directory = Directory(tmp_path)
    hidden_pid = 2**22 + 1  # no such process anywhere
    directory.register(
        EndpointRecord(id="KOR-1", role="node", nation="KOR", pid=hidden_pid, pub=address, request=address)
    )
    command = [*within, sys.executable, "-c", _KEEP, str(tmp_path), address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "['KOR-1', 'KOR-2']\n"
        assert sorted(directory.endpoints()) == ["KOR-1", "KOR-2"]
        other.stdin.close()
    assert list(directory.endpoints()) == ["KOR-1"]


def test_what_a_poller_waits_for_no_more_it_does_not_keep_alive() -> None:
    context, poller = zmq.Context(), Poller()
    socket = context.socket(zmq.PULL)
    poller.register(socket, zmq.POLLIN)
    poller.wait(0)
    poller.unregister(socket)
    alive = weakref.ref(socket)
    socket.close()
    del socket
    assert alive() is None
    context.term()


@pytest.mark.parametrize("folder", ["", "endpoints"])
def test_a_directory_that_vanishes_is_an_empty_one(tmp_path: Path, folder: str) -> None:
    root = tmp_path / "coalition"
    directory = Directory(root)
    (root / "endpoints").rmdir()
    assert directory.endpoints() == {}


def test_drafts_of_one_file_never_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes in pid namespaces of their own may both be process 1 and write the same file at once."""
    monkeypatch.setattr("os.getpid", lambda: 1)
    assert len({draft_beside(tmp_path / "000002.json") for _ in range(100)}) == 100
