"""Each national node alone on the built-in scenarios: complete, honest, unbroken."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from national_kit import nees
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.loader import load
from nodes.simulation.sensors import infrared, radar
from nodes.simulation.sensors.platform import Platform
from nodes.simulation.sensors.view import look
from nodes.simulation.spec import InfraredSpec, Node
from nodes.simulation.truth import Snapshot, World
from triwatch.v1 import track_pb2

SETTLED_S = 20.0
"""An object must have been in view for so long before its absence from the reports counts."""


@dataclass
class Tally:
    """What a node's reports were worth."""

    seen: int = 0
    shown: int = 0
    spurious: int = 0
    rows: int = 0
    nees: list[float] = field(default_factory=list)
    numbers: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))


def in_view(spec: Node, snapshot: Snapshot, t_s: float) -> np.ndarray:
    """(n,) whether any sensor of the node could detect each object."""
    seen = np.zeros(len(snapshot.object_id), dtype=bool)
    for sensor in spec.sensors:
        position, axes = Platform(sensor).at(t_s)
        view = look(snapshot, position, axes, sensor.alt_m)
        seen |= (
            infrared.visible(sensor, view)
            if isinstance(sensor, InfraredSpec)
            else radar.visible(sensor, view)
        )
    return seen


def judge(name: str, node_id: str, from_s: float, until_s: float, near_m: float) -> Tally:
    """Compare a node's maintained tracks with the truth at every report; nearest pairs within ``near_m``."""
    scenario = load(name)
    world = World(scenario)
    node = simulated_node(scenario, node_id, world=world, from_s=from_s)
    tally, since = Tally(), {}
    for event in node.advance(scenario.time_ns(until_s)):
        if not isinstance(event, track_pb2.TrackBatch) or not event.local_number:
            continue
        t_s = (event.sent_time_ns - scenario.start_ns) * 1e-9
        truth = world.at(t_s)
        since = {
            o: since.get(o, t_s)
            for o, v in zip(truth.object_id, in_view(node.spec, truth, t_s), strict=True)
            if v
        }
        keep = np.array(event.status) == track_pb2.TRACK_STATUS_MAINTAINING
        number = np.array(event.local_number)[keep]
        state = np.reshape(event.state, (-1, 6))[keep]
        packed = np.reshape(event.covariance, (-1, 21))[keep]
        apart = np.linalg.norm(state[:, None, :3] - truth.state[None, :, :3], axis=2)
        rows, columns = linear_sum_assignment(np.minimum(apart, 10.0 * near_m))
        pairs = [(i, j) for i, j in zip(rows, columns, strict=True) if apart[i, j] < near_m]
        paired = {truth.object_id[j] for _, j in pairs}
        settled = [o for o, start in since.items() if t_s - start > SETTLED_S]
        tally.seen += len(settled)
        tally.shown += sum(o in paired for o in settled)
        tally.rows += len(number)
        tally.spurious += len(number) - len(pairs)
        for i, j in pairs:
            tally.numbers[truth.object_id[j]].add(int(number[i]))
            p = np.zeros((6, 6))
            p[np.tril_indices(6)] = packed[i]
            p = p + p.T - np.diag(np.diag(p))
            tally.nees.append(nees(state[i] - truth.state[j], p))
    return tally


@pytest.mark.slow
@pytest.mark.parametrize("node_id", ["KOR-AEW", "JPN-AEW", "USA-AEW"])
def test_recorded_air_traffic_is_complete_and_consistent(node_id: str, shared_data: Path) -> None:
    assert (shared_data / "air_traffic.csv").is_file()
    tally = judge("air_traffic", node_id, 0.0, 300.0, 5_000.0)
    assert tally.shown > 0.95 * tally.seen
    assert tally.spurious < 0.02 * tally.rows
    assert 0.6 < np.mean(tally.nees) < 1.4
    swapped = sum(len(n) - 1 for n in tally.numbers.values())
    assert swapped <= 0.1 * len(tally.numbers)


@pytest.mark.slow
@pytest.mark.parametrize("node_id", ["KOR-GND", "JPN-GND", "USA-SHIP"])
def test_a_missile_is_one_unbroken_track_from_first_sight_to_reentry(node_id: str) -> None:
    tally = judge("medium_range", node_id, 0.0, 1e9, 20_000.0)
    assert tally.shown > 0.98 * tally.seen
    assert tally.spurious == 0
    assert [len(n) for n in tally.numbers.values()] == [1]
    assert 0.2 < np.mean(tally.nees) < 1.5
