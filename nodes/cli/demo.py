"""``triwatch demo``: the whole exercise on one machine."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TextIO

import click

from nodes.cli.finite import Finite
from nodes.cli.next_steps import print_next_steps
from nodes.cli.output import console, json_option, write_json
from nodes.errors import BadInput

if TYPE_CHECKING:
    from nodes.demo.exercise_run import ExerciseRun, Plan
    from nodes.demo.forks import Forks
    from nodes.demo.losses import Loss
    from nodes.demo.view import Show
    from nodes.page.child import PageProcess

EXIT_FAILURE = 1
HUB = "USA"
"""Whose core relays everything where the topology is a hub."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
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


class LossType(click.ParamType["Loss"]):
    """A process and a scenario time, as in core-USA@120."""

    name = "ID@S"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Loss:
        from nodes.demo.losses import Loss

        process_id, _, at = str(value).rpartition("@")
        try:
            at_s = float(at)
        except ValueError:
            at_s = -1.0
        if not process_id or not 0.0 <= at_s <= 86_400.0:
            self.fail(f"{value!r} is no process and time such as core-USA@120", param, ctx)
        return Loss(process_id, at_s)


@dataclass(frozen=True, slots=True)
class Keep:
    """What is shown beside an exercise, and what stays after it."""

    recording: Path | None
    page: bool | None
    """None: if there is one."""
    port: int | None
    page_stays: bool


@click.command()
@click.option("--scenario", "name", default=DEFAULT_SCENARIO, show_default=True, metavar="NAME|FILE")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    metavar="N",
    help="Other dice: noise, detections, false alarms.  [default: the scenario's own]",
)
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
    "--lose",
    "losses",
    multiple=True,
    type=LossType(),
    help="Kill a process at a scenario time: core-USA@120. May be given again.",
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
@click.option("--keep-page", is_flag=True, help="Serve the picture page on after the end, until Ctrl-C.")
@click.option(
    "--in-process",
    is_flag=True,
    help="Everything in this one process, without sockets, as fast as it goes: the same digests.",
)
@json_option
@click.pass_context
def demo(
    context: click.Context,
    name: str,
    seed: int | None,
    duration_s: float | None,
    speed: float | None,
    topology: str,
    losses: tuple[Loss, ...],
    record: Path | None,
    record_detections: bool,
    page: bool | None,
    port: int | None,
    keep_page: bool,
    in_process: bool,
    json_to: str | None,
) -> int:
    """Run an exercise: every node and core as a process, the live picture, a scorecard at the end."""
    import msgspec

    from nodes.coalition import core_id
    from nodes.control.exercise_folder import exercise_folder
    from nodes.demo.exercise_run import Plan
    from nodes.demo.forks import Forks
    from nodes.simulation.loader import load

    if in_process:
        _refuse_what_needs_processes(context)
        return _run_in_process(name, seed, duration_s, record, record_detections, json_to)
    if keep_page and page is False:
        raise BadInput("--keep-page: there is no page with --no-page; leave one of them out")
    scenario = load(name)
    if seed is not None:
        scenario = msgspec.structs.replace(scenario, seed=seed)
    if duration_s is not None:
        scenario = msgspec.structs.replace(scenario, duration_s=duration_s)
    hub = HUB if topology == "hub" else None
    if hub not in (None, *scenario.members):
        raise BadInput(f"--topology hub: {hub} is no member of scenario {scenario.name}; choose mesh")
    path = str(Path(name).resolve()) if Path(name).is_file() else name
    known = [n.id for n in scenario.nodes] + [core_id(nation) for nation in scenario.members]
    for loss in losses:
        if loss.id not in known:
            raise BadInput(f"--lose: {loss.id} is none of {', '.join(known)}")
    plan = Plan(scenario, path, scenario.duration_s, speed, hub, record_detections, losses)
    with ExitStack() as leaving:
        forks = leaving.enter_context(closing(Forks()))
        root = leaving.enter_context(exercise_folder())
        keep = Keep(record, True if keep_page else page, port, keep_page)
        return _run(plan, root, forks, keep, json_to, leaving)


def _refuse_what_needs_processes(context: click.Context) -> None:
    """Raise BadInput where an option was given that means nothing in one process."""
    asked = {
        name: value
        for name, value in context.params.items()
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    }
    meaningless = {
        "--speed": asked.get("speed") is not None,
        "--topology hub": asked.get("topology") == "hub",
        "--lose": bool(asked.get("losses")),
        "--page": bool(asked.get("page")),
        "--port": asked.get("port") is not None,
        "--keep-page": bool(asked.get("keep_page")),
    }
    for option, given in meaningless.items():
        if given:
            raise BadInput(f"{option}: needs processes; leave it or --in-process out")


def _run_in_process(
    name: str,
    seed: int | None,
    duration_s: float | None,
    record: Path | None,
    record_detections: bool,
    json_to: str | None,
) -> int:
    """Run the whole exercise here; the exit code."""
    from nodes.lab import run
    from nodes.scoring.scorecard import print_scorecard
    from nodes.scoring.sharing import add_sharing

    out = console(json_to)
    changes = {} if duration_s is None else {"scenario.duration_s": duration_s}
    done = run(name, seed, changes, record=record, record_detections=record_detections)
    result = done.result
    add_sharing(done.recording.path, result)
    print_scorecard(result, out)
    print(f"  {result['speed']:.0f} times real time, in one process", file=out)
    print_next_steps(record, None, out)
    write_json(json_to, result)
    return 0


def _run(plan: Plan, root: Path, forks: Forks, keep: Keep, json_to: str | None, leaving: ExitStack) -> int:
    """Run the exercise in ``root``; the exit code. What must be ended is ended by ``leaving``."""
    from nodes.demo.exercise_run import ExerciseRun
    from nodes.demo.result import facts, failures, nationals, pictures
    from nodes.recording.channels import TRUE_BIASES
    from nodes.simulation.biases import true_biases

    out = console(json_to)
    recording = keep.recording or root / "recording.mcap"
    show = choose_show(out)
    exercise = ExerciseRun(plan, root, recording, show.tell, show.draw, forks)
    with ExitStack() as ending:
        ending.callback(exercise.close)
        caught = stop_on_signals(exercise)
        served = _serve_page(keep, root, show, leaving)
        show.begin(exercise)
        ending.callback(show.end)
        exercise.run()
        known = facts(exercise)
        exercise.write_facts({**known, TRUE_BIASES: true_biases(plan.scenario)})
        failed = failures(exercise)
    if caught:
        show.tell(f"Stopped by {signal.Signals(caught[0]).name}")
        return 128 + caught[0]
    leave_on_signals()
    from nodes.scoring.recording import score_recording
    from nodes.scoring.scorecard import print_scorecard
    from nodes.scoring.sharing import add_sharing

    show.tell("Scoring: what was shown against what was there, and against each nation alone")
    shown = {"pictures": pictures(exercise), "national_pictures": nationals(exercise)}
    document = score_recording(recording) | known | shown
    add_sharing(recording, document)
    print_scorecard(document, out)
    for failure in failed:
        click.echo(f"triwatch: {failure}", err=True)
    write_json(json_to, document)
    stays = served if keep.page_stays else None
    asked = _listen_for_the_end() if stays else threading.Event()
    print_next_steps(keep.recording, stays.url if stays else None, out)
    while stays and stays.alive and not asked.wait(0.5):
        pass
    return EXIT_FAILURE if failed else 0


def _serve_page(keep: Keep, root: Path, show: Show, leaving: ExitStack) -> PageProcess | None:
    """The picture page beside the exercise: where it is asked for, or where there is one."""
    from nodes.page.build import is_built
    from nodes.page.child import PageProcess

    if keep.page is None and not is_built():
        show.tell("Without the picture page, which is not built; run: python -m nodes.page.build")
        return None
    if keep.page is False:
        return None
    served = PageProcess(root, keep.port or 0)
    leaving.callback(served.close)
    show.tell(f"Picture page: {served.url}")
    return served


def _listen_for_the_end() -> threading.Event:
    """Set when a signal asks for the end: that is how a page that stays is ended."""
    asked = threading.Event()
    for number in _SIGNALS:
        signal.signal(number, lambda number, frame: asked.set())
    return asked


def choose_show(out: TextIO) -> Show:
    """The live picture on a terminal, lines elsewhere."""
    from nodes.demo.lines import Lines

    if not out.isatty():
        return Lines(out)
    from rich.console import Console

    from nodes.demo.screen import Screen

    screen = Console(file=out)
    return Screen(screen) if screen.is_terminal and not screen.is_dumb_terminal else Lines(out)


def stop_on_signals(exercise: ExerciseRun) -> list[int]:
    """End the exercise in good order on the first signal; the signals caught, in order."""
    caught: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        caught.append(number)
        exercise.stop = True
        signal.signal(number, signal.SIG_DFL)

    for number in _SIGNALS:
        signal.signal(number, stop)
    return caught


def leave_on_signals() -> None:
    """No exercise is left to end: a signal ends the command at once, and what it would leave behind."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    for number in _SIGNALS:
        signal.signal(number, leave)
