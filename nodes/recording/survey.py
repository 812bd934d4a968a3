"""What has to be known of a recording before its first report is folded again, found in one pass."""

from __future__ import annotations

from collections import defaultdict
from hashlib import sha256
from typing import Any

from google.protobuf.message import DecodeError

from fusion.report.report import ReportKey
from nodes.coalition import Member
from nodes.names import nations_of
from nodes.recording.channels import NATIONAL, PICTURE, REPORTS, STATUS, Channel
from nodes.recording.reader import Recorded, Recording
from triwatch.v1 import envelope_pb2, picture_pb2, status_pb2, track_pb2


class Survey:
    """Who spoke in which stream, what each core published last, and which numbers bear two contents.

    Nothing is believed for it: signatures are verified where it matters.
    """

    def __init__(self, recording: Recording) -> None:
        self.last: dict[tuple[Channel, str], bytes] = {}
        """Of each core's recorded updates, by channel and nation, the last that it published."""
        self._nation: dict[str, str] = {}
        """By node that reported."""
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
    def nations(self) -> set[str]:
        """Those that reported."""
        return set(self._nation.values())

    @property
    def members(self) -> tuple[Member, ...]:
        """The nodes that spoke, as they did; none where no report is recorded."""
        if not self._nation:
            return ()
        return tuple(
            _member(node_id, self._nation.get(node_id, ""), sorted(told))
            for node_id, told in self._streams.items()
        )

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
        self._nation[batch.node_id] = batch.nation
        key = ReportKey(batch.node_id, batch.incarnation, batch.stream, batch.sequence)
        digest = sha256(payload).digest()
        if self._contents.setdefault(key, digest) != digest:
            self.contested.add(key)


def _member(node_id: str, nation: str, streams: list[str]) -> Member:
    first, *others = map(nations_of, streams)
    return Member(id=node_id, nation=nation, releasable_to=first, groups=tuple(others))
