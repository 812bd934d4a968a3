"""The shared picture: a pure function of the set of reports it holds.

    picture = Picture()
    picture.fold(batch)         # any order, any number of times
    picture.tracks(), picture.digest()

`fold` only files a report; the picture is brought up to date when it is looked at, so that a burst of late
reports costs one rollback.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from fusion.arrays import Ints
from fusion.bearings.contacts import Heard
from fusion.bearings.told import heard_told
from fusion.consistency.estimate import Consistency
from fusion.filters import Filter
from fusion.filters.compiled import CompiledFilter
from fusion.finality import FOREVER_NS, Finality
from fusion.live_tracks import Tracks, carried, live_tracks
from fusion.registration.estimate import Registration
from fusion.report.report import Event, EventKey, Report, ReportError, ReportKey
from fusion.retention import Retention, rows_max
from fusion.search.searches import Searches
from fusion.table.digest import InputDigest, kept_digest
from fusion.table.history import History
from fusion.table.names import Names
from fusion.table.tracks import Table
from fusion.update.news import News
from fusion.update.publish import Changes, Feed, lineage_of
from fusion.utc import utc_text
from fusion.warning.areas import Nations
from fusion.warning.flight_row import FlightRow
from fusion.warning.space import flight_rows
from fusion.whole_event import fold_whole_event
from triwatch.v1 import picture_pb2, status_pb2, track_pb2, warning_pb2

Engine = Literal["compiled", "reference"]


def _reference() -> Filter:
    from fusion.filters.reference import ReferenceFilter

    return ReferenceFilter()


_ENGINES: dict[str, Callable[[], Filter]] = {"compiled": CompiledFilter, "reference": _reference}


@dataclass(slots=True)
class Counts:
    """What became of the reports."""

    folded: int = 0
    late: int = 0
    duplicate: int = 0
    rejected: int = 0
    missing: int = 0


class Picture:
    """One nation's fold of the reports it holds.

    Args:
        engine: "compiled", or "reference" for the one on filterpy.
        blocks: number block of each node, by policy; a node without one gets a block from its name.
        expected: nodes that hold FINAL back until they have spoken; in a mapping with the streams that each
            has to speak in.
        revised: is given the flights that an event revised, each time that it is folded: what it is given
            of an event takes the place of what it was given of it before.
    """

    def __init__(
        self,
        engine: Engine = "compiled",
        blocks: Mapping[str, int] | None = None,
        expected: Collection[str] | Mapping[str, Collection[str]] = (),
        revised: Callable[[EventKey, Sequence[FlightRow]], None] | None = None,
    ) -> None:
        if engine not in _ENGINES:
            raise ValueError(f"engine must be one of {sorted(_ENGINES)}, not {engine!r}")
        self.engine = engine
        self._filter = _ENGINES[engine]()
        self._revised = revised
        self._blocks = dict(blocks or {})
        self._table = Table()
        self._names = Names()
        self._history = History(self._table, self._fold_event)
        self._finality = Finality(expected)
        self._input = InputDigest()
        self._counts = Counts()
        self._feed = Feed(self._table)
        self._news = News()
        self._final_ns = 0
        self._newest_ns = 0
        self._forgotten_ns = 0
        self._retention = Retention()

    def __getstate__(self) -> dict[str, Any]:
        """All that a copy folds on from: not what was told of it, which the copy tells anew, and not who is
        told of revisions."""
        self._history.settle()
        left_out = ("_filter", "_revised", "_feed", "_news")
        return {name: value for name, value in vars(self).items() if name not in left_out}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._filter = _ENGINES[self.engine]()
        self._revised = None
        self._feed = Feed(self._table)
        self._news = News()

    def fold(self, batch: track_pb2.TrackBatch) -> Literal["folded", "late", "duplicate"]:
        """Take one report in, which is the batch's deterministic encoding.

        For a report that came over the wire, whose very bytes are the report, `add` it.
        Returns "late" where the picture had already passed its time, "duplicate" where it was held.

        Raises:
            ReportError: the report breaks the contract, or is valid at a time that is FINAL; the picture
                is as before, and counts one rejection.
        """
        kind: type = type(batch)
        if kind is not track_pb2.TrackBatch:
            self._counts.rejected += 1
            raise ReportError(f"expected a triwatch.v1.TrackBatch, got {kind.__name__}")
        try:
            report = Report.from_bytes(batch.SerializeToString(deterministic=True))
        except ReportError:
            self._counts.rejected += 1
            raise
        became = self.add(report)
        if became == "folded" or became == "late" or became == "duplicate":
            return became
        if report.fault is not None:
            raise ReportError(report.fault.text)
        self._counts.rejected += 1
        raise ReportError(
            f"report {report.key.node_id}/{report.key.incarnation}/{report.key.sequence}: valid at "
            f"{utc_text(report.times_ns[0])}, but time is FINAL up to {utc_text(self._forgotten_ns)}: "
            "what counts is to be folded by a new picture"
        )

    def add(self, report: Report) -> Literal["folded", "late", "duplicate", "refused", "behind"]:
        """Take one report in, as `fold`; one that breaks the contract is refused, and uses up its number.

        "behind": the history at its time is let go of, and the picture is as before. That says nothing of
        whether it counts: a new picture of all reports has it in its place.
        """
        key = report.key
        stream = self._finality.stream(key.node_id, key.incarnation, key.stream)
        if stream.holds(key.sequence):
            self._counts.duplicate += 1
            return "duplicate"
        if report.fault is not None:
            self.pass_over(key)
            return "refused"
        if report.events and report.times_ns[0] <= self._forgotten_ns:
            return "behind"
        stream.take(key.sequence)
        self._input.add(report.digest)
        late = 0 < report.newest_ns < self._newest_ns
        self._newest_ns = max(self._newest_ns, report.newest_ns)
        for event in report.events:
            self._history.insert(event)
        self._counts.folded += 1
        self._counts.late += late
        self._retention.add(len(report.events), report.rows)
        return "late" if late else "folded"

    def pass_over(self, key: ReportKey) -> None:
        """Let a report that does not count use up its number."""
        if self._finality.take(key):
            self._counts.rejected += 1

    def expect(self, node_id: str, streams: Collection[str], from_ns: int = 0) -> None:
        """Let a node hold FINAL back until it has spoken in these streams; it starts after ``from_ns``."""
        self._finality.expect(node_id, streams, from_ns)

    def settle(self, node_id: str, incarnation: int, stream: str, last_sequence: int) -> bool:
        """A life of a node has made no report in a stream after this one: FINAL waits for no more. Whether
        there are such reports all the same."""
        return self._finality.settle(node_id, incarnation, stream, last_sequence)

    def void(self, node_id: str, incarnation: int) -> None:
        """Wait for nothing of a life of a node, for nothing of it counts."""
        self._finality.void(node_id, incarnation)

    def leave(self, node_id: str) -> None:
        """Wait for nothing more of a node, of none of the lives that are known of."""
        self._finality.leave(node_id)

    def succeed(self, status: status_pb2.NodeStatus) -> None:
        """Take in a node's word on how its earlier lives ended, and nothing else: its own one is void."""
        self._finality.succeed(status)

    def punctuate(self, status: status_pb2.NodeStatus) -> None:
        """Take in a node's word on how far it has spoken for time; now and then let go of what is FINAL."""
        self._finality.punctuate(status)
        if self._retention.due(self._table.count("live")):
            self.forget()

    def tracks(self) -> Tracks:
        """The live tracks, each at the time of its last report."""
        self._history.settle()
        return live_tracks(self._table, self._names)

    def at(self, time_ns: int) -> Tracks:
        """The live tracks as the picture expects them at a time: each carried there by the motion of its
        environment, its covariance grown by its own process noise. The picture stays as it is.

        Args:
            time_ns: UTC ns, not before `time_ns` of the picture.

        Raises:
            ValueError: the time lies before the picture's newest report; what was shown then, a recording
                knows.
        """
        if time_ns < self.time_ns:
            raise ValueError(
                f"at {utc_text(time_ns)}: the picture has reports up to {utc_text(self.time_ns)}; "
                "for what was shown before, read a recording"
            )
        return carried(self.tracks(), time_ns)

    def snapshot(self) -> picture_pb2.PictureUpdate:
        """The whole picture as a message.

        Nation, incarnation, sequence and sending time are the core's to fill.
        """
        return _parsed(self.whole())

    def delta(self, rows_max: int | None = None) -> picture_pb2.PictureUpdate:
        """What changed since the last call, as a message. The first call tells all.

        Of more than ``rows_max`` tracks the rest is left for the next call; then `untold` is true.
        """
        return _parsed(self.changes(rows_max))

    def whole(self, lineage: Sequence[picture_pb2.Lineage] = ()) -> Changes:
        """The whole picture, to be told."""
        self._history.settle()
        return self._told(True, self._table.live_rows(), [], lineage)

    def changes(self, rows_max: int | None = None) -> Changes:
        """What `delta` tells, to be told; then it counts as told."""
        self._history.settle()
        rows, gone = self._feed.changed(rows_max)
        return self._told(False, rows, gone, lineage_of(self._feed.new_lineage(), self._names.nodes))

    @property
    def untold(self) -> bool:
        """Whether the last delta left tracks for the next."""
        return self._feed.untold

    def _told(
        self, snapshot: bool, rows: Ints, gone: list[int], lineage: Sequence[picture_pb2.Lineage]
    ) -> Changes:
        news = self._news.of(self._table, snapshot)
        return Changes(
            snapshot=snapshot,
            time_ns=self.time_ns,
            final_time_ns=self.final_time_ns,
            input_digest=self.input_digest(),
            picture_digest=self.digest(),
            removed=gone,
            lineage=lineage,
            flights=self.flights(),
            heard=heard_told(self._table.heard.value, self._table.arrays.numbers[rows]),
            search=news.search,
            biases=news.biases,
            words=news.words,
            _arrays=self._table.arrays,
            _rows=rows,
            _nodes=self._names.nodes,
            _texts=self._names.texts,
        )

    def digest(self) -> str:
        """Digest of the picture: equal for equal sets of reports, on every machine."""
        self._history.settle()
        table = self._table
        return kept_digest(
            table.arrays,
            table.flights,
            table.registration,
            table.consistency,
            table.heard,
            table.searches,
        )

    @property
    def registration(self) -> Registration:
        """By how much every sensor is off, as far as the picture's reports show."""
        self._history.settle()
        return self._table.registration.value

    @property
    def consistency(self) -> Consistency:
        """How true every node's word has been, as far as the others' show."""
        self._history.settle()
        return self._table.consistency.value

    @property
    def heard(self) -> Heard:
        """The contacts that are only heard, the targets they are of, and which may be one."""
        self._history.settle()
        return self._table.heard.value

    @property
    def searches(self) -> Searches:
        """Where contacts that nobody hears may be."""
        self._history.settle()
        return self._table.searches.value

    def flights(self) -> list[picture_pb2.Flight]:
        """The flights of tracks that are or were missiles, by track number."""
        self._history.settle()
        return [row.flight for row in flight_rows(self._table) if row.flight is not None]

    def warnings(
        self, nations: Callable[[int], Nations], time_ns: int = 0
    ) -> list[warning_pb2.MissileWarning]:
        """The newest revision of every missile's warning, by track number; what has come down by ``time_ns``
        is over, as it will be once a report is valid then.

        ``nations`` gives those to be warned of at a scenario time. Of the message the core fills in nation,
        incarnation, sequence, finality and release.
        """
        return [row.warning(nations(row.revised_ns)) for row in self.missiles(time_ns)]

    def missiles(self, time_ns: int = 0) -> list[FlightRow]:
        """The rows that `warnings` is made of."""
        self._history.settle()
        return [row.passed(time_ns) for row in flight_rows(self._table) if row.missile]

    def input_digest(self) -> str:
        """Digest of the set of reports folded."""
        return self._input.hex()

    @property
    def live(self) -> int:
        """How many tracks are live."""
        self._history.settle()
        return self._table.count("live")

    @property
    def time_ns(self) -> int:
        """Newest valid time among the reports, UTC ns; 0 before the first."""
        return self._newest_ns

    @property
    def final_time_ns(self) -> int:
        """Time up to which the picture can no longer change; never beyond `time_ns`."""
        final = self._finality.final_ns()
        self._final_ns = max(self._final_ns, self._newest_ns if final == FOREVER_NS else final)
        return self._final_ns

    @property
    def spoken_time_ns(self) -> int:
        """Time up to which every live node has spoken, whether or not it saw anything; 0 while one never has,
        and later than any time once all have left."""
        return self._finality.final_ns()

    def spoken_without_ns(self, nodes: Collection[str]) -> int:
        """`spoken_time_ns` of all but some nodes."""
        return self._finality.final_ns(nodes)

    @property
    def counts(self) -> Counts:
        """Reports folded, late, duplicate, rejected, and announced but missing."""
        self._counts.missing = self._finality.missing
        return self._counts

    @property
    def kept(self) -> int:
        """Moments of reports whose history is kept, so that what comes before them has its place."""
        return len(self._history)

    def kept_after(self, time_ns: int) -> int:
        """Of `kept` those that are valid later than ``time_ns``: so many are folded again for a report of
        that time."""
        return self._history.after(time_ns)

    def _fold_event(self, event: Event) -> None:
        revised = fold_whole_event(self._table, self._names, self._filter, self._blocks, event)
        if revised is not None and self._revised is not None:
            self._revised(event.key, revised)

    def forget(self) -> None:
        """Delete the history behind FINAL, as `punctuate` does now and then; where FINAL does not come on,
        what is too much of it."""
        self._retention.start_anew()
        surplus_ns = self._history.surplus_ns(rows_max(self._table.count("live")))
        final = max(self.final_time_ns, surplus_ns)
        if final <= self._forgotten_ns:
            return
        self._history.settle()
        self._feed.keep_lineage()
        if self._history.forget(final):
            self._forgotten_ns = final
            self._names.release(self._table, self._held)

    def _held(self) -> Ints:
        return self._history.held_sources(
            lambda event: np.concatenate(
                (self._names.slots(self._table, event), self._names.line_slots(self._table, event))
            )
        )


def _parsed(changes: Changes) -> picture_pb2.PictureUpdate:
    update = picture_pb2.PictureUpdate()
    update.ParseFromString(changes.encode())
    return update
