"""Recorded scans: feeds a node with what its sensors detected in an earlier run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from google.protobuf.message import DecodeError

from fusion.utc import utc_text
from nodes.errors import BadInput
from nodes.recording.channels import DETECTIONS
from nodes.recording.reader import Recording
from nodes.sensing.scan import Scan
from nodes.sensing.sensors import Sensor
from nodes.sensing.wire import from_message


class RecordedScans:
    """A ScanSource: the scans of one node in an MCAP file, in the order of time and of its ``sensors``.

    Raises BadInput where the file has none of that node, or one that its sensors cannot have made.
    """

    def __init__(self, path: Path, node_id: str, sensors: Sequence[Sensor]) -> None:
        found: dict[tuple[int, int], Scan] = {}
        for message in Recording(path).messages(DETECTIONS):
            if message.source != node_id:
                continue
            try:
                scan = from_message(DETECTIONS.message.FromString(message.data), sensors)
            except (DecodeError, ValueError) as error:
                raise BadInput(
                    f"{path}: /detections/{node_id} at {utc_text(message.log_time_ns)}: {error}"
                ) from None
            found.setdefault((scan.time_ns, scan.sensor), scan)
        if not found:
            raise BadInput(
                f"{path}: no scans of {node_id}; record with --record-detections, or name another --id"
            )
        self._scans = [scan for _, scan in sorted(found.items(), key=lambda item: item[0])]
        self._given = 0

    def known_ns(self, until_ns: int) -> int:
        """All of it: the file is read."""
        return until_ns

    def scans(self, until_ns: int) -> Iterator[Scan]:
        """The scans not given yet, up to and including ``until_ns``."""
        while self._given < len(self._scans) and self._scans[self._given].time_ns <= until_ns:
            self._given += 1
            yield self._scans[self._given - 1]
