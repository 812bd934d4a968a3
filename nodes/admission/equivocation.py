"""Two contents that one node signed under one number: proof that its word is worth nothing.

The rule is the same everywhere and knows no order of arrival: of a node's start against which there is
proof in a stream nothing counts in the pictures that take this stream, neither what came before nor what
comes after. In the others it counts: they must not tell of a stream that not all of their readers have. A
core that has proof passes both contents on, live and in repair, so that every core that may have them and
that either can reach comes to have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from fusion.report.report import ReportKey


class Start(NamedTuple):
    """One life of a node, as far as one of its streams tells."""

    node_id: str
    incarnation: int
    stream: str


class Proof(NamedTuple):
    """Two well signed contents under one number: of several such pairs the first in this order."""

    sequence: int
    digests: tuple[bytes, ...]
    """SHA-256 of the two payloads, ascending."""
    bodies: tuple[bytes, ...]
    """The envelopes in the same order, as they came."""


class Equivocations:
    """The proofs that one reader holds, one a start and stream: the same wherever the same was seen."""

    def __init__(self) -> None:
        self.proofs: dict[Start, Proof] = {}

    def compare(self, key: ReportKey, seen: Mapping[bytes, bytes]) -> Proof | None:
        """Look at all that was seen under one number, bodies by the digest of their payload. What it proves,
        if that is news."""
        if len(seen) < 2:
            return None
        digests = tuple(sorted(seen)[:2])
        proof = Proof(key.sequence, digests, tuple(seen[d] for d in digests))
        start = Start(key.node_id, key.incarnation, key.stream)
        known = self.proofs.get(start)
        if known is not None and known[:2] <= proof[:2]:
            return None
        self.proofs[start] = proof
        return proof
