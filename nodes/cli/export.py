"""``triwatch export``: a recording in formats that others read."""

from __future__ import annotations

from pathlib import Path

import click

from nodes.cli.finite import Finite
from nodes.cli.output import console, json_option, write_json

EXIT_DAMAGED = 3


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "form",
    required=True,
    type=click.Choice(["cap", "csv", "czml", "foxglove", "geojson", "parquet"]),
    help="cap: warnings, a folder of CAP 1.2 messages a nation; csv: every track at every moment; "
    "czml: the picture through time, for Cesium; foxglove: the recording with a map that Foxglove and"
    " Lichtblick show; geojson: the picture and its warnings at one moment; parquet: as csv, with units.",
)
@click.option("--out", required=True, metavar="PATH", type=click.Path(path_type=Path))
@click.option(
    "--nation", metavar="CODE", default="", help="Whose picture (not cap); by default the first by alphabet."
)
@click.option(
    "--every",
    "every_s",
    metavar="S",
    type=Finite(0.0, 86_400.0, above=True),
    default=1.0,
    show_default=True,
    help="Seconds between moments (csv, czml).",
)
@click.option(
    "--at",
    "at_s",
    metavar="S",
    type=Finite(0.0),
    help="Seconds since the first picture (geojson); by default its end.",
)
@json_option
def export(
    file: Path,
    form: str,
    out: Path,
    nation: str,
    every_s: float,
    at_s: float | None,
    json_to: str | None,
) -> int:
    """Write a recording in a format that others read.

    Ends with 3 where the file is damaged and what could be read of it was written.
    """
    from nodes.gateways.export import export as write
    from nodes.recording import Recording

    recording = Recording(file)
    written, what = write(recording, form, out, nation, every_s, at_s)
    summary = recording.summary()
    result = {"recording": summary, "format": form, "out": str(out), "written": written, "of": what}
    click.echo(f"{out}: {written} {what}", file=console(json_to))
    write_json(json_to, result)
    if summary["state"] != "whole":
        click.echo(f"triwatch: {summary['said']}", err=True)
        return EXIT_DAMAGED
    return 0
