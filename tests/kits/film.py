"""A recording made in one process by the production code: nodes, every nation's fold, its warnings."""

from __future__ import annotations

from pathlib import Path

from fusion import Picture
from fusion.warning.news import WarningNews
from nodes.coalition.outlines import nations as outlines
from nodes.demo.truth import truth_flight, truth_states
from nodes.recording import Writer
from nodes.sensing.scan import Scan
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.loader import load
from nodes.simulation.truth import World
from triwatch.v1 import envelope_pb2, exercise_pb2

FILM = str(Path(__file__).with_name("film.toml"))
"""The exercise that the tests of the page see."""
FILM_S = 130
LOST_NODE, LOST_S = "JPN-GND", 80
SNAPSHOT_EVERY = 10
"""So many updates are deltas, but for one: as a core does that publishes once a second."""


def envelope(payload: bytes) -> bytes:
    """Unsigned."""
    return envelope_pb2.Envelope(payload=payload).SerializeToString()


class Core:
    """One nation's core without its sockets."""

    def __init__(self, nation: str, members: tuple[str, ...]) -> None:
        self.nation = nation
        self.picture = Picture()
        mapped = outlines(members)
        self._news = WarningNews(lambda _: mapped)
        self._sequence = 0

    def publish(self, writer: Writer, now_ns: int) -> None:
        """What is new in the picture, and the warnings that follow from it."""
        update = self.picture.delta()
        if self._sequence % SNAPSHOT_EVERY == 0:
            lineage = list(update.lineage)
            update = self.picture.snapshot()
            update.lineage.extend(lineage)
        self._sequence += 1
        update.nation, update.incarnation, update.sequence = self.nation, 1, self._sequence
        warnings = self._news.of(self.picture)
        writer.picture(self.nation, update.SerializeToString(), now_ns, now_ns)
        for warning in warnings:
            warning.nation, warning.exercise = self.nation, True
            writer.warning(self.nation, envelope(warning.SerializeToString()), now_ns, now_ns)


def film(
    path: Path, scenario_name: str, duration_s: int, lost: str = "", lost_s: int = 0, step_s: int = 1
) -> None:
    """Record the first seconds of a scenario; the node ``lost`` falls silent at ``lost_s``."""
    scenario = load(scenario_name)
    world = World(scenario)
    nodes = {spec.id: simulated_node(scenario, spec.id, world=world) for spec in scenario.nodes}
    cores = [Core(nation, tuple(scenario.members)) for nation in scenario.members]
    with Writer(path) as writer:
        writer.metadata({"scenario": scenario.name, "seed": scenario.seed})
        flights = [truth_flight(scenario, flight) for flight in world.flights()]
        writer.flights(exercise_pb2.TruthFlights(flight=flights), scenario.start_ns)
        for second in range(0, duration_s + 1, step_s):
            now_ns = scenario.start_ns + second * 10**9
            writer.truth(truth_states(now_ns, world.at(float(second))), now_ns)
            for node_id, node in nodes.items():
                if node_id == lost and second >= lost_s:
                    continue
                for event in node.advance(now_ns):
                    if isinstance(event, Scan):
                        continue
                    writer.report(node_id, envelope(event.SerializeToString()), now_ns, now_ns)
                    for core in cores:
                        if not event.stream or core.nation in event.stream.split("-"):
                            core.picture.fold(event)
                for status in node.statuses():
                    writer.status(node_id, envelope(status.SerializeToString()), now_ns, now_ns)
                    for core in cores:
                        core.picture.punctuate(status)
            for core in cores:
                core.publish(writer, now_ns)
