"""``triwatch coalition``: the membership and release policy."""

from __future__ import annotations

from pathlib import Path

import click

from nodes.cli.output import console, json_option, write_json
from nodes.errors import BadInput


@click.group()
def coalition() -> None:
    """Make and show a coalition's directory: members, nodes, who may read what."""


@coalition.command()
@click.argument("root", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--nations", metavar="USA,JPN,KOR", help="The members; with a scenario, default: its own.")
@click.option("--scenario", metavar="NAME|FILE", help="Admit this scenario's nodes.")
@json_option
def init(root: Path, nations: str | None, scenario: str | None, json_to: str | None) -> None:
    """Make a coalition in DIR."""
    from nodes import coalition as policies
    from nodes.scenario.loader import load
    from nodes.scenario.nations import is_nation

    members = tuple(code.strip() for code in nations.split(",")) if nations else ()
    for code in members:
        if not is_nation(code):
            raise BadInput(f"--nations: {code!r} is not an ISO 3166-1 alpha-3 country code")
    if scenario:
        policy = policies.from_scenario(load(scenario), members)
    elif members:
        policy = policies.checked(policies.Policy(nations=members), "--nations")
    else:
        raise BadInput("coalition init: name the members with --nations or take a --scenario's")
    if (root / "policy.json").exists():
        raise BadInput(f"{root}: there is a coalition already; choose another directory")
    policies.save(root, policy)
    click.echo(
        f"A coalition of {', '.join(policy.nations)} with {len(policy.nodes)} nodes in {root}",
        console(json_to),
    )
    write_json(json_to, policy)
