"""The coalition directory: where processes find each other.

``DIR/endpoints/<process id>.json`` says where a live process is reached. Files are written whole or not
at all. A process keeps ``<process id>.lock`` beside it locked as long as it lives, and the system unlocks it
however it dies: an entry that nobody keeps locked is ignored, and nobody else can take a name that is kept.
So processes see each other whatever process ids they see.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from fusion.constants import OPERATION, Chosen
from nodes.control import clock
from nodes.errors import BadInput
from nodes.link.trust import Peer

_log = logging.getLogger("triwatch.link")

Address = Annotated[str, Meta(pattern=r"^tcp://[0-9A-Za-z.:\[\]-]+:[0-9]{1,5}$", max_length=200)]
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\.json")
_FILE_BYTES_MAX: Final[
    Annotated[int, Chosen("bytes", "largest file of the coalition directory that is read", OPERATION)]
] = 4096
_CLAIM_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "whoever looks whether a name is kept holds the lock for a moment: it is tried for so long",
            OPERATION,
        ),
    ]
] = 0.5
_AGAIN_S: Final[Annotated[float, Chosen("s", "wall time between two tries", OPERATION)]] = 0.02


class EndpointRecord(Struct, frozen=True, kw_only=True):
    """One process: who it is and where it is reached."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    role: Literal["node", "core"]
    nation: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
    pid: Annotated[int, Meta(gt=0)]
    """For people to see."""
    pub: Address
    request: Address
    curve: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")] = ""
    """The public key that both sockets use. Only a hint: the policy says whose keys there are."""

    @property
    def peer(self) -> Peer:
        """Who this claims to be."""
        return Peer(self.id, self.nation, self.role)

    @property
    def server_key(self) -> bytes:
        """``curve`` as bytes."""
        return bytes.fromhex(self.curve)


def write_whole(path: Path, data: bytes, durable: bool = False) -> None:
    """Put ``data`` into ``path`` so that a reader sees all of it or what was there before.

    ``durable``: not before it is on the disk.
    """
    draft = draft_beside(path)
    with draft.open("wb") as file:
        file.write(data)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    draft.replace(path)


def draft_beside(path: Path) -> Path:
    """A name of a draft that nobody else uses; process ids are not unique: each pid namespace has its own."""
    return path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")


class Directory:
    """``DIR/endpoints``, made where it is absent."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folder = root / "endpoints"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._seen: dict[str, tuple[tuple[int, int], EndpointRecord | None]] = {}
        self._claims: dict[str, IO[bytes]] = {}

    def claim(self, process_id: str) -> None:
        """Be the process of this id until ``withdraw`` or the end. Raises BadInput where another is."""
        if process_id in self._claims:
            return
        path = self._folder / f"{process_id}.lock"
        file = path.open("ab")
        end_s = clock.monotonic_s() + _CLAIM_S
        while not _locks(file, fcntl.LOCK_EX):
            if clock.monotonic_s() >= end_s:
                file.close()
                raise BadInput(f"{process_id} runs already in {self.root}; stop it before starting another")
            clock.sleep(_AGAIN_S)
        self._claims[process_id] = file

    def register(self, endpoint: EndpointRecord) -> None:
        """Say where this process is reached. Raises BadInput where another process has this id."""
        self.claim(endpoint.id)
        write_whole(self._folder / f"{endpoint.id}.json", msgspec.json.encode(endpoint))

    def withdraw(self, endpoint: EndpointRecord) -> None:
        """Take this process's entry back, and let its id go to a successor."""
        path = self._folder / f"{endpoint.id}.json"
        if _read(path) == endpoint:
            path.unlink(missing_ok=True)
        if claim := self._claims.pop(endpoint.id, None):
            claim.close()

    def endpoints(self) -> dict[str, EndpointRecord]:
        """Every live process by id."""
        return {e.id: e for e in self._entries() if self._is_kept(e.id)}

    def _is_kept(self, process_id: str) -> bool:
        try:
            with (self._folder / f"{process_id}.lock").open("rb") as file:
                return not _locks(file, fcntl.LOCK_SH)
        except FileNotFoundError:
            return False

    def _entries(self) -> Iterator[EndpointRecord]:
        """What the files say; one is read again only when it has been replaced."""
        seen = {}
        try:
            files = [f for f in os.scandir(self._folder) if _FILE.fullmatch(f.name)]
        except FileNotFoundError:  # the exercise is over and has cleaned up
            files = []
        for file in files:
            try:
                stat = file.stat()
            except FileNotFoundError:
                continue
            version = (stat.st_mtime_ns, stat.st_ino)
            known = self._seen.get(file.name)
            if known is None or known[0] != version:
                known = (version, _read(Path(file.path)))
                if known[1] is None:
                    _log.warning("ignored %s: not an endpoint's entry", file.name)
            seen[file.name] = known
            if known[1] is not None:
                yield known[1]
        self._seen = seen


def _read(path: Path) -> EndpointRecord | None:
    try:
        if path.stat().st_size > _FILE_BYTES_MAX:
            return None
        endpoint = msgspec.json.decode(path.read_bytes(), type=EndpointRecord)
    except (OSError, msgspec.MsgspecError):
        return None
    return endpoint if f"{endpoint.id}.json" == path.name else None


def _locks(file: IO[bytes], how: int) -> bool:
    """Whether the lock could be had; it goes with the file's closing."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
