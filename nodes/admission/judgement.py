"""What one reader knows of which reports count, whatever the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nodes.admission.contradictions import Contradictions
from nodes.admission.equivocation import Equivocations, Start
from nodes.admission.heartbeats import Heartbeats
from nodes.admission.rules import Rules
from nodes.coalition import Coalition, Member


class Evidence:
    """What nodes' own signatures prove against them."""

    def __init__(self) -> None:
        self.equivocations = Equivocations()
        self.contradictions = Contradictions()

    @property
    def convicted(self) -> frozenset[Start]:
        """The starts against which there is proof."""
        return frozenset((*self.equivocations.proofs, *self.contradictions.proofs))

    def counts(self, node_id: str, incarnation: int, takes: Callable[[str], bool]) -> bool:
        """Whether a node's start counts in a picture that ``takes`` some streams."""
        if not self.equivocations.proofs and not self.contradictions.proofs:
            return True
        return not any(
            (start.node_id, start.incarnation) == (node_id, incarnation) and takes(start.stream)
            for start in self.convicted
        )


class Judgement:
    """The policy, the nodes' last words and the proofs against them; shared by the pictures of one reader."""

    def __init__(
        self, coalition: Coalition | None, told: Iterable[Member] = (), evidence: Evidence | None = None
    ) -> None:
        self.rules = Rules(coalition, told)
        self.words = Heartbeats()
        self.evidence = evidence or Evidence()
