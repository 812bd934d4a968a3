"""Folds a recording's reports again and compares with what the cores had made of them.

A picture is a function of the reports that it holds, so every nation's final digests must come out the
same, whatever the speed, the machine and the day.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from google.protobuf.message import DecodeError

from fusion import Picture, ReportError
from fusion.physics.geodesy import Float
from fusion.update.decode import UpdateError, read_update
from fusion.update.picture_table import PictureTable
from nodes.coalition import Policy
from nodes.core.heartbeats import Heartbeats
from nodes.errors import BadInput
from nodes.link import topics
from nodes.recording.channels import NATIONAL, PICTURE, REPORTS, STATUS
from nodes.recording.reader import Recorded, Recording
from nodes.recording.signatures import Signatures
from nodes.recording.survey import Survey
from triwatch.v1 import picture_pb2, status_pb2

Engine = Literal["compiled", "reference"]


@dataclass(slots=True)
class Refolded:
    """One nation's picture, made again."""

    nation: str
    picture: Picture
    recorded: Any
    """The last PictureUpdate that the nation's core published; None where none was recorded."""

    @property
    def verdict(self) -> str:
        """One of "equal", "different", "other reports" (than the core held), "not recorded"."""
        if self.recorded is None:
            return "not recorded"
        if self.recorded.input_digest != self.picture.input_digest():
            return "other reports"
        return "equal" if self.recorded.picture_digest == self.picture.digest() else "different"


class Refold:
    """Every nation's pictures of one recording, to be folded again by one engine.

    The shared picture is one fold for all: it is the same function of the same set. Nations that held
    restricted reports have a fuller one of their own in ``nationals``. Raises BadInput where there is
    nothing to fold.
    """

    def __init__(self, recording: Recording, engine: Engine = "compiled") -> None:
        self.recording = recording
        self.engine = engine
        self.published: set[tuple[str, int, str, int]] = set()
        """Keys of the reports recorded."""
        self.unreadable = 0
        """Recorded reports and heartbeats that are none."""
        self.first_ns = self.last_ns = 0
        """Scenario time of the first and the last message folded."""
        self.signatures = Signatures(recording)
        policy = self.signatures.coalition.current if self.signatures.coalition else _policy(recording)
        survey = Survey(recording)
        last, self._streams = survey.last, survey.streams
        streams = {stream for told in self._streams.values() for stream in told}
        shown = tuple(sorted(source for channel, source in last if channel is PICTURE))
        names = policy.nations if policy else shown or tuple(sorted(survey.nations))
        if not streams:
            lost = f" ({recording.damage})" if recording.damage else ""
            raise BadInput(f"{recording.path} holds no report to fold{lost}; give a recording of an exercise")
        self._expected = {node.id: frozenset(node.streams) for node in policy.nodes} if policy else {}
        self._convicted = self.signatures.convicted(recording, survey.contested)
        self._words = Heartbeats()
        self._pictures: dict[frozenset[str], Picture] = {}
        """By the streams that a fold gets."""
        self.nations: dict[str, Refolded] = {}
        self.nationals: dict[str, Refolded] = {}
        for name in names:
            recorded = _last(last.get((PICTURE, name)))
            self.nations[name] = Refolded(name, self._picture({topics.EVERY_MEMBER}), recorded)
            mine = {stream for stream in streams if not stream or name in topics.nations_of(stream)}
            if mine - {topics.EVERY_MEMBER}:
                recorded = _last(last.get((NATIONAL, name)))
                self.nationals[name] = Refolded(name, self._picture(mine), recorded)

    def run(self, wait_until: Callable[[int], None] | None = None) -> None:
        """Fold everything in recorded order; ``wait_until`` is told each message's scenario time first."""
        for message in self.recording.messages(REPORTS, STATUS):
            self.last_ns = max(self.last_ns, message.log_time_ns)
            self.first_ns = self.first_ns or message.log_time_ns
            if wait_until:
                wait_until(message.log_time_ns)
            self.take(message)

    def take(self, message: Recorded) -> None:
        """Fold one recorded report, or hear one heartbeat."""
        try:
            opened = self.signatures.open(message)
        except DecodeError:
            self.unreadable += 1
            return
        if opened is None:
            return
        if message.channel is STATUS:
            self._hear(opened[0])
        else:
            self._fold(*opened)

    def _picture(self, streams: set[str]) -> Picture:
        mine = frozenset(streams)
        if mine not in self._pictures:
            expected = frozenset(node_id for node_id, told in self._expected.items() if told & mine)
            self._pictures[mine] = Picture(self.engine, expected=expected)
            for node_id, incarnation, stream in self._convicted:
                if stream in mine:
                    self._pictures[mine].punctuate(
                        status_pb2.NodeStatus(
                            node_id=node_id, incarnation=incarnation, state=status_pb2.NODE_STATE_LEAVING
                        )
                    )
        return self._pictures[mine]

    def _counts(self, message: Any, streams: frozenset[str]) -> bool:
        """Whether a node's start counts in a picture that takes these streams."""
        start = (message.node_id, message.incarnation)
        return not any((*start, stream) in self._convicted for stream in streams)

    def _hear(self, status: status_pb2.NodeStatus) -> None:
        for mark in status.punctuation:
            self._words.hear(mark.stream, status)
        for streams, picture in self._pictures.items():
            word = self._words.of(status.node_id, self._streams.get(status.node_id, frozenset()) & streams)
            if word is not None and self._counts(word, streams):
                picture.punctuate(word)

    def _fold(self, batch: Any, payload: bytes) -> None:
        self.published.add((batch.node_id, batch.incarnation, batch.stream, batch.sequence))
        for streams, picture in self._pictures.items():
            if batch.stream in streams and self._counts(batch, streams):
                try:
                    picture.fold(batch, payload)
                except ReportError:
                    continue  # counted by the picture, as the core counted it


def _last(update: bytes | None) -> picture_pb2.PictureUpdate | None:
    return None if update is None else picture_pb2.PictureUpdate.FromString(update)


def _policy(recording: Recording) -> Policy | None:
    recorded = recording.metadata().get("policy")
    try:
        return None if recorded is None else msgspec.convert(recorded, Policy)
    except msgspec.ValidationError as error:
        raise BadInput(f"{recording.path}: its policy cannot be used: {error}") from None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the pictures of one nation went together, moment by moment."""

    compared: int
    """Updates for whose very set of reports the picture was made again."""
    differing: int
    first_sequence: int | None = None
    """Of the first update that differs."""
    first_time_ns: int | None = None


def compare_updates(recording: Recording, engine: Engine, nations: Collection[str]) -> dict[str, Comparison]:
    """Fold once more and compare at every update whose input digest comes up again, for some nations.

    The order of arrival here may differ from the cores', so not every set of reports comes up.
    """
    made: dict[str, dict[str, Any]] = {nation: {} for nation in nations}
    for message in recording.messages(PICTURE):
        if message.source in made:
            with suppress(UpdateError):
                update = read_update(message.data)
                said = (update.sequence, update.time_ns, update.picture_digest)
                made[message.source][update.input_digest] = said
    refold = Refold(recording, engine)
    compared = dict.fromkeys(nations, 0)
    differing: dict[str, list[tuple[int, int]]] = {nation: [] for nation in nations}
    for message in recording.messages(REPORTS, STATUS):
        refold.take(message)
        for nation in nations:
            picture = refold.nations[nation].picture
            found = made[nation].pop(picture.input_digest(), None)
            if found:
                compared[nation] += 1
                if found[2] != picture.digest():
                    differing[nation].append(found[:2])
    return {
        nation: Comparison(
            compared[nation], len(differing[nation]), *min(differing[nation], default=(None, None))
        )
        for nation in nations
    }


def recorded_states(recording: Recording, nation: str) -> dict[int, Float]:
    """The states (6,) by track number that a nation's core last published, from its snapshots and deltas."""
    table = PictureTable()
    for message in recording.messages(PICTURE):
        if message.source == nation:
            with suppress(UpdateError):
                table.take(message.data)
    return dict(zip(table.rows["number"].tolist(), table.rows["state"].copy(), strict=True))
