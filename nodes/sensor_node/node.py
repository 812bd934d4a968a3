"""One national sensor node without its sockets: scans in, track reports out.

Deterministic: what a node reports is a function of its scans, its declared sensors, its id and its
incarnation.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import count
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from fusion.physics.geodesy import Float, geodetic2ecef
from nodes.names import nations_of
from nodes.sensing.scan import Scan
from nodes.sensing.sensors import Sensor, in_water
from nodes.sensing.source import ScanSource
from nodes.sensor_node.looks import Area, Looks, tell_areas
from nodes.sensor_node.report import to_batch
from nodes.sensor_node.streams import Stream, Streams
from nodes.sensor_node.trackers import make_tracker
from nodes.simulation.spec import Node, Scenario
from triwatch.v1 import status_pb2, track_pb2

ROWS_MAX: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "tracks in one report: with every column they are well within what a message may have",
            OPERATION,
        ),
    ]
] = 1500


class NationalNode:
    """A node of ``scenario`` that is fed by ``source``; raises KeyError where there is no such node.

    Of the scenario it takes what its owner knows: when it is there, what its sensors are declared to be, who
    may have its reports. ``from_s`` is where a restarted node takes up.
    """

    def __init__(
        self, scenario: Scenario, node_id: str, source: ScanSource, incarnation: int = 1, from_s: float = 0.0
    ) -> None:
        self.spec = scenario.node(node_id)
        self.incarnation = incarnation
        self.streams = Streams(scenario, self.spec)
        self.sensors = self.spec.declared
        self.tracker = make_tracker(node_id, self.spec.tracker, self.sensors, self.spec.tells_lines)
        self._looks = Looks(self.sensors) if self.spec.tells_looks else None
        self._areas = _areas(scenario, self.spec)
        self._source = source
        self._declared = {stream.name for stream in self.streams if self._may_declare(scenario, stream.name)}
        self._stands = [geodetic2ecef(s.lat_deg, s.lon_deg, s.alt_m) for s in self.sensors]
        start_s, end_s = scenario.life_s(self.spec, from_s)
        self.time_ns = scenario.time_ns(min(start_s, end_s))
        """How far the node has lived, UTC ns."""
        self._end_ns = scenario.time_ns(end_s)
        for stream in self.streams:
            stream.reported_ns = self.time_ns - 1  # the first report is of this very moment
        period_s = self.spec.report_period_s
        self._moments = (scenario.time_ns(start_s + k * period_s) for k in count())
        self._report_ns = next(self._moments)
        self._start_ns = scenario.start_ns
        self._delay_ns = round(self.spec.delay_s * 1e9)
        self._delayed: deque[tuple[int, Stream, track_pb2.TrackBatch, bool]] = deque()
        """When each report that was made will have arrived, and whether it is the last of its moment."""

    @property
    def done(self) -> bool:
        """Whether the node has left or the scenario is over."""
        return self.time_ns >= self._end_ns

    def advance(self, until_ns: int) -> Iterator[Scan | track_pb2.TrackBatch]:
        """Live up to and including ``until_ns``, or as far as the source knows: every scan and every report
        in the order of time, a report after the scans of its moment.

        A report is made at every moment for one, also without a track: it says that nothing is seen.
        """
        until_ns = min(self._source.known_ns(min(until_ns, self._end_ns)), self._end_ns)
        for scan in self._source.scans(until_ns):
            if scan.time_ns < self.time_ns:  # a restarted node has no use for what was before it
                continue
            yield from self._reports(scan.time_ns - 1)
            self.time_ns = scan.time_ns
            self._stands[scan.sensor] = scan.position_m
            self.tracker.process(scan)
            if self._looks is not None:
                self._looks.take(scan)
            if scan.replies is not None:
                self.tracker.identify(scan.time_ns, scan.replies)
            yield scan
        yield from self._reports(until_ns)
        self.time_ns = max(self.time_ns, until_ns)
        if self.done:
            yield from (self._send() for _ in range(len(self._delayed)))

    def statuses(self) -> list[status_pb2.NodeStatus]:
        """The heartbeats, one a stream, that say nothing of other streams; none while the node is silent.

        Every report of the stream yet to come is valid later than the punctuation's watermark.
        """
        if self._silent(self.time_ns) and not self.done:
            return []
        t_s = (self.time_ns - self._start_ns) * 1e-9
        stands = list(zip(self.sensors, self._stands, strict=True))
        reaches = [_reach(s, at) for s, at in stands if in_water(s, t_s)] or [_reach(*stands[0])]
        state = status_pb2.NODE_STATE_LEAVING if self.done else status_pb2.NODE_STATE_ALIVE
        return [
            status_pb2.NodeStatus(
                node_id=self.spec.id,
                nation=self.spec.nation,
                incarnation=self.incarnation,
                state=state,
                time_ns=self.time_ns if self.done else self.time_ns - self._delay_ns,
                punctuation=[
                    status_pb2.Punctuation(
                        stream=stream.name,
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

    def _reports(self, until_ns: int) -> Iterator[track_pb2.TrackBatch]:
        """What is made, and what arrives after its delay, until then and in the order of time."""
        until_ns = min(until_ns, self._end_ns)
        while True:
            arrives_ns = self._delayed[0][0] if self._delayed else until_ns + 1
            time_ns = min(arrives_ns, self._report_ns)
            if time_ns > until_ns:
                return
            self.time_ns = time_ns
            if arrives_ns <= self._report_ns:
                yield self._send()
            else:
                self._report_ns = next(self._moments)
                if not self._silent(time_ns):
                    self._make(time_ns)

    def _may_declare(self, scenario: Scenario, stream: str) -> bool:
        """Whether the sensors are declared in a stream: who reads it can tell what they are off."""
        spec = self.spec
        if not spec.declares_sensors or spec.declares_sensors_to is None:
            return spec.declares_sensors
        return {spec.nation, *spec.declares_sensors_to} >= set(nations_of(stream) or scenario.members)

    def _make(self, time_ns: int) -> None:
        for stream, columns in self.streams.split(self.tracker.report(time_ns)):
            parts = columns.parts(ROWS_MAX)
            for k, part in enumerate(parts, 1):
                stream.made += 1
                batch = to_batch(
                    part,
                    self.spec.id,
                    self.spec.nation,
                    self.incarnation,
                    stream.made,
                    stream.name,
                    list(zip(self.sensors, self._stands, strict=True))
                    if stream.name in self._declared
                    else (),
                )
                if k == 1 and stream is self.streams.of(track_pb2.ENVIRONMENT_SUBSURFACE):
                    tell_areas(batch, self._areas, time_ns)
                    if self._looks is not None:
                        self._looks.tell(batch)
                self._delayed.append((time_ns + self._delay_ns, stream, batch, k == len(parts)))

    def _send(self) -> track_pb2.TrackBatch:
        """The oldest report that has not been sent: only now do heartbeats know of it."""
        arrives_ns, stream, batch, is_whole = self._delayed.popleft()
        stream.sequence = batch.sequence
        if is_whole:
            # before its last part the moment is not spoken for
            stream.reported_ns = arrives_ns - self._delay_ns
        return batch

    def _silent(self, time_ns: int) -> bool:
        return bool(self.spec.silent_s) and self.spec.silent((time_ns - self._start_ns) * 1e-9)


def _areas(scenario: Scenario, node: Node) -> list[Area]:
    """What a node searches, in its own order."""
    return [
        Area(
            number,
            scenario.time_ns(area.from_s),
            scenario.time_ns(area.until_s),
            geodetic2ecef(area.lat_deg, area.lon_deg, 0.0),
            (1e3 * area.half_east_km, 1e3 * area.half_north_km),
            area.prior,
        )
        for number, area in enumerate(node.areas, 1)
    ]


def _reach(sensor: Sensor, position_m: Float) -> status_pb2.SensorReach:
    start, end = sensor.azimuth_limits_deg or (0.0, 0.0)
    return status_pb2.SensorReach(
        kind=sensor.kind,
        position=position_m.tolist(),
        range_m=1e3 * sensor.range_km,
        azimuth_from_deg=start,
        azimuth_to_deg=end,
    )
