"""Every nation's core without its sockets: pictures, warnings, what they publish.

Nations that may have the same reports show the same picture: it is folded once, and published
by each of them. A nation that holds restricted reports has a fuller picture of its own beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fusion.constants import OPERATION, Chosen
from fusion.update.publish import Changes
from nodes.admission import Judgement, of_nation
from nodes.coalition import Coalition
from nodes.core.track_release import TrackRelease
from nodes.core.views import View
from nodes.core.warnings import Warner
from nodes.demo.admissions import Accession, Moment
from nodes.link import codec, topics
from nodes.link.codec import Received, Sign
from nodes.link.errors import WireError
from nodes.names import EVERY_MEMBER, nations_of, stream_of
from nodes.recording import Writer
from triwatch.v1 import warning_pb2

INCARNATION = 1
_SILENCE_NS: Final[
    Annotated[
        int,
        Chosen(
            "ns",
            "A node that does not say how far it has come holds the all-clear back for so long, as at a core",
            OPERATION,
        ),
    ]
] = 30_000_000_000


@dataclass(slots=True)
class Stay:
    """When a nation's core is there; ``joins_ns`` and ``leaves_ns`` are the changes of policy."""

    nation: str
    sign: Sign
    starts_ns: int = 0
    joins_ns: int | None = None
    leaves_ns: int | None = None
    version: int = 1
    """Of the policy that admitted it."""
    published: int = 0
    """Sequence of its last update of the shared picture."""
    warned: dict[str, int] = field(default_factory=dict)
    """Last sequence of its warnings by stream."""
    picture: dict[str, Any] = field(default_factory=dict)
    """What its last update said."""
    national: dict[str, Any] = field(default_factory=dict)
    """The same of its own fuller picture."""
    joined: Moment | None = None
    left: Moment | None = None

    def there(self, time_ns: int) -> bool:
        """Whether its core publishes at a time."""
        return self.starts_ns <= time_ns and (self.leaves_ns is None or time_ns < self.leaves_ns)


class _Fold:
    """The picture of one nation's or of every member's streams, what it warns of, and who shows it."""

    def __init__(self, known: Judgement, members: list[Stay], coalition: Coalition, own: bool) -> None:
        self.members = members
        self.own = own
        nation = members[0].nation
        release = TrackRelease(nation) if own else None
        self.view = View("", of_nation(known, nation, national=own), None, release)
        self.warner = Warner(nation, INCARNATION, coalition.at, groups=release)


class Cores:
    """The cores of ``stays``, under the policy of ``coalition``; what they publish goes to ``writer``."""

    def __init__(self, coalition: Coalition, stays: list[Stay], writer: Writer, start_ns: int) -> None:
        self._coalition = coalition
        self._stays = stays
        self._writer = writer
        self._start_ns = start_ns
        self._known = Judgement(coalition)
        self._folds = [_Fold(self._known, stays, coalition, own=False)]
        every = {stream for policy in coalition.versions for node in policy.nodes for stream in node.streams}
        self._folds += [
            _Fold(self._known, [stay], coalition, own=True)
            for stay in stays
            if any(stream and stay.nation in nations_of(stream) for stream in every)
        ]
        self.rejected = 0

    def take(self, time_ns: int, reports: Iterable[Received]) -> None:
        """Fold what came at one moment and publish what it makes of the pictures."""
        self._note_changes(time_ns)
        for received in reports:
            self._fold(received)
        for fold in self._folds:
            if fold.view.fresh:
                self._show(fold, time_ns)

    def receive(self, time_ns: int, statuses: Iterable[Received]) -> None:
        """Take in how far nodes have come, and let warnings end that nobody reports of any more."""
        for received in statuses:
            topic, status = received.topic, received.message
            try:
                self._known.rules.check(topic.source, topic.stream, (status.time_ns,))
            except WireError:
                continue
            self._known.words.receive(topic.stream, status)
            for fold in self._folds:
                fold.view.admission.receive(topic.stream, status)
        for fold in self._folds:
            self._pass_time(fold, time_ns)

    def finish(self, time_ns: int) -> None:
        """Say how far time is FINAL at the end."""
        self._note_changes(time_ns)
        for fold in self._folds:
            if fold.view.final_time_ns != fold.view.picture.final_time_ns:
                self._show(fold, time_ns)

    @property
    def nations(self) -> list[str]:
        """Whose cores there are, or were."""
        return [stay.nation for stay in self._stays]

    def pictures(self) -> list[dict[str, Any]]:
        """The shared picture as each nation showed it last; who has left shows none."""
        return [stay.picture for stay in self._stays if stay.picture and stay.left is None]

    def nationals(self) -> list[dict[str, Any]]:
        """The fuller picture of each nation that holds more than all do, as shown last."""
        return [stay.national for stay in self._stays if stay.national]

    def accessions(self) -> list[Accession]:
        """The nations that joined, and perhaps left, on the way."""
        return [Accession(s.nation, s.version, s.joined, s.left) for s in self._stays if s.joined is not None]

    def counts(self) -> dict[str, int]:
        """What became of the reports, the highest count of any picture."""
        counts = [fold.view.picture.counts for fold in self._folds]
        return {
            "folded": max(count.folded for count in counts),
            "late": max(count.late for count in counts),
            "duplicate": max(count.duplicate for count in counts),
            "rejected": self.rejected,
            "missing": max(count.missing for count in counts),
        }

    def _fold(self, received: Received) -> None:
        topic, report = received.topic, received.report
        assert report is not None
        views = [fold.view for fold in self._folds]
        try:
            self._known.rules.admit(report)
        except WireError:
            for view in views:
                view.admission.pass_over(report)
            self.rejected += 1
            return
        became = {view.fold(report) for view in views if view.takes(topic.stream)}
        self.rejected += bool(became) and became <= {"refused", "behind"}

    def _show(self, fold: _Fold, time_ns: int) -> None:
        while True:
            changes = fold.view.next_changes()
            release = fold.view.track_release
            streams = release.label(changes) if release is not None else ()
            for stay in fold.members:
                if stay.there(time_ns):
                    self._publish(fold, stay, changes, streams, time_ns)
            self._warn(fold, fold.warner.news(fold.view.picture), time_ns)
            if not fold.view.picture.untold:
                return

    def _publish(
        self,
        fold: _Fold,
        stay: Stay,
        changes: Changes,
        streams: Sequence[str],
        time_ns: int,
    ) -> None:
        if not fold.own and not stay.published and not changes.snapshot:
            changes = fold.view.picture.whole()  # a core that starts late tells all that it has been told
        stay.published += not fold.own
        body = changes.encode(
            streams,
            nation=stay.nation,
            incarnation=INCARNATION,
            sequence=fold.view.published if fold.own else stay.published,
            sent_time_ns=time_ns,
        )
        said = {
            "nation": stay.nation,
            "tracks": fold.view.picture.live,
            "input_digest": changes.input_digest,
            "picture_digest": changes.picture_digest,
            "final_time_ns": changes.final_time_ns,
        }
        if fold.own:
            stay.national = said
            self._writer.national(stay.nation, body, changes.time_ns, changes.time_ns)
        else:
            stay.picture = said
            self._writer.picture(stay.nation, body, changes.time_ns, changes.time_ns)

    def _warn(self, fold: _Fold, warnings: Iterable[warning_pb2.MissileWarning], time_ns: int) -> None:
        for warning in warnings:
            stream = stream_of(warning.released_to) if fold.own else EVERY_MEMBER
            for stay in fold.members:
                if not stay.there(time_ns):
                    continue
                stay.warned[stream] = stay.warned.get(stream, 0) + 1
                warning.nation, warning.incarnation = stay.nation, INCARNATION
                warning.sequence = stay.warned[stream]
                body = codec.seal(topics.WARNING, warning.SerializeToString(), stay.sign, warning.time_ns)
                self._writer.warning(stay.nation, body, warning.time_ns, warning.time_ns)

    def _pass_time(self, fold: _Fold, time_ns: int) -> None:
        word = fold.view.admission.word
        words = [word(node_id) for node_id in self._known.words.nodes]
        heard = sorted(said.time_ns for said in words if said is not None)
        if heard:
            spoken_ns = min(fold.view.picture.spoken_time_ns, heard[-1])
            passed_ns = max(spoken_ns, heard[(len(heard) - 1) // 2] - _SILENCE_NS)
            self._warn(fold, fold.warner.news(fold.view.picture, passed_ns), time_ns)

    def _note_changes(self, time_ns: int) -> None:
        """Keep what the pictures were when a nation joined or left."""
        for stay in self._stays:
            if stay.joins_ns is not None and stay.joined is None and time_ns >= stay.joins_ns:
                stay.joined = self._moment(stay.joins_ns)
            if stay.leaves_ns is not None and stay.left is None and time_ns >= stay.leaves_ns:
                stay.left = self._moment(stay.leaves_ns)

    def _moment(self, change_ns: int) -> Moment:
        view = self._folds[0].view
        at_s = (change_ns - self._start_ns) / 1e9
        return Moment(at_s, view.picture.input_digest(), view.picture.digest(), agreed=True)
