"""Secret keys on the disk: one file a process or nation, which nobody but its owner can read.

``DIR/keys/<nation>/<process id>.json``, the directories with mode 0700, the files with 0600.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from nacl import bindings

from nodes.coalition.signing import Signer, key_id
from nodes.errors import BadInput
from nodes.link.trust import KeyPair

Hex32 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Role = Literal["nation", "node", "core", "reader", "control"]
CONTROL = "exercise"
"""Process id of the control of an exercise, and the directory of its keys; it belongs to no nation."""


class Ring(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The secret keys of one process, or of a nation as a member; the newest of each kind last."""

    id: str
    nation: str
    role: Role
    coalition: str
    """SHA-256 of version 1 of the policy that these keys are for: no other coalition is believed."""
    signing: tuple[Hex32, ...] = ()
    """Ed25519 seeds."""
    transport: tuple[Hex32, ...] = ()
    """Curve25519 secret keys."""

    def __repr__(self) -> str:
        return f"Ring({self.id}: {len(self.signing)} signing, {len(self.transport)} transport keys)"

    def signers(self) -> tuple[Signer, ...]:
        """The signing keys, newest last."""
        return tuple(Signer(bytes.fromhex(seed)) for seed in self.signing)

    def pairs(self) -> tuple[KeyPair, ...]:
        """The CURVE key pairs, newest last."""
        return tuple(_pair(bytes.fromhex(secret)) for secret in self.transport)


def new_ring(id: str, nation: str, role: Role, coalition: str = "") -> Ring:
    """Fresh keys: nations sign, readers and an exercise's control connect, nodes and cores do both."""
    ring = Ring(id=id, nation=nation, role=role, coalition=coalition)
    return with_fresh(ring)


def with_fresh(ring: Ring) -> Ring:
    """``ring`` with one more key of each kind that it has use for."""
    signing = (secrets.token_hex(32),) if ring.role in ("nation", "node", "core") else ()
    transport = () if ring.role == "nation" else (secrets.token_hex(32),)
    return msgspec.structs.replace(ring, signing=ring.signing + signing, transport=ring.transport + transport)


def ring_file(root: Path, nation: str, id: str) -> Path:
    """Where the keys of a process, or of a nation as a member (id: the nation), are kept."""
    return root / "keys" / (nation or CONTROL) / f"{id}.json"


def save_ring(root: Path, ring: Ring) -> None:
    """Write ``ring`` so that only this user can read it. Raises BadInput."""
    file = ring_file(root, ring.nation, ring.id)
    try:
        for folder in (file.parent.parent, file.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(msgspec.json.format(msgspec.json.encode(ring)) + b"\n")
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    except OSError as error:
        raise BadInput(f"{file}: cannot be written: {error.strerror}; name a writable directory") from None


def load_ring(root: Path, nation: str, id: str) -> Ring:
    """Read a process's secret keys. Raises BadInput, also where others could read them."""
    file = ring_file(root, nation, id)
    try:
        for path in (file, file.parent, file.parent.parent):
            mode = path.stat().st_mode & 0o777
            if mode & 0o077:
                mended = "700" if path != file else "600"
                raise BadInput(
                    f"{path}: others can get at the secret keys (mode {mode:o}); run: chmod {mended} {path}"
                )
        ring = msgspec.json.decode(file.read_bytes(), type=Ring)
    except FileNotFoundError:
        raise BadInput(
            f"{file}: no secret keys of {id} there; on the machine that has them run it there, or make new "
            f"ones with: triwatch coalition rotate {root} {id}"
        ) from None
    except OSError as error:
        raise BadInput(f"{file}: cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError:
        # what is wrong is not told: it could quote a secret
        raise BadInput(f"{file}: not a file of secret keys; restore it from its copy") from None
    if (ring.id, ring.nation) != (id, nation):
        raise BadInput(f"{file}: holds the keys of {ring.id!r}; restore it from its copy")
    return ring


def has_ring(root: Path, nation: str, id: str) -> bool:
    """Whether there are secret keys of a process here."""
    return ring_file(root, nation, id).exists()


def _pair(secret: bytes) -> KeyPair:
    return KeyPair(bindings.crypto_scalarmult_base(secret), secret)


__all__ = [
    "CONTROL",
    "Ring",
    "Role",
    "has_ring",
    "key_id",
    "load_ring",
    "new_ring",
    "save_ring",
    "with_fresh",
]
