"""The temporary directory of one exercise, keys included: made by its launcher, deleted by whoever is left.

The launcher keeps ``DIR/launcher`` locked as long as it lives; the system unlocks it however it dies. A
directory without that file was not made for an exercise and is never deleted, nor one whose launcher lives.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes.control import clock

PREFIX = "triwatch-demo-"
_MARK = "launcher"
_WAIT_S: Final[
    Annotated[
        float,
        Chosen(
            "s", "how long a killed launcher may take to be gone, and the others to write no more", OPERATION
        ),
    ]
] = 2.0
_AGAIN_S: Final[Annotated[float, Chosen("s", "wall time between two looks", OPERATION)]] = 0.02


@contextmanager
def exercise_folder() -> Iterator[Path]:
    """A new directory for this launcher, deleted in the end. Those that launchers killed together with all of
    their processes have left behind are deleted first."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        delete_abandoned(left, wait_s=0.0)
    root = Path(tempfile.mkdtemp(prefix=PREFIX))
    with (root / f".{_MARK}").open("wb") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        # whoever sees it by its name sees it locked
        (root / f".{_MARK}").rename(root / _MARK)
        try:
            yield root
        finally:
            _delete(root)


def delete_abandoned(root: Path, wait_s: float = _WAIT_S) -> bool:
    """Delete an exercise's directory whose launcher is dead; whether that is done.

    Several processes may do so at once, and some still write into it: what is left then is deleted again, for
    up to ``wait_s`` wall seconds.
    """
    end_s = clock.monotonic_s() + wait_s
    try:
        if root.is_symlink() or root.stat().st_uid != os.geteuid():
            return False
        mark = (root / _MARK).open("rb")
    except OSError:
        return False
    with mark:
        while not _unlocked(mark.fileno()):
            if clock.monotonic_s() >= end_s:
                return False
            clock.sleep(_AGAIN_S)
        while not _delete(root) and clock.monotonic_s() < end_s:
            clock.sleep(_AGAIN_S)
    return not root.exists()


def _unlocked(descriptor: int) -> bool:
    """Whether no launcher has it; shared with others that ask."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _delete(root: Path) -> bool:
    """Delete a directory, the mark as the last file: while anything is left it is known whose it is."""
    with suppress(OSError):
        for entry in os.scandir(root):
            if entry.name == _MARK:
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                Path(entry.path).unlink(missing_ok=True)
        # without the mark it is one of ours whose last write came between the mark's end and its own
        if os.listdir(root) in ([_MARK], []):
            (root / _MARK).unlink(missing_ok=True)
            root.rmdir()
    return not root.exists()
