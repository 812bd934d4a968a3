"""What a core says: its picture, warnings and heartbeats."""

from __future__ import annotations

from collections.abc import Iterable

from fusion import Picture
from nodes import clock
from nodes.core.intake import Intake
from nodes.link import codec, topics
from nodes.link.station import Station
from nodes.recorder import Recorder
from triwatch.v1 import picture_pb2, status_pb2, warning_pb2

SNAPSHOT_NS = 10_000_000_000
"""Scenario time after which an update carries every track again, for readers of recordings."""
HOLDINGS_MAX = 1000


class Outlet:
    """Publishes for one nation's core; every numbered stream from 1 without gaps."""

    def __init__(
        self,
        station: Station,
        picture: Picture,
        intake: Intake,
        nation: str,
        incarnation: int,
        recorder: Recorder | None = None,
    ) -> None:
        self._recorder = recorder
        self._station = station
        self._picture = picture
        self._intake = intake
        self._nation = nation
        self._incarnation = incarnation
        self._born_ns = clock.monotonic_ns()
        self._snapshot_ns = -SNAPSHOT_NS
        self.published = {topics.picture(nation): 0, topics.warning(nation): 0}
        """Last sequence by topic."""
        self.input_digest = self.picture_digest = ""
        """Of the last update."""
        self.final_time_ns = 0
        """Of the last update."""

    def publish_picture(self, flights: Iterable[picture_pb2.Flight]) -> picture_pb2.PictureUpdate:
        """Publish what changed since the last update, with the clock readings of the reports new in it.

        Reports published before this core started are left out of those: their age is not its delay.
        """
        due = self._picture.time_ns - self._snapshot_ns >= SNAPSHOT_NS
        update = self._picture.delta()
        if due:
            self._snapshot_ns = self._picture.time_ns
            lineage = list(update.lineage)
            update = self._picture.snapshot()
            update.lineage.extend(lineage)
        update.flight.extend(flights)
        topic = topics.picture(self._nation)
        self.published[topic] += 1
        self._sign(update, self.published[topic])
        self.input_digest, self.picture_digest = update.input_digest, update.picture_digest
        self.final_time_ns = update.final_time_ns
        clock_ns = tuple(c for c in self._intake.clock_ns if c >= self._born_ns)
        body = update.SerializeToString()
        self._station.publisher.publish(topic, body, self._incarnation, update.sequence, clock_ns)
        if self._recorder:
            self._recorder.writer.picture(self._nation, body, update.time_ns, update.time_ns)
        self._intake.clock_ns.clear()
        self._intake.fresh = 0
        return update

    def snapshot(self) -> bytes:
        """The whole picture as of the last update published, for whoever asks."""
        update = self._picture.snapshot()
        self._sign(update, self.published[topics.picture(self._nation)])
        body: bytes = update.SerializeToString()
        return body

    def publish_warning(self, warning: warning_pb2.MissileWarning) -> None:
        """Number a warning and publish it."""
        topic = topics.warning(self._nation)
        self.published[topic] += 1
        warning.nation = self._nation
        warning.incarnation = self._incarnation
        warning.sequence = self.published[topic]
        body = codec.seal(topics.WARNING, warning.SerializeToString())
        self._station.publisher.publish(topic, body, self._incarnation, warning.sequence)
        if self._recorder:
            self._recorder.writer.warning(self._nation, body, warning.time_ns, warning.time_ns)

    def publish_status(self) -> None:
        """Publish the heartbeat."""
        counts = self.counts()
        status = status_pb2.CoreStatus(
            nation=self._nation,
            time_ns=self._picture.time_ns,
            final_time_ns=self._picture.final_time_ns,
            input_digest=self.input_digest,
            picture_digest=self.picture_digest,
            tracks=len(self._picture.tracks()),
            reports_folded=counts["folded"],
            reports_late=counts["late"],
            reports_duplicate=counts["duplicate"],
            reports_rejected=counts["rejected"],
            reports_missing=counts["missing"],
            incarnation=self._incarnation,
            picture_sequence=self.published[topics.picture(self._nation)],
            warning_sequence=self.published[topics.warning(self._nation)],
            holding=self._holdings(),
        )
        self._station.publisher.publish(topics.core_status(self._nation), status.SerializeToString())

    def counts(self) -> dict[str, int]:
        """What became of the reports."""
        counts, receiver = self._picture.counts, self._station.receiver
        return {
            "folded": counts.folded,
            "late": counts.late,
            "duplicate": counts.duplicate + receiver.duplicates,
            "rejected": self._station.rejections.total,
            "missing": receiver.missing,
        }

    def _sign(self, update: picture_pb2.PictureUpdate, sequence: int) -> None:
        update.nation = self._nation
        update.incarnation = self._incarnation
        update.sequence = sequence
        update.sent_time_ns = clock.utc_ns()

    def _holdings(self) -> list[status_pb2.Holding]:
        return [
            status_pb2.Holding(
                node_id=topic.source,
                incarnation=incarnation,
                stream=topic.stream,
                last_sequence=numbers.highest_held,
            )
            for topic, incarnation, numbers in self._station.receiver.repairs.streams()
            if numbers.highest_held
        ][:HOLDINGS_MAX]
