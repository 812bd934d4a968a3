"""Who may have what was fused from restricted reports: whoever may have every report in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fusion.update.publish import Changes
from nodes.link.release import both
from nodes.names import EVERY_MEMBER
from triwatch.v1 import track_pb2, warning_pb2

_ALL = EVERY_MEMBER


@dataclass(slots=True)
class ReleaseGroups:
    """The release groups known."""

    told: dict[tuple[str, int], str] = field(default_factory=dict)
    """By node and environment: those who may have all that it told of such tracks."""
    of_node: dict[str, str] = field(default_factory=dict)
    of_track: dict[int, str] = field(default_factory=dict)
    of_warning: dict[str, str] = field(default_factory=dict)


class TrackRelease:
    """The release groups of a picture's tracks and of the warnings made from them.

    A track's group is the intersection of the streams that its contributors told of such things in, now or
    earlier: it never grows. An estimate remembers what went into it.
    """

    def __init__(self, nation: str) -> None:
        self._nation = nation
        self.known = ReleaseGroups()

    def receive(self, batch: track_pb2.TrackBatch) -> None:
        """A report that goes into the picture."""
        for environment in set(batch.environment):
            key = (batch.node_id, environment)
            self.known.told[key] = self._both(self.known.told.get(key, _ALL), batch.stream)
        if batch.stream:
            self.known.of_node[batch.node_id] = self._both(
                self.known.of_node.get(batch.node_id, _ALL), batch.stream
            )

    def label(self, changes: Changes) -> list[str]:
        """Each told track's group, in the order told."""
        told = changes.columns()
        streams = []
        for row in told.rows:
            number, environment = int(row["number"]), int(row["environment"])
            group = self._of(self.known.of_track.get(number, _ALL), told.contributors_of(row), environment)
            self.known.of_track[number] = group
            streams.append(group)
        for number in changes.removed:
            self.known.of_track.pop(number, None)
        return streams

    def of_warning(self, warning: warning_pb2.MissileWarning) -> str:
        """The group that may have a warning; every member where nothing restricted is in it."""
        before = self._both(
            self.known.of_warning.get(warning.warning_id, _ALL),
            self.known.of_track.get(warning.flight.track, _ALL),
        )
        stream = self._of(before, warning.node_id, track_pb2.ENVIRONMENT_SPACE)
        self.known.of_warning[warning.warning_id] = stream
        return stream

    def _of(self, stream: str, nodes: Iterable[str], environment: int) -> str:
        for node_id in nodes:
            told = self.known.told.get((node_id, environment))
            stream = self._both(stream, self.known.of_node.get(node_id, _ALL) if told is None else told)
        return stream

    def _both(self, first: str, second: str) -> str:
        """Those who may read both: this nation at least, which holds both."""
        common = both(first, second)
        return self._nation if common is None else common
