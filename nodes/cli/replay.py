"""``triwatch replay``: fold a recording again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nodes.cli.demo import Speed
from nodes.cli.output import console, json_option, write_json

EXIT_DIFFERENT = 1
EXIT_DAMAGED = 3


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--speed",
    type=Speed(),
    default="max",
    show_default=True,
    help="Scenario seconds a wall second; max: as fast as it goes.",
)
@click.option(
    "--engine",
    type=click.Choice(["compiled", "reference"]),
    default="compiled",
    show_default=True,
    help="Which filters fold: compiled ones, or filterpy's.",
)
@json_option
def replay(file: Path, speed: float | None, engine: Any, json_to: str | None) -> int:
    """Fold a recording again and compare the pictures, and the final warnings, with those that the cores had
    made.

    The same file gives the same digests. Ends with 0 where all are equal, with 1 where one differs or
    something is not what its originator signed, with 3 where the file is damaged and what could be read of
    it was folded.
    """
    from nodes.replay.replay import describe, replay_recording

    out = console(json_to)
    result = replay_recording(file, engine=engine, speed=speed, scored=json_to is not None)
    for line in describe(result):
        click.echo(line, file=out)
    write_json(json_to, result)
    return exit_code(result)


def exit_code(result: dict[str, Any]) -> int:
    """0, or what is wrong with a replay or a score."""
    from nodes.replay.replay import warnings_differ

    if result["recording"]["state"] != "whole":
        click.echo(f"triwatch: {result['recording']['said']}", err=True)
        return EXIT_DAMAGED
    if refused := result.get("signatures", {}).get("refused"):
        click.echo(
            f"triwatch: {sum(refused.values())} messages are not what their originators signed", err=True
        )
        return EXIT_DIFFERENT
    different = any(
        picture.get("verdict") == "different" or warnings_differ(picture) for picture in result["pictures"]
    )
    return EXIT_DIFFERENT if different else 0
