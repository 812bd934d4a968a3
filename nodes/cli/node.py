"""``triwatch node``: one national sensor node."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from nodes.cli.addresses import dialled, directory
from nodes.cli.finite import Finite
from nodes.cli.operated import Format, metrics_address, operated
from nodes.cli.output import json_option, write_json


@click.command()
@click.option("--id", "node_id", required=True, metavar="ID", help="The node's id in the scenario.")
@click.option("--scenario", required=True, metavar="NAME|FILE", help="What there is to see.")
@directory
@click.option(
    "--speed",
    default=1.0,
    type=Finite(0.0, 1e6, above=True),
    metavar="N",
    help="Scenario seconds a wall second; the coalition's first process decides.",
)
@click.option(
    "--duration",
    "duration_s",
    type=Finite(0.0, 86_400.0, above=True),
    metavar="S",
    help="End the scenario here.",
)
@click.option(
    "--scans",
    "scans_file",
    metavar="FILE.mcap",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take the scans from a recording in place of the scenario's world.",
)
@click.option(
    "--scans-from",
    "scans_address",
    metavar="tcp://127.0.0.1:PORT",
    help="Take the scans from a sensor's own programme that connects here.",
)
@click.option(
    "--calibrate",
    "calibrate_file",
    metavar="FILE.json",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take out of the scans what this result of score, replay or demo found the sensors to be off.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), metavar="N", help="In place of the scenario's own."
)
@dialled
@click.option(
    "--begins",
    metavar="TIME",
    help="Wall time, UTC, at which the scenario begins, the same on every machine: 2026-11-22T09:30:00.  "
    "[default: 3 s after the first process]",
)
@operated
@click.option("--exercise", is_flag=True, hidden=True, help="Take the time from standard input.")
@json_option
def node(
    node_id: str,
    scenario: str,
    root: Path,
    speed: float,
    duration_s: float | None,
    scans_file: Path | None,
    scans_address: str | None,
    calibrate_file: Path | None,
    seed: int | None,
    peers: tuple[str, ...],
    begins: str | None,
    log_level: str,
    log_format: Format,
    metrics: str | None,
    metrics_port: int | None,
    exercise: bool,
    json_to: str | None,
) -> None:
    """Run one national sensor node: detect, track, report.

    The node senses the scenario's world along the wall clock, until the scenario ends or it is stopped.
    With --scans or --scans-from it senses no world: of the scenario it takes its own table alone.
    """
    if scans_file is not None and scans_address is not None:
        raise click.UsageError("--scans and --scans-from: a node has one source of scans; give one of them")
    import msgspec

    from nodes import coalition
    from nodes.cli.moments import time_ns
    from nodes.cli.process import leave_at_once, log_to_stderr, served, stop_on_signals, subordinate
    from nodes.control.piped_clock import TimeSource
    from nodes.control.wall_clock import WallClock, check_clock, join_epoch
    from nodes.link.directory import Directory
    from nodes.link.endpoint import LinkEndpoint, nobody
    from nodes.link.records import addresses
    from nodes.link.rejections import Rejections
    from nodes.link.scan_socket import ScanSocket
    from nodes.operations.reporter import Reporter
    from nodes.sensing.calibration import CalibratedScans, read_calibration
    from nodes.sensing.source import ScanSource
    from nodes.sensor_node.live import LiveScans
    from nodes.sensor_node.node import NationalNode
    from nodes.sensor_node.process import NodeProcess, joining_s
    from nodes.sensor_node.recorded import RecordedScans
    from nodes.sensor_node.rehearsal import rehearse
    from nodes.sensor_node.report_log import ReportLog
    from nodes.simulation.loader import load
    from nodes.simulation.members import check_member
    from nodes.simulation.source import SimulatedScans
    from nodes.simulation.truth import World

    elsewhere = addresses(peers=peers)
    origin_ns = None if begins is None else time_ns(begins, "--begins")
    serve_at = metrics_address(metrics, metrics_port)
    log_to_stderr(node_id, log_level, log_format)
    time_source: TimeSource | None = subordinate(root) if exercise else None
    member = coalition.load(root).current.member(node_id)
    plan = load(scenario)
    plan = msgspec.structs.replace(
        plan, duration_s=duration_s or plan.duration_s, seed=plan.seed if seed is None else seed
    )
    check_member(plan, member)
    if time_source is None:
        time_source = WallClock(join_epoch(root, plan.start_ns, speed, origin_ns))
        check_clock(root, plan.start_ns + round(plan.duration_s * 1e9))
    stop_on_signals(time_source)
    directory = Directory(root)
    directory.claim(node_id)
    incarnation = coalition.next_incarnation(root, member.nation, node_id)
    simulated: SimulatedScans | None = None
    world: World | None = None
    live: LiveScans | None = None
    refused = Rejections()
    sensors = plan.node(node_id).declared
    calibration = read_calibration(calibrate_file, node_id, sensors) if calibrate_file is not None else None
    source: ScanSource
    if scans_file is not None:
        source = RecordedScans(scans_file, node_id, sensors)
    elif scans_address is not None:
        socket = ScanSocket(scans_address, refused)
        source = live = LiveScans(socket.messages, node_id, sensors, refused)
    else:
        world = World(plan)
        for remark in world.remarks:
            logging.getLogger("triwatch.node").warning(remark)
    if incarnation > 1 and scans_file is not None:
        rehearse(plan, node_id, RecordedScans(scans_file, node_id, sensors))
    elif incarnation > 1:  # of live scans nobody knows what they will be: such as the scenario's world gives
        rehearse(plan, node_id, SimulatedScans(plan, node_id, world or World(plan)))
    trust = coalition.of_process(root, node_id, member.nation)
    endpoint = LinkEndpoint(
        directory, trust, node_id, "node", member.nation, choose=nobody, addresses=elsewhere
    )
    log = ReportLog(root, member.nation, node_id, incarnation)
    reporter = Reporter(root, node_id)
    reporter.begin()
    # the last thing: once it takes up, time is not FINAL without it
    from_s = joining_s(plan, time_source, incarnation)
    if world is not None:
        source = simulated = SimulatedScans(plan, node_id, world, from_s)
    if calibration is not None:
        source = CalibratedScans(source, calibration)
    life = NationalNode(plan, node_id, source, incarnation, from_s)
    process = NodeProcess(life, endpoint, time_source, log, reporter, trust.coalition.id)
    if simulated is not None:
        simulated.on_scan = process.show_origins
    try:
        with served(serve_at, reporter):
            process.run()
    finally:
        endpoint.close(in_a_hurry=exercise)
        log.close()
        reporter.end()
    if exercise:
        leave_at_once()
    result = {"id": node_id, "incarnation": incarnation, "published": process.published}
    if live is not None:
        result["scans"] = {"taken": live.taken, "refused": dict(refused.by_reason)}
    write_json(json_to, result)
