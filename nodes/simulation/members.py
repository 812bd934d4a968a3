"""A scenario's nations and nodes as the coalition's policy names them."""

from __future__ import annotations

from nodes.coalition import Member, Policy, checked
from nodes.errors import BadInput
from nodes.names import group_of
from nodes.simulation.spec import Node, Scenario


def groups_of(scenario: Scenario, node: Node) -> tuple[tuple[str, ...], ...]:
    """The release group of a node's reports, then that of each of its rules."""
    releases = (node.releasable_to, *(rule.releasable_to for rule in node.releases))
    return tuple(group_of(node.nation, to, scenario.members) for to in releases)


def policy_of(scenario: Scenario, nations: tuple[str, ...] = ()) -> Policy:
    """The policy at an exercise's start: ``nations``, or the scenario's founders, and their nodes.

    Raises BadInput where the nations given do not cover the scenario's.
    """
    later = {accession.nation for accession in scenario.accessions} - set(nations)
    nodes = tuple(member_of(scenario, node) for node in scenario.nodes if node.nation not in later)
    founders = tuple(nation for nation in scenario.members if nation not in later)
    return checked(Policy(nations=nations or founders, nodes=nodes), f"scenario {scenario.name}")


def member_of(scenario: Scenario, node: Node) -> Member:
    """A scenario's node as the policy names it."""
    default, *others = dict.fromkeys(groups_of(scenario, node))
    return Member(id=node.id, nation=node.nation, releasable_to=default, groups=tuple(others))


def check_member(scenario: Scenario, member: Member) -> None:
    """Raise BadInput where the scenario's node is not the one that the policy admits."""
    found = [node for node in scenario.nodes if node.id == member.id]
    if not found:
        raise BadInput(f"scenario {scenario.name} has no node {member.id}")
    here = member_of(scenario, found[0])
    if here != member:
        raise BadInput(
            f"node {member.id}: the scenario has {here.nation} releasing to {_readers(here)}, "
            f"the policy {member.nation} releasing to {_readers(member)}"
        )


def _readers(member: Member) -> str:
    return " and to ".join(stream or "every member" for stream in member.streams)
