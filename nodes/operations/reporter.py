"""Tells how a process is, twice a second: to a file of its coalition directory and to whoever serves it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Final

import msgspec

from fusion.constants import OPERATION, Chosen
from nodes.control import clock
from nodes.errors import BadInput
from nodes.link.directory import Directory, write_whole
from nodes.operations.state import ProcessState

_log = logging.getLogger("triwatch.operations")

EVERY_S: Final[Annotated[float, Chosen("s", "how often a process says how it is", OPERATION)]] = 0.5


class Reporter:
    """Of one process: when to tell, and the newest that was told, which other threads may read."""

    def __init__(self, root: Path, process_id: str) -> None:
        self._file = state_file(root, process_id)
        self._due_s = 0.0
        self._failed = False
        self.newest: ProcessState | None = None
        self.turns = 0
        self.turn_sum_s = self.turn_max_s = 0.0

    def begin(self) -> None:
        """The process has its name: what one of that name, which was killed, had said is of the past."""
        self._file.unlink(missing_ok=True)

    def turned(self, took_s: float) -> None:
        """One turn of the process's loop took so long."""
        self.turns += 1
        self.turn_sum_s += took_s
        self.turn_max_s = max(self.turn_max_s, took_s)

    def due(self, now_s: float) -> bool:
        """Whether to tell again; then the longest turn is counted anew after ``tell``."""
        return now_s >= self._due_s

    def tell(self, state: ProcessState, now_s: float) -> None:
        """Tell it. A disk that takes no more is said once and disturbs nothing."""
        self._due_s = now_s + EVERY_S
        if self.newest is not None and self.newest.sees != state.sees:
            _log.info("sees %s", ", ".join(state.sees) or "nobody", extra={"event": "sees"})
        self.newest, self.turn_max_s = state, 0.0
        try:
            write_whole(self._file, msgspec.json.encode(state))
            self._failed = False
        except OSError as error:
            if not self._failed and not isinstance(error, FileNotFoundError):
                _log.warning(
                    "%s: %s; triwatch status will show this process as hung", self._file, error.strerror
                )
            self._failed = True

    def end(self) -> None:
        """This process leaves."""
        self._file.unlink(missing_ok=True)


def state_file(root: Path, process_id: str) -> Path:
    """Where a process says how it is."""
    return root / "endpoints" / f"{process_id}.state"


def read_states(root: Path) -> tuple[list[tuple[ProcessState, float]], list[str]]:
    """Of every process that lives in the coalition directory how it was when it said so last, and the wall
    seconds since; and the processes that were killed without a word. Raises BadInput where there is no such
    directory."""
    if not (root / "endpoints").is_dir():
        raise BadInput(
            f"{root}: no process of a coalition has run there; name its directory with --coalition"
        )
    living = Directory(root).endpoints()
    states, killed = [], []
    for path in sorted((root / "endpoints").glob("*.state")):
        try:
            state = msgspec.json.decode(path.read_bytes(), type=ProcessState)
        except (OSError, msgspec.MsgspecError):
            continue
        if state.id in living:
            states.append((state, (clock.monotonic_ns() - state.said_ns) * 1e-9))
        else:
            killed.append(state.id)
    return states, killed
