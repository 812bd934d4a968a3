"""Counts the starts of each process, so that a number is never used twice.

The count lies beside the keys that sign under it, for whoever has the one must have the other: a copy of the
keys with a count set back would sign two contents under one number, and that is proof against its node.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from nodes.coalition.keys import ring_file
from nodes.errors import BadInput
from nodes.link.directory import write_whole


def next_incarnation(root: Path, nation: str, process_id: str) -> int:
    """One more than at this process's last start, and never again, however many start at once.

    Raises BadInput.
    """
    file = ring_file(root, nation, process_id).with_suffix(".starts")
    try:
        for folder in (file.parent.parent, file.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(file.parent, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            incarnation = (int(file.read_text(encoding="ascii")) if file.exists() else 0) + 1
            write_whole(file, f"{incarnation}\n".encode(), durable=True)
            os.fsync(lock)  # the new name, too, must outlive a loss of power
        finally:
            os.close(lock)
    except (OSError, ValueError) as error:
        raise BadInput(f"{file}: cannot count this start: {error}") from None
    return incarnation
