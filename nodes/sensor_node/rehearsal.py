"""A node's first moments, lived once before it announces itself and forgotten."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes.sensing.source import ScanSource
from nodes.sensor_node.node import NationalNode
from nodes.simulation.spec import Scenario

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


def rehearse(scenario: Scenario, node_id: str, source: ScanSource) -> None:
    """Live the first moments of a node that ``source`` feeds, which is of no use afterwards: what is
    compiled, or loaded, when it is first used is there then, before anybody waits for the node's reports."""
    node = NationalNode(scenario, node_id, source)
    for _ in islice(node.advance(scenario.time_ns(scenario.duration_s)), REHEARSED):
        pass
