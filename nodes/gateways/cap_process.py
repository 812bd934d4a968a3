"""A CAP feed written by a process of its own: a slow or full disk never holds a core up, nor stops it.

The core hands over words through a pipe and forgets them. Where the pipe is full, or the process gone, words
are dropped and counted; the next message of that missile tells the newest. What cannot be written is said
once per reason on standard error, and tried again with the next word.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

from nodes.errors import BadInput
from nodes.gateways.cap_feed import CapFeed
from triwatch.v1 import warning_pb2

_LENGTH = 4


class CapProcess:
    """Writes a nation's feed to ``folder``/<nation>. Raises BadInput where that cannot be made."""

    def __init__(self, folder: Path, nation: str) -> None:
        CapFeed(folder, nation)
        self.dropped = 0
        """Words that were not handed over."""
        command = [sys.executable, "-m", "nodes.gateways.cap_process", str(folder), nation]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE)
        assert self._process.stdin is not None
        self._pipe = self._process.stdin.fileno()
        os.set_blocking(self._pipe, False)
        self._rest = b""

    def offer(self, warning: warning_pb2.MissileWarning) -> None:
        """Hand a word over, or count it as dropped."""
        body = warning.SerializeToString()
        frame = len(body).to_bytes(_LENGTH, "big") + body
        try:
            if self._rest:
                self._rest = self._rest[os.write(self._pipe, self._rest) :]
            if self._rest:
                self.dropped += 1
                return
            # a frame begun has to be ended: what does not fit now goes before the next
            self._rest = frame[os.write(self._pipe, frame) :]
        except BlockingIOError:
            self.dropped += 1
        except OSError:
            self.dropped += 1
            self._rest = b""

    def close(self, wait_s: float = 5.0) -> None:
        """Let it end what it has."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(wait_s)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()


def write_all(source: IO[bytes], feed: CapFeed) -> int:
    """Write every word that comes; how many could not be written."""
    failed, told = 0, ""
    while len(head := source.read(_LENGTH)) == _LENGTH:
        size = int.from_bytes(head, "big")
        body = source.read(size)
        if len(body) < size:
            break
        try:
            feed.offer(warning_pb2.MissileWarning.FromString(body))
        except BadInput as error:
            failed += 1
            if str(error) != told:
                told = str(error)
                print(f"triwatch: {told}; the warnings themselves go on", file=sys.stderr, flush=True)
    return failed


def main() -> None:
    """Ends when the core closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder, nation = sys.argv[1:]
    write_all(sys.stdin.buffer, CapFeed(Path(folder), nation))


if __name__ == "__main__":
    main()
