"""How a measurement's processes tell each other what the link does not carry: small files in one folder."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from nodes.control import clock

READY_S = 300.0
"""So long a process waits for another one's notice: a busy machine takes minutes to start some."""
PAUSE_S = 60.0
"""So long what has been sent may take to come."""
NS = 1_000_000_000


class NotMeasuredError(RuntimeError):
    """A run gave no figure: the machine is too slow for its load."""


def post(root: Path, name: str, value: object = 1) -> None:
    """Tell a value by name."""
    file = root / name
    draft = file.with_suffix(".draft")
    draft.write_text(str(value), encoding="ascii")
    draft.replace(file)


def posted(root: Path, name: str) -> bool:
    """Whether it has been told."""
    return (root / name).exists()


def told(root: Path, name: str, by: Iterable[subprocess.Popen[bytes]] = ()) -> str:
    """The value of that name, waited for. Raises NotMeasuredError when nobody tells it, or when one of the
    processes ``by`` which it comes about has ended."""
    end_s = clock.monotonic_s() + READY_S
    while not posted(root, name):
        none_ended(by, f"before there was any word of {name}")
        if clock.monotonic_s() > end_s:
            raise NotMeasuredError(f"this machine did not keep up: no word of {name} within {READY_S:.0f} s")
        clock.sleep(0.01)
    return (root / name).read_text(encoding="ascii")


def none_ended(processes: Iterable[subprocess.Popen[bytes]], when: str) -> None:
    """Raises NotMeasuredError where one of the processes has ended, which nobody need wait for any more."""
    for process in processes:
        if (status := process.poll()) is not None:
            raise NotMeasuredError(f"a process that was needed ended with {status} {when}")


def wait_until(due_ns: int) -> None:
    """Sleep until the monotonic clock shows ``due_ns``."""
    left_ns = due_ns - clock.monotonic_ns()
    if left_ns > 0:
        clock.sleep(left_ns / NS)
