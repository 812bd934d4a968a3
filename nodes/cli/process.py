"""What the commands share that run one process of a coalition: its log, its signals, its end."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from nodes.control.exercise_folder import delete_abandoned
from nodes.control.piped_clock import PipedTimeSource, TimeSource
from nodes.operations.logs import log_to_stderr
from nodes.operations.reporter import Reporter

__all__ = ["leave_at_once", "log_to_stderr", "served", "stop_on_signals", "subordinate"]

_log = logging.getLogger("triwatch.operations")


@contextmanager
def served(at: tuple[str, int] | None, reporter: Reporter) -> Iterator[None]:
    """With the process's metrics at an address, where one is given. Raises BadInput."""
    if at is None:
        yield
        return
    from nodes.operations.metrics import MetricsServer

    server = MetricsServer(*at, lambda: reporter.newest)
    _log.info("serves /metrics and /healthz on %s:%d", at[0], server.port, extra={"event": "metrics"})
    try:
        yield
    finally:
        server.close()


def subordinate(root: Path) -> PipedTimeSource:
    """Under a launcher. Should it be killed, the last process out deletes the directory that it had made."""
    return PipedTimeSource(orphaned=lambda: delete_abandoned(root))


def leave_at_once() -> None:
    """End this process without the interpreter's tidying up, most of the time that leaving takes."""
    logging.shutdown()
    os._exit(0)


def stop_on_signals(time_source: TimeSource) -> None:
    """SIGTERM and SIGINT end the process in good order."""

    def stop(number: int, frame: FrameType | None) -> None:
        time_source.stop = True
        time_source.wake()

    signal.signal(signal.SIGTERM, stop)
    # under a launcher the terminal's interrupt is the launcher's to handle
    signal.signal(signal.SIGINT, signal.SIG_IGN if time_source.exercise else stop)
