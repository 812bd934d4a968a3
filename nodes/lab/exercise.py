"""One exercise in one process: the nodes of a scenario, every nation's pictures, and the recording.

What nodes publish and cores fold is what the processes of ``triwatch demo`` publish and fold: the same
reports, signed with the keys of a coalition made for the run and admitted by the same policy. Only the link
is left out: what a node publishes at a moment every core has at that moment. A picture is a function of the
reports that it holds, so both ways give the same digests.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from fusion import Report
from nodes import coalition
from nodes.coalition import Credentials
from nodes.coalition.keys import load_ring
from nodes.control import clock
from nodes.demo.membership import LEAD_NS, Membership
from nodes.demo.truth import Truth
from nodes.lab.cores import Cores, Stay
from nodes.link import codec, topics
from nodes.link.codec import Received, Sign
from nodes.recording.channels import TRUE_BIASES
from nodes.recording.recorder import Recorder
from nodes.sensing import wire
from nodes.sensing.scan import Scan
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.biases import true_biases
from nodes.simulation.source import to_origins
from nodes.simulation.spec import Scenario
from nodes.simulation.truth import World
from triwatch.v1 import status_pb2, track_pb2

STEP_NS = 1_000_000_000
"""Nodes live so far at a time; of what they publish in a step the order is that of time."""


class LocalExercise:
    """Runs ``scenario`` with a coalition in the empty directory ``root``, recording to ``recording``."""

    def __init__(
        self, scenario: Scenario, root: Path, recording: Path, record_detections: bool = True
    ) -> None:
        self.scenario = scenario
        self._root = root
        self._end_ns = scenario.time_ns(scenario.duration_s)
        world = World(scenario)
        membership = Membership(scenario, root, self._end_ns)
        self._coalition = membership.coalition
        stays = {nation: self._stay(nation) for nation in membership.policy.nations}
        while (change := membership.next) is not None:
            membership.announce(change)
            membership.done(change)
            if change.joins:
                stays[change.nation] = self._stay(change.nation)
                stays[change.nation].starts_ns = change.time_ns - LEAD_NS
                stays[change.nation].joins_ns = change.time_ns
                stays[change.nation].version = change.version
            else:
                stays[change.nation].leaves_ns = change.time_ns
        self.nodes = [
            _Publisher(scenario, n.id, world, self._sign(n.nation, n.id))
            for n in scenario.nodes
            if n.nation in stays
        ]
        self._recorder = Recorder(recording, self._coalition)
        self._truth = Truth(scenario, self._recorder.writer, world)
        self._record_detections = record_detections
        self.cores = Cores(self._coalition, list(stays.values()), self._recorder.writer, scenario.start_ns)
        self.wall_s = self.processor_s = 0.0

    def run(self, tell: Callable[[int], None] = lambda _: None) -> None:
        """Live to the scenario's end; ``tell`` is told each scenario time that is reached, UTC ns."""
        began_s, worked_s = clock.monotonic_s(), clock.processor_s()
        now_ns = self.scenario.start_ns
        while True:
            self._step(now_ns)
            self._truth.write_to(now_ns)
            tell(now_ns)
            if now_ns >= self._end_ns:
                break
            now_ns = min(now_ns + STEP_NS, self._end_ns)
        self.cores.finish(now_ns)
        self.wall_s, self.processor_s = clock.monotonic_s() - began_s, clock.processor_s() - worked_s

    def close(self) -> None:
        """Finish the recording."""
        self._recorder.writer.metadata(self.facts() | {TRUE_BIASES: true_biases(self.scenario)})
        self._recorder.close()

    def facts(self) -> dict[str, Any]:
        """What only the run itself knows, in the words of the scorecard."""
        scenario, pid = self.scenario, os.getpid()
        processes = [{"role": "node", "id": n.spec.id, "nation": n.spec.nation} for n in self.nodes]
        processes += [
            {"role": "core", "id": coalition.core_id(nation), "nation": nation}
            for nation in self.cores.nations
        ]
        return {
            "scenario": scenario.name,
            "seed": scenario.seed,
            "duration_s": scenario.duration_s,
            "speed": scenario.duration_s / self.wall_s if self.wall_s else 0.0,
            "policy_version": self._coalition.current.version,
            "accessions": [asdict(accession) for accession in self.cores.accessions()],
            "topology": "in process",
            "wall_s": self.wall_s,
            "processor_s": self.processor_s,
            "processes": [{**one, "pid": pid, "exit_code": 0} for one in processes],
            "reports": {"published": sum(n.published for n in self.nodes), **self.cores.counts()},
            "agreed": True,
        }

    def _step(self, until_ns: int) -> None:
        """Let all nodes live up to a time, and the cores fold what they publish."""
        said = [(time_ns, received) for node in self.nodes for time_ns, received in node.live(until_ns)]
        said.sort(key=lambda one: one[0])  # stable: of one moment in the order of the nodes
        for time_ns, moment in groupby(said, key=lambda one: one[0]):
            received = [one for _, one in moment]
            for one in received:
                if one.topic.kind == topics.REPORT or self._record_detections:
                    self._recorder.take(one, time_ns)
            self.cores.take(time_ns, [one for one in received if one.topic.kind == topics.REPORT])
        statuses = [status for node in self.nodes for status in node.statuses(until_ns)]
        for status in statuses:
            self._recorder.take(status, until_ns)
        self.cores.receive(until_ns, statuses)

    def _stay(self, nation: str) -> Stay:
        return Stay(nation, self._sign(nation, coalition.core_id(nation)))

    def _sign(self, nation: str, process_id: str) -> Sign:
        return Credentials(self._coalition, load_ring(self._root, nation, process_id)).sign


class _Publisher:
    """A node that says what it has to say as messages of the link."""

    def __init__(self, scenario: Scenario, node_id: str, world: World, sign: Sign) -> None:
        self._node = simulated_node(scenario, node_id, world=world, on_scan=self._note_origins)
        self.spec = self._node.spec
        self.published = 0
        """Reports."""
        self._sign = sign
        self._scans = 0
        self._origins: tuple[str, ...] = ()
        """The object behind each detection of the scan that comes next."""
        self._left = False

    def live(self, until_ns: int) -> Iterator[tuple[int, Received]]:
        """Live up to a time: when what was published, reports, raw detections and where those came from."""
        for event in self._node.advance(until_ns):
            if isinstance(event, Scan):
                yield from ((self._node.time_ns, shown) for shown in self._detections(event))
            else:
                self.published += 1
                yield self._node.time_ns, self._report(event)

    def statuses(self, now_ns: int) -> list[Received]:
        """Its heartbeats; none before it has joined, and the last when it leaves."""
        if self._left or self._node.time_ns > now_ns:
            return []
        self._left = self._node.done
        return [self._status(status) for status in self._node.statuses()]

    def _report(self, batch: track_pb2.TrackBatch) -> Received:
        report = Report.from_bytes(batch.SerializeToString())
        newest_ns = report.newest_ns or self._node.time_ns
        body = codec.seal(topics.REPORT, report.payload, self._sign, newest_ns)
        topic = topics.parse(topics.report(batch.stream, batch.node_id).encode())
        return Received(
            topic, body, report.batch, report.payload, batch.incarnation, batch.sequence, report=report
        )

    def _status(self, status: status_pb2.NodeStatus) -> Received:
        payload = status.SerializeToString()
        body = codec.seal(topics.STATUS, payload, self._sign, status.time_ns)
        topic = topics.status(status.punctuation[0].stream, status.node_id)
        return Received(topics.parse(topic.encode()), body, status, payload, status.incarnation, 0)

    def _note_origins(self, scan: Scan, object_id: tuple[str, ...]) -> None:
        self._origins = object_id

    def _detections(self, scan: Scan) -> Iterator[Received]:
        """The origins first, as a node's process has it."""
        self._scans += 1
        source = (self.spec.id, self._node.incarnation, self._scans)
        yield self._shown(topics.origins(self.spec.id), to_origins(scan, self._origins, *source))
        yield self._shown(topics.detections(self.spec.id), wire.to_message(scan, *source))

    def _shown(self, topic: str, message: Message) -> Received:
        payload = message.SerializeToString()
        return Received(
            topics.parse(topic.encode()), payload, message, payload, self._node.incarnation, self._scans
        )
