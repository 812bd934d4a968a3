"""The coalition: the chain of the policy's versions, as its directory holds them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from nodes.coalition.policy import Policy, checked
from nodes.errors import BadInput
from nodes.link.directory import write_whole


class Coalition:
    """Every version of the policy that is known, oldest first.

    Whether a report counts is decided by the version in force at its valid time (``at``), never by a
    wall clock or by when it arrived.
    """

    def __init__(self, versions: tuple[Policy, ...], root: Path | None = None) -> None:
        self.versions = versions
        self._root = root

    @property
    def current(self) -> Policy:
        """The newest version, in force or about to be."""
        return self.versions[-1]

    def at(self, time_ns: int) -> Policy:
        """The version in force at a scenario time."""
        for policy in reversed(self.versions):
            if policy.effective_ns <= time_ns:
                return policy
        return self.versions[0]

    def refresh(self) -> bool:
        """Look at the directory for newer versions; whether there are any."""
        if self._root is None:
            return False
        newest = _read(self._root)
        if newest.version <= self.current.version:
            return False
        self.versions = (*self.versions, newest)
        return True


def save(root: Path, policy: Policy) -> None:
    """Write ``policy.json``."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        write_whole(_policy_file(root), msgspec.json.format(msgspec.json.encode(policy)) + b"\n")
    except OSError as error:
        raise BadInput(f"{root}: cannot be written: {error.strerror}; name a writable directory") from None


def load(root: Path) -> Coalition:
    """The coalition in the directory ``root``. Raises BadInput."""
    return Coalition((_read(root),), root)


def _read(root: Path) -> Policy:
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


def _policy_file(root: Path) -> Path:
    return root / "policy.json"
