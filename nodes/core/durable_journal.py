"""What a core has acknowledged, kept on disk so that it outlives every process.

A core says in its heartbeats how far it holds each node's stream. Before it does, `commit` has handed all of
that to the system: a killed process loses nothing that it acknowledged. A thread asks the system to put it
on the disk at least every `SYNC_S`: a machine that loses power loses at most that much, and has it again from
its neighbours.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import threading
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes.core.journal_files import HEADER, Record, pack, read_segment, segment_path, segments
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
        Chosen("bytes", "A segment of this size is closed; the oldest is what retention deletes", OPERATION),
    ]
] = 16 << 20
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

    def restore(self) -> Iterator[Record]:
        """What earlier processes committed, in the order of committing: of every segment its verified prefix.

        Read it to its end before the first `commit`; what was damaged is logged, and told by `found`.
        """
        for path in self._earlier:
            found = LogFile(path)
            self.found.append(found)
            try:
                yield from read_segment(found)
            except OSError as error:
                found.fault = str(error.strerror)
            if found.fault:
                _log.warning(
                    "journal %s: %s; %d records before it are good, %d bytes are lost",
                    path, found.fault, found.records, found.bytes_left,
                )  # fmt: skip

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
            begun = self._begin_segment()
            with self._swap:
                self._ended.append(self._file)
                self._file = begun
            self._retain()
        self._dirty.set()
        while data:
            written = self._file.write(data)
            self._sizes[self._number] += written
            data = data[written:]

    def _begin_segment(self) -> FileIO:
        self._number += 1
        file = segment_path(self.folder, self._number).open("xb", buffering=0)
        self._sizes[self._number] = file.write(HEADER)
        # the new name, too, must outlive a loss of power
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return file

    def _retain(self) -> None:
        """Delete the oldest segments beyond what the journal may hold."""
        while sum(self._sizes.values()) > self._bytes_max - self._segment_bytes and len(self._sizes) > 1:
            oldest = min(self._sizes)
            with contextlib.suppress(FileNotFoundError):
                segment_path(self.folder, oldest).unlink()
            del self._sizes[oldest]
            self.deleted += 1

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
            self._closing.wait(SYNC_S)
