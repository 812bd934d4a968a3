"""When a node that starts again takes up: after all that takes long, so that nobody waits for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nodes import coalition
from nodes.cli.node import node as command
from nodes.coalition import Member, Policy
from nodes.control import clock
from nodes.control.wall_clock import join_epoch
from nodes.recording.writer import Writer
from nodes.sensing import wire
from nodes.sensor_node import rehearsal, simulated
from nodes.sensor_node.node import NationalNode
from nodes.sensor_node.process import RETURN_S, NodeProcess
from nodes.simulation.loader import load
from nodes.simulation.source import SimulatedScans
from nodes.simulation.truth import World
from ports_kit import free_port

SCENARIO = """
[scenario]
name = "again"
start = 2024-06-27T00:00:00Z
duration_s = 600.0
seed = 3
[[nodes]]
id = "JPN-1"
nation = "JPN"
report_period_s = 0.5
[[nodes.sensors]]
kind = "radar"
lat_deg = 33.5
lon_deg = 129.5
alt_m = 50.0
range_km = 500.0
period_s = 0.5
pd = 0.95
sigma_range_m = 30.0
sigma_azimuth_mrad = 1.0
sigma_elevation_mrad = 1.0
[[objects]]
id = "F"
kind = "waypoints"
environment = "AIR"
waypoints = [[0.0, 33.0, 127.0, 9000.0], [600.0, 33.0, 130.0, 9000.0]]
"""


def record(plan_file: Path, file: Path) -> None:
    """The node's scans of the first seconds."""
    plan = load(str(plan_file))
    with Writer(file) as writer:
        for number, scan in enumerate(SimulatedScans(plan, "JPN-1", World(plan)).scans(plan.time_ns(5.0)), 1):
            writer.detections("JPN-1", wire.to_message(scan, "JPN-1", 1, number), scan.time_ns)


@pytest.mark.parametrize("source", ["", "--scans", "--scans-from"])
def test_however_long_a_start_takes_it_is_announced_a_second_ahead(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The world takes 3 s to make, what the node runs on 2 s to load: its first report is valid a second
    after it can first say so, wherever its scans come from."""
    plan, root = tmp_path / "again.toml", tmp_path / "coalition"
    plan.write_text(SCENARIO)
    fed_by = {"--scans": str(tmp_path / "scans.mcap"), "--scans-from": f"tcp://127.0.0.1:{free_port()}"}
    record(plan, tmp_path / "scans.mcap")
    coalition.found(root, Policy(nations=("JPN",), nodes=(Member(id="JPN-1", nation="JPN"),)))
    start_ns = load(str(plan)).start_ns
    now_ns = 2_000_000_000_000_000_000
    monkeypatch.setattr(clock, "utc_ns", lambda: now_ns)
    join_epoch(root, start_ns, begins_ns=now_ns)
    ahead_s: list[float] = []

    def run(self: NodeProcess) -> None:
        ahead_s.append((self._node.time_ns - start_ns - (now_ns - 2_000_000_000_000_000_000)) * 1e-9)

    def slow(target: Any, name: str, takes_s: float) -> None:
        work = getattr(target, name)

        def takes_long(*arguments: Any, **named: Any) -> Any:
            nonlocal now_ns
            now_ns += round(takes_s * 1e9)
            return work(*arguments, **named)

        monkeypatch.setattr(target, name, takes_long)

    monkeypatch.setattr(NodeProcess, "run", run)
    slow(World, "__init__", 3.0)
    slow(NationalNode, "advance", 2.0)  # within it is what a first scan needs
    words = ["--id", "JPN-1", "--scenario", str(plan), "--coalition", str(root)]
    for _ in range(2):
        result = CliRunner().invoke(command, [*words, *([source, fed_by[source]] if source else [])])
        assert result.exit_code == 0, result.output
    # a first start is there from the beginning
    assert ahead_s == [pytest.approx(0.0 if source else -3.0), pytest.approx(RETURN_S)]
    assert now_ns == 2_000_000_000_000_000_000 + {"": 8, "--scans": 2, "--scans-from": 5}[source] * 10**9


def test_a_rehearsal_changes_nothing_of_the_life(tmp_path: Path) -> None:
    plan_file = tmp_path / "again.toml"
    plan_file.write_text(SCENARIO)
    plan = load(str(plan_file))

    def lived(world: World) -> list[Any]:
        life = simulated.simulated_node(plan, "JPN-1", 2, world, 4.0)
        return [
            getattr(event, "SerializeToString", lambda: b"")() for event in life.advance(plan.time_ns(9.0))
        ]

    plain, rehearsed = World(plan), World(plan)
    rehearsal.rehearse(plan, "JPN-1", SimulatedScans(plan, "JPN-1", rehearsed))
    assert lived(rehearsed) == lived(plain)
    assert any(lived(plain))
