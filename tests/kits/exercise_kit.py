"""An exercise in one process: nodes, every nation's fold and a recording of it all, without a link."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from fusion import Picture
from nodes.demo.truth import truth_flight, truth_states
from nodes.recording import Writer
from nodes.sensing.scan import Scan
from nodes.sensing.wire import to_message
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.source import to_origins
from nodes.simulation.spec import Scenario
from nodes.simulation.truth import World
from triwatch.v1 import envelope_pb2, exercise_pb2, picture_pb2, status_pb2, track_pb2


def envelope(message: track_pb2.TrackBatch | status_pb2.NodeStatus) -> bytes:
    """Unsigned."""
    return envelope_pb2.Envelope(payload=message.SerializeToString()).SerializeToString()


def snapshot(picture: Picture, nation: str, sequence: int) -> picture_pb2.PictureUpdate:
    """The whole picture as a core would publish it."""
    update = picture.snapshot()
    update.nation, update.incarnation, update.sequence = nation, 1, sequence
    return update


def record(
    path: Path,
    scenario: Scenario,
    duration_s: float,
    *,
    detections: bool = True,
    truth: bool = True,
    metadata: bool = True,
    blind: dict[str, frozenset[str]] | None = None,
) -> dict[str, Picture]:
    """Run the first ``duration_s`` of a scenario second by second; returns every nation's picture at the end.

    ``blind`` names, for a nation, nodes whose reports it does not get.
    """
    world = World(scenario)
    origins: dict[str, exercise_pb2.ScanOrigins] = {}

    def receive(node_id: str, scan: Scan, object_id: tuple[str, ...]) -> None:
        origins[node_id] = to_origins(scan, object_id, node_id, 1, 1)

    nodes = {
        spec.id: simulated_node(scenario, spec.id, world=world, on_scan=partial(receive, spec.id))
        for spec in scenario.nodes
    }
    nations = tuple(scenario.members)
    pictures = {nation: Picture() for nation in nations}
    start = scenario.start_ns
    with Writer(path) as writer:
        if metadata:
            writer.metadata({"scenario": scenario.name, "seed": scenario.seed, "speed": 0.0})
        if truth:
            flights = [truth_flight(scenario, flight) for flight in world.flights()]
            writer.flights(exercise_pb2.TruthFlights(flight=flights), start)
        for second in range(int(duration_s) + 1):
            now = start + second * 10**9
            if truth:
                writer.truth(truth_states(now, world.at(float(second))), now)
            for node_id, node in nodes.items():
                for event in node.advance(now):
                    if isinstance(event, Scan):
                        if detections:
                            writer.detections(node_id, to_message(event, node_id, 1, 1), event.time_ns)
                            writer.origins(node_id, origins[node_id], event.time_ns)
                        continue
                    sealed = envelope(event)
                    writer.report(node_id, sealed, now, now)
                    for nation, picture in pictures.items():
                        if node_id not in (blind or {}).get(nation, frozenset()):
                            picture.fold(event)
                for status in node.statuses():
                    writer.status(node_id, envelope(status), now, now)
                    for picture in pictures.values():
                        picture.punctuate(status)
            for nation, picture in pictures.items():
                if picture.time_ns:
                    update = snapshot(picture, nation, second + 1)
                    writer.picture(nation, update.SerializeToString(), now, now)
        if metadata:
            writer.metadata({"duration_s": float(duration_s)})
    return pictures
