"""The picture page as a process beside an exercise: it must not cost the launcher a beat."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import msgspec

from fusion.constants import OPERATION, Chosen
from nodes.control import clock
from nodes.errors import BadInput

END = b"end\n"
_START_S: Final[Annotated[float, Chosen("s", "wall time that the page has to come up", OPERATION)]] = 120.0
_STOP_S: Final[Annotated[float, Chosen("s", "wall time that it has to leave by itself", OPERATION)]] = 3.0


class PageProcess:
    """``triwatch page`` on a coalition directory; ends with whoever started it, however that ends. Where it
    is not told so, its launcher is dead and it deletes the exercise's directory.

    Raises BadInput where the page cannot be served, with the page's own words.
    """

    def __init__(self, root: Path, port: int = 0) -> None:
        told = root / "page.json"
        log = root / "page.log"
        command = [sys.executable, "-P", "-m", "nodes.cli", "page", "--coalition", str(root), "--leashed"]
        with log.open("wb") as err:
            self._process = subprocess.Popen(
                [*command, "--port", str(port), "--json", str(told)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=err,
                start_new_session=True,
            )
        give_up_s = clock.monotonic_s() + _START_S
        while (url := _told(told)) is None:
            if self._process.poll() is not None or clock.monotonic_s() > give_up_s:
                self.close()
                why = log.read_text(errors="replace").strip().removeprefix("triwatch: ")
                raise BadInput(f"the picture page did not start: {why or 'no answer'}; or give --no-page")
            clock.sleep(0.02)
        self.url = url

    @property
    def alive(self) -> bool:
        """Whether it serves."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended by itself
            self._process.stdin.write(END)
            self._process.stdin.flush()
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _told(path: Path) -> str | None:
    """The address, once it is written whole."""
    try:
        url: str = msgspec.json.decode(path.read_bytes())["url"]
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return url
