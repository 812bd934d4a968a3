"""What has to be known of a recording before its first report is folded again, found in one pass."""

from __future__ import annotations

from collections import defaultdict
from hashlib import sha256
from typing import Any

from google.protobuf.message import DecodeError

from nodes.recording.channels import NATIONAL, PICTURE, REPORTS, STATUS, Channel
from nodes.recording.reader import Recorded, Recording
from triwatch.v1 import envelope_pb2, picture_pb2, status_pb2, track_pb2

ReportKey = tuple[str, int, str, int]
"""Node, incarnation, stream and sequence."""


class Survey:
    """Who spoke in which stream, what each core published last, and which numbers bear two contents.

    Nothing is believed for it: signatures are verified where it matters.
    """

    def __init__(self, recording: Recording) -> None:
        self.last: dict[tuple[Channel, str], bytes] = {}
        """Of each core's recorded updates, by channel and nation, the last that it published."""
        self.nations: set[str] = set()
        """Those that reported."""
        self.contested: set[ReportKey] = set()
        """Reports of which more than one content is recorded."""
        self._streams: defaultdict[str, set[str]] = defaultdict(set)
        self._contents: dict[ReportKey, bytes] = {}
        self._newest: dict[tuple[Channel, str], tuple[int, int]] = {}
        for message in recording.messages(REPORTS, STATUS, PICTURE, NATIONAL):
            try:
                if message.channel in (PICTURE, NATIONAL):
                    self._update(message)
                    continue
                payload = envelope_pb2.Envelope.FromString(message.data).payload
                if message.channel is STATUS:
                    self._status(status_pb2.NodeStatus.FromString(payload))
                else:
                    self._report(track_pb2.TrackBatch.FromString(payload), payload)
            except DecodeError:
                continue

    @property
    def streams(self) -> dict[str, frozenset[str]]:
        """The streams that each node spoke in; nothing where no report is recorded."""
        return {node: frozenset(told) for node, told in self._streams.items()} if self.nations else {}

    def _update(self, message: Recorded) -> None:
        """One that was lost and repaired comes after later ones."""
        update = picture_pb2.PictureUpdate.FromString(message.data)
        of, key = (message.channel, message.source), (update.incarnation, update.sequence)
        if key >= self._newest.get(of, (0, 0)):
            self.last[of], self._newest[of] = message.data, key

    def _status(self, status: Any) -> None:
        self._streams[status.node_id].update(mark.stream for mark in status.punctuation)

    def _report(self, batch: Any, payload: bytes) -> None:
        self._streams[batch.node_id].add(batch.stream)
        self.nations.add(batch.nation)
        key = (batch.node_id, batch.incarnation, batch.stream, batch.sequence)
        digest = sha256(payload).digest()
        if self._contents.setdefault(key, digest) != digest:
            self.contested.add(key)
