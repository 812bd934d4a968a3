"""The files of a core's journal: segments, each a framed log (`nodes.framed_log`) of messages.

The content of a record is ``u16 length of topic (little-endian), topic, body``, where ``body`` is the message
exactly as it came, signature and all. A process that starts anew begins the next segment.

A checkpoint is what all segments before a number came to. It is written whole under another name first, and
lies in a framed log of its own: the first record is a `Manifest` in JSON, the others are the parts of the
state.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import msgspec

from fusion.constants import OPERATION, Chosen
from nodes.framed_log import LogFile, framed, read_log

HEADER = b"triwatch-journal-1\n"
SUFFIX = ".journal"
CHECKPOINT_HEADER = b"triwatch-checkpoint-1\n"
CHECKPOINT_SUFFIX = ".checkpoint"
_PART_BYTES: Final[
    Annotated[int, Chosen("bytes", "of a checkpoint's state under one checksum", OPERATION)]
] = 1 << 20
_TOPIC = struct.Struct("<H")


class Record(NamedTuple):
    """One message as it was received."""

    topic: bytes
    body: bytes


def segments(folder: Path) -> list[Path]:
    """The segments of a journal, the oldest first."""
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if path.stem.isdigit())


def segment_path(folder: Path, number: int) -> Path:
    """Where segment ``number``, from 1, lies."""
    return folder / f"{number:012d}{SUFFIX}"


def pack(topic: bytes, body: bytes) -> bytes:
    """One record as it is written."""
    return framed(_TOPIC.pack(len(topic)) + topic + body)


def read_segment(file: LogFile) -> Iterator[Record]:
    """The records of the verified prefix of a segment, as `read_log` gives them.

    Raises OSError where the file cannot be read.
    """
    return read_log(file, HEADER, _record)


def _record(content: bytes) -> Record:
    topic_end = _TOPIC.size + (_TOPIC.unpack_from(content)[0] if len(content) >= _TOPIC.size else 0)
    if topic_end >= len(content):
        raise ValueError("a record without content")
    return Record(content[_TOPIC.size : topic_end], content[topic_end:])


class Seal(NamedTuple):
    """How a segment began: so that what follows it need not be checked message by message."""

    size: int
    sha256: bytes


def seal(path: Path, size: int) -> Seal:
    """Of the first ``size`` bytes of a segment. Raises OSError."""
    with path.open("rb") as file:
        return Seal(size, hashlib.sha256(file.read(size)).digest())


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose state it is, of what, and who says so."""

    before: int
    """The segment before which all others are in it."""
    program: str
    """Digest of the program that made it: no other can read it."""
    policy: str
    """Digest of the newest version of the policy that was known."""
    sha256: str
    """Of the state."""
    key: str
    """Id of the core's key that signed the four."""
    signature: str
    """Ed25519, hexadecimal."""

    def by(self, key: str, signature: bytes) -> Manifest:
        """With a signature."""
        return msgspec.structs.replace(self, key=key, signature=signature.hex())

    def signed(self) -> bytes:
        """What the signature covers."""
        said = f"{self.before} {self.program} {self.policy} {self.sha256}"
        return b"triwatch.v1.Checkpoint\0" + said.encode()


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of a journal, the newest first."""
    return sorted((p for p in folder.glob(f"*{CHECKPOINT_SUFFIX}") if p.stem.isdigit()), reverse=True)


def checkpoint_path(folder: Path, before: int) -> Path:
    """Where the checkpoint lies of all segments before one."""
    return folder / f"{before:012d}{CHECKPOINT_SUFFIX}"


def pack_checkpoint(manifest: Manifest, state: bytes) -> Iterator[bytes]:
    """A checkpoint as it is written, piece by piece."""
    yield CHECKPOINT_HEADER
    yield framed(msgspec.json.encode(manifest))
    for begin in range(0, len(state), _PART_BYTES):
        yield framed(state[begin : begin + _PART_BYTES])


def read_checkpoint(path: Path) -> tuple[Manifest, bytes]:
    """A checkpoint as it was written; its signature is the reader's to verify.

    Raises:
        ValueError: it is not whole, or is none.
        OSError: the file cannot be read.
    """
    file = LogFile(path)
    parts = list(read_log(file, CHECKPOINT_HEADER, bytes))
    if file.fault or not parts:
        raise ValueError(file.fault or "nothing in it")
    try:
        manifest = msgspec.json.decode(parts[0], type=Manifest)
    except msgspec.MsgspecError as error:
        raise ValueError(f"no manifest: {error}") from None
    state = b"".join(parts[1:])
    if (
        hashlib.sha256(state).hexdigest() != manifest.sha256
        or checkpoint_path(path.parent, manifest.before) != path
    ):
        raise ValueError("not what its manifest says")
    return manifest, state
