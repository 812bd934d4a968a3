"""One national node as a process: its life in scenario time, its reports and heartbeats on the link."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Annotated, Final, NamedTuple, Protocol

from google.protobuf.message import Message

from fusion.constants import OPERATION, Chosen
from fusion.report.report import moments_ns
from nodes.control import clock
from nodes.control.piped_clock import NodeProgress, TimeSource
from nodes.link import codec, topics
from nodes.link.endpoint import LinkEndpoint
from nodes.link.liveness import HEARTBEAT_S
from nodes.operations.endpoint_state import introduce, state_of
from nodes.operations.reporter import Reporter
from nodes.sensing import wire
from nodes.sensing.scan import Scan
from nodes.sensor_node.report_log import Ended, ReportLog
from nodes.simulation.source import to_origins
from nodes.simulation.spec import Scenario
from triwatch.v1 import status_pb2, track_pb2

STATUS_NS: Final[
    Annotated[
        int,
        Chosen(
            "ns",
            "A node that has nothing to report says at least this often, in scenario time, how far it is",
            OPERATION,
        ),
    ]
] = 1_000_000_000
WALL_STEP_S: Final[
    Annotated[float, Chosen("s", "how closely a node started by hand follows the wall clock", OPERATION)]
] = 0.02
LATE_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "scenario time within which a node's first start counts as having been there from the beginning",
            OPERATION,
        ),
    ]
] = 10.0
RETURN_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "wall time that a node which starts again announces itself before its first report is "
            "valid: by then every core holds time open for it",
            OPERATION,
        ),
    ]
] = 1.0
GOODBYE_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "wall time that a node which is stopped stays to say goodbye: each core looks who is "
            "there more often",
            OPERATION,
        ),
    ]
] = 0.6
LINGER_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "wall time that a node started by hand stays after its last word, to repair what was lost of it",
            OPERATION,
        ),
    ]
] = 5.0


class Lives(Protocol):
    """A node without sockets: ``nodes.sensor_node.node.NationalNode``."""

    incarnation: int
    time_ns: int

    @property
    def done(self) -> bool: ...

    def advance(self, until_ns: int) -> Iterator[Scan | track_pb2.TrackBatch]: ...

    def statuses(self) -> list[status_pb2.NodeStatus]: ...


def joining_s(scenario: Scenario, time_source: TimeSource, incarnation: int) -> float:
    """Scenario seconds at which a node takes up; a first start that is hardly late is in time, a later one
    announces itself first."""
    late_s = max(0.0, (time_source.limit_ns() - scenario.start_ns) * 1e-9)
    if incarnation > 1:
        return late_s + RETURN_S * time_source.speed
    return 0.0 if late_s < LATE_S else late_s


class _Word(NamedTuple):
    """The last heartbeat of one stream."""

    due_s: float
    """When the next one must follow."""
    time_ns: int
    goodbye: bool


def _stream(status: status_pb2.NodeStatus) -> str:
    return str(status.punctuation[0].stream)


def _name_earlier(status: status_pb2.NodeStatus, ended: Sequence[Ended]) -> None:
    """Say how the starts before this one ended, the newest first."""
    if not ended:
        return
    newest, *earlier = ended
    status.previous_incarnation, status.previous_last_sequence = newest.incarnation, newest.last_sequence
    status.previous_low_watermark_ns = newest.low_watermark_ns
    del status.earlier[:]
    for one in earlier:
        status.earlier.add(incarnation=one.incarnation, last_sequence=one.last_sequence)


class NodeProcess:
    """Runs ``node`` on ``endpoint`` as ``time_source`` grants it time.

    With a ``log`` it is one start of several: it says how those before it ended, and repairs what they left.
    """

    def __init__(
        self,
        node: Lives,
        endpoint: LinkEndpoint,
        time_source: TimeSource,
        log: ReportLog | None = None,
        reporter: Reporter | None = None,
        coalition_id: str = "",
    ) -> None:
        self._reporter = reporter
        self._coalition_id = coalition_id
        self._node = node
        self._log = log
        self._endpoint = endpoint
        self._time_source = time_source
        self.published: dict[str, int] = {}
        """Last sequence by topic."""
        self._words: dict[str, _Word] = {}
        self._told: tuple[int, bool, int] | None = None
        for kept in log.kept() if log else ():
            topic = topics.report(kept.stream, endpoint.id)
            endpoint.publisher.journals[topics.REPORT].keep(topic, kept.incarnation, kept.sequence, kept.body)
        endpoint.wake_on(time_source.wake_fd)

    def run(self) -> None:
        """Live until told to stop; a node started by hand leaves after its scenario's end."""
        for wait_s in self.turns():
            self._endpoint.wait(wait_s)

    def turns(self) -> Iterator[float]:
        """Live turn by turn until told to stop; yields how long the next turn has time, in seconds, if
        nothing comes."""
        self._endpoint.register()
        introduce(self._endpoint, self._node.incarnation, self._coalition_id)
        leave_s: float | None = None
        while not self._time_source.stop:
            began_s = clock.monotonic_s()
            self._time_source.acknowledge()
            self._endpoint.trust.time_ns = self._node.time_ns
            self._endpoint.look(clock.monotonic_s())
            self._live(self._time_source.limit_ns())
            now_s = clock.monotonic_s()
            self._tell()
            if self._node.done and not self._time_source.exercise:
                leave_s = leave_s or now_s + LINGER_S
                if now_s >= leave_s:
                    return
            if self._reporter is not None:
                self._report_state(self._reporter, began_s, now_s)
            yield self._idle_s(now_s)
            self._endpoint.serve()
        if not self._node.done:
            yield from self._leave()

    def _leave(self) -> Iterator[float]:
        """Say goodbye; several times, and answer for a while, for a word that is lost holds time open."""
        until_s = clock.monotonic_s() + (0.0 if self._time_source.exercise else GOODBYE_S)
        while True:
            self._time_source.acknowledge()
            now_s = clock.monotonic_s()
            self._say(self._node.statuses(), now_s, leaving=True)
            if now_s >= until_s:
                return
            yield GOODBYE_S / 4
            self._endpoint.serve()

    def _report_state(self, reporter: Reporter, began_s: float, now_s: float) -> None:
        """Say how this node is to those who run it, now and then."""
        reporter.turned(now_s - began_s)
        if reporter.due(now_s):
            state = state_of(
                self._endpoint,
                reporter,
                now_s,
                incarnation=self._node.incarnation,
                time_ns=self._node.time_ns,
                published=self.published,
            )
            reporter.tell(state, now_s)

    def _live(self, until_ns: int) -> None:
        for event in self._node.advance(until_ns):
            if isinstance(event, Scan):
                self._show_detections(event)
            else:
                self._report(event)
                # one stream's report must not show in another's heartbeats
                self._say(
                    (s for s in self._node.statuses() if _stream(s) == event.stream), clock.monotonic_s()
                )
            self._endpoint.serve()
            if self._time_source.stop:
                return
        now_s = clock.monotonic_s()
        statuses = self._node.statuses()
        self._say((s for s in statuses if self._is_due(s, now_s)), now_s)
        if not statuses:  # silent: nothing is due before it speaks again
            self._words = {k: w._replace(due_s=now_s + HEARTBEAT_S) for k, w in self._words.items()}

    def _is_due(self, status: status_pb2.NodeStatus, now_s: float) -> bool:
        word = self._words.get(_stream(status))
        return (
            word is None
            or now_s >= word.due_s
            or status.time_ns - word.time_ns >= STATUS_NS
            or (self._node.done and not word.goodbye)
        )

    def _report(self, batch: track_pb2.TrackBatch) -> None:
        sign, time_ns = self._endpoint.trust.sign, self._node.time_ns
        newest_ns = max(moments_ns(batch), default=time_ns)
        body = codec.seal(topics.REPORT, batch.SerializeToString(), sign, newest_ns)
        topic = topics.report(batch.stream, batch.node_id)
        if self._log is not None:
            self._log.write(batch.stream, batch.sequence, time_ns, body)
        self._endpoint.publisher.publish(topic, body, batch.incarnation, batch.sequence)
        self.published[topic] = batch.sequence

    def show_origins(self, scan: Scan, object_id: tuple[str, ...]) -> None:
        """Publish what a simulated scan came from, before the scan itself; in an exercise only."""
        self._show(topics.origins(self._endpoint.id), lambda *source: to_origins(scan, object_id, *source))

    def _show_detections(self, scan: Scan) -> None:
        self._show(topics.detections(self._endpoint.id), lambda *source: wire.to_message(scan, *source))

    def _show(self, topic: str, message: Callable[[str, int, int], Message]) -> None:
        if not self._time_source.exercise:
            return
        sequence = self.published[topic] = self.published.get(topic, 0) + 1
        body = message(self._endpoint.id, self._node.incarnation, sequence).SerializeToString()
        self._endpoint.publisher.publish(topic, body, self._node.incarnation, sequence)

    def _say(self, statuses: Iterable[status_pb2.NodeStatus], now_s: float, leaving: bool = False) -> None:
        for status in statuses:
            if leaving:
                status.state = status_pb2.NODE_STATE_LEAVING
            if self._log is not None:
                _name_earlier(status, self._log.earlier(_stream(status)))
            sign = self._endpoint.trust.sign
            body = codec.seal(topics.STATUS, status.SerializeToString(), sign, status.time_ns)
            self._endpoint.publisher.publish(topics.status(_stream(status), self._endpoint.id), body)
            goodbye = status.state == status_pb2.NODE_STATE_LEAVING
            self._words[_stream(status)] = _Word(now_s + HEARTBEAT_S, status.time_ns, goodbye)

    def _tell(self) -> None:
        now = (self._node.time_ns, self._node.done, self._endpoint.trust.version)
        if now != self._told:
            self._told = now
            self._time_source.report(
                NodeProgress(
                    time_ns=now[0],
                    done=now[1],
                    incarnation=self._node.incarnation,
                    published=self.published,
                    policy=now[2],
                )
            )

    def _idle_s(self, now_s: float) -> float:
        """How long nothing can happen unless the link or the time_source wakes this process."""
        until_heartbeat_s = max(0.0, min((w.due_s for w in self._words.values()), default=0.0) - now_s)
        return until_heartbeat_s if self._time_source.exercise else min(until_heartbeat_s, WALL_STEP_S)
