"""``triwatch campaign``: one scenario many times, compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nodes.cli.output import console, json_option, write_json
from nodes.errors import BadInput

if TYPE_CHECKING:
    from nodes.campaign.campaign import Campaign
    from nodes.campaign.journal import Journal
    from nodes.campaign.run_case import Row, Work

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--runs", type=click.IntRange(1), metavar="N", help="So many runs in all, evenly over the cases."
)
@click.option(
    "--workers", type=click.IntRange(1, 1024), metavar="N", help="Processes here; by default one a processor."
)
@click.option("--scheduler", metavar="ADDRESS", help="Run on the workers of this Dask scheduler instead.")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where rows and report go; the same again goes on where it ended. Default: FILE without .toml.",
)
@click.option(
    "--contender",
    "contenders",
    multiple=True,
    metavar="PACKAGE.MODULE:FACTORY",
    help="A fusion of your own, scored on the reports of every run beside ours; several times for several.",
)
@click.option("--retry", is_flag=True, help="Run again what failed before.")
@click.option("--repeat", metavar="KEY", help="Run only the run of this key, here, and show what it gives.")
@click.option(
    "--record",
    metavar="FILE.mcap",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --repeat: keep the recording.",
)
@json_option
def campaign(
    file: Path,
    runs: int | None,
    workers: int | None,
    scheduler: str | None,
    out: Path | None,
    contenders: tuple[str, ...],
    retry: bool,
    repeat: str | None,
    record: Path | None,
    json_to: str | None,
) -> int:
    """Run a Monte Carlo study and report on it.

    FILE names a scenario, what varies in it and the figures that matter. Writes runs.parquet, report.html
    and report.json into DIR. Every row is kept the moment it is there: whenever it is stopped or killed, the
    same command goes on. Ends with 1 where runs failed; the report says how to repeat each.
    """
    from nodes.campaign.campaign import Campaign
    from nodes.campaign.charts import need_matplotlib
    from nodes.campaign.journal import Journal
    from nodes.campaign.table import need_parquet

    if scheduler is not None and workers is not None:
        raise BadInput("--workers: the scheduler has its own; leave it or --scheduler out")
    if record is not None and repeat is None:
        raise BadInput("--record: goes with --repeat KEY")
    planned = Campaign(file, runs, contenders)
    if repeat is not None:
        return _repeat(planned, repeat, record, json_to)
    need_parquet()
    need_matplotlib()
    folder = out or file.with_suffix("")
    with Journal(folder) as journal:
        code = _run(planned, journal, workers, scheduler, retry, json_to)
        _write(planned, journal, folder, json_to)
    return code


def _run(
    planned: Campaign,
    journal: Journal,
    workers: int | None,
    scheduler: str | None,
    retry: bool,
    json_to: str | None,
) -> int:
    """Run what is missing; the exit code."""
    import os

    from nodes.campaign.campaign import run_campaign
    from nodes.campaign.cluster import SchedulerLost, run_on_cluster
    from nodes.campaign.progress import Teller
    from nodes.campaign.workers import run_local

    def run(works: Iterator[Work]) -> Iterator[Row]:
        if scheduler is not None:
            return run_on_cluster(works, scheduler)
        return run_local(works, workers or os.cpu_count() or 1, planned.plan.campaign.timeout_s)

    teller = Teller(console(json_to))
    try:
        run_campaign(planned, journal, run, teller, retry)
    except KeyboardInterrupt:
        click.echo("triwatch: stopped; the same command goes on from here", err=True)
        return EXIT_INTERRUPTED
    except SchedulerLost:
        click.echo(
            f"triwatch: the scheduler {scheduler} has gone; the same command goes on from here", err=True
        )
        return EXIT_FAILED
    finally:
        teller.end()
    failed = sum(journal.rows[key].status == "failed" for key in set(planned.keys))
    return EXIT_FAILED if failed else 0


def _write(planned: Campaign, journal: Journal, folder: Path, json_to: str | None) -> None:
    """Table and report, of whatever rows there are."""
    from nodes.campaign.page import page
    from nodes.campaign.report import report
    from nodes.campaign.table import write_table

    results = planned.results(journal.rows)
    out = console(json_to)
    write_table(results, folder / "runs.parquet", planned.about())
    document = report(results, planned.about(), planned.command)
    write_json(str(folder / "report.json"), document)
    try:
        (folder / "report.html").write_text(page(document), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{folder}: the report cannot be written: {error.strerror}") from None
    write_json(json_to, document)
    for name, figure in document["figures"].items():
        for arm in figure["arms"][:20]:
            if arm["mean"] is not None:
                low, high = arm["interval_95"] or (arm["mean"], arm["mean"])
                click.echo(f"  {name}, {arm['arm']}: {arm['mean']:.4g} ({low:.4g} to {high:.4g})", file=out)
    for failure in document["failures"][:5]:
        click.echo(f"triwatch: {failure['said']}; repeat it with: {failure['repeat']}", err=True)
    click.echo(f"{folder / 'report.html'}", file=out)


def _repeat(planned: Campaign, key: str, record: Path | None, json_to: str | None) -> int:
    """One run in this process, with its traceback where it fails."""
    from nodes.campaign.run_case import run_whole
    from nodes.scoring.scorecard import print_scorecard

    result = run_whole(planned.work(key), record)
    print_scorecard(result, console(json_to))
    write_json(json_to, result)
    return 0
