"""Live scans: feeds a node with what its sensors' own programmes send it."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Annotated, Final

from google.protobuf.message import DecodeError

from fusion.constants import OPERATION, Chosen
from nodes.control import clock
from nodes.link import limits
from nodes.link.errors import Reason, WireError
from nodes.link.rejections import Rejections
from nodes.sensing.scan import Scan
from nodes.sensing.sensors import Sensor
from nodes.sensing.wire import from_message
from triwatch.v1 import sensing_pb2

WAIT_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "wall seconds for which a scan may be late: so long a node waits for a sensor that has "
            "not sent yet",
            OPERATION,
        ),
    ]
] = 1.0
AHEAD_NS: Final[
    Annotated[
        int,
        Chosen(
            "ns",
            "how far ahead of the coalition's clock a scan may be; a wrong clock is further off",
            OPERATION,
        ),
    ]
] = 10_000_000_000


class LiveScans:
    """A ScanSource: the scans of a node's ``sensors`` as they come out of ``inbox``, bytes of DetectionScan.

    The node lives as far as every sensor has sent, or, where one is late, as far as it was asked to
    ``wait_s`` ago. What is no scan of these sensors, or comes later than that, is counted in ``rejections``
    and changes nothing. ``now_s`` is a clock that is never set back.
    """

    def __init__(
        self,
        inbox: Callable[[], Iterable[bytes]],
        node_id: str,
        sensors: Sequence[Sensor],
        rejections: Rejections,
        wait_s: float = WAIT_S,
        now_s: Callable[[], float] = clock.monotonic_s,
    ) -> None:
        self.taken = 0
        """Scans that passed every check."""
        self._inbox = inbox
        self._node_id = node_id
        self._sensors = sensors
        self._rejections = rejections
        self._wait_s = wait_s
        self._now_s = now_s
        self._last_ns = [0] * len(sensors)
        """Time of the last scan, by sensor."""
        self._waiting: list[tuple[int, int, Scan]] = []
        """A heap by time and sensor: taken, not given yet."""
        self._asked: deque[tuple[float, int]] = deque()
        """When the node first asked for a time, and for which; both ascend."""
        self._newest_ns = 0
        """The latest time asked for."""
        self._known_ns = 0

    def known_ns(self, until_ns: int) -> int:
        """How far, at most to ``until_ns``, nothing more is waited for."""
        now_s = self._now_s()
        if until_ns > self._newest_ns:
            self._newest_ns = until_ns
            self._asked.append((now_s, until_ns))
        self._receive()
        self._known_ns = max(self._known_ns, min(until_ns, *self._last_ns))
        while self._asked and self._asked[0][0] + self._wait_s <= now_s:
            self._known_ns = max(self._known_ns, self._asked.popleft()[1])
        return min(self._known_ns, until_ns)

    def scans(self, until_ns: int) -> Iterator[Scan]:
        """The scans not given yet, up to and including ``until_ns``."""
        while self._waiting and self._waiting[0][0] <= until_ns:
            yield heapq.heappop(self._waiting)[2]

    def _receive(self) -> None:
        for body in self._inbox():
            try:
                scan = self._checked(body)
            except WireError as error:
                self._rejections(f"scan of {self._node_id}", error)
            else:
                self.taken += 1
                self._last_ns[scan.sensor] = scan.time_ns
                heapq.heappush(self._waiting, (scan.time_ns, scan.sensor, scan))
            if len(self._waiting) >= limits.SCANS_WAITING_MAX:
                return

    def _checked(self, body: bytes) -> Scan:
        """Raises WireError."""
        try:
            message = sensing_pb2.DetectionScan.FromString(body)
        except DecodeError:
            raise WireError(Reason.PAYLOAD, f"{len(body)} bytes that are no DetectionScan") from None
        if message.node_id != self._node_id:
            raise WireError(Reason.MISMATCH, f"content from {message.node_id!r}")
        try:
            scan = from_message(message, self._sensors)
        except ValueError as error:
            raise WireError(Reason.CONTENT, str(error)) from None
        if len(scan.measurement) > limits.SCAN_DETECTIONS_MAX:
            raise WireError(
                Reason.LIMIT,
                f"{len(scan.measurement)} detections, a scan may have {limits.SCAN_DETECTIONS_MAX}",
            )
        self._check_time(scan)
        return scan

    def _check_time(self, scan: Scan) -> None:
        last_ns = self._last_ns[scan.sensor]
        if scan.time_ns <= last_ns:
            text = f"not later than the last of sensor {scan.sensor}, {last_ns}"
        elif scan.time_ns <= self._known_ns:
            late_s = (self._known_ns - scan.time_ns) * 1e-9
            text = f"{late_s:.3f} s later than the node waits for it"
        elif scan.time_ns > self._newest_ns + AHEAD_NS:
            ahead_s = (scan.time_ns - self._newest_ns) * 1e-9
            text = f"{ahead_s:.0f} s ahead of the coalition's clock"
        else:
            return
        raise WireError(Reason.TIME, f"time_ns {scan.time_ns}: {text}")
