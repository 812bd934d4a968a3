"""What the policy alone says of reports and heartbeats, by their own time: every reader decides alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from fusion import Report
from nodes.admission.equivocation import Start
from nodes.coalition import Coalition, Member, Policy
from nodes.link.errors import Reason, WireError


class Rules:
    """The versions of one policy, asked who may speak where and when.

    Without a ``coalition``, as for a recording from before there were signatures, everybody may, and the
    nodes are those that are ``told`` of.
    """

    def __init__(self, coalition: Coalition | None, told: Iterable[Member] = ()) -> None:
        self._coalition = coalition
        self._told = {} if coalition else {node.id: node for node in told}
        self._members: dict[str, Member] = dict(self._told)
        self._members_of = 0
        """How many versions were known when ``_members`` was made."""
        self._fences: dict[Start, int] = {}
        self._fenced_by = 0
        """How many versions were known when ``_fences`` was made."""
        self._speakers: dict[int, dict[tuple[str, str], str]] = {}
        """By version: node and stream of all that may be said, and the node's nation."""

    @property
    def versions(self) -> int:
        """How many versions are known."""
        return len(self._coalition.versions) if self._coalition else 0

    def check(self, node_id: str, stream: str, times_ns: Iterable[int]) -> None:
        """Raise WireError where the policy in force at a time does not have the node speak in the stream."""
        if self._coalition is None:
            return
        for time_ns in times_ns:
            policy = self._coalition.at(time_ns)
            if (node_id, stream) not in self._speakers_of(policy):
                text = f"{node_id} has no stream {stream!r} in version {policy.version}"
                raise WireError(Reason.MEMBERSHIP, text)

    def _speakers_of(self, policy: Policy) -> dict[tuple[str, str], str]:
        speakers = self._speakers.get(policy.version)
        if speakers is None:
            speakers = {(node.id, stream): node.nation for node in policy.nodes for stream in node.streams}
            self._speakers[policy.version] = speakers
        return speakers

    def admit(self, report: Report) -> None:
        """Raise WireError where a report is not of a node and stream of its time, names another nation than
        its own, or is behind a fence."""
        key = report.key
        self.check(key.node_id, key.stream, report.judged_ns)
        if self._coalition is not None:
            nation = self._speakers_of(self._coalition.at(report.signed_ns))[key.node_id, key.stream]
            if report.nation != nation:
                raise WireError(Reason.MISMATCH, f"nation {report.nation!r}, by policy {nation}")
        last = self.fences().get(Start(key.node_id, key.incarnation, key.stream))
        if last is not None and key.sequence > last:
            text = (
                f"{key.node_id}/{key.incarnation}: sequence {key.sequence}; the members fenced it at {last}"
            )
            raise WireError(Reason.FENCED, text)

    def fences(self) -> dict[Start, int]:
        """The last number that counts of each start and stream that the members have fenced off."""
        if self._fenced_by != self.versions:
            self._fenced_by = self.versions
            for policy in self._coalition.versions if self._coalition else ():
                for fence in policy.fences:
                    start = Start(fence.node, fence.incarnation, fence.stream)
                    self._fences[start] = min(
                        fence.last_sequence, self._fences.get(start, fence.last_sequence)
                    )
        return self._fences

    def member(self, node_id: str) -> Member | None:
        """A node, as the newest version that has it says."""
        if self._coalition is not None and self._members_of != self.versions:
            self._members_of = self.versions
            self._members = {node.id: node for policy in self._coalition.versions for node in policy.nodes}
        return self._members.get(node_id)

    def founders(self) -> Iterable[Member]:
        """The nodes that there are from the start."""
        return self._coalition.versions[0].nodes if self._coalition else self._told.values()

    def joined(self) -> Iterator[tuple[Member, int]]:
        """Every node that a later version admits, and from which scenario time on."""
        for before, policy in pairwise(self._coalition.versions if self._coalition else ()):
            known = {node.id for node in before.nodes}
            yield from ((node, policy.effective_ns) for node in policy.nodes if node.id not in known)

    def gone(self) -> dict[str, int]:
        """The nodes that the newest version has let go, and the scenario time from which they are gone."""
        if self._coalition is None:
            return {}
        newest = {node.id for node in self._coalition.current.nodes}
        found: dict[str, int] = {}
        for before, policy in pairwise(self._coalition.versions):
            here = {node.id for node in policy.nodes}
            left = (node.id for node in before.nodes if node.id not in here | newest)
            found |= dict.fromkeys(left, policy.effective_ns)
        return found
