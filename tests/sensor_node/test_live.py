"""Scans that a sensor's own programme sends: order, patience, refusals, and no number that hurts a node."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zmq

import scan_kit
from demo_kit import wait_for
from nodes.errors import BadInput
from nodes.link import limits
from nodes.link.errors import Reason
from nodes.link.rejections import Rejections
from nodes.link.scan_socket import ScanSocket
from nodes.sensing.sensors import Sensor
from nodes.sensor_node.live import AHEAD_NS, WAIT_S, LiveScans
from nodes.sensor_node.node import NationalNode
from nodes.simulation.loader import load
from ports_kit import free_port
from scan_kit import START_NS, scan
from triwatch.v1 import sensing_pb2, track_pb2


class Feed:
    """A LiveScans whose inbox and clock are the test's."""

    def __init__(self, *sensors: Sensor) -> None:
        self.bodies: list[bytes] = []
        self.now_s = 100.0
        self.rejections = Rejections()
        self.source = LiveScans(
            self._inbox, "KOR-1", sensors or (scan_kit.RADAR,), self.rejections, now_s=lambda: self.now_s
        )

    def _inbox(self) -> list[bytes]:
        bodies, self.bodies = self.bodies, []
        return bodies

    def send(self, *scans: sensing_pb2.DetectionScan | bytes) -> None:
        self.bodies += [s if isinstance(s, bytes) else s.SerializeToString() for s in scans]

    def known_s(self, until_s: float) -> float:
        return (self.source.known_ns(START_NS + round(until_s * 1e9)) - START_NS) * 1e-9

    def given_s(self, until_s: float) -> list[float]:
        """Times of the scans given up to what is known."""
        known = self.source.known_ns(START_NS + round(until_s * 1e9))
        return [round((s.time_ns - START_NS) * 1e-9, 6) for s in self.source.scans(known)]


def test_a_node_lives_as_far_as_every_sensor_has_sent() -> None:
    feed = Feed(scan_kit.RADAR, scan_kit.RADAR)
    feed.send(scan(3.0), scan(1.0, sensor=1))
    assert feed.given_s(5.0) == [1.0]
    feed.send(scan(2.5, sensor=1), scan(4.0, sensor=1))
    assert feed.given_s(5.0) == [2.5, 3.0]
    assert feed.known_s(5.0) == 3.0


def test_a_sensor_that_is_late_is_waited_for_and_one_that_fails_is_not() -> None:
    feed = Feed(scan_kit.RADAR, scan_kit.RADAR)
    feed.send(scan(1.0))
    assert feed.given_s(2.0) == []
    feed.now_s += 0.9 * WAIT_S
    assert feed.given_s(3.0) == []
    feed.now_s += 0.2 * WAIT_S
    assert feed.given_s(4.0) == [1.0]
    assert feed.known_s(4.0) == 2.0
    # also where time stands still, at the end of the scenario
    feed.now_s += WAIT_S
    assert feed.known_s(4.0) == 4.0
    feed.send(scan(2.0, sensor=1), scan(4.5, sensor=1))
    assert feed.given_s(5.0) == []
    assert feed.rejections.by_reason == {Reason.TIME: 1}
    assert feed.known_s(1.0) == 1.0


def test_a_clock_that_is_wrong_and_an_order_that_is_none_are_refused() -> None:
    feed = Feed()
    assert feed.known_s(10.0) == -START_NS * 1e-9
    feed.send(scan(10.0 + AHEAD_NS * 1e-9 + 0.1), scan(9.0), scan(8.0), scan(9.0), scan(9.5))
    assert feed.given_s(10.0) == [9.0, 9.5]
    assert feed.rejections.by_reason == {Reason.TIME: 3}
    assert feed.source.taken == 2


def _with(**changed: object) -> Callable[[], bytes]:
    def body() -> bytes:
        message = scan(1.0)
        for name, value in changed.items():
            if isinstance(value, list):
                del getattr(message, name)[:]
                getattr(message, name).extend(value)
            else:
                setattr(message, name, value)
        return message.SerializeToString()

    return body


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (lambda: b"\xff\xff\xff", Reason.PAYLOAD),
        (lambda: b"", Reason.MISMATCH),
        (_with(node_id="JPN-1"), Reason.MISMATCH),
        (_with(sensor=1), Reason.CONTENT),
        (_with(kind=2), Reason.CONTENT),
        (_with(kind=99), Reason.CONTENT),
        (_with(time_ns=0), Reason.CONTENT),
        (_with(time_ns=2**64 - 1), Reason.CONTENT),
        (_with(axes=[1.0, 0.0, 0.0]), Reason.CONTENT),
        (_with(axes=[2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 2.0]), Reason.CONTENT),
        (_with(position=[float("nan"), 0.0, 0.0]), Reason.CONTENT),
        (_with(position=[1e300, 0.0, 0.0]), Reason.CONTENT),
        (_with(sigma=[0.0, 1e-3, 1e-3]), Reason.CONTENT),
        (_with(sigma=[0.03, 1e-3, 1e-6]), Reason.CONTENT),
        (_with(sigma=[1e300, 1e-3, 1e-3]), Reason.CONTENT),
        (_with(measurement=[1e5, 1.0]), Reason.CONTENT),
        (_with(measurement=[1e5, float("inf"), 0.1]), Reason.CONTENT),
        (_with(measurement=[-1.0, 1.0, 0.1]), Reason.CONTENT),
        (_with(measurement=[1e200, 1.0, 0.1]), Reason.CONTENT),
        (_with(measurement=[1e5, 57.3, 0.1]), Reason.CONTENT),
        (_with(measurement=[1e5, 1.0, 0.1] * (limits.SCAN_DETECTIONS_MAX + 1)), Reason.LIMIT),
    ],
)
def test_what_is_no_scan_is_counted_and_changes_nothing(body: Callable[[], bytes], reason: Reason) -> None:
    feed = Feed()
    feed.known_s(5.0)
    feed.send(body(), scan(1.5))
    assert feed.given_s(5.0) == [1.5]
    assert feed.rejections.by_reason == {reason: 1}


def test_replies_are_checked_too() -> None:
    feed = Feed()
    feed.known_s(5.0)
    for k, (sign, position) in enumerate([("x" * 65, 0.0), ("KAL 1", 1e9), ("KAL 1", 6.4e6)]):
        message = scan(1.0 + k)
        message.replies.call_sign.append(sign)
        message.replies.identity.append(99)  # a later version's: taken as 0
        message.replies.position.extend([position, 0.0, 0.0])
        feed.send(message)
    assert feed.given_s(5.0) == [3.0]
    assert feed.rejections.by_reason == {Reason.CONTENT: 2}


def test_a_node_that_has_no_room_leaves_the_rest_with_the_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SCANS_WAITING_MAX", 3)
    left = [scan(0.001 * k).SerializeToString() for k in range(1, 11)]
    source = LiveScans(
        lambda: iter(lambda: left.pop(0) if left else b"", b""), "KOR-1", (scan_kit.RADAR,), Rejections()
    )
    assert source.known_ns(START_NS) == START_NS
    assert (source.taken, len(left)) == (3, 7)


@pytest.mark.parametrize("seed", range(8))
def test_no_scan_that_is_let_in_can_stop_a_node(seed: int, tmp_path: Path) -> None:
    """Whatever the numbers within the bounds: reports go on, and each can leave the node."""
    rng = np.random.default_rng(seed)
    feed = Feed()
    (tmp_path / "radar.toml").write_text(scan_kit.SCENARIO)
    node = NationalNode(load(str(tmp_path / "radar.toml")), "KOR-1", feed.source)
    reports = 0
    for k in range(1, 40):
        message, n = scan(0.5 * k), int(rng.integers(0, 4))
        del message.sigma[:], message.measurement[:]
        message.sigma.extend([30.0, 1e-3, 1e-3] * 10.0 ** rng.uniform(-2, 2, 3))
        ranges, angles = 10.0 ** rng.uniform(-6, 8, (n, 1)), rng.uniform(-10, 10, (n, 2))
        message.measurement.extend(np.hstack([ranges, angles]).ravel())
        if rng.random() < 0.5:
            message.position[int(rng.integers(3))] = rng.uniform(-1e8, 1e8)
        feed.send(message)
        events = list(node.advance(message.time_ns))
        reports += sum(isinstance(event, track_pb2.TrackBatch) for event in events)
    assert feed.source.taken == 39
    assert reports == 20


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("127.0.0.1:5600", "expected tcp://127.0.0.1:PORT"),
        ("tcp://127.0.0.1", "expected tcp://127.0.0.1:PORT"),
        ("tcp://127.0.0.1:0", "expected tcp://127.0.0.1:PORT"),
        ("tcp://127.0.0.1:65536", "expected tcp://127.0.0.1:PORT"),
        ("ipc:///tmp/x", "expected tcp://127.0.0.1:PORT"),
        ("tcp://0.0.0.0:5600", "from another, through a tunnel"),
        ("tcp://192.168.1.7:5600", "from another, through a tunnel"),
        ("tcp://[::]:5600", "from another, through a tunnel"),
        ("tcp://radar.example:5600", "from another, through a tunnel"),
        ("tcp://*:5600", "from another, through a tunnel"),
    ],
)
def test_scans_are_taken_from_this_machine_alone(address: str, text: str) -> None:
    with pytest.raises(BadInput, match=text):
        ScanSocket(address, Rejections())


def test_frames_are_taken_one_by_one_and_others_refused() -> None:
    address, rejections = f"tcp://127.0.0.1:{free_port()}", Rejections()
    inlet = ScanSocket(address, rejections)
    with pytest.raises(BadInput, match=rf"{address}: cannot be bound"):
        ScanSocket(address, Rejections())
    context = zmq.Context()
    push = context.socket(zmq.PUSH)
    push.connect(address)
    push.send_multipart([b"a", b"b"])
    push.send(bytes(limits.BODY_BYTES_MAX["detections"] + 1))
    push.send(b"scan")
    taken: list[bytes] = []
    wait_for(lambda: taken.extend(inlet.messages()) or taken)
    assert taken == [b"scan"]
    assert rejections.by_reason == {Reason.FRAMES: 1, Reason.OVERSIZE: 1}
    context.destroy(linger=0)
    inlet.close()
