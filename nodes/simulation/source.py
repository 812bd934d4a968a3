"""Simulated scans: what one node's sensors detect of the world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from heapq import merge
from typing import Annotated, Final

from fusion.constants import MODELLED, Chosen
from nodes.sensing.scan import Scan
from nodes.simulation.sensors import SimulatedSensor
from nodes.simulation.spec import RadarSpec, Scenario
from nodes.simulation.transponders import replies
from nodes.simulation.truth import World
from triwatch.v1 import exercise_pb2

INTERROGATION_NS: Final[
    Annotated[int, Chosen("ns", "how often, at most, a node's radars ask who is there", MODELLED)]
] = 4_000_000_000


class SimulatedScans:
    """A ScanSource: the sensors of a node of ``scenario`` in ``world``, while the node is there.

    ``from_s`` is where a restarted node takes up. ``on_scan`` is called with every scan just before it is
    given, and with the object behind each detection, empty for a false alarm: for scoring only.
    Raises KeyError where the scenario has no such node.
    """

    def __init__(
        self,
        scenario: Scenario,
        node_id: str,
        world: World,
        from_s: float = 0.0,
        on_scan: Callable[[Scan, tuple[str, ...]], None] | None = None,
    ) -> None:
        self.on_scan = on_scan
        self._scenario = scenario
        self._world = world
        self._node = node = scenario.node(node_id)
        self._sensors = [SimulatedSensor(s, i, node_id, scenario) for i, s in enumerate(node.sensors)]
        start_s, end_s = scenario.life_s(node, from_s)
        self._agenda = merge(*(self._looks(sensor, start_s, end_s) for sensor in self._sensors))
        self._next = next(self._agenda, None)
        self._asked_ns = 0

    def known_ns(self, until_ns: int) -> int:
        """All of it: the world is computed."""
        return until_ns

    def scans(self, until_ns: int) -> Iterator[Scan]:
        """The scans not given yet, up to and including ``until_ns``."""
        while self._next is not None and self._next[0] <= until_ns:
            (time_ns, index, fast_s), self._next = self._next, next(self._agenda, None)
            yield self._look(self._sensors[index], time_ns, fast_s)

    def _looks(
        self, sensor: SimulatedSensor, start_s: float, end_s: float
    ) -> Iterator[tuple[int, int, float]]:
        """When a sensor looks, by the node's clock, and by how much that is fast then."""
        for t_s in sensor.times_s(start_s, end_s):
            fast_s = self._node.clock_off_s(t_s)
            told_s = t_s + fast_s
            if not self._node.silent(told_s):
                yield self._scenario.time_ns(told_s), sensor.index, fast_s

    def _look(self, sensor: SimulatedSensor, time_ns: int, fast_s: float) -> Scan:
        t_s = (time_ns - self._scenario.start_ns) * 1e-9 - fast_s
        snapshot = self._world.at(t_s)
        scan, origin = sensor.scan(t_s, snapshot)
        if fast_s:
            scan = replace(scan, time_ns=time_ns)
        if isinstance(sensor.spec, RadarSpec) and time_ns - self._asked_ns >= INTERROGATION_NS:
            self._asked_ns = time_ns
            scan = replace(scan, replies=replies(sensor.spec, scan, snapshot))
        if self.on_scan is not None:
            self.on_scan(scan, origin)
        return scan


def to_origins(
    scan: Scan, object_id: tuple[str, ...], node_id: str, incarnation: int, sequence: int
) -> exercise_pb2.ScanOrigins:
    """What a scan's detections came from, as the exercise records it."""
    return exercise_pb2.ScanOrigins(
        node_id=node_id,
        sensor=scan.sensor,
        time_ns=scan.time_ns,
        object_id=object_id,
        incarnation=incarnation,
        sequence=sequence,
    )
