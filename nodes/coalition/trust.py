"""What one process believes: its own keys, and everybody's public ones as the policy has them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fusion.utc import utc_text
from nodes.coalition.chain import Coalition, encoded, load
from nodes.coalition.keys import CONTROL, Ring, has_ring, load_ring
from nodes.coalition.policy import Key, core_id, reader_id
from nodes.coalition.signing import key_id, verifies
from nodes.errors import BadInput
from nodes.link import topics
from nodes.link.errors import Reason, WireError
from nodes.link.topics import Topic
from nodes.link.trust import KeyPair, Peer, Rights

_BY_NODE = frozenset((topics.REPORT, topics.STATUS, topics.DETECTIONS, topics.ORIGINS))


def originator(topic: Topic) -> str:
    """The process that alone may sign what a topic carries."""
    return topic.source if topic.kind in _BY_NODE else core_id(topic.source)


class Ledger:
    """Whose signature counts, by the policy alone: all that a reader of recordings needs."""

    def __init__(self, coalition: Coalition) -> None:
        self.coalition = coalition

    def verify(self, topic: Topic, key_id: str, signature: bytes, signed: bytes) -> None:
        """Raise WireError where this is no signature of the topic's originator."""
        if not key_id or not signature:
            raise WireError(Reason.UNSIGNED, "without a signature")
        key = self.coalition.keys.get(key_id)
        if key is None or key.use != "sign":
            raise WireError(Reason.UNKNOWN_KEY, f"key {key_id[:16]!a} is in no version of the policy")
        if key.owner != originator(topic):
            raise WireError(Reason.FOREIGN_KEY, f"key {key_id} is {key.owner}'s")
        if not verifies(bytes.fromhex(key.public), signature, signed):
            raise WireError(Reason.SIGNATURE, f"no signature of key {key_id}")

    def judge(self, topic: Topic, nation: str | None, key_id: str, times_ns: Iterable[int]) -> None:
        """Raise WireError where originator and key did not count at one of these scenario times, or are not
        of the ``nation`` where one is given."""
        for time_ns in times_ns:
            key = self.coalition.key_at(key_id, time_ns)
            if key is None:
                raise WireError(
                    Reason.REVOKED, f"key {key_id} is not in the policy in force at {utc_text(time_ns)}"
                )
            if not key.counts_at(time_ns):
                raise WireError(Reason.EXPIRED, f"key {key_id} does not count at {utc_text(time_ns)}")
            if nation is not None and key.nation != nation:
                raise WireError(Reason.MISMATCH, f"nation {nation!r}, by policy {key.nation}")


class Credentials(Ledger):
    """A process's keys and its view of everybody else's: the ``Trust`` that its link is given.

    Raises BadInput where the keys are for another coalition, or the policy does not know them.
    """

    def __init__(self, coalition: Coalition, ring: Ring) -> None:
        super().__init__(coalition)
        self.time_ns = 0
        """Scenario time that the process has come to: connections are judged by it and all that follows."""
        if ring.coalition != coalition.id:
            raise BadInput(
                f"{coalition.root}: the keys of {ring.id} are for another coalition than the policy there; "
                "restore the policy that they were made with"
            )
        self._adopt(ring)
        if not any(self._known(pair.public) for pair in ring.pairs()):
            raise BadInput(
                f"{coalition.root}: the policy has no key of {ring.id} that is here; make one with: "
                f"triwatch coalition rotate {coalition.root} {ring.id}"
            )

    @property
    def transport(self) -> KeyPair:
        """The newest CURVE keys that the policy has; where it has none any more, the newest."""
        known = (pair for pair in reversed(self._pairs) if self._known(pair.public))
        return next(known, self._pairs[-1])

    def peer(self, public: bytes) -> Peer | None:
        """Who connects with this CURVE key; None where the policy does not know it."""
        key = self._known(public)
        return Peer(key.owner, key.nation, key.role) if key else None

    def serves(self, peer: Peer, public: bytes) -> bool:
        """Whether the policy gives this CURVE key to that very process."""
        return self.peer(public) == peer

    def sign(self, signed: bytes, time_ns: int) -> tuple[str, bytes]:
        """Key id and signature, with the newest key that counts at ``time_ns``.

        Where none does, the newest: others refuse it, and this process lives on to learn of new keys.
        """
        for signer in reversed(self._signers):
            key = self.coalition.key_at(signer.key_id, time_ns)
            if key is not None and key.counts_at(time_ns):
                return signer.key_id, signer.sign(signed)
        newest = self._signers[-1]
        return newest.key_id, newest.sign(signed)

    def serving_keys(self, process_id: str) -> tuple[bytes, ...]:
        """The CURVE keys that the policy gives to a process now, the newest first."""
        keys = self.coalition.current.keys_of(process_id, "connect")
        return tuple(bytes.fromhex(k.public) for k in reversed(keys) if self._known(bytes.fromhex(k.public)))

    def document(self, version: int) -> bytes | None:
        """A version of the policy as it was signed, to be passed on; None where it is not held."""
        chain = self.coalition.chain
        return encoded(chain[version - 1].document) if 1 <= version <= len(chain) else None

    def adopt(self, document: bytes) -> None:
        """Take in a version of the policy that somebody passed on. Raises WireError where it is none."""
        try:
            self.coalition.offer(document)
        except BadInput as error:
            raise WireError(Reason.CONTENT, str(error)) from None
        self.refresh()

    @property
    def version(self) -> int:
        """Of the newest policy known."""
        return self.coalition.current.version

    def rights(self) -> Rights:
        """Members and streams of the version in force and of those that follow: who is to join may read
        ahead of it, who leaves may until then."""
        policies = self.coalition.since(self.time_ns)
        return Rights(
            frozenset(nation for policy in policies for nation in policy.nations),
            frozenset(stream for policy in policies for stream in policy.streams),
        )

    def refresh(self) -> bool:
        """Take in newer versions of the policy, and keys of this process's own that came with them."""
        if not self.coalition.refresh():
            return False
        root, ring = self.coalition.root, self._ring
        if root is not None and has_ring(root, ring.nation, ring.id):
            self._adopt(load_ring(root, ring.nation, ring.id))
        return True

    def _adopt(self, ring: Ring) -> None:
        self._ring = ring
        self._pairs = ring.pairs()
        self._signers = ring.signers()

    def _known(self, public: bytes) -> Key | None:
        """The key that may connect now or by a later version that is known already, so that nobody who
        is admitted ahead of time has to wait."""
        name = key_id(public)
        for policy in reversed(self.coalition.since(self.time_ns)):
            for key in policy.keys:
                if key.id == name and key.use == "connect":
                    ended = key.not_after_ns is not None and key.not_after_ns < self.time_ns
                    return None if ended else key
        return None


def of_process(root: Path, id: str, nation: str) -> Credentials:
    """The credentials of a node or core in the coalition directory ``root``. Raises BadInput."""
    coalition = load(root)
    _check_member(coalition, nation)
    return Credentials(coalition, load_ring(root, nation, id))


def of_reader(root: Path, nation: str = "") -> Credentials:
    """The credentials of a reader: of ``nation``'s, or the exercise control's where there is one, or the
    only nation's whose are here. Raises BadInput."""
    coalition = load(root)
    if nation:
        _check_member(coalition, nation)
        return Credentials(coalition, load_ring(root, nation, reader_id(nation)))
    if has_ring(root, "", CONTROL):
        return Credentials(coalition, load_ring(root, "", CONTROL))
    here = [n for n in coalition.current.nations if has_ring(root, n, reader_id(n))]
    if len(here) != 1:
        told = ", ".join(here) or "nobody's are here"
        raise BadInput(f"{root}: say whose keys to read with (--nation): {told}")
    return Credentials(coalition, load_ring(root, here[0], reader_id(here[0])))


def _check_member(coalition: Coalition, nation: str) -> None:
    if nation not in coalition.current.nations:
        members = ", ".join(coalition.current.nations)
        raise BadInput(f"{nation} is no member of the coalition in {coalition.root}: {members}")
