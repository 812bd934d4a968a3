"""Draws docs/images/demo.svg: python docs/images/make.py

Runs the default scenario up to `MOMENT_S` as `triwatch demo` does and keeps the screen of that moment.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from rich.console import Console

import nodes.cli.demo as demo
from nodes.demo.exercise_run import Exercise
from nodes.demo.lines import Lines
from nodes.demo.panels import compose
from nodes.demo.view import look

MOMENT_S = 600.0
WIDTH, HEIGHT = 176, 42
STAGES = ("starting", "running", "settling")
PICTURE = Path(__file__).parent / "demo.svg"


class Photographer(Lines):
    """Tells the exercise in lines and keeps one moment of the screen."""

    def __init__(self, out: io.TextIOBase) -> None:
        super().__init__(out)
        self._watched: Exercise | None = None
        self._told: list[str] = []

    def begin(self, exercise: Exercise) -> None:
        super().begin(exercise)
        self._watched = exercise

    def tell(self, line: str) -> None:
        super().tell(line)
        self._told.append(line)

    def draw(self, now_s: float) -> None:
        super().draw(now_s)
        if self._watched is None or self._watched.time_s < MOMENT_S:
            return
        console = Console(width=WIDTH, height=HEIGHT, record=True, file=io.StringIO(), force_terminal=True)
        spoken = [line for line in self._told if not line.startswith(STAGES)]
        console.print(compose(look(self._watched, now_s), spoken, WIDTH, HEIGHT))
        PICTURE.write_text(console.export_svg(title="triwatch demo"), encoding="utf-8")
        self._watched.stop = True
        self._watched = None


if __name__ == "__main__":
    demo.choose_show = Photographer
    sys.argv[1:] = ["--speed", "10", "--no-page"]
    demo.demo()
