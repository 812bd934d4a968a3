"""The pictures of one core: the shared one, and the nation's own fuller one where it holds more.

The shared picture is the fold of the streams of every member, which all hold; nothing else goes into it,
not even into its counts. The nation's own is the fold of all that the nation holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, Protocol

from fusion import Picture, Report
from fusion.constants import OPERATION, Chosen
from fusion.update.publish import Changes
from nodes.admission import Admission, Outcome
from nodes.core.track_release import TrackRelease
from triwatch.v1 import warning_pb2

SNAPSHOT_NS: Final[
    Annotated[
        int,
        Chosen(
            "ns",
            "scenario time after which an update carries every track again, for readers of recordings",
            OPERATION,
        ),
    ]
] = 10_000_000_000
ROWS_MAX: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "tracks in one update: with the most contributors that a track may have they stay within "
            "one message; of a larger picture an update tells a part, and the next ones the rest; it "
            "has no snapshots",
            OPERATION,
        ),
    ]
] = 12_000


class Warns(Protocol):
    """What a core warns of."""

    def news(self, picture: Picture, time_ns: int = 0) -> Iterable[warning_pb2.MissileWarning]:
        """What a picture warns of and has not been said; the nodes' time has come to ``time_ns``."""


class View:
    """One picture and what of it has been published."""

    def __init__(
        self,
        topic: str,
        admission: Admission,
        warner: Warns | None,
        track_release: TrackRelease | None = None,
    ) -> None:
        self.topic = topic
        self.admission = admission
        """The picture, and what counts in it."""
        self.warner = warner
        self.track_release = track_release
        """Of its tracks; None: all of it is released to every member."""
        self.clock_ns: list[int] = []
        """When the reports were published that no update has shown yet."""
        self.fresh = 0
        """Reports that no update has shown yet."""
        self.published = 0
        """Sequence of the last update."""
        self.input_digest = self.picture_digest = ""
        """Of the last update."""
        self.final_time_ns = 0
        """Of the last update."""
        self.snapshot_ns = -(2**62)
        """Scenario time of the last update that carried every track."""

    @property
    def picture(self) -> Picture:
        """As it is now."""
        return self.admission.picture

    def takes(self, stream: str) -> bool:
        """Whether reports of a stream go into this picture."""
        return self.admission.takes(stream)

    def start_over(self) -> None:
        """Go on with an empty picture, to be filled anew; the next update tells all of it."""
        self.admission.start_over()
        self.clock_ns.clear()
        self.fresh += 1
        self.snapshot_ns = -(2**62)

    def next_changes(self) -> Changes:
        """What changed since the last update, now and then every track: the next update."""
        picture = self.picture
        due = picture.time_ns - self.snapshot_ns >= SNAPSHOT_NS and picture.live <= ROWS_MAX
        changes = picture.changes(ROWS_MAX)
        if due:
            self.snapshot_ns = picture.time_ns
            changes = picture.whole(changes.lineage)
        self.published += 1
        self.fresh = 0
        self.input_digest, self.picture_digest = changes.input_digest, changes.picture_digest
        self.final_time_ns = changes.final_time_ns
        return changes

    def fold(self, report: Report, clock_ns: tuple[int, ...] = ()) -> Outcome:
        """Take a report in, where it counts; ``clock_ns`` when it was published."""
        outcome = self.admission.add(report)
        if outcome in ("folded", "late"):
            if self.track_release is not None:
                self.track_release.receive(report.batch)
            self.fresh += 1
            self.clock_ns += clock_ns
        return outcome


class Views:
    """The shared picture, and beside it the nation's own, once it holds anything restricted."""

    def __init__(self, shared: View) -> None:
        self.shared = shared
        self.national: View | None = None

    @property
    def all(self) -> tuple[View, ...]:
        """The shared one first."""
        return (self.shared,) if self.national is None else (self.shared, self.national)

    @property
    def fullest(self) -> View:
        """The one that holds every report."""
        return self.national or self.shared

    def fold(self, report: Report, clock_ns: tuple[int, ...] = (), *, anew: bool = True) -> bool:
        """Take a report into every picture that it belongs in. Where it comes behind what one can still
        change, that one is to be made ``anew``; else the report takes its number there, and it is False."""
        taken = True
        for view in self.all:
            if not view.takes(report.key.stream):
                continue
            stale = view.admission.stale
            if view.fold(report, clock_ns) == "behind" and not (anew or stale):
                view.admission.stale = taken = False
                view.admission.pass_over(report)
        return taken

    def pass_over(self, report: Report) -> None:
        """Let a report that does not count take its number."""
        for view in self.all:
            view.admission.pass_over(report)
