"""A national node whose sensors are simulated."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes.sensing.scan import Scan
from nodes.sensor_node.node import NationalNode
from nodes.simulation.source import SimulatedScans
from nodes.simulation.spec import Scenario
from nodes.simulation.truth import World

REHEARSED: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "scans and reports of a rehearsal: by then tracks have begun and been updated, and what that "
            "needs is loaded",
            OPERATION,
        ),
    ]
] = 24


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


def rehearse(scenario: Scenario, node_id: str, world: World) -> None:
    """Live the first moments of a node's scenario and forget them: what is compiled, or loaded, when it is
    first used is there then, before anybody waits for the node's reports."""
    node = simulated_node(scenario, node_id, world=world)
    for _ in islice(node.advance(scenario.time_ns(scenario.duration_s)), REHEARSED):
        pass
