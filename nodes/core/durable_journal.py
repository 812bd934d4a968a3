"""What a core has acknowledged, kept on disk so that it outlives every process.

A core says in its heartbeats how far it holds each node's stream. Before it does, `commit` has handed all of
that to the system: a killed process loses nothing that it acknowledged. A thread asks the system to put it
on the disk at least every `SYNC_S`: a machine that loses power loses at most that much, and has it again from
its neighbours.

Now and then a core puts a checkpoint beside the segments, what all before one of them came to, so that its
next start reads that and what follows. Segments stay as long as there is room: where a checkpoint is damaged
they are what an older one, or nothing at all, is brought up to date with.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from io import FileIO
from pathlib import Path
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes.core.journal_files import (
    HEADER,
    Manifest,
    Record,
    Seal,
    checkpoint_path,
    checkpoints,
    pack,
    pack_checkpoint,
    read_segment,
    seal,
    segment_path,
    segments,
)
from nodes.errors import BadInput
from nodes.framed_log import LogFile

_log = logging.getLogger("triwatch.journal")

SYNC_S: Final[
    Annotated[
        float,
        Chosen("s", "the longest that what was committed may be only in the system's memory", OPERATION),
    ]
] = 0.2
SEGMENT_BYTES: Final[
    Annotated[
        int,
        Chosen(
            "bytes",
            "A segment of this size is closed, and a checkpoint made: seven seconds of 2,000 rows a second, "
            "a fifth of a second of processor time to read again; the oldest is what retention deletes",
            OPERATION,
        ),
    ]
] = 4 << 20
BYTES_A_BYTE: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "bytes of a checkpoint that may be written for each byte of the journal: to fold a byte of "
            "messages again takes twenty times as long as to put a byte of a picture away",
            OPERATION,
        ),
    ]
] = 4
CHECKPOINTS_MAX: Final[
    Annotated[int, Chosen("1", "checkpoints kept: where the newest is damaged there is another", OPERATION)]
] = 2
BYTES_MAX: Final[
    Annotated[
        int,
        Chosen(
            "bytes", "what a journal may grow to: two hours at 2,000 reports of one track a second", OPERATION
        ),
    ]
] = 4 << 30


class DurableJournal:
    """The journal of one core in ``folder``, created where it is not there.

    Raises BadInput where the folder cannot be used, or another process is using it.
    """

    def __init__(
        self, folder: Path, *, bytes_max: int = BYTES_MAX, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self.folder = folder
        self.failure: str | None = None
        """Why nothing is kept any more; None while all is."""
        self.unkept = 0
        """Messages that came after the failure."""
        self.deleted = 0
        """Segments that retention has deleted."""
        self.found: list[LogFile] = []
        """What `restore` found, segment by segment."""
        self._bytes_max, self._segment_bytes = bytes_max, min(segment_bytes, bytes_max // 2)
        self._pending: list[bytes] = []
        self.seals: dict[int, Seal] = {}
        """Of the segments that are closed or were read."""
        self._since = 0
        """Bytes of records since the last checkpoint."""
        self._checkpoint_bytes = 0
        """Of the last checkpoint's state."""
        self._checkpoint: tuple[Manifest, bytes] | None = None
        """To be written."""
        self._swap = threading.Lock()
        """Held while the file that is written to becomes another."""
        self._ended: list[FileIO] = []
        """Segments that nothing is written to any more, to be put on the disk and closed."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            earlier = segments(folder)
            self._number = int(earlier[-1].stem) if earlier else 0
            self._earlier = earlier
            self._sizes = {int(path.stem): path.stat().st_size for path in earlier}
            for unfinished in folder.glob("*.new"):
                unfinished.unlink()
            self._file = self._begin_segment()
        except BlockingIOError:
            raise BadInput(
                f"the journal {folder} is in use by another core; stop that one, or name another folder"
            ) from None
        except OSError as error:
            raise BadInput(
                f"cannot keep a journal in {folder}: {error.strerror}; name a folder that can be written to"
            ) from None
        self._dirty, self._closing = threading.Event(), threading.Event()
        self._syncer = threading.Thread(target=self._sync, name="journal", daemon=True)
        self._syncer.start()

    @property
    def earlier(self) -> list[int]:
        """The segments of earlier processes, ascending."""
        return [int(path.stem) for path in self._earlier]

    def restore(self, first: int = 0) -> Iterator[Record]:
        """What earlier processes committed, in the order of committing: of every segment from ``first`` on
        its verified prefix.

        Read it to its end before the first `commit`; what was damaged is logged, and told by `found`.
        """
        for number in self.earlier:
            if number >= first:
                yield from self.read(number)

    def read(self, number: int) -> Iterator[Record]:
        """The verified prefix of one segment."""
        found = LogFile(segment_path(self.folder, number))
        self.found.append(found)
        try:
            yield from read_segment(found)
            self.seals[number] = seal(found.path, found.bytes_read)
        except OSError as error:
            found.fault = str(error.strerror)
        if found.fault:
            _log.warning(
                "journal %s: %s; %d records before it are good, %d bytes are lost",
                found.path, found.fault, found.records, found.bytes_left,
            )  # fmt: skip
        self._since += found.bytes_read

    @property
    def due(self) -> bool:
        """Whether a checkpoint is worth making: reading what came since costs more than making one."""
        worth = max(self._segment_bytes, self._checkpoint_bytes // BYTES_A_BYTE)
        return self.failure is None and self._since >= worth

    def begin_segment(self) -> int:
        """Close the segment that is written to, all of which is committed; the number of the next one."""
        self.seals[self._number] = Seal(self._sizes[self._number], self._digest.digest())
        begun = self._begin_segment()
        with self._swap:
            self._ended.append(self._file)
            self._file = begun
        return self._number

    def put_checkpoint(self, manifest: Manifest, state: bytes) -> None:
        """Put a checkpoint beside the segments once they are on the disk."""
        self._since, self._checkpoint_bytes = 0, len(state)
        with self._swap:
            self._checkpoint = (manifest, state)
        self._dirty.set()

    def is_as_sealed(self, number: int) -> bool:
        """Whether a segment still begins with all that it is known to have held."""
        known = self.seals.get(number)
        try:
            return known is not None and seal(segment_path(self.folder, number), known.size) == known
        except OSError:
            return False

    def resume(self, seals: Mapping[int, Seal], state_bytes: int) -> None:
        """Go on from a checkpoint, which knows these segments."""
        self.seals = {number: known for number, known in seals.items() if number in self._sizes}
        self._since, self._checkpoint_bytes = 0, state_bytes

    def append(self, topic: bytes, body: bytes) -> None:
        """Keep one message, with the next `commit`."""
        self._pending.append(pack(topic, body))

    def commit(self) -> None:
        """Hand what was appended to the system. Where that fails, once logged, nothing is kept any more."""
        if not self._pending:
            return
        count, data = len(self._pending), b"".join(self._pending)
        self._pending.clear()
        if self.failure is None:
            try:
                self._write(data)
                return
            except OSError as error:
                self.failure = os.strerror(error.errno or errno.EIO)
                _log.error(
                    "the journal %s has stopped: %s; all else goes on, without a journal",
                    self.folder, self.failure,
                )  # fmt: skip
        self.unkept += count

    @property
    def damaged(self) -> list[LogFile]:
        """The segments of which `restore` found a prefix alone."""
        return [found for found in self.found if found.fault]

    def summary(self) -> dict[str, object]:
        """What is kept where, what was restored, and whether the disk gave out."""
        return {
            "folder": str(self.folder),
            "bytes": sum(self._sizes.values()),
            "restored": sum(found.records for found in self.found),
            "damaged": [f"{found.path.name}: {found.fault}" for found in self.damaged],
            "failure": self.failure,
            "unkept": self.unkept,
        }

    def close(self) -> None:
        """Commit, put all of it on the disk, and give the folder back."""
        self.commit()
        self._closing.set()
        self._dirty.set()
        self._syncer.join()
        self._file.close()
        os.close(self._lock)

    def _write(self, data: bytes) -> None:
        size = self._sizes[self._number]
        if size > len(HEADER) and size + len(data) > self._segment_bytes:
            self.begin_segment()
            self._retain()
        self._dirty.set()
        self._since += len(data)
        self._digest.update(data)
        while data:
            written = self._file.write(data)
            self._sizes[self._number] += written
            data = data[written:]

    def _begin_segment(self) -> FileIO:
        self._number += 1
        file = segment_path(self.folder, self._number).open("xb", buffering=0)
        self._sizes[self._number] = file.write(HEADER)
        self._digest = hashlib.sha256(HEADER)
        # the new name, too, must outlive a loss of power
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return file

    def _retain(self) -> None:
        """Delete the oldest segments beyond what the journal may hold."""
        beside = CHECKPOINTS_MAX * self._checkpoint_bytes
        while (
            sum(self._sizes.values()) + beside > self._bytes_max - self._segment_bytes
            and len(self._sizes) > 1
        ):
            oldest = min(self._sizes)
            with contextlib.suppress(FileNotFoundError):
                segment_path(self.folder, oldest).unlink()
            del self._sizes[oldest]
            self.seals.pop(oldest, None)
            self.deleted += 1

    def _write_checkpoint(self, manifest: Manifest, state: bytes) -> None:
        """In the thread: a checkpoint is whole, or is not there."""
        path = checkpoint_path(self.folder, manifest.before)
        unfinished = path.with_suffix(".new")
        try:
            with unfinished.open("wb") as file:
                file.writelines(pack_checkpoint(manifest, state))
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(path)
            for old in checkpoints(self.folder)[CHECKPOINTS_MAX:]:
                old.unlink()
        except OSError as error:
            _log.warning("journal %s: no checkpoint, the next start reads more: %s", path, error.strerror)
            unfinished.unlink(missing_ok=True)

    def _sync(self) -> None:
        """The thread: put what was committed on the disk, not more often than every `SYNC_S`."""
        last = False
        while not last:
            self._dirty.wait()
            last = self._closing.is_set()
            self._dirty.clear()
            with self._swap:
                ended, self._ended = self._ended, []
                current = os.dup(self._file.fileno())
                checkpoint, self._checkpoint = self._checkpoint, None
            try:
                for file in ended:
                    os.fsync(file.fileno())
                os.fsync(current)
            except OSError as error:
                self.failure = self.failure or os.strerror(error.errno or errno.EIO)
                _log.error("the journal %s may not be on the disk: %s", self.folder, self.failure)
            os.close(current)
            for file in ended:
                file.close()
            if checkpoint is not None and self.failure is None:
                self._write_checkpoint(*checkpoint)
            self._closing.wait(SYNC_S)
