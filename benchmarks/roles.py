"""A benchmark's processes: how they start, wait for each other, keep time and end."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.theatre import NS

PAUSE_S = 60.0


class NotMeasuredError(RuntimeError):
    """A run gave no figure: the machine is too slow for its load."""


def wait_until(due_ns: int) -> None:
    """Sleep until the monotonic clock shows ``due_ns``."""
    left_ns = due_ns - time.monotonic_ns()
    if left_ns > 0:
        time.sleep(left_ns / NS)


def exact_sleep() -> None:
    """Ask Linux to wake this process when it is due, not 50 us later (PR_SET_TIMERSLACK)."""
    ctypes.CDLL(None).prctl(29, 1000, 0, 0, 0)


def announced(root: Path, name: str, value: int | None = None) -> int:
    """Say, or wait to be told, a number by name: the processes' only other contact."""
    file = root / name
    if value is not None:
        draft = file.with_suffix(".draft")
        draft.write_text(str(value), encoding="ascii")
        draft.replace(file)
        return value
    wait_for(file)
    return int(file.read_text(encoding="ascii"))


def wait_for(file: Path) -> None:
    """Wait until another process has written a file. Raises NotMeasuredError when it does not."""
    end_s = time.monotonic() + PAUSE_S
    while not file.exists():
        if time.monotonic() > end_s:
            raise NotMeasuredError(f"nobody told {file.stem} within {PAUSE_S:.0f} s")
        time.sleep(0.01)


def start(module: str, *arguments: object) -> subprocess.Popen[bytes]:
    """One role that a module plays, in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", module, *map(str, arguments)])


def cpu_s(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mb(pid: int) -> float:
    """The largest resident set that a process has had."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def ended(processes: list[subprocess.Popen[bytes]], timeout_s: float) -> None:
    """Wait for processes to end; what is still there after that is ended."""
    end_s = time.monotonic() + timeout_s
    for process in processes:
        try:
            process.wait(max(0.1, end_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def result_of(root: Path) -> dict[str, Any]:
    """What the receiver wrote. Raises NotMeasuredError where it did not, or got nothing."""
    if not (root / "result").exists():
        raise NotMeasuredError("this machine did not keep up: the receiver had no time to write")
    result: dict[str, Any] = json.loads((root / "result").read_text(encoding="ascii"))
    if not result["got"]:
        raise NotMeasuredError("this machine did not keep up: nothing came in time")
    return result
