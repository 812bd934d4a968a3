"""What one reader knows of which reports count, whatever the picture."""

from __future__ import annotations

from collections.abc import Iterable

from nodes.admission.equivocation import Equivocations
from nodes.admission.heartbeats import Heartbeats
from nodes.admission.rules import Rules
from nodes.coalition import Coalition, Member


class Judgement:
    """The policy, the nodes' last words and the proofs against them; shared by the pictures of one reader."""

    def __init__(self, coalition: Coalition | None, told: Iterable[Member] = ()) -> None:
        self.rules = Rules(coalition, told)
        self.words = Heartbeats()
        self.equivocations = Equivocations()
