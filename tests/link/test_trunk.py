"""Several machines: a directory each, one port each, and nothing else in common."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest
import zmq

import link_kit
import trust_kit
from link_kit import batch, publish, turn, turn_until
from nodes import coalition
from nodes.errors import BadInput
from nodes.link import sockets, topics, zap
from nodes.link.directory import Directory
from nodes.link.endpoint import LinkEndpoint, nobody
from nodes.link.errors import Reason, WireError
from nodes.link.records import Records, addresses
from ports_kit import free_port
from triwatch.v1 import envelope_pb2, trunk_pb2

REPORT = topics.report(link_kit.ALL, "KOR-1")
STATUS = topics.status(link_kit.ALL, "KOR-1")


def machine(folder: Path, nation: str) -> Path:
    """A machine's own directory: the policy, and the keys of its nation alone."""
    root = folder / nation
    trust_kit.settle(root)
    for keys in (root / "keys").iterdir():
        if keys.name != nation:
            shutil.rmtree(keys)
    return root


@contextmanager
def process(
    root: Path, name: str, *, listen: str = "", peers: tuple[str, ...] = (), prefixes: tuple[str, ...] = ()
) -> Iterator[LinkEndpoint]:
    nation = trust_kit.nation_of(name)
    role = "core" if name.startswith("core-") else "node"
    made = LinkEndpoint(
        Directory(root),
        coalition.of_process(root, name, nation),
        name,
        role,
        nation,
        prefixes=prefixes,
        addresses=addresses(listen, "", peers),
        incarnation=1,
        **({} if role == "core" else {"choose": nobody}),
    )
    made.register()
    try:
        yield made
    finally:
        made.close()


def test_a_node_dials_out_and_hears_of_the_cores_it_was_not_told(tmp_path: Path) -> None:
    """The node knows one core, that one knows the other; the node binds nothing that others could reach."""
    here, there = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    hear = (REPORT, STATUS)
    with ExitStack() as stack:
        japan = stack.enter_context(process(machine(tmp_path, "JPN"), "core-JPN", listen=here, prefixes=hear))
        usa = stack.enter_context(
            process(machine(tmp_path, "USA"), "core-USA", listen=there, peers=(f"JPN={here}",), prefixes=hear)
        )
        node = stack.enter_context(process(machine(tmp_path, "KOR"), "KOR-1", peers=(f"JPN={here}",)))
        parties = (usa, japan, node)
        turn_until(
            lambda _: (
                "KOR-1" in usa.receiver.peers
                and "KOR-1" in japan.receiver.peers
                and set(node.receiver.peers) == {"core-JPN", "core-USA"}
            ),
            *parties,
        )
        turn_until(lambda _: "core-JPN" in usa.receiver.peers, *parties)
        for sequence in range(1, 6):
            publish(node, batch("KOR-1", sequence))
        node.publisher.publish(STATUS, link_kit.status("KOR-1", 5))
        # what was sent before the hello came is missed, noticed by the heartbeat, and repaired on the line
        heard = turn_until(lambda h: sum(r.topic.text == REPORT for r in h) == 5, *parties)
        assert sorted(r.sequence for r in heard if r.topic.text == REPORT) == [1, 2, 3, 4, 5]
        assert usa.receiver.missing == 0


def test_what_is_not_released_never_goes_out_on_a_line(tmp_path: Path) -> None:
    at = f"127.0.0.1:{free_port()}"
    hidden = topics.report("JPN-KOR", "KOR-1")
    with (
        process(machine(tmp_path, "USA"), "core-USA", listen=at, prefixes=("report/", REPORT, hidden)) as usa,
        process(machine(tmp_path, "KOR"), "KOR-1", peers=(f"USA={at}",)) as node,
    ):
        turn_until(lambda _: "KOR-1" in usa.receiver.peers and "core-USA" in node.receiver.peers, usa, node)
        for _ in range(50):
            turn(usa, node)
        publish(node, batch("KOR-1", 1, stream="JPN-KOR"))
        publish(node, batch("KOR-1", 1))
        heard = turn_until(lambda h: bool(h), usa, node)
        for _ in range(50):
            heard += turn(usa, node)
        assert {r.topic.text for r in heard} == {REPORT}
        assert usa.rejections.total == 0


def test_a_version_of_the_policy_travels_on_the_lines(tmp_path: Path) -> None:
    """Signed where the nations' keys are; every machine has it without a shared directory."""
    at = f"127.0.0.1:{free_port()}"
    signing = trust_kit.settle(tmp_path / "signing")
    japan_root, usa_root = machine(tmp_path, "JPN"), machine(tmp_path, "USA")
    with (
        process(japan_root, "core-JPN", listen=at) as japan,
        process(usa_root, "core-USA", peers=(f"JPN={at}",)) as usa,
    ):
        turn_until(lambda _: "core-JPN" in usa.receiver.peers, usa, japan)
        coalition.remove(signing, nodes=["KOR-9"])
        coalition.remove(signing, nodes=["KOR-10"])
        for version in ("000002.json", "000003.json"):
            shutil.copy(signing / "policy" / version, japan_root / "policy" / version)
        turn_until(lambda _: usa.trust.version == 3, usa, japan)
        assert usa.rejections.total == 0
        assert coalition.load(usa_root).current.version == 3


def test_a_core_that_comes_back_is_heard_again(tmp_path: Path) -> None:
    at = f"127.0.0.1:{free_port()}"
    word = topics.core_status("JPN")
    roots = machine(tmp_path, "JPN"), machine(tmp_path, "USA")
    with process(roots[1], "core-USA", peers=(f"JPN={at}",), prefixes=(word,)) as usa:
        for _ in range(2):
            with process(roots[0], "core-JPN", listen=at) as japan:
                end_s = time.monotonic() + 20.0
                heard: list[object] = []
                while not heard:
                    assert time.monotonic() < end_s
                    said = link_kit.seal(topics.CORE_STATUS, b"\x0a\x03JPN", "core-JPN")
                    japan.publisher.publish(word, said)
                    heard += turn(usa, japan)


def test_a_port_that_is_not_free_at_once_is_opened_when_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A key left the policy: all connections are broken, and libzmq gives the port back in its own time."""
    at = f"127.0.0.1:{free_port()}"
    roots = machine(tmp_path, "JPN"), machine(tmp_path, "USA")
    with (
        process(roots[0], "core-JPN", listen=at) as japan,
        process(roots[1], "core-USA", peers=(f"JPN={at}",)) as usa,
    ):
        trunk = japan.trunk
        assert trunk is not None
        turn_until(lambda _: "core-USA" in trunk.peers, japan, usa)
        bind = sockets.bind_at
        tries: list[str] = []

        def late(server: zmq.Socket[bytes], address: str) -> str:
            """The address is another's for as long as it takes to ask three times."""
            tries.append(address)
            with closing(socket.socket()) as taken:
                if len(tries) < 3:
                    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    with suppress(OSError):  # it is taken already: libzmq has not got round to it
                        taken.bind(("127.0.0.1", int(at.rpartition(":")[2])))
                        taken.listen()
                return bind(server, address)

        monkeypatch.setattr(zap, "bind_at", late)
        trunk.reopen()
        turn_until(lambda _: len(tries) >= 3 and "core-USA" in trunk.peers, japan, usa)
    assert "Address already in use" in caplog.text


def test_a_new_key_of_a_core_reaches_the_others_before_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rotated: the port goes on with the old key while the version travels, then with the new one."""
    monkeypatch.setattr("nodes.link.trunk.KEY_GRACE_S", 1.0)
    at = f"127.0.0.1:{free_port()}"
    signing = trust_kit.settle(tmp_path / "signing")
    japan_root, usa_root = machine(tmp_path, "JPN"), machine(tmp_path, "USA")
    with (
        process(japan_root, "core-JPN", listen=at) as japan,
        process(usa_root, "core-USA", peers=(f"JPN={at}",)) as usa,
    ):
        turn_until(lambda _: "core-JPN" in usa.receiver.peers, usa, japan)
        coalition.rotate(signing, "core-JPN")
        shutil.copy(signing / "keys/JPN/core-JPN.json", japan_root / "keys/JPN/core-JPN.json")
        shutil.copy(signing / "policy/000002.json", japan_root / "policy/000002.json")
        turn_until(lambda _: usa.trust.version == 2, usa, japan)
        old = japan.trust.transport.public
        end_s = time.monotonic() + 8.0
        while time.monotonic() < end_s:
            turn(usa, japan)
        assert japan.trust.transport.public == old  # already the new one when the version came
        assert "core-JPN" in usa.receiver.peers
        assert "core-USA" in japan.receiver.peers


def sealed(signer: str, **fields: object) -> bytes:
    record = {"id": "core-KOR", "nation": "KOR", "incarnation": 2, "address": "tcp://10.0.0.2:7400"} | fields
    payload = trunk_pb2.EndpointRecord(**record).SerializeToString()
    key_id, signature = trust_kit.signer(signer).sign(b"triwatch.v1.EndpointRecord\0" + payload, 0)
    return envelope_pb2.Envelope(key_id=key_id, signature=signature, payload=payload).SerializeToString()


def test_a_record_counts_by_its_core_s_own_signature_and_newest_start() -> None:
    records = Records(trust_kit.signer("core-JPN"), {"core-USA": "tcp://10.0.0.9:1"})
    assert records.take(sealed("core-KOR"))
    assert not records.take(sealed("core-KOR"))
    assert not records.take(sealed("core-KOR", incarnation=1, address="tcp://10.0.0.3:7400"))
    assert records.reached("core-KOR") == ("tcp://10.0.0.2:7400",)
    assert records.take(sealed("core-KOR", incarnation=3, address="tcp://10.0.0.4:7400"))
    assert records.reached("core-KOR") == ("tcp://10.0.0.4:7400",)
    for wrong, reason in (
        (sealed("core-JPN", incarnation=9), Reason.FOREIGN_KEY),
        (sealed("core-KOR", incarnation=9, address="ipc:///tmp/x"), Reason.CONTENT),
        (sealed("core-KOR", incarnation=9, nation="JPN"), Reason.MISMATCH),
        (sealed("core-KOR", incarnation=9)[:-1] + b"\0", None),
        (b"\xff" * 40, Reason.ENVELOPE),
        (b"\0" * 2000, Reason.OVERSIZE),
    ):
        with pytest.raises(WireError) as refused:
            records.take(wrong)
        assert reason is None or refused.value.reason == reason
    assert records.to_pass_on() == [sealed("core-KOR", incarnation=3, address="tcp://10.0.0.4:7400")]
    assert records.cores() == {"core-KOR", "core-USA"}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"listen": "10.0.0.1"}, "expected HOST:PORT"),
        ({"listen": "10.0.0.1:70000"}, "expected HOST:PORT"),
        ({"listen": "0.0.0.0:7400"}, "--advertise"),
        ({"peers": ("10.0.0.1:7400",)}, "expected NATION=HOST:PORT"),
        ({"peers": ("KOR=nowhere",)}, "expected HOST:PORT"),
    ],
)
def test_an_address_that_is_none_is_refused_in_one_line(options: dict[str, object], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        addresses(**options)


def test_a_port_that_is_taken_is_refused_in_one_line(tmp_path: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(BadInput, match="Address already in use"),
            process(machine(tmp_path, "KOR"), "core-KOR", listen=f"127.0.0.1:{port}"),
        ):
            pass
