"""Lets nations join and leave a running exercise: announces, starts, waits until all hold the change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes.control.piped_clock import Order
from nodes.demo.children import Child, Children
from nodes.demo.membership import LEAD_NS, Change, Membership
from nodes.demo.picture_comparison import PictureComparison
from nodes.wording import clock_time

CHANGE_S: Final[
    Annotated[
        float, Chosen("s", "wall time that a change of the coalition may hold the exercise up", OPERATION)
    ]
] = 30.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A nation's picture when the coalition changed."""

    at_s: float
    input_digest: str
    picture_digest: str
    agreed: bool
    """Whether all pictures were the same then, and every process knew of the change."""


@dataclass(slots=True)
class Accession:
    """A nation that joined on the way."""

    nation: str
    version: int
    """Of the policy that admitted it."""
    joined: Moment
    left: Moment | None = None


class Admissions:
    """Carries out the changes of ``membership`` in their time.

    ``start`` starts a nation's processes, ``released`` names the living nodes whose reports a core may have,
    ``tell`` is given lines for a person.
    """

    def __init__(
        self,
        membership: Membership,
        children: Children,
        mirror: PictureComparison,
        start: Callable[[str], None],
        released: Callable[[Child], set[str]],
        tell: Callable[[str], None],
    ) -> None:
        self.accessions: list[Accession] = []
        """Nations that joined, and perhaps left, on the way."""
        self._membership = membership
        self._children = children
        self._mirror = mirror
        self._start = start
        self._released = released
        self._tell = tell
        self._held_s = 0.0

    @property
    def hold_ns(self) -> int | None:
        """Scenario time that must not be passed before the next change has taken place."""
        change = self._membership.next
        return None if change is None else change.time_ns - 1

    def turn(self, until_ns: int, now_s: float) -> None:
        """Let the next nation join or leave, when it is time."""
        change = self._membership.next
        if change is None or until_ns < change.time_ns - LEAD_NS:
            return
        if not change.version:
            self._announce(change)
        if until_ns < change.time_ns - 1 or any(c.alive and c.progress is None for c in self._children.all):
            self._held_s = now_s  # a joiner's core may have kernels to compile
        elif self._taken_place(change) or now_s >= self._held_s + CHANGE_S:
            self._complete(change)

    @property
    def agreed(self) -> bool:
        """Whether all pictures were the same whenever a nation joined or left."""
        moments = [m for a in self.accessions for m in (a.joined, a.left) if m is not None]
        return all(moment.agreed for moment in moments)

    def _announce(self, change: Change) -> None:
        self._membership.announce(change)
        verb = "joins" if change.joins else "leaves"
        when = clock_time(change.time_ns)
        self._tell(f"Policy version {change.version} is signed: {change.nation} {verb} at {when}")
        if change.joins:
            self._mirror.admit(change.nation)
            self._start(change.nation)

    def _taken_place(self, change: Change) -> bool:
        """Whether every process holds the version, and every core all reports of before."""
        living = [c for c in self._children.all if c.alive]
        knowing = [c for c in living if c.progress is not None and c.progress.policy >= change.version]
        cores = [c for c in knowing if c.core is not None and c.core.missing == 0]
        return (
            len(knowing) == len(living)
            and len(cores) == sum(c.role == "core" for c in living)
            and all(self._heard_up_to(core, change) for core in cores)
            and self._mirror.same_now()
        )

    def _heard_up_to(self, core: Child, change: Change) -> bool:
        """Whether a core has heard how far every node has come that was there before the change."""
        assert core.core is not None
        done = {c.id for c in self._children.nodes() if c.node is not None and c.node.done}
        later = set(self._membership.nodes_of(change.nation)) if change.joins else set()
        waited = self._released(core) - done - later
        return all(core.core.received.get(node_id, 0) >= change.time_ns - 1 for node_id in waited)

    def _complete(self, change: Change) -> None:
        agreed = self._taken_place(change)
        picture = self._mirror.pictures[change.nation]
        moment = Moment(change.at_s, picture.input_digest, picture.picture_digest, agreed)
        verb = "has joined" if change.joins else "has left"
        same = f"all {len(self._mirror.pictures)} pictures are the same" if agreed else "pictures DIFFER"
        self._tell(f"{clock_time(change.time_ns)}: {change.nation} {verb}; {same}")
        if change.joins:
            self.accessions.append(Accession(change.nation, change.version, moment))
        else:
            next(a for a in self.accessions if a.nation == change.nation).left = moment
            self._dismiss(change.nation)
        self._membership.done(change)

    def _dismiss(self, nation: str) -> None:
        """Send a nation's processes home."""
        self._mirror.dismiss(nation)
        for child in self._children.all:
            if child.nation == nation:
                child.dismissed = True
                child.order(Order(stop=True))
