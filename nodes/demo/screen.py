"""The live picture in a terminal.

Drawing takes longer than a message may wait, so it has a thread of its own: the exercise hands over a
``View`` now and then and goes on.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import Annotated, Final

from rich.console import Console
from rich.live import Live

from fusion.constants import OPERATION, Chosen
from nodes.demo.exercise_run import ExerciseRun
from nodes.demo.panels import compose
from nodes.demo.view import View, look

PERIOD_S: Final[Annotated[float, Chosen("s", "how often the screen is drawn", OPERATION)]] = 0.4
TOLD_MAX = 200


class Screen:
    """Fills the terminal while the exercise runs, then leaves the lines that were told."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._exercise: ExerciseRun | None = None
        self._due_s = 0.0
        self._told: deque[str] = deque(maxlen=TOLD_MAX)
        self._told_meanwhile: deque[str] = deque(maxlen=TOLD_MAX)
        """Of these, what was told while the picture filled the terminal."""
        self._views: queue.Queue[View | None] = queue.Queue(maxsize=2)
        self._thread = threading.Thread(target=self._run, name="screen", daemon=True)

    def begin(self, exercise: ExerciseRun) -> None:
        self._exercise = exercise
        self._thread.start()

    def tell(self, line: str) -> None:
        self._told.append(line)
        if self._exercise is None:
            self._console.print(line, highlight=False, markup=False)
        else:
            self._told_meanwhile.append(line)

    def draw(self, now_s: float) -> None:
        if self._exercise is None or now_s < self._due_s or not self._views.empty():
            return
        self._due_s = now_s + PERIOD_S
        self._views.put(look(self._exercise, now_s))

    def end(self) -> None:
        if self._exercise is None:
            return
        self._views.put(None)
        self._thread.join()
        self._exercise = None
        for line in self._told_meanwhile:
            self._console.print(line, highlight=False, markup=False)

    def _run(self) -> None:
        with Live(console=self._console, screen=True, auto_refresh=False) as live:
            while (view := self._views.get()) is not None:
                width, height = self._console.size
                live.update(compose(view, list(self._told), width, height), refresh=True)
