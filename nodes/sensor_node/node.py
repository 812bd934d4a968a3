"""One national sensor node without its sockets: time in, scans and track reports out.

Deterministic: what a node sees and says is a function of the scenario, its id and its incarnation.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from typing import NamedTuple

from nodes.sensing.scan import Scan
from nodes.sensor_node.report import to_batch
from nodes.sensor_node.streams import Streams
from nodes.simulation.sensors import Sensor
from nodes.simulation.sensors.platform import Platform
from nodes.simulation.spec import RadarSpec, Scenario, SensorSpec
from nodes.simulation.transponders import replies
from nodes.simulation.truth import World
from nodes.tracking.tracker import NationalTracker
from triwatch.v1 import status_pb2, track_pb2

INTERROGATION_S = 4.0
"""How often, at most, a radar asks who is there."""


class _Moment(NamedTuple):
    """Something to do; of one time, sensors look in their order and the report comes last."""

    time_ns: int
    order: int


class NationalNode:
    """A node of ``scenario``; raises KeyError where it has no such node.

    ``world`` may be shared between nodes of one process; ``from_s`` is where a restarted node takes up.
    """

    def __init__(
        self,
        scenario: Scenario,
        node_id: str,
        incarnation: int = 1,
        world: World | None = None,
        from_s: float = 0.0,
    ) -> None:
        self.spec = scenario.node(node_id)
        self.incarnation = incarnation
        self.streams = Streams(scenario, self.spec)
        self.tracker = NationalTracker(node_id, self.spec.tracker, self.spec.declared)
        self._scenario = scenario
        self._world = World(scenario) if world is None else world
        self._sensors = [Sensor(s, i, node_id, scenario) for i, s in enumerate(self.spec.sensors)]
        self._start_s = max(self.spec.joins_s, from_s)
        self._end_s = min(self.spec.leaves_s or scenario.duration_s, scenario.duration_s)
        self.time_ns = scenario.time_ns(min(self._start_s, self._end_s))
        """How far the node has lived, UTC ns."""
        self._end_ns = scenario.time_ns(self._end_s)
        for stream in self.streams:
            stream.reported_ns = self.time_ns - 1  # the first report is of this very moment
        self._asked_ns = 0
        self._agenda = merge(*(self._looks(s) for s in self._sensors), self._reports())
        self._next = next(self._agenda, None)

    @property
    def done(self) -> bool:
        """Whether the node has left or the scenario is over."""
        return self.time_ns >= self._end_ns

    def advance(self, until_ns: int) -> Iterator[Scan | track_pb2.TrackBatch]:
        """Live up to and including ``until_ns``: every scan, and every report, in the order of time.

        A report is made at every moment for one, also without a track: it says that nothing is seen.
        """
        until_ns = min(until_ns, self._end_ns)
        while self._next is not None and self._next.time_ns <= until_ns:
            moment, self._next = self._next, next(self._agenda, None)
            self.time_ns = moment.time_ns
            if moment.order < len(self._sensors):
                yield self._look(self._sensors[moment.order], moment.time_ns)
            else:
                yield from self._report(moment.time_ns)
        self.time_ns = max(self.time_ns, until_ns)

    def statuses(self) -> list[status_pb2.NodeStatus]:
        """The heartbeats, one a stream, that say nothing of other streams.

        Every report of the stream yet to come is valid later than the punctuation's watermark.
        """
        t_s = (self.time_ns - self._scenario.start_ns) * 1e-9
        reaches = [_reach(s, t_s) for s in self.spec.sensors]
        state = status_pb2.NODE_STATE_LEAVING if self.done else status_pb2.NODE_STATE_ALIVE
        return [
            status_pb2.NodeStatus(
                node_id=self.spec.id,
                nation=self.spec.nation,
                incarnation=self.incarnation,
                state=state,
                time_ns=self.time_ns,
                punctuation=[
                    status_pb2.Punctuation(
                        stream=stream.release.stream,
                        last_sequence=stream.sequence,
                        low_watermark_ns=stream.reported_ns,
                    )
                ],
                position=reaches[0].position,
                tracks=stream.tracks,
                sensor=reaches,
            )
            for stream in self.streams
        ]

    def _looks(self, sensor: Sensor) -> Iterator[_Moment]:
        for t_s in sensor.times_s(self._start_s, self._end_s):
            yield _Moment(self._scenario.time_ns(t_s), sensor.index)

    def _reports(self) -> Iterator[_Moment]:
        period_s, k = self.spec.report_period_s, 0
        while (t_s := self._start_s + k * period_s) <= self._end_s:
            yield _Moment(self._scenario.time_ns(t_s), len(self._sensors))
            k += 1

    def _look(self, sensor: Sensor, time_ns: int) -> Scan:
        t_s = (time_ns - self._scenario.start_ns) * 1e-9
        snapshot = self._world.at(t_s)
        scan = sensor.scan(t_s, snapshot)
        self.tracker.process(scan)
        if isinstance(sensor.spec, RadarSpec) and time_ns - self._asked_ns >= INTERROGATION_S * 1e9:
            self._asked_ns = time_ns
            self.tracker.identify(time_ns, replies(sensor.spec, scan, snapshot))
        return scan

    def _report(self, time_ns: int) -> Iterator[track_pb2.TrackBatch]:
        for stream, columns in self.streams.split(self.tracker.report(time_ns)):
            stream.reported_ns = time_ns
            stream.sequence += 1
            yield to_batch(
                columns, self.spec.id, self.spec.nation, self.incarnation, stream.sequence, stream.release
            )


def _reach(spec: SensorSpec, t_s: float) -> status_pb2.SensorReach:
    position, _ = Platform(spec).at(t_s)
    start, end = spec.azimuth_limits_deg or (0.0, 0.0)
    return status_pb2.SensorReach(
        kind=spec.kind,
        position=position.tolist(),
        range_m=1e3 * spec.range_km,
        azimuth_from_deg=start,
        azimuth_to_deg=end,
    )
