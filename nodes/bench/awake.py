"""Keeps this machine's processors awake while something is measured.

A processor with nothing to do sleeps, and wakes slowly and with cold caches: on a quiet virtual machine a
bare ZeroMQ message takes up to twice as long as on one that does not sleep. Servers tuned for latency forbid
the sleep (Linux: ``idle=poll``, ``/dev/cpu_dma_latency``), which takes root. Here one loop a processor does
nothing, at Linux's policy SCHED_IDLE: whatever else wants to run displaces it at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_LOOP = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(1_000_000):
        pass
"""


@contextmanager
def awake(wanted: bool = True) -> Iterator[None]:
    """No processor sleeps within, where that is ``wanted`` and the system is Linux."""
    able = wanted and hasattr(os, "SCHED_IDLE")
    cores = sorted(os.sched_getaffinity(0)) if able else []
    loops = [subprocess.Popen([sys.executable, "-c", _LOOP, str(core)]) for core in cores]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
