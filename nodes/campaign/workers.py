"""A pool of processes on this machine: each takes a case, runs it, answers with its row.

A worker is a process of its own that reads cases from standard input, a line each, and ends by itself when
nobody is left who would write one: a killed campaign leaves nothing behind. A worker that dies costs its run
a second try, then a failed row; one that takes too long is ended.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Annotated, Final

import msgspec

from fusion.constants import OPERATION, Chosen
from nodes.campaign.run_case import Row, Work, failed, run_case

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
TRIES: Final[Annotated[int, Chosen("1", "times that a case whose worker dies is tried", OPERATION)]] = 2


def run_local(works: Iterable[Work], workers: int, timeout_s: float) -> Iterator[Row]:
    """Run all of ``works`` on so many processes; rows come as they are done.

    Whoever stops asking ends the pool, with the runs that are on their way.
    """
    pool = _Pool(iter(works), workers, timeout_s)
    try:
        yield from pool.rows()
    finally:
        pool.end()


class _Pool:
    def __init__(self, works: Iterator[Work], workers: int, timeout_s: float) -> None:
        self._works = works
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._done: queue.SimpleQueue[Row | None] = queue.SimpleQueue()
        self._workers = [_Worker() for _ in range(workers)]
        self._threads = [threading.Thread(target=self._serve, args=(w,), daemon=True) for w in self._workers]
        for thread in self._threads:
            thread.start()

    def rows(self) -> Iterator[Row]:
        """As they come, to the last."""
        ended = 0
        while ended < len(self._threads):
            row = self._done.get()
            if row is None:
                ended += 1
            else:
                yield row

    def end(self) -> None:
        """Take no further work, end the processes."""
        with self._lock:
            self._works = iter(())
        for worker in self._workers:
            worker.end()
        for thread in self._threads:
            thread.join()

    def _serve(self, worker: _Worker) -> None:
        while True:
            with self._lock:
                work = next(self._works, None)
            if work is None:
                break
            self._done.put(worker.run(work, self._timeout_s))
        worker.end()
        self._done.put(None)


class _Worker:
    """One process, started anew where it died; driven by one thread, ended by any."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False
        self._lock = threading.Lock()

    def run(self, work: Work, timeout_s: float) -> Row:
        for _ in range(TRIES):
            late = threading.Event()
            line = self._ask(msgspec.json.encode(work) + b"\n", timeout_s, late)
            if line.endswith(b"\n"):
                return msgspec.json.decode(line, type=Row)
            code = self._dismiss()
            if late.is_set():
                return failed(work.key, f"took longer than {timeout_s:g} s (campaign.timeout_s)")
        return failed(work.key, f"its process died {TRIES} times, of {_cause(code)}")

    def end(self) -> None:
        """End the process, whatever it is at, and start no other."""
        with self._lock:
            self._ended = True
            if self._process is not None:
                self._process.kill()

    def _ask(self, line: bytes, timeout_s: float, late: threading.Event) -> bytes:
        process = self._started()
        if process is None:
            return b""
        assert process.stdin is not None
        assert process.stdout is not None

        def expire() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(timeout_s, expire)
        timer.start()
        try:
            process.stdin.write(line)
            process.stdin.flush()
            return process.stdout.readline()
        except (BrokenPipeError, ValueError):
            return b""
        finally:
            timer.cancel()

    def _started(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._ended:
                return None
            if self._process is None:
                path = os.pathsep.join(place for place in sys.path if place)
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "nodes.campaign.workers"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env={**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), "PYTHONPATH": path},
                )
            return self._process

    def _dismiss(self) -> int:
        """Wait for the process to be gone; its exit code."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return 0
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()
        return process.wait()


def _cause(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def work_for_ever() -> None:
    """What a worker's process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the campaign ends its workers itself
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a contender prints is no row
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def listen() -> None:
        for line in sys.stdin.buffer:
            waiting.put(line)
        os._exit(0)  # nobody is left to answer to

    threading.Thread(target=listen, daemon=True).start()
    decode = msgspec.json.Decoder(Work).decode
    while True:
        row = run_case(decode(waiting.get()))
        answers.write(msgspec.json.encode(row) + b"\n")
        answers.flush()


if __name__ == "__main__":
    work_for_ever()
