"""``triwatch demo``: the whole exercise on one machine."""

from __future__ import annotations

import shutil
import signal
import tempfile
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TextIO

import click

from nodes.cli.finite import Finite
from nodes.cli.output import console, json_option, write_json
from nodes.errors import BadInput

if TYPE_CHECKING:
    from nodes.demo.view import Show

EXIT_FAILURE = 1
DEFAULT_SCENARIO = "freedom_edge"
DEFAULT_SPEED = 10.0


class Speed(click.ParamType[float | None]):
    """A positive number, or "max"."""

    name = "N|max"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        if value == "max":
            return None
        try:
            speed = float(value)
        except ValueError:
            speed = 0.0
        if not 0.0 < speed <= 1e6:
            self.fail(f"{value!r} is neither a positive number up to 1,000,000 nor 'max'", param, ctx)
        return speed


@click.command()
@click.option("--scenario", "name", default=DEFAULT_SCENARIO, show_default=True, metavar="NAME|FILE")
@click.option(
    "--duration",
    "duration_s",
    type=Finite(0.0, 86_400.0, above=True),
    metavar="S",
    help="End after S scenario seconds.  [default: the scenario's own end]",
)
@click.option(
    "--speed",
    type=Speed(),
    default=DEFAULT_SPEED,
    show_default=True,
    help="Scenario seconds a wall second; max: as fast as the processes can.",
)
@click.option(
    "--topology",
    type=click.Choice(["mesh", "hub"]),
    default="mesh",
    show_default=True,
    help="hub: everything passes through the United States' core.",
)
@click.option(
    "--record",
    metavar="FILE.mcap",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the recording.",
)
@click.option(
    "--record-detections/--no-record-detections",
    default=True,
    show_default=True,
    help="Record raw detections too: without them the score has no centralised bound.",
)
@click.option("--page/--no-page", default=None, help="Serve the picture page.  [default: if there is one]")
@click.option(
    "--port", type=click.IntRange(1, 65535), metavar="P", help="Of the page.  [default: a free one]"
)
@json_option
def demo(
    name: str,
    duration_s: float | None,
    speed: float | None,
    topology: str,
    record: Path | None,
    record_detections: bool,
    page: bool | None,
    port: int | None,
    json_to: str | None,
) -> int:
    """Run an exercise: every node and core as a process, the live picture, a scorecard at the end."""
    import msgspec

    from nodes.demo.exercise import Exercise, Plan
    from nodes.demo.result import facts, pictures, why_not
    from nodes.page.build import is_built
    from nodes.page.child import PageProcess
    from nodes.scenario.loader import load

    scenario = load(name)
    if duration_s is not None:
        scenario = msgspec.structs.replace(scenario, duration_s=duration_s)
    hub = None
    if topology == "hub":
        hub = "USA"
        if hub not in scenario.members:
            raise BadInput(f"--topology hub: the United States are no member of scenario {scenario.name}")
    path = str(Path(name).resolve()) if Path(name).is_file() else name
    plan = Plan(scenario, path, scenario.duration_s, speed, hub, record_detections)
    show = choose_show(console(json_to))
    served = None
    root = Path(tempfile.mkdtemp(prefix="triwatch-demo-"))
    try:
        recording = record or root / "recording.mcap"
        exercise = Exercise(plan, root, recording, show.tell, show.draw)
        caught = stop_on_signals(exercise)
        if page or (page is None and is_built()):
            served = PageProcess(root, port or 0)
            show.tell(f"Picture page: {served.url}")
        show.begin(exercise)
        try:
            exercise.run()
            known = facts(exercise)
            exercise.write_facts(known)
        finally:
            show.end()
            exercise.close()
        if caught:
            show.tell(f"Stopped by {signal.Signals(caught[0]).name}")
            return 128 + caught[0]
        from nodes.scorecard import print_scorecard
        from nodes.scoring import score_recording

        document = score_recording(recording) | known | {"pictures": pictures(exercise)}
        print_scorecard(document, console(json_to))
        write_json(json_to, document)
        if known["agreed"]:
            return 0
        click.echo("triwatch: " + why_not(exercise), err=True)
        return EXIT_FAILURE
    finally:
        if served is not None:
            served.close()
        shutil.rmtree(root, ignore_errors=True)


def choose_show(out: TextIO) -> Show:
    """The live picture on a terminal, lines elsewhere."""
    from nodes.demo.lines import Lines

    if not out.isatty():
        return Lines(out)
    from rich.console import Console

    from nodes.demo.screen import Screen

    screen = Console(file=out)
    return Screen(screen) if screen.is_terminal and not screen.is_dumb_terminal else Lines(out)


def stop_on_signals(exercise: Any) -> list[int]:
    """End the exercise in good order on SIGINT, SIGTERM and SIGHUP; the signals caught, in order."""
    caught: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        caught.append(number)
        exercise.stop = True
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    return caught
