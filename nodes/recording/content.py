"""Reads a whole recording into the tables that scores are computed from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from fusion.score.centralised import Detections
from fusion.score.figures import National
from fusion.score.tables import Shown, Truth
from fusion.update.picture_table import PictureTable
from nodes.recording.channels import DETECTIONS, FLIGHTS, ORIGINS, PICTURE, REPORTS, TRUTH, WARNINGS, Channel
from nodes.recording.follower import STALE_NS, Follower
from nodes.recording.node_tracks import NodeTracks, read_rows
from nodes.recording.reader import Recording
from nodes.recording.tables import DetectionColumns, TruthColumns
from nodes.recording.warnings import RecordedWarnings
from triwatch.v1 import picture_pb2


@dataclass(slots=True)
class Content:
    """What a recording holds."""

    truth: Truth | None
    nations: dict[str, National]
    detections: Detections | None
    flights: list[Any]
    """TruthFlight of every ballistic object."""
    warnings: dict[str, list[Any]]
    """MissileWarnings by nation, in the order published."""
    pictures: list[dict[str, Any]]
    """What each nation's updates told of its picture in the end, as far as none is missing."""
    biases: list[picture_pb2.SensorBias]
    """By how much each sensor was found to be off in the end, as the first nation's picture told it."""
    words: list[picture_pb2.NodeConsistency]
    """How true each node's word had been in the end, told likewise."""
    reports: int
    """Different reports recorded."""
    unreadable: int = 0
    """Messages that are none of their channel's kind: kept in the recording as they came, not used."""


@dataclass(slots=True)
class _Core:
    """One core's changing picture."""

    table: PictureTable
    follower: Follower


@dataclass(slots=True)
class _Node:
    """One node's changing tracks."""

    nation: str
    tracks: NodeTracks
    follower: Follower


def read_content(recording: Recording) -> Content:
    """Two passes over the file: the truth first, whose instants the tables are then copied at."""
    reading = _Reading(recording)
    return reading.content()


class _Reading:
    def __init__(self, recording: Recording) -> None:
        self._truth = TruthColumns()
        self._flights: list[Any] = []
        self._unreadable = 0
        self._read(
            recording,
            {
                TRUTH: lambda _, states: self._truth.add(states),
                FLIGHTS: lambda _, flights: self._flights.extend(flights.flight),
            },
        )
        self._tables = self._truth.tables()
        self._instant_ns = self._tables[0]
        self._reported_ns: dict[str, set[int]] = {}
        self._detections = DetectionColumns(self._truth.column, self._reported_ns)
        self._cores: dict[str, _Core] = {}
        self._nodes: dict[str, _Node] = {}
        self._warnings = RecordedWarnings()
        self._reports: set[tuple[str, int, str, int]] = set()
        self._read(
            recording,
            {
                PICTURE: self._picture,
                REPORTS: lambda _, envelope: self._report(envelope.payload),
                DETECTIONS: lambda _, scan: self._detections.add(scan),
                ORIGINS: lambda _, origins: self._detections.add_origins(origins),
                WARNINGS: lambda nation, sealed: self._warnings.add(nation, sealed.payload),
            },
        )

    def content(self) -> Content:
        """The tables, carried to the instants."""
        return Content(
            truth=self._truth_table() if len(self._instant_ns) else None,
            nations=self._nations() if len(self._instant_ns) else {},
            detections=self._detections.table(),
            flights=self._flights,
            warnings=self._warnings.by_nation(),
            pictures=[
                _told(name, core.table) for name, core in sorted(self._cores.items()) if core.table.revision
            ],
            biases=next(
                (c.table.sensor_bias for _, c in sorted(self._cores.items()) if c.table.revision), []
            ),
            words=next(
                (c.table.node_consistency for _, c in sorted(self._cores.items()) if c.table.revision), []
            ),
            reports=len(self._reports),
            unreadable=self._unreadable,
        )

    def _read(self, recording: Recording, take: dict[Channel, Callable[[str, Any], None]]) -> None:
        """Hand every message of these channels to its function; what is none of its kind is counted."""
        for message in recording.messages(*take):
            try:
                take[message.channel](message.source, message.channel.message.FromString(message.data))
            except (DecodeError, ValueError):
                self._unreadable += 1

    def _picture(self, nation: str, update: Any) -> None:
        if nation not in self._cores:
            table = PictureTable()
            self._cores[nation] = _Core(table, Follower(table, self._instant_ns))
        core = self._cores[nation]
        for due in core.table.receive(update):
            core.follower.advance(due.time_ns)
            core.table.apply(due)

    def _report(self, batch: Any) -> None:
        key = (batch.node_id, batch.incarnation, batch.stream, batch.sequence)
        at_ns = max(batch.valid_time_ns, default=batch.sent_time_ns)
        self._reported_ns.setdefault(batch.node_id, set()).add(at_ns)
        if key in self._reports or not len(batch.valid_time_ns):
            self._reports.add(key)
            return
        node = self._nodes.get(batch.node_id)
        if node is None:
            tracks = NodeTracks()
            node = _Node(batch.nation, tracks, Follower(tracks, self._instant_ns, STALE_NS))
        rows, status = read_rows(batch)
        self._reports.add(key)
        self._nodes[batch.node_id] = node
        node.follower.advance(int(rows["track_time_ns"].max()))
        node.tracks.take(batch.incarnation, rows, status)

    def _truth_table(self) -> Truth:
        instant_ns, state, environment, identity = self._tables
        exists = np.isfinite(state[:, :, 0])
        return Truth(instant_ns, tuple(self._truth.column), state, environment, identity, in_view=exists)

    def _nations(self) -> dict[str, National]:
        own: dict[str, list[Shown]] = {}
        for node in self._nodes.values():
            own.setdefault(node.nation, []).append(node.follower.shown())
        nations = {}
        for nation, core in self._cores.items():
            shown = core.follower.shown()
            nations[nation] = National(shown, core.follower.taking_part, own.pop(nation, []))
        nothing = Follower(PictureTable(), self._instant_ns)
        for nation, nodes in own.items():  # nodes of a nation whose core was not recorded
            nations[nation] = National(nothing.shown(), nothing.taking_part, nodes)
        return nations


def _told(nation: str, table: PictureTable) -> dict[str, Any]:
    return {
        "nation": nation,
        "tracks": len(table),
        "input_digest": table.input_digest,
        "picture_digest": table.picture_digest,
        "final_time_ns": table.final_time_ns,
        "missing_updates": table.never_told,
    }
