"""``triwatch scenarios``: what can be run without writing a file."""

from __future__ import annotations

import click

from nodes.cli.output import console, json_option, write_json


@click.command()
@json_option
def scenarios(json_to: str | None) -> None:
    """List the built-in scenarios, one line each."""
    from nodes.simulation.loader import builtin

    found = builtin()
    width = max((len(s.name) for s in found), default=0)
    for s in found:
        click.echo(
            f"{s.name:<{width}}  {s.duration_s:6.0f} s  {len(s.nodes):2d} nodes  {len(s.objects):3d} objects"
            f"  {s.description}",
            file=console(json_to),
        )
    document = [
        {
            "name": s.name,
            "description": s.description,
            "duration_s": s.duration_s,
            "seed": s.seed,
            "nations": list(s.members),
            "nodes": [node.id for node in s.nodes],
            "objects": [thing.id for thing in s.objects],
        }
        for s in found
    ]
    write_json(json_to, {"scenarios": document})
