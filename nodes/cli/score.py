"""``triwatch score``: a recording against its truth."""

from __future__ import annotations

from pathlib import Path

import click

from nodes.cli.output import console, json_option, write_json
from nodes.cli.replay import exit_code


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--plot",
    metavar="FILE.png",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the course of the exercise: objects in view and shown, errors over time.",
)
@json_option
def score(file: Path, plot: Path | None, json_to: str | None) -> int:
    """Score a recording against its truth channel.

    Completeness, accuracy and agreement of the nations' pictures, how good their covariances and warnings
    were, and how near sharing tracks comes to having all detections in one place. Ends with 3 where the
    file is damaged and what could be read of it was scored.
    """
    from nodes.scorecard import print_scorecard
    from nodes.scoring import score_recording

    result = score_recording(file, plot)
    write_json(json_to, result)
    print_scorecard(result, console(json_to))
    return exit_code(result)
