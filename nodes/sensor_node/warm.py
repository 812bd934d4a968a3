"""Load what the trackers of a scenario's nodes have compiled; ``python -m nodes.cli.warm`` runs this too."""

from __future__ import annotations

from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.loader import load
from nodes.simulation.truth import World

_SCENARIO = "medium_range"
_AFTER_LAUNCH_S = 60.0


def warm_nodes() -> None:
    """Fly a missile and let each of a scenario's nodes see its ascent."""
    scenario = load(_SCENARIO)
    world = World(scenario)
    until_ns = scenario.time_ns(min(flight.launch_s for flight in world.flights()) + _AFTER_LAUNCH_S)
    for node in scenario.nodes:
        for _ in simulated_node(scenario, node.id, world=world).advance(until_ns):
            pass
