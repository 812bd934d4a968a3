"""Membership and release as one version of the policy says them: nations, nodes, who may read what."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from nodes.coalition.keys import CONTROL, Hex32, Role
from nodes.coalition.signing import key_id
from nodes.errors import BadInput
from nodes.names import Name, Trigraph, nations_of, stream_of

CORE_PREFIX = "core-"
READER_PREFIX = "reader-"


class Member(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One node of the coalition."""

    id: Name
    nation: Trigraph
    releasable_to: tuple[Trigraph, ...] = ()
    """The nations that may have its reports; none: every member, whoever that is at the time."""
    groups: tuple[tuple[Trigraph, ...], ...] = ()
    """Further groups, each of which has some of its reports instead; none in a group: every member."""

    @property
    def streams(self) -> tuple[str, ...]:
        """The release groups that it publishes in, each with numbers of its own."""
        return tuple(dict.fromkeys(stream_of(group) for group in (self.releasable_to, *self.groups)))

    def streams_for(self, nation: str) -> tuple[str, ...]:
        """Those of its streams that ``nation``, a member, may have."""
        return tuple(s for s in self.streams if not s or nation in nations_of(s))


class Key(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One public key: whose it is, what it is for, when it counts."""

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]
    """``signing.key_id`` of ``public``."""
    owner: Name
    """Process id; of a nation's own key, with which it signs the policy, the nation."""
    nation: Annotated[str, Meta(pattern=r"^([A-Z]{3})?$")]
    """Empty for the control of an exercise alone."""
    role: Role
    use: Literal["sign", "connect"]
    """Ed25519 signatures, or CURVE."""
    public: Hex32
    not_before_ns: Annotated[int, Meta(ge=0)] = 0
    """Scenario time, UTC ns, from which it counts."""
    not_after_ns: Annotated[int, Meta(ge=0)] | None = None
    """Scenario time up to which it counts; None: until it is revoked."""

    def counts_at(self, time_ns: int) -> bool:
        """Whether it counts at a scenario time."""
        return self.not_before_ns <= time_ns and (self.not_after_ns is None or time_ns <= self.not_after_ns)


class Fence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The members' order that of one start of a node, in one stream, nothing after a number counts: of a node
    that is dead, or that lost what it had written down."""

    node: Name
    stream: str = ""
    incarnation: Annotated[int, Meta(ge=1)]
    last_sequence: Annotated[int, Meta(ge=0)]


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Membership, release and public keys."""

    version: Annotated[int, Meta(ge=1)] = 1
    previous: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")] = ""
    """SHA-256 of the signed bytes of the version before; empty in version 1."""
    effective_ns: Annotated[int, Meta(ge=0)] = 0
    """Scenario time, UTC ns, from which it is in force."""
    nations: Annotated[tuple[Trigraph, ...], Meta(min_length=1)]
    nodes: tuple[Member, ...] = ()
    keys: tuple[Key, ...] = ()
    fences: tuple[Fence, ...] = ()
    """Whatever the time that a report is valid at. They stay in all later versions; of several for one start
    the least number counts."""

    def keys_of(self, owner: str, use: str) -> tuple[Key, ...]:
        """The public keys of a process or a nation, oldest first."""
        return tuple(key for key in self.keys if (key.owner, key.use) == (owner, use))

    def member(self, node_id: str) -> Member:
        """The node of that id. Raises BadInput where there is none."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        known = ", ".join(n.id for n in self.nodes) or "none"
        raise BadInput(f"node {node_id} is not in the coalition's policy; it knows {known}")

    def released_to(self, nation: str) -> tuple[Member, ...]:
        """The nodes of whose reports ``nation`` may have some."""
        return tuple(n for n in self.nodes if nation in self.nations and n.streams_for(nation))

    @property
    def streams(self) -> frozenset[str]:
        """Every stream that some node may publish."""
        return frozenset(stream for node in self.nodes for stream in node.streams)


def core_id(nation: str) -> str:
    """The process id of a nation's core."""
    return f"{CORE_PREFIX}{nation}"


def reader_id(nation: str) -> str:
    """The process id of a nation's readers: pages, recorders, gateways."""
    return f"{READER_PREFIX}{nation}"


def checked(policy: Policy, where: str) -> Policy:
    """``policy``, if its parts fit each other. Raises BadInput."""
    if len(set(policy.nations)) != len(policy.nations):
        raise BadInput(f"{where}: a nation stands twice in nations")
    ids = [n.id for n in policy.nodes]
    for node in policy.nodes:
        named = [group for group in (node.releasable_to, *node.groups) if group]
        strangers = sorted({node.nation}.union(*named) - set(policy.nations))
        if strangers:
            raise BadInput(f"{where}: node {node.id} names {', '.join(strangers)}, not a member")
        if any(node.nation not in group for group in named):
            raise BadInput(f"{where}: node {node.id} releases to others but not to {node.nation} itself")
        taken = node.id.startswith((CORE_PREFIX, READER_PREFIX)) or node.id in (*policy.nations, CONTROL)
        if taken or ids.count(node.id) > 1:
            raise BadInput(f"{where}: node id {node.id} is taken; choose another")
    owners = {(n.id, n.nation, "node") for n in policy.nodes} | {(CONTROL, "", "control")}
    for nation in policy.nations:
        owners |= {(nation, nation, "nation"), (core_id(nation), nation, "core")}
        owners.add((reader_id(nation), nation, "reader"))
    for key in policy.keys:
        if (key.owner, key.nation, key.role) not in owners:
            raise BadInput(f"{where}: key {key.id} belongs to {key.owner} ({key.role}), not in the policy")
        if key.id != key_id(bytes.fromhex(key.public)):
            raise BadInput(f"{where}: key {key.id} of {key.owner} is not named after its public key")
    if len({key.id for key in policy.keys}) != len(policy.keys):
        raise BadInput(f"{where}: a key stands twice in keys")
    return policy
