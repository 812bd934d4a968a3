"""A node fed by the scans of a recording reports what it reported live, to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from exercise_kit import record
from nodes.errors import BadInput
from nodes.recording.channels import REPORTS
from nodes.recording.reader import Recording
from nodes.sensor_node.node import NationalNode
from nodes.sensor_node.recorded import RecordedScans
from nodes.simulation.loader import load
from triwatch.v1 import track_pb2

SECONDS = 40


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scans") / "freedom_edge.mcap"
    record(path, load("freedom_edge"), SECONDS)
    return path


def test_recorded_scans_give_the_same_reports_to_the_byte(recording: Path) -> None:
    scenario = load("freedom_edge")
    live: dict[str, list[bytes]] = {}
    for message in Recording(recording).messages(REPORTS):
        envelope = REPORTS.message.FromString(message.data)
        live.setdefault(message.source, []).append(envelope.payload.SerializeToString(deterministic=True))
    assert sum(map(len, live.values())) > 100
    for node in scenario.nodes:
        fed = NationalNode(scenario, node.id, RecordedScans(recording, node.id, node.declared))
        events = fed.advance(scenario.time_ns(SECONDS))
        again = [
            e.SerializeToString(deterministic=True) for e in events if isinstance(e, track_pb2.TrackBatch)
        ]
        assert again == live[node.id], node.id


def test_what_cannot_feed_a_node_is_said_in_one_line(recording: Path) -> None:
    nodes = load("freedom_edge").nodes
    with pytest.raises(BadInput, match=r"no scans of PRK-1; record with --record-detections"):
        RecordedScans(recording, "PRK-1", nodes[0].declared)
    with pytest.raises(
        BadInput, match=rf"/detections/{nodes[0].id} at 20\d\d-[-\dT:.]+Z: sensor \d+: the node has 0"
    ):
        RecordedScans(recording, nodes[0].id, ())
