"""What a core says: its pictures, warnings and heartbeats."""

from __future__ import annotations

from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from fusion.update.publish import Changes
from nodes.control import clock
from nodes.core.ingest import Ingest
from nodes.core.sink import Sink
from nodes.core.views import View, Views
from nodes.link import codec, topics
from nodes.link.endpoint import LinkEndpoint
from nodes.link.gaps import SequenceSet
from nodes.names import EVERY_MEMBER
from triwatch.v1 import status_pb2, warning_pb2

HOLDINGS_MAX: Final[
    Annotated[int, Chosen("1", "entries of what a core holds in one heartbeat", OPERATION)]
] = 1000


class Publication:
    """Publishes for one nation's core; every numbered stream from 1 without gaps.

    What goes to every member follows from the shared picture alone: it is the same, to the byte, whatever
    else this core holds.
    """

    def __init__(
        self,
        endpoint: LinkEndpoint,
        views: Views,
        ingest: Ingest,
        nation: str,
        incarnation: int,
        sink: Sink | None = None,
        hub: str = "",
    ) -> None:
        self._hub = hub
        self._sink = sink
        self._endpoint = endpoint
        self._views = views
        self._intake = ingest
        self._nation = nation
        self._incarnation = incarnation
        self._born_ns = clock.monotonic_ns()
        self._warned: dict[str, int] = {EVERY_MEMBER: 0}
        """Last sequence by stream."""

    @property
    def published(self) -> dict[str, int]:
        """Last sequence by topic."""
        pictures = {view.topic: view.published for view in self._views.all}
        return pictures | {topics.warning(self._nation, s): last for s, last in self._warned.items()}

    def publish_picture(self, view: View) -> None:
        """Publish what changed since the last update, with the clock readings of the reports new in it.

        Reports published before this core started are left out of those: their age is not its delay.
        """
        changes = view.next_changes()
        body = self._encoded(view, changes)
        clock_ns = tuple(c for c in view.clock_ns if c >= self._born_ns)
        self._endpoint.publisher.publish(view.topic, body, self._incarnation, view.published, clock_ns)
        if self._sink:
            self._sink.published(view.topic, body, changes.time_ns)
        view.clock_ns.clear()

    def snapshot(self, view: View) -> bytes:
        """The whole picture as of the last update published, for whoever asks."""
        return self._encoded(view, view.picture.whole())

    def publish_warning(self, warning: warning_pb2.MissileWarning, stream: str) -> None:
        """Number a warning and publish it to those who may have it."""
        self._warned[stream] = self._warned.get(stream, 0) + 1
        warning.nation = self._nation
        warning.incarnation = self._incarnation
        warning.sequence = self._warned[stream]
        body = codec.seal(
            topics.WARNING, warning.SerializeToString(), self._endpoint.trust.sign, warning.time_ns
        )
        topic = topics.warning(self._nation, stream)
        self._endpoint.publisher.publish(topic, body, self._incarnation, warning.sequence)
        if self._sink:
            self._sink.published(topic, body, warning.time_ns)

    def publish_status(self) -> None:
        """Publish the heartbeats: to every member of the shared picture, to the nation's own readers of its
        fuller one, and to each release group of what is held and warned of in it."""
        shared, national = self._views.shared, self._views.national
        self._publish_status(EVERY_MEMBER, self._of_view(shared))
        if national is None:
            return
        own = self._of_view(national)
        counts = self.counts()
        own.reports_duplicate, own.reports_rejected = counts["duplicate"], counts["rejected"]
        own.reports_missing = counts["missing"]
        self._publish_status(self._nation, own)
        groups = {topic.stream for topic, _, _ in self._reports()} | set(self._warned)
        for stream in sorted(groups - {EVERY_MEMBER, self._nation}):
            self._publish_status(stream, status_pb2.CoreStatus())

    def counts(self) -> dict[str, int]:
        """What became of the reports, all of them."""
        counts, receiver = self._views.fullest.picture.counts, self._endpoint.receiver
        return {
            "folded": counts.folded,
            "late": counts.late,
            "duplicate": counts.duplicate + receiver.duplicates,
            "rejected": self._endpoint.rejections.total,
            "missing": receiver.missing + self._intake.late.waiting(self._views.fullest),
        }

    def _of_view(self, view: View) -> status_pb2.CoreStatus:
        """A heartbeat that tells of one picture and of what went into it."""
        counts = view.picture.counts
        numbers = [(topic, n) for topic, _, n in self._reports() if view.takes(topic.stream)]
        again = self._endpoint.receiver.again
        return status_pb2.CoreStatus(
            time_ns=view.picture.time_ns,
            final_time_ns=view.picture.final_time_ns,
            input_digest=view.input_digest,
            picture_digest=view.picture_digest,
            tracks=view.picture.live,
            reports_folded=counts.folded,
            reports_late=counts.late,
            reports_duplicate=counts.duplicate + sum(again[text] for text in {t.text for t, _ in numbers}),
            reports_rejected=counts.rejected,
            reports_missing=sum(n.missing_count for _, n in numbers) + self._intake.late.waiting(view),
            picture_sequence=view.published,
        )

    def _publish_status(self, stream: str, status: status_pb2.CoreStatus) -> None:
        """Publish a heartbeat in a stream, with how far that stream is held and warned in."""
        status.nation, status.incarnation, status.hub = self._nation, self._incarnation, self._hub
        status.warning_sequence = self._warned.get(stream, 0)
        starts: dict[str, list[tuple[int, int]]] = {}
        for of, incarnation, n in self._reports():
            if of.stream == stream and n.highest_held:
                starts.setdefault(of.source, []).append((incarnation, n.highest_held))
        # every node's newest start first: one that starts often crowds nobody out
        held = [
            (rank, node_id, *one)
            for node_id, known in starts.items()
            for rank, one in enumerate(sorted(known, reverse=True))
        ]
        for _, node_id, incarnation, last in sorted(held)[:HOLDINGS_MAX]:
            status.holding.add(node_id=node_id, incarnation=incarnation, stream=stream, last_sequence=last)
        topic = topics.core_status(self._nation, stream)
        sign = self._endpoint.trust.sign
        body = codec.seal(topics.CORE_STATUS, status.SerializeToString(), sign, status.time_ns)
        self._endpoint.publisher.publish(topic, body)

    def _reports(self) -> list[tuple[topics.Topic, int, SequenceSet]]:
        streams = self._endpoint.receiver.repairs.streams()
        return [entry for entry in streams if entry[0].kind == topics.REPORT]

    def _encoded(self, view: View, changes: Changes) -> bytes:
        return changes.encode(
            view.track_release.label(changes) if view.track_release is not None else (),
            nation=self._nation,
            incarnation=self._incarnation,
            sequence=view.published,
            sent_time_ns=clock.utc_ns(),
        )
