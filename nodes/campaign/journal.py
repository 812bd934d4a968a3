"""The rows of a campaign, each on disk the moment it is there.

One line of JSON a row, in a file that only grows. A run is done when its line is whole: whatever is killed at
whatever moment costs the runs in flight and at most one torn line at the end, which is cut off when the file
is opened again.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from nodes.campaign.run_case import Row
from nodes.errors import BadInput

FILE = "rows.jsonl"


class Journal:
    """The rows in a folder, which is made where it is absent; one campaign at a time.

    Raises BadInput where the folder cannot be written or another campaign is at work in it.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise BadInput(f"--out {folder}: {error.strerror}; name a folder that can be written") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise BadInput(f"--out {folder}: another campaign is at work there; wait for it") from None
        self.rows: dict[str, Row] = self._read()
        """By key."""

    def add(self, row: Row) -> None:
        """Keep a row; a later one of the same key takes the place of the former."""
        line = msgspec.json.encode(row) + b"\n"
        while line:
            line = line[os.write(self._file, line) :]
        self.rows[row.key] = row

    def close(self) -> None:
        """Let others in."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> dict[str, Row]:
        rows, good = {}, 0
        decode = msgspec.json.Decoder(Row).decode
        for line in self.path.read_bytes().splitlines(keepends=True):
            try:
                if not line.endswith(b"\n"):
                    break
                row = decode(line)
            except msgspec.MsgspecError:
                break
            rows[row.key] = row
            good += len(line)
        os.ftruncate(self._file, good)
        return rows
