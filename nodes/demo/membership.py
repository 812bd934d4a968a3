"""Nations that join and leave while the exercise runs: each by a version of the policy with a time.

A version is made known well before its time, and time does not pass that moment before every process
holds the version: so all apply it at the same moment, whatever the speed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes import coalition
from nodes.coalition import Coalition, Policy
from nodes.simulation.members import member_of, policy_of
from nodes.simulation.spec import Scenario

LEAD_NS: Final[
    Annotated[
        int,
        Chosen(
            "ns",
            "scenario time by which a version is known before it is in force, and a joiner's "
            "processes are started",
            OPERATION,
        ),
    ]
] = 60_000_000_000


@dataclass(slots=True)
class Change:
    """A nation joins, or leaves."""

    time_ns: int
    at_s: float
    """The same in scenario seconds."""
    nation: str
    joins: bool
    version: int = 0
    """Of the policy that brings it; 0 before it is announced."""


class Membership:
    """The coalition of an exercise, and how it will change."""

    def __init__(self, scenario: Scenario, root: Path, end_ns: int) -> None:
        self._scenario = scenario
        self._root = root
        self.coalition: Coalition = coalition.found(root, policy_of(scenario), exercise=True)
        changes = []
        for accession in scenario.accessions:
            for at_s, joins in ((accession.joins_s, True), (accession.leaves_s, False)):
                if at_s is not None:
                    changes.append(Change(scenario.time_ns(at_s), at_s, accession.nation, joins))
        self._due = sorted((c for c in changes if c.time_ns < end_ns), key=lambda c: c.time_ns)

    @property
    def policy(self) -> Policy:
        """The newest version."""
        return self.coalition.current

    @property
    def next(self) -> Change | None:
        """The next change that is not done."""
        return self._due[0] if self._due else None

    def announce(self, change: Change) -> None:
        """Sign the version that brings a change, and make it known."""
        if change.joins:
            nodes = [n for n in self._scenario.nodes if n.nation == change.nation]
            members = [member_of(self._scenario, node) for node in nodes]
            coalition.add(self._root, [change.nation], members, change.time_ns)
        else:
            coalition.remove(self._root, [change.nation], effective_ns=change.time_ns)
        self.coalition.refresh()
        change.version = self.policy.version

    def done(self, change: Change) -> None:
        """A change has taken place."""
        self._due.remove(change)

    def nodes_of(self, nation: str) -> Iterator[str]:
        """The nodes that a nation has in the scenario."""
        return (node.id for node in self._scenario.nodes if node.nation == nation)
