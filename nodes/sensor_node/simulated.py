"""A national node whose sensors are simulated."""

from __future__ import annotations

from collections.abc import Callable

from nodes.sensing.scan import Scan
from nodes.sensor_node.node import NationalNode
from nodes.simulation.source import SimulatedScans
from nodes.simulation.spec import Scenario
from nodes.simulation.truth import World


def simulated_node(
    scenario: Scenario,
    node_id: str,
    incarnation: int = 1,
    world: World | None = None,
    from_s: float = 0.0,
    on_scan: Callable[[Scan, tuple[str, ...]], None] | None = None,
) -> NationalNode:
    """A node of ``scenario`` in ``world``, which may be shared between the nodes of one process.

    ``from_s`` and ``on_scan`` are those of ``nodes.simulation.source.SimulatedScans``.
    Raises KeyError where the scenario has no such node.
    """
    source = SimulatedScans(scenario, node_id, world or World(scenario), from_s, on_scan)
    return NationalNode(scenario, node_id, source, incarnation, from_s)
