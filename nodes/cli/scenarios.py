"""``triwatch scenarios``: what can be run without writing a file, and the start of one's own."""

from __future__ import annotations

from pathlib import Path

import click

from nodes.cli.output import console, json_option, write_json
from nodes.errors import BadInput


@click.command()
@click.option(
    "--check",
    "to_check",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Say whether a scenario file can be run, and what is in it.",
)
@click.option("--copy", "to_copy", metavar="NAME", help="Write a built-in scenario to a file of your own.")
@click.option(
    "--out",
    metavar="FILE.toml",
    type=click.Path(path_type=Path),
    help="Where --copy writes.  [default: NAME.toml here]",
)
@json_option
def scenarios(to_check: Path | None, to_copy: str | None, out: Path | None, json_to: str | None) -> None:
    """List the built-in scenarios, one line each; check a file, or copy one to change it."""
    if to_check is not None and to_copy is not None:
        raise click.UsageError("give either --check or --copy")
    if out is not None and to_copy is None:
        raise click.UsageError("--out says where --copy writes; give --copy NAME with it")
    if to_check is not None:
        document = _check(to_check, json_to)
    elif to_copy is not None:
        document = _copy(to_copy, out, json_to)
    else:
        document = _list(json_to)
    write_json(json_to, document)


def _list(json_to: str | None) -> dict[str, object]:
    from nodes.simulation.loader import builtin
    from nodes.wording import span

    found = builtin()
    width = max((len(s.name) for s in found), default=0)
    for s in found:
        click.echo(
            f"{s.name:<{width}}  {span(s.duration_s):>7}  {len(s.nodes):2d} nodes"
            f"  {len(s.objects):3d} objects  {s.description}",
            file=console(json_to),
        )
    listed = [
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
    return {"scenarios": listed}


def _check(file: Path, json_to: str | None) -> dict[str, object]:
    """Load a file as a node would, its world and recorded traffic too. Raises BadInput."""
    from nodes.simulation.loader import load
    from nodes.simulation.truth import World
    from nodes.wording import count, span, together

    if not file.is_file():
        raise BadInput(f"--check {file}: there is no such file")
    scenario = load(str(file))
    world = World(scenario)
    say = [
        f"{file}: can be run: {scenario.name}, {span(scenario.duration_s)}, seed {scenario.seed}",
        f"  {count(len(scenario.nodes), 'node')} of {together(scenario.members)}, "
        f"{count(len(scenario.objects), 'object')}, {count(len(world.flights()), 'missile flight')}",
        *(f"  {remark}" for remark in world.remarks),
        f"  run it: triwatch demo --scenario {file}",
    ]
    for line in say:
        click.echo(line, file=console(json_to))
    return {
        "file": str(file),
        "name": scenario.name,
        "nations": list(scenario.members),
        "nodes": [node.id for node in scenario.nodes],
        "objects": [thing.id for thing in scenario.objects],
        "remarks": list(world.remarks),
    }


def _copy(name: str, out: Path | None, json_to: str | None) -> dict[str, object]:
    """Write a built-in scenario's file, comments and all, and the recorded traffic that lies beside it."""
    from nodes.simulation.loader import builtin_file, load

    source = builtin_file(name)
    target = out or Path(source.name)
    beside = {
        source.parent / thing.file: target.parent / thing.file
        for thing in load(str(source)).objects
        if hasattr(thing, "file") and (source.parent / thing.file).is_file()
    }
    for path in (target, *beside.values()):
        if path.exists():
            raise BadInput(f"--copy: {path} is there already; name another with --out")
    written = {source: target} | beside
    for origin, path in written.items():
        try:
            path.write_bytes(origin.read_bytes())
        except OSError as error:
            raise BadInput(f"--copy: {path}: {error.strerror}; name another place with --out") from None
        click.echo(f"{path}: written", file=console(json_to))
    click.echo(f"  change it, then: triwatch scenarios --check {target}", file=console(json_to))
    return {"written": [str(path) for path in written.values()]}
