"""``triwatch core``: one nation's fusion core."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from nodes.cli.addresses import bound, dialled, directory
from nodes.cli.operated import Format, metrics_address, operated
from nodes.cli.output import json_option, write_json
from nodes.cli.replay import EXIT_DAMAGED


@click.command()
@click.option("--nation", required=True, metavar="CODE", help="Whose core: ISO 3166-1 alpha-3.")
@directory
@click.option(
    "--record",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Record to MCAP; a FILE that exists is kept, and FILE.2 and so on written beside it.",
)
@click.option(
    "--journal",
    "journal_in",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep what is received in DIR, and start from what is kept there.",
)
@click.option("--hub", metavar="CODE", help="The nation whose core relays everything; none: a mesh.")
@click.option(
    "--cap",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the nation's feed of CAP 1.2 messages to DIR/<nation>.",
)
@bound
@dialled
@operated
@click.option("--exercise", is_flag=True, hidden=True, help="Be led from standard input.")
@json_option
def core(
    nation: str,
    root: Path,
    record: Path | None,
    journal_in: Path | None,
    hub: str | None,
    cap: Path | None,
    listen: str,
    advertise: str,
    peers: tuple[str, ...],
    log_level: str,
    log_format: Format,
    metrics: str | None,
    metrics_port: int | None,
    exercise: bool,
    json_to: str | None,
) -> int:
    """Run one nation's core: receive every report released to it, fold, publish the picture.

    Runs until it is stopped with SIGINT or SIGTERM. Ends with 3 where its journal was damaged: what was lost
    with it is had again from neighbours, as far as they have it.
    """
    from nodes import coalition
    from nodes.cli.process import leave_at_once, log_to_stderr, served, stop_on_signals, subordinate
    from nodes.control.piped_clock import TimeSource
    from nodes.core.durable_journal import DurableJournal
    from nodes.core.process import CoreProcess
    from nodes.core.track_release import TrackRelease
    from nodes.core.warnings import Warner
    from nodes.gateways.cap_process import CapProcess
    from nodes.link.records import addresses
    from nodes.operations.reporter import Reporter
    from nodes.recording.recorder import Recorder

    elsewhere = addresses(listen, advertise, peers)
    serve_at = metrics_address(metrics, metrics_port)
    log_to_stderr(f"core-{nation}", log_level, log_format)
    time_source = subordinate(root) if exercise else TimeSource()
    stop_on_signals(time_source)
    trust = coalition.of_process(root, coalition.core_id(nation), nation)

    feeds: list[CapProcess] = []

    def warner(incarnation: int, track_release: TrackRelease | None) -> Warner:
        offer = None
        if cap is not None:
            feeds.append(CapProcess(cap if track_release is None else cap / "national", nation))
            offer = feeds[-1].offer
        return Warner(nation, incarnation, trust.coalition.at, offer, track_release)

    sink = partial(Recorder, record, trust.coalition, beside=True) if record else None
    journal = DurableJournal(journal_in) if journal_in else None
    reporter = Reporter(root, coalition.core_id(nation))
    process = CoreProcess(
        root,
        trust,
        nation,
        time_source,
        hub=hub,
        sink=sink,
        journal=journal,
        warner=warner,
        addresses=elsewhere,
        reporter=reporter,
    )
    try:
        with served(serve_at, reporter):
            process.run()
    finally:
        process.close()
        for feed in feeds:
            feed.close()
    if exercise:
        leave_at_once()
    write_json(json_to, process.summary())
    return EXIT_DAMAGED if journal is not None and journal.damaged else 0
