"""Reads a whole recording into the tables that scores are computed from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from fusion.score.centralised import Detections
from fusion.score.figures import National
from fusion.score.tables import Shown, Truth
from nodes.recording.channels import DETECTIONS, FLIGHTS, ORIGINS, PICTURE, REPORTS, TRUTH, WARNINGS, Channel
from nodes.recording.follower import STALE_NS, Follower, columns
from nodes.recording.reader import Recording
from nodes.recording.tables import TIME_NS_MAX, DetectionColumns, TruthColumns
from triwatch.v1 import track_pb2


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
    """What each nation's last update said of its picture."""
    reports: int
    """Different reports recorded."""
    unreadable: int = 0
    """Messages that are none of their channel's kind: kept in the recording as they came, not used."""


@dataclass(slots=True)
class _Source:
    """One core's or node's changing table and when it spoke."""

    follower: Follower
    nation: str = ""
    heard_ns: list[int] = field(default_factory=list)
    newest_ns: int = 0
    last: dict[str, Any] = field(default_factory=dict)


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
        self._detections = DetectionColumns(self._truth.column)
        self._cores: dict[str, _Source] = {}
        self._nodes: dict[str, _Source] = {}
        self._warnings: dict[str, list[Any]] = {}
        self._reports: set[tuple[str, int, str, int]] = set()
        self._read(
            recording,
            {
                PICTURE: self._picture,
                REPORTS: lambda _, envelope: self._report(envelope.payload),
                DETECTIONS: lambda _, scan: self._detections.add(scan),
                ORIGINS: lambda _, origins: self._detections.add_origins(origins),
                WARNINGS: lambda nation, sealed: self._warnings.setdefault(nation, []).append(sealed.payload),
            },
        )

    def content(self) -> Content:
        """The tables, carried to the instants."""
        return Content(
            truth=self._truth_table() if len(self._instant_ns) else None,
            nations=self._nations() if len(self._instant_ns) else {},
            detections=self._detections.table(),
            flights=self._flights,
            warnings=self._warnings,
            pictures=[source.last for _, source in sorted(self._cores.items()) if source.last],
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
        source = self._cores.setdefault(nation, _Source(Follower(self._instant_ns)))
        if not 0 < update.time_ns < TIME_NS_MAX:
            raise ValueError("a time that is none")
        self._advance(source, update.time_ns)
        source.follower.take_update(update)
        source.last = {
            "nation": nation,
            "tracks": len(source.follower),
            "input_digest": update.input_digest,
            "picture_digest": update.picture_digest,
            "final_time_ns": update.final_time_ns,
        }

    def _report(self, batch: Any) -> None:
        key = (batch.node_id, batch.incarnation, batch.stream, batch.sequence)
        if key in self._reports or not len(batch.valid_time_ns):
            self._reports.add(key)
            return
        rows = columns(batch, batch.valid_time_ns)
        self._reports.add(key)
        source = self._nodes.setdefault(batch.node_id, _Source(Follower(self._instant_ns, STALE_NS)))
        source.nation = batch.nation
        self._advance(source, int(rows[0].max()))
        number = np.asarray(batch.local_number, dtype=np.int64)
        gone = np.asarray(batch.status) == track_pb2.TRACK_STATUS_TERMINATED
        if not len(number) == len(gone) == len(rows[0]) == len(np.unique(number)):
            raise ValueError("columns do not fit")
        source.follower.apply(number, *rows)
        source.follower.remove(number[gone].tolist())

    def _advance(self, source: _Source, time_ns: int) -> None:
        source.newest_ns = max(source.newest_ns, time_ns)
        source.heard_ns.append(source.newest_ns)
        source.follower.advance(source.newest_ns)

    def _truth_table(self) -> Truth:
        instant_ns, state, environment, identity = self._tables
        exists = np.isfinite(state[:, :, 0])
        return Truth(instant_ns, tuple(self._truth.column), state, environment, identity, in_view=exists)

    def _nations(self) -> dict[str, National]:
        own: dict[str, list[Shown]] = {}
        for source in self._nodes.values():
            own.setdefault(source.nation, []).append(_shown(source))
        nations = {}
        for nation, source in self._cores.items():
            shown = _shown(source)
            nations[nation] = National(shown, source.follower.taking_part, own.pop(nation, []))
        nothing = Follower(self._instant_ns)
        for nation, nodes in own.items():  # nodes of a nation whose core was not recorded
            nations[nation] = National(nothing.shown(np.zeros(0, np.int64)), nothing.taking_part, nodes)
        return nations


def _shown(source: _Source) -> Shown:
    return source.follower.shown(np.array(source.heard_ns, dtype=np.int64))
