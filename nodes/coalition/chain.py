"""The coalition as signed data: versions of one policy, each signed by the members and bound to the last.

``DIR/policy/000001.json`` and so on hold the exact text that was signed and the signatures over it. What
is not signed as it must be is no version: it is counted, logged and left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from fusion.constants import OPERATION, Chosen
from nodes.coalition.policy import Key, Policy, checked
from nodes.coalition.signing import POLICY_DOMAIN, Signer, digest, verifies
from nodes.errors import BadInput
from nodes.link.directory import write_whole

_log = logging.getLogger("triwatch.coalition")

_FILE_BYTES_MAX: Final[
    Annotated[int, Chosen("bytes", "largest file of a policy that is read", OPERATION)]
] = 4 << 20


class Signature(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One member's signature."""

    key: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]
    signature: Annotated[str, Meta(pattern=r"^[0-9a-f]{128}$")]


class Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file: the text that was signed, the JSON of a Policy, and the signatures."""

    signed: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the policy as it was signed."""

    policy: Policy
    document: Document

    @property
    def digest(self) -> str:
        """SHA-256 of the signed bytes; of version 1 it names the coalition."""
        return digest(self.document.signed.encode())

    def signers(self, last: Policy | None) -> tuple[str, ...]:
        """The nations whose signature is on it and right: with their keys of the version before, newcomers
        with their keys of this one."""
        signed = POLICY_DOMAIN + self.document.signed.encode()
        old = last.nations if last else ()
        keys = [k for k in last.keys if k.role == "nation"] if last else []
        keys += [k for k in self.policy.keys if k.role == "nation" and k.nation not in old]
        known = {key.id: key for key in keys}
        return tuple(
            dict.fromkeys(
                known[s.key].nation
                for s in self.document.signatures
                if s.key in known
                and verifies(bytes.fromhex(known[s.key].public), bytes.fromhex(s.signature), signed)
            )
        )


class Unsigned(BadInput):
    """A version that lacks signatures and is right otherwise."""


class Coalition:
    """Every version of the policy that is known, oldest first.

    Whether a report counts is decided by the version in force at its valid time (``at``), never by a
    wall clock or by when it arrived.
    """

    def __init__(self, chain: tuple[Version, ...], root: Path | None = None) -> None:
        self.root = root
        self.refused = 0
        """Files that claimed to be the next version and were not."""
        self._seen: tuple[int, int] | None = None
        self._take(chain)

    @property
    def id(self) -> str:
        """SHA-256 of version 1's signed bytes: it names the coalition."""
        return self.chain[0].digest

    @property
    def current(self) -> Policy:
        """The newest version, in force or about to be."""
        return self.versions[-1]

    def at(self, time_ns: int) -> Policy:
        """The version in force at a scenario time."""
        return self.versions[self._index(time_ns)]

    def since(self, time_ns: int) -> tuple[Policy, ...]:
        """The version in force at a scenario time and all later ones."""
        return self.versions[self._index(time_ns) :]

    def key_at(self, key_id: str, time_ns: int) -> Key | None:
        """A key, if the version in force at a scenario time has it."""
        return self._keys[self._index(time_ns)].get(key_id)

    def refresh(self) -> bool:
        """Look at the directory for newer versions; whether there are any."""
        fresh = False
        while self.root is not None and (version := self._next(self.root)) is not None:
            self._take((*self.chain, version))
            fresh = True
            policy = version.policy
            _log.info("policy version %d, in force from %d ns", policy.version, policy.effective_ns)
        return fresh

    def offer(self, data: bytes) -> None:
        """Put the next version, that somebody passed on, beside the others; one that is held already is
        nothing new. Raises BadInput where it is none, or cannot be written."""
        where = "a version of the policy from another machine"
        try:
            document = msgspec.json.decode(data[:_FILE_BYTES_MAX], type=Document)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise BadInput(f"{where}: not a signed policy") from None
        if self.root is None or policy_of(document, where).version <= self.current.version:
            return
        follow(self.chain[-1], document, where)
        publish(self.root, self.chain[-1], document)

    def _take(self, chain: tuple[Version, ...]) -> None:
        self.chain = chain
        self.versions = tuple(version.policy for version in chain)
        self._keys = [{key.id: key for key in policy.keys} for policy in self.versions]
        self.keys = {key.id: key for policy in self.versions for key in policy.keys}
        """Every key that there ever was, by id."""

    def _index(self, time_ns: int) -> int:
        for index in range(len(self.versions) - 1, 0, -1):
            if self.versions[index].effective_ns <= time_ns:
                return index
        return 0

    def _next(self, root: Path) -> Version | None:
        file = version_file(root, self.current.version + 1)
        try:
            stat = file.stat()
        except OSError:
            return None
        seen = (stat.st_mtime_ns, stat.st_ino)
        if seen == self._seen:
            return None
        try:
            return follow(self.chain[-1], read(file), str(file))
        except BadInput as error:
            self._seen = seen
            self.refused += 1
            _log.warning("refused (policy, %d so far) %s", self.refused, ascii(str(error))[1:-1][:300])
            return None


def load(root: Path) -> Coalition:
    """The coalition in the directory ``root``. Raises BadInput."""
    file = version_file(root, 1)
    if not file.exists():
        raise BadInput(f"{root}: no coalition there; make one with: triwatch coalition init {root}")
    coalition = Coalition((follow(None, read(file), str(file)),), root)
    coalition.refresh()
    return coalition


def from_documents(documents: list[Document], where: str) -> Coalition:
    """The coalition that a recording holds. Raises BadInput."""
    chain: tuple[Version, ...] = ()
    for document in documents:
        chain = (*chain, follow(chain[-1] if chain else None, document, where))
    return Coalition(chain)


def policy_of(document: Document, where: str) -> Policy:
    """What a document says, whoever signed it. Raises BadInput."""
    try:
        policy = msgspec.json.decode(document.signed, type=Policy)
    except msgspec.MsgspecError as error:
        raise BadInput(f"{where}: not a policy: {error}") from None
    return checked(policy, where)


def follow(last: Version | None, document: Document, where: str) -> Version:
    """The version in ``document``, if it is one that may follow ``last``. Raises BadInput.

    It must carry the hash of the version before, not begin before it, and be signed by every nation that
    is in it: by those that were members before, more than half of them, with their keys of then.
    """
    policy = policy_of(document, where)
    version = Version(policy, document)
    number, previous, effective_ns = 1, "", 0
    if last is not None:
        number, previous = last.policy.version + 1, last.digest
        effective_ns = last.policy.effective_ns
    if (policy.version, policy.previous) != (number, previous):
        raise BadInput(f"{where}: version {policy.version} does not follow version {number - 1} held here")
    if policy.effective_ns < effective_ns:
        raise BadInput(f"{where}: is in force before the version before it")
    old = last.policy if last else None
    signers = version.signers(old)
    if lacking := [nation for nation in policy.nations if nation not in signers]:
        raise Unsigned(f"{where}: not signed by {', '.join(lacking)}")
    if old and 2 * len(set(signers) & set(old.nations)) <= len(old.nations):
        raise Unsigned(f"{where}: not signed by more than half of {', '.join(old.nations)}")
    return version


def unsigned(policy: Policy) -> Document:
    """``policy`` before anybody has signed it."""
    return Document(signed=msgspec.json.encode(policy).decode(), signatures=())


def sign(document: Document, signers: Iterable[Signer]) -> Document:
    """``document`` with these signatures too."""
    signed = POLICY_DOMAIN + document.signed.encode()
    there = {signature.key for signature in document.signatures}
    more = (Signature(key=s.key_id, signature=s.sign(signed).hex()) for s in signers if s.key_id not in there)
    return Document(signed=document.signed, signatures=(*document.signatures, *more))


def publish(root: Path, last: Version | None, document: Document) -> Version:
    """Make ``document`` the version after ``last``. Raises BadInput; Unsigned where it only lacks signatures:
    then it is kept as a draft."""
    number = last.policy.version + 1 if last else 1
    file, draft = version_file(root, number), draft_file(root, number)
    data = encoded(document)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            version = follow(last, document, str(draft))
        except Unsigned as error:
            write_whole(draft, data)
            raise Unsigned(f"{error}; run, where their keys are: triwatch coalition sign {root}") from None
        write_whole(file, data, durable=True)
        draft.unlink(missing_ok=True)
        # for people alone: no process reads it
        write_whole(root / "policy.json", msgspec.json.format(document.signed.encode()) + b"\n")
    except OSError as error:
        raise BadInput(f"{root}: cannot be written: {error.strerror}; name a writable directory") from None
    return version


def encoded(document: Document) -> bytes:
    """As it stands in its file."""
    return msgspec.json.format(msgspec.json.encode(document)) + b"\n"


def read(file: Path) -> Document:
    """One version's file. Raises BadInput."""
    try:
        if file.stat().st_size > _FILE_BYTES_MAX:
            raise BadInput(f"{file}: larger than a policy may be ({_FILE_BYTES_MAX} bytes)")
        return msgspec.json.decode(file.read_bytes(), type=Document)
    except OSError as error:
        raise BadInput(f"{file}: cannot be read: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInput(f"{file}: not a signed policy: {error}") from None


def version_file(root: Path, version: int) -> Path:
    """Where a version of the policy is kept."""
    return root / "policy" / f"{version:06d}.json"


def draft_file(root: Path, version: int) -> Path:
    """Where a version waits for signatures."""
    return root / "policy" / f"{version:06d}.draft.json"


def describe(coalition: Coalition) -> Iterator[dict[str, Any]]:
    """Every version for ``triwatch coalition show``: what it says and who signed it."""
    last: Policy | None = None
    for version in coalition.chain:
        yield {
            **msgspec.to_builtins(version.policy),
            "digest": version.digest,
            "signed_by": list(version.signers(last)),
        }
        last = version.policy
