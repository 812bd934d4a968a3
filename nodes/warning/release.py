"""To whom a warning may be released: to whoever may have every report behind it."""

from __future__ import annotations

from collections.abc import Iterable

from nodes.coalition import Policy
from nodes.national.report import CLASSIFICATION, POLICY
from triwatch.v1 import track_pb2


def released_to(policy: Policy, node_ids: Iterable[str]) -> list[str]:
    """Members, USA first and then by alphabet, who may have the reports of all these nodes.

    A node that the policy does not know (it was removed since) releases to nobody but its former readers,
    who are not known: then nobody is named.
    """
    nations = set(policy.nations)
    known = {node.id: set(node.releasable_to) for node in policy.nodes}
    for node_id in node_ids:
        nations &= known.get(node_id, set())
    return sorted(nations, key=lambda code: (code != "USA", code))


def label(nations: Iterable[str]) -> track_pb2.Label:
    """The confidentiality label of something released to these nations."""
    return track_pb2.Label(policy=POLICY, classification=CLASSIFICATION, releasable_to=list(nations))
