"""What a person sees of an exercise where there is no terminal: a line now and then."""

from __future__ import annotations

from typing import Annotated, Final, TextIO

from fusion.constants import OPERATION, Chosen
from nodes.demo.exercise_run import ExerciseRun

PERIOD_S: Final[
    Annotated[float, Chosen("s", "how often a line is printed where there is no terminal", OPERATION)]
] = 5.0


class Lines:
    """The state as one line every PERIOD_S wall seconds."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._exercise: ExerciseRun | None = None
        self._due_s = 0.0
        self._stage = ""

    def begin(self, exercise: ExerciseRun) -> None:
        self._exercise = exercise
        plan = exercise.plan
        speed = f"speed {plan.speed:g}" if plan.speed else "as fast as possible"
        self.tell(
            f"{plan.scenario.name}: {plan.duration_s:g} s, {len(exercise.policy.nodes)} nodes and "
            f"{len(exercise.policy.nations)} cores, {speed}"
        )

    def tell(self, line: str) -> None:
        print(line, file=self._out, flush=True)

    def draw(self, now_s: float) -> None:
        exercise = self._exercise
        if exercise is None or (now_s < self._due_s and exercise.stage == self._stage):
            return
        self._due_s, self._stage = now_s + PERIOD_S, exercise.stage
        self.tell(f"{exercise.stage:8} {summary(exercise)}")

    def end(self) -> None:
        self._exercise = None


def summary(exercise: ExerciseRun) -> str:
    """The state of an exercise in one line."""
    time_s = max(0.0, exercise.time_s)
    tracks = "/".join(str(len(p)) for p in exercise.mirror.pictures.values())
    p99 = exercise.latency.percentile_ms(99.0)
    living = sum(c.alive for c in exercise.children.all)
    return (
        f"{time_s:6.0f} of {exercise.plan.duration_s:.0f} s  {living} processes  tracks {tracks}  "
        f"pictures {'differ!' if exercise.mirror.agreement.disagreed else 'agree'}  "
        f"reports {exercise.reports}  missing {exercise.missing}"
        + (f"  99 % in the picture within {p99:.1f} ms" if p99 is not None else "")
    )
