"""Two contents that one node signed under one number: proof that its word is worth nothing.

The rule is the same everywhere and knows no order of arrival: of a node's start against which there is
proof in a stream nothing counts in the pictures that take this stream, neither what came before nor what
comes after. In the others it counts: they must not tell of a stream that not all of their readers have. A
core that has proof passes both contents on, live and in repair, so that every core that may have them and
that either can reach comes to have it.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from nodes.link import codec, topics
from nodes.link.codec import Received
from nodes.link.journal import Journal


class Start(NamedTuple):
    """One life of a node, as far as one of its streams tells."""

    node_id: str
    incarnation: int
    stream: str


class Proof(NamedTuple):
    """Two well signed contents under one number: of several such pairs the first in this order."""

    sequence: int
    topic: str
    digests: tuple[bytes, ...]
    """SHA-256 of the two payloads, ascending."""
    bodies: tuple[bytes, ...]
    """The envelopes in the same order, as they came."""


class Equivocations:
    """The proofs that one core holds, one a start and stream: the same wherever the same was seen."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.proofs: dict[Start, Proof] = {}

    def convicted(self, node_id: str, incarnation: int, takes: Callable[[str], bool]) -> bool:
        """Whether nothing of a node's start counts in a picture that ``takes`` some streams."""
        return any(
            (start.node_id, start.incarnation) == (node_id, incarnation) and takes(start.stream)
            for start in self.proofs
        )

    def compare(self, received: Received) -> Proof | None:
        """Look at a report under a number that is held already. What it proves, if that is news."""
        topic, incarnation, sequence = received.topic.text, received.incarnation, received.sequence
        held = self._journal.find(topic, incarnation, [(sequence, sequence)], 1 << 30)
        seen = {_digest(kept.body): kept.body for _, kept in held}
        seen.setdefault(sha256(received.payload).digest(), received.body)
        if len(held) == 0 or len(seen) < 2:
            return None
        digests = tuple(sorted(seen)[:2])
        proof = Proof(sequence, topic, digests, tuple(seen[d] for d in digests))
        start = Start(received.topic.source, incarnation, received.topic.stream)
        known = self.proofs.get(start)
        if known is not None and known[:3] <= proof[:3]:
            return None
        self.proofs[start] = proof
        self._journal.contradict(topic, incarnation, sequence, proof.bodies)
        return proof


def _digest(body: bytes) -> bytes:
    return sha256(codec.payload_of(topics.REPORT, body)).digest()
