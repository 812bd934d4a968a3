"""Processes without keys, to measure what keys cost. There is no other way to have them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nodes import coalition
from nodes.coalition import Credentials
from nodes.coalition.keys import load_ring
from nodes.link.topics import Topic
from nodes.link.trust import KeyPair, Peer, Rights


class Unprotected(Credentials):
    """Knows the policy and leaves CURVE, signatures and release alone: a switch for each of the first two."""

    curve = signatures = False

    @property
    def transport(self) -> KeyPair | None:  # type: ignore[override]  # as the Trust of a link may have none
        return super().transport if self.curve else None

    def serves(self, peer: Peer, public: bytes) -> bool:
        return super().serves(peer, public) if self.curve else True

    def rights(self) -> Rights | None:  # type: ignore[override]
        return super().rights() if self.curve else None

    def sign(self, signed: bytes, time_ns: int) -> tuple[str, bytes]:
        return super().sign(signed, time_ns) if self.signatures else ("", b"")

    def verify(self, topic: Topic, key_id: str, signature: bytes, signed: bytes) -> None:
        if self.signatures:
            super().verify(topic, key_id, signature, signed)

    def judge(self, topic: Topic, nation: str | None, key_id: str, times_ns: Iterable[int]) -> None:
        if self.signatures:
            super().judge(topic, nation, key_id, times_ns)


def credentials(
    root: Path, process_id: str, nation: str, *, curve: bool = True, signatures: bool = True
) -> Credentials:
    """What a process of the coalition in ``root`` believes, with CURVE and signatures on or off."""
    made = Unprotected(coalition.load(root), load_ring(root, nation, process_id))
    made.curve, made.signatures = curve, signatures
    return made
