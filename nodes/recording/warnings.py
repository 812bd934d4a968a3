"""A recording's missile warnings in the order that their cores made them, each once."""

from __future__ import annotations

from google.protobuf.message import DecodeError

from fusion.update.newest_warnings import said_key, warning_key
from nodes.recording.channels import WARNINGS
from nodes.recording.reader import Recording
from triwatch.v1 import warning_pb2


class RecordedWarnings:
    """Collects warnings as they lie in a recording: late, or twice."""

    def __init__(self) -> None:
        self._found: dict[str, dict[tuple[str, int, int, int], warning_pb2.MissileWarning]] = {}

    def add(self, nation: str, warning: warning_pb2.MissileWarning) -> None:
        """One word of this nation's core."""
        key = (warning_key(warning), *said_key(warning))
        self._found.setdefault(nation, {}).setdefault(key, warning)

    def by_nation(self) -> dict[str, list[warning_pb2.MissileWarning]]:
        """Every core's warnings by their time; those of one time in the order in which they were said."""
        return {
            nation: sorted(found.values(), key=lambda w: (w.incarnation, w.time_ns, w.sequence, w.revision))
            for nation, found in self._found.items()
        }


def recorded_warnings(recording: Recording) -> dict[str, list[warning_pb2.MissileWarning]]:
    """Every core's warnings in their order; what is none is left out."""
    warnings = RecordedWarnings()
    for message in recording.messages(WARNINGS):
        try:
            warnings.add(message.source, WARNINGS.message.FromString(message.data).payload)
        except DecodeError:
            continue
    return warnings.by_nation()
