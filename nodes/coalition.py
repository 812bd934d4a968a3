"""The coalition directory's own files: who is a member, which nodes there are, who may read what.

``policy.json`` is written by ``triwatch coalition`` and read by every process; ``incarnations/`` counts
the starts of each process, so that a number is never used twice.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from nodes.errors import BadInput
from nodes.link import topics
from nodes.link.directory import write_whole
from nodes.scenario.spec import Name, Scenario, Trigraph

CORE_PREFIX = "core-"


class Member(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One node of the coalition."""

    id: Name
    nation: Trigraph
    releasable_to: tuple[Trigraph, ...]
    """The nations that may have its reports."""

    @property
    def stream(self) -> str:
        """The release group that its reports are published in."""
        return topics.stream_of(self.releasable_to)


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Membership and release."""

    version: Annotated[int, Meta(ge=1, le=1)] = 1
    nations: Annotated[tuple[Trigraph, ...], Meta(min_length=1)]
    nodes: tuple[Member, ...] = ()

    def member(self, node_id: str) -> Member:
        """The node of that id. Raises BadInput where there is none."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        known = ", ".join(n.id for n in self.nodes) or "none"
        raise BadInput(f"node {node_id} is not in the coalition's policy; it knows {known}")

    def released_to(self, nation: str) -> tuple[Member, ...]:
        """The nodes whose reports ``nation`` may have."""
        return tuple(n for n in self.nodes if nation in n.releasable_to)

    def peers_of(self, nation: str) -> tuple[str, ...]:
        """The nations that may have exactly what ``nation`` may: their pictures must agree."""
        mine = self.released_to(nation)
        return tuple(other for other in self.nations if self.released_to(other) == mine)


def core_id(nation: str) -> str:
    """The process id of a nation's core."""
    return f"{CORE_PREFIX}{nation}"


def from_scenario(scenario: Scenario, nations: tuple[str, ...] = ()) -> Policy:
    """The policy of an exercise: ``nations``, or the scenario's members, and the scenario's nodes.

    A node that names no one is released to the scenario's members, and always to its own nation. Raises
    BadInput where the nations given do not cover the scenario's.
    """
    nodes = tuple(
        Member(
            id=n.id,
            nation=n.nation,
            releasable_to=tuple(sorted({n.nation, *(n.releasable_to or scenario.members)})),
        )
        for n in scenario.nodes
    )
    return checked(Policy(nations=nations or scenario.members, nodes=nodes), f"scenario {scenario.name}")


def checked(policy: Policy, where: str) -> Policy:
    """``policy``, if its parts fit each other. Raises BadInput."""
    if len(set(policy.nations)) != len(policy.nations):
        raise BadInput(f"{where}: a nation stands twice in nations")
    ids = [n.id for n in policy.nodes]
    for node in policy.nodes:
        strangers = sorted({node.nation, *node.releasable_to} - set(policy.nations))
        if strangers:
            raise BadInput(f"{where}: node {node.id} names {', '.join(strangers)}, not a member")
        if node.id.startswith(CORE_PREFIX) or ids.count(node.id) > 1:
            raise BadInput(f"{where}: node id {node.id} is taken; choose another")
    return policy


def check_node(scenario: Scenario, member: Member) -> None:
    """Raise BadInput where the scenario's node is not the one that the policy admits."""
    if member.id not in {n.id for n in scenario.nodes}:
        raise BadInput(f"scenario {scenario.name} has no node {member.id}")
    (here,) = (n for n in from_scenario(scenario).nodes if n.id == member.id)
    if here != member:
        raise BadInput(
            f"node {member.id}: the scenario has {here.nation} releasing to {', '.join(here.releasable_to)}, "
            f"the policy {member.nation} releasing to {', '.join(member.releasable_to)}"
        )


def save(root: Path, policy: Policy) -> None:
    """Write ``policy.json``."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        write_whole(_policy_file(root), msgspec.json.format(msgspec.json.encode(policy)) + b"\n")
    except OSError as error:
        raise BadInput(f"{root}: cannot be written: {error.strerror}; name a writable directory") from None


def load(root: Path) -> Policy:
    """Read ``policy.json``. Raises BadInput."""
    file = _policy_file(root)
    try:
        policy = msgspec.json.decode(file.read_bytes(), type=Policy)
    except FileNotFoundError:
        raise BadInput(f"{root}: no coalition there; make one with: triwatch coalition init {root}") from None
    except OSError as error:
        raise BadInput(f"{file}: cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise BadInput(f"{file}: not a policy: {error}") from None
    return checked(policy, str(file))


def next_incarnation(root: Path, process_id: str) -> int:
    """One more than at this process's last start, and never again. Raises BadInput."""
    file = root / "incarnations" / process_id
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        incarnation = (int(file.read_text(encoding="ascii")) if file.exists() else 0) + 1
        write_whole(file, f"{incarnation}\n".encode(), durable=True)
    except (OSError, ValueError) as error:
        raise BadInput(f"{file}: cannot count this start: {error}") from None
    return incarnation


def _policy_file(root: Path) -> Path:
    return root / "policy.json"
