"""``triwatch constants``: every chosen number, with its meaning, unit and source."""

from __future__ import annotations

from typing import Any

import click

from nodes.cli.output import console, json_option, write_json


@click.command()
@click.argument("part", required=False)
@json_option
def constants(part: str | None, json_to: str | None) -> None:
    """List every number that was chosen, not given by a standard, the contract or mathematics.

    PART keeps those whose full name contains it, as in ``triwatch constants pairing``.
    """
    from fusion.constants import import_all, listed
    from nodes.errors import BadInput

    missing = import_all("fusion", "nodes")
    found = [constant for constant in listed() if part is None or part in constant.path]
    if not found:
        raise BadInput(f"constants {part}: no number has that in its name; triwatch constants lists all")
    out, record = console(json_to), ""
    for constant in found:
        room = constant.path.removesuffix(f".{constant.name}")
        if record != room:
            record = room
            click.echo(f"{'' if constant is found[0] else chr(10)}{record}", file=out)
        unit = "" if constant.unit == "1" else f" {constant.unit}"
        click.echo(f"  {constant.name} = {_shown(constant.value)}{unit}", file=out)
        click.echo(f"      {constant.meaning} ({constant.source})", file=out)
    for module in missing:
        click.echo(f"triwatch: not listed: {module}, which needs an extra that is not installed", err=True)
    write_json(json_to, {"constants": [constant._asdict() for constant in found]})


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(v)}" for key, v in value.items())
    if isinstance(value, tuple):
        return ", ".join(f"({_shown(v)})" if isinstance(v, tuple) else _shown(v) for v in value)
    return value if isinstance(value, str) else f"{value:g}"
