"""What can be wrong with something that came over the wire."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a message was refused; each has its own counter."""

    FRAMES = "frames"
    """Not a topic, a body and at most one frame of clock readings."""
    TOPIC = "topic"
    """No topic of this coalition."""
    OVERSIZE = "oversize"
    """Larger than its kind may be."""
    ENVELOPE = "envelope"
    """The body is not an Envelope, or not the plain message its topic carries."""
    PAYLOAD = "payload"
    """The envelope's payload is not the message its topic carries."""
    MISMATCH = "mismatch"
    """The content names another originator, stream or number than the topic, or none."""
    NOT_FINITE = "not finite"
    """A number is NaN or infinite."""
    CONTENT = "content"
    """Well formed, yet not a report that a picture can use."""
    LIMIT = "limit"
    """More streams, or a number further ahead, than this process follows."""
    REQUEST = "request"
    """Not a request that this process answers."""
    UNSIGNED = "unsigned"
    """Without a signature where one must be."""
    UNKNOWN_KEY = "unknown key"
    """Signed with a key that no version of the policy has."""
    FOREIGN_KEY = "foreign key"
    """Signed with the key of somebody else than the originator."""
    SIGNATURE = "signature"
    """The signature is not one of the key over these bytes."""
    REVOKED = "revoked"
    """Signed with a key that the policy in force at the report's time does not have."""
    EXPIRED = "expired"
    """Signed with a key outside its validity."""
    EQUIVOCATION = "equivocation"
    """Two contents under one number, both signed by their originator."""
    CONTRADICTION = "contradiction"
    """A report that its own node's heartbeat says cannot be."""
    FENCED = "fenced"
    """After the last number that the members let count of a node's start."""
    STRANGER = "stranger"
    """A peer whose CURVE key the policy does not have."""
    HANDSHAKE = "handshake"
    """A peer that does not speak CURVE, or not with this process's key."""
    MEMBERSHIP = "membership"
    """Of a node that, or in a stream that, the policy in force at its time does not have."""
    TIME = "time"
    """A scan out of its sensor's order, later than its node waits, or ahead of the clock."""
    RELEASE = "release"
    """A subscription to, or a request for, what is not released to the asker."""


class WireError(ValueError):
    """A message refused. ``reason`` is counted, the text is logged."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason
