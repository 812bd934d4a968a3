"""What the link has to know of the coalition's keys: who a peer is, whose signature counts.

The link carries and checks; the coalition's policy decides. ``nodes.coalition.trust`` is the one
implementation that the product uses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from nodes.link.topics import Topic


class Peer(NamedTuple):
    """Who is at the other end of a connection, as CURVE has proven it and the policy names it."""

    id: str
    """Process id: ``KOR-1``, ``core-JPN``, ``reader-USA``."""
    nation: str
    """Whose it is; empty for the control of an exercise."""
    role: str
    """``node``, ``core``, ``reader``, or in an exercise ``control``."""

    @property
    def user_id(self) -> bytes:
        """As ZAP hands it to the socket."""
        return "/".join((self.role, self.nation, self.id)).encode()


def peer_of(user_id: str | bytes) -> Peer:
    """The peer that a frame's ``User-Id`` names."""
    text = user_id.decode() if isinstance(user_id, bytes) else user_id
    role, nation, process_id = text.split("/")
    return Peer(process_id, nation, role)


class Rights(NamedTuple):
    """The part of the policy that release depends on."""

    members: frozenset[str]
    """Nations that may read."""
    streams: frozenset[str]
    """Every stream that some node may publish."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A Curve25519 pair, 32 bytes each."""

    public: bytes
    secret: bytes = field(repr=False)


class Checks(Protocol):
    """Whose signature counts, and when."""

    def verify(self, topic: Topic, key_id: str, signature: bytes, signed: bytes) -> None:
        """Raise WireError where this is no signature of the topic's originator."""

    def judge(self, topic: Topic, nation: str | None, key_id: str, times_ns: Iterable[int]) -> None:
        """Raise WireError where originator and key did not count at one of these scenario times, or are not
        of the ``nation`` where one is given."""


class Trust(Checks, Protocol):
    """The keys of one process and its coalition's policy."""

    time_ns: int
    """Scenario time that the process has come to: what it does on the link now is judged by the policy in
    force then, and by the versions that follow."""

    @property
    def transport(self) -> KeyPair | None:
        """This process's CURVE keys; None: no CURVE, which nothing but a benchmark may choose."""

    def peer(self, public: bytes) -> Peer | None:
        """Who connects with this CURVE key; None where the policy does not know it."""

    def serves(self, peer: Peer, public: bytes) -> bool:
        """Whether the policy gives this CURVE key to that very process."""

    def sign(self, signed: bytes, time_ns: int) -> tuple[str, bytes]:
        """Key id and signature over ``signed``, with the key that is valid at a scenario time."""

    def serving_keys(self, process_id: str) -> tuple[bytes, ...]:
        """The CURVE keys that the policy gives to a process now, the newest first."""

    def document(self, version: int) -> bytes | None:
        """A version of the policy as it was signed, to be passed on; None where it is not held."""

    def adopt(self, document: bytes) -> None:
        """Take in a version of the policy that somebody passed on. Raises WireError where it is none."""

    @property
    def version(self) -> int:
        """Of the newest policy known."""

    def rights(self) -> Rights | None:
        """Who may read what now; None: everybody everything, where there are no keys at all."""

    def refresh(self) -> bool:
        """Take in newer versions of the policy; whether there are any."""
