"""``triwatch bench``: what this machine does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nodes.cli.output import console, json_option, write_json

if TYPE_CHECKING:
    from nodes.bench.load import Load

EXIT_NOT_MEASURED = 1


def _on_your_terms(command: Any) -> Any:
    """The options of what is sent."""
    for option in reversed(
        (
            click.option(
                "--rate", type=int, default=5000, show_default=True, help="Reports (rows) a second in all."
            ),
            click.option("--rows", type=int, default=25, show_default=True, help="Reports in a batch."),
            click.option("--nodes", type=int, default=4, show_default=True, help="Nodes that report."),
        )
    ):
        command = option(command)
    return command


@click.group()
def bench() -> None:
    """Measure this machine, on your terms, beside what nothing could undercut on it."""


@bench.command()
@_on_your_terms
@click.option("--cores", type=int, default=3, show_default=True, help="Nations' cores that receive them all.")
@click.option(
    "--seconds", type=int, default=12, show_default=True, help="Of reports; the first 2 do not count."
)
@click.option("--plain", is_flag=True, help="Without encryption and signatures.")
@click.option("--asleep", is_flag=True, help="Let processors sleep between reports.")
@json_option
def latency(
    rate: int, rows: int, nodes: int, cores: int, seconds: int, plain: bool, asleep: bool, json_to: str | None
) -> int:
    """From a report that is due to the picture received by another process, over ZeroMQ.

    Every nation's core and a reader of its picture are processes; one more sends all nodes' reports, each at
    its moment. The floor is a bare relay that passes the same bytes. Read the ratio: on a busy machine both
    are slow. Ends with 1 where the machine did not keep up.
    """
    from nodes.bench.latency import measure
    from nodes.bench.load import Load

    load = Load(rate=rate, rows=rows, nodes=nodes, cores=cores, seconds=seconds, keys=not plain)
    found = measure(load, keep_awake=not asleep)
    what = "plain" if plain else "encrypted, signed"
    _show(load, {"floor: bare relay": found["floor"], what: found["product"]}, json_to)
    if found["p50_over_floor"] is not None:
        click.echo(f"median / floor's: {found['p50_over_floor']}", file=console(json_to))
    write_json(json_to, _asked(load) | {"cores": cores, "seconds": seconds, "keys": not plain} | found)
    product = found["product"]
    return 0 if "got" in product and product["got"] == product["wanted"] else EXIT_NOT_MEASURED


@bench.command()
@_on_your_terms
@json_option
def fold(rate: int, rows: int, nodes: int, json_to: str | None) -> int:
    """What folding a report costs: processor time, from its bytes to the bytes of the picture's update.

    The floor is one update of filterpy's IMM, which is what one report would cost with it.
    """
    from nodes.bench.fold import OtherTracksError, measure
    from nodes.bench.load import Load, checked

    load = checked(Load(rate=rate, rows=rows, nodes=nodes))
    try:
        measure(Load(rate=400).traffic())  # kernels are compiled, or read from their cache, here
        found = measure(load.traffic())
    except OtherTracksError as error:
        click.echo(f"triwatch: bench fold: {error}; the figures would be of other work", err=True)
        return EXIT_NOT_MEASURED
    _show(load, {"fold": found}, json_to)
    write_json(json_to, _asked(load) | found)
    return 0


def _asked(load: Load) -> dict[str, Any]:
    """What was sent, and how busy the machine was beside it."""
    import os

    sent = {"rate": load.rate, "rows": load.rows, "nodes": load.nodes, "targets": load.targets}
    return sent | {"load_1_min": round(os.getloadavg()[0], 1), "processors": os.cpu_count()}


def _show(load: Load, found: dict[str, dict[str, Any]], json_to: str | None) -> None:
    from rich.console import Console
    from rich.table import Table

    asked = _asked(load)
    title = f"{load.rate:,} reports/s in batches of {load.rows}, {load.nodes} nodes, {load.targets:,} targets"
    names = dict.fromkeys(name for figures in found.values() for name in figures)
    table = Table("", *found, title=title)
    for name in names:
        table.add_row(name.replace("_", " "), *(str(figures.get(name, "")) for figures in found.values()))
    screen = Console(file=console(json_to))
    screen.print(table)
    screen.print(f"machine's load {asked['load_1_min']} on {asked['processors']} processors", highlight=False)
