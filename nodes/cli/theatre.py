"""``triwatch theatre``: a scenario drawn at random."""

from __future__ import annotations

from pathlib import Path

import click

from nodes.cli.output import console, json_option, write_json
from nodes.errors import BadInput


@click.command()
@click.argument("kind", metavar="KIND|FILE")
@click.option("--seed", type=int, required=True, metavar="N", help="The same gives the same file everywhere.")
@json_option
@click.option(
    "--out",
    metavar="FILE.toml",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write it.  [default: standard output]",
)
def theatre(kind: str, seed: int, out: Path | None, json_to: str | None) -> None:
    """Draw a scenario: air, sea, missiles, split, undersea, mixed, or after a FILE of distributions."""
    from nodes.theatre import draw, drawn

    text = draw(kind, seed)
    if out is None:
        click.echo(text, nl=False, file=console(json_to))
    else:
        try:
            out.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise BadInput(f"--out {out}: {error.strerror}; name a file that can be written") from None
    if json_to is not None:
        scenario = drawn(kind, seed)
        document = {
            "name": scenario.name,
            "seed": seed,
            "duration_s": scenario.duration_s,
            "nations": list(scenario.members),
            "nodes": [node.id for node in scenario.nodes],
            "objects": [thing.id for thing in scenario.objects],
        }
        write_json(json_to, document)
