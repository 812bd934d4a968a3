"""Ed25519 (RFC 8032) by libsodium, and the names of keys."""

from __future__ import annotations

import hashlib

from nacl import bindings
from nacl.exceptions import BadSignatureError

SEED_BYTES = 32
SIGNATURE_BYTES = 64
POLICY_DOMAIN = b"triwatch.v1.Policy\x00"
"""What a signature over a version of the policy covers before it."""


def key_id(public: bytes) -> str:
    """The name of a public key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def digest(data: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


class Signer:
    """One secret signing key."""

    __slots__ = ("_secret", "key_id", "public")

    def __init__(self, seed: bytes) -> None:
        self.public, self._secret = bindings.crypto_sign_seed_keypair(seed)
        self.key_id = key_id(self.public)

    def sign(self, signed: bytes) -> bytes:
        """The signature, 64 bytes."""
        whole: bytes = bindings.crypto_sign(signed, self._secret)
        return whole[:SIGNATURE_BYTES]

    def __repr__(self) -> str:
        return f"Signer({self.key_id})"


def verifies(public: bytes, signature: bytes, signed: bytes) -> bool:
    """Whether ``signature`` is one of ``public`` over ``signed``."""
    if len(signature) != SIGNATURE_BYTES:
        return False
    try:
        bindings.crypto_sign_open(signature + signed, public)
    except (BadSignatureError, ValueError):
        return False
    return True
