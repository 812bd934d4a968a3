"""The flights of one event: what came of the tracks that it moved, and what time brings.

Part of the fold: a function of the rows and of the event in canonical order, so that a late report rolls it
back and folds it again. A row of `fusion.table.flights` is made for every track in space; it becomes a
missile when it has behaved like one. Who is under it is not asked here: that depends on the policy, and is
said by `FlightRow.warning`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Final, cast

import numpy as np

from fusion import contract
from fusion.arrays import Float
from fusion.constants import WARNED, Chosen
from fusion.dense import carried, dot, norm, solved
from fusion.table.flights import FlightRows
from fusion.warning.flight_row import CANCEL, STANDING, FlightRow
from fusion.warning.impact import vary_in_flight
from fusion.warning.phase import FALLS_CHI2, NO_DRAG, Sample
from fusion.warning.watch import Watch

SAME_CHI2: Final[
    Annotated[
        float,
        Chosen(
            "1", "squared distance (6 degrees of freedom) within which two tracks may be one missile", WARNED
        ),
    ]
] = 30.0
ENGINE_MPS2: Final[
    Annotated[
        float, Chosen("m/s²", "acceleration that an engine may have added between two tracks' times", WARNED)
    ]
] = 40.0
KIN_M: Final[
    Annotated[
        float, Chosen("m", "what flies so near to a missile may have come off it: distance ...", WARNED)
    ]
] = 40e3
KIN_MPS: Final[Annotated[float, Chosen("m/s", "... relative speed ...", WARNED)]] = 300.0
KIN_NS: Final[
    Annotated[int, Chosen("ns", "... and the time within which it shows whether it burns", WARNED)]
] = 25_000_000_000
FALL_MPS2: Final[
    Annotated[
        float, Chosen("m/s²", "no fall without drag is faster, the turning Earth's share included", WARNED)
    ]
] = 20.0
LOST_NS: Final[Annotated[int, Chosen("ns", "a flight without a state for so long is lost", WARNED)]] = (
    30_000_000_000
)
FORGET_NS: Final[Annotated[int, Chosen("ns", "a lost flight is deleted after so long", WARNED)]] = (
    600_000_000_000
)
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class SpaceTrack:
    """A track that the event moved."""

    number: int
    parent: int
    contributors: tuple[str, ...]
    sample: Sample


@dataclass(frozen=True, slots=True)
class Lineage:
    """What became of a track in the event."""

    event: int
    track: int
    other: int
    source: tuple[int, int]
    """Node and local number."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One event, as far as flights depend on it."""

    time_ns: int
    tracks: Sequence[SpaceTrack] = ()
    """In space, or with a row; by ascending number."""
    lineage: Sequence[Lineage] = ()
    second_ns: int = 0
    """The whole second that it was the first to reach; 0 where it was not."""
    live: Collection[int] = field(default_factory=frozenset)
    """Numbers of all live tracks; asked only where a second was reached."""


def fold_flights(rows: FlightRows, moment: Moment) -> list[int]:
    """Bring the rows up to date; the numbers of those revised, ascending."""
    return _Step(rows, moment).run()


class _Step:
    def __init__(self, rows: FlightRows, moment: Moment) -> None:
        self._rows = rows
        self._moment = moment
        self._revised: set[int] = set()
        self._lost: list[FlightRow] | None = None
        """What flies on unseen, once it was asked for: only what moves is seen again."""

    def run(self) -> list[int]:
        """In this order: what merged, what is gone, what moved, what is over."""
        moment = self._moment
        strayed = self._merge()
        if moment.second_ns:
            self._note_gone()
        for track in moment.tracks:
            self._move(track, strayed.get(track.number, 0))
        if moment.second_ns:
            self._expire()
        return sorted(self._revised)

    def _get(self, number: int) -> FlightRow | None:
        return cast("FlightRow | None", self._rows.get(number))

    def _all(self) -> list[FlightRow]:
        return [cast(FlightRow, self._rows[number]) for number in sorted(self._rows)]

    def _missiles(self) -> Iterator[FlightRow]:
        return (row for row in self._all() if row.missile)

    def _revise(self, row: FlightRow) -> None:
        self._rows.put(row)
        self._revised.add(row.number)

    def _merge(self) -> dict[int, int]:
        """Of tracks that were found to be one the elder's warning stays. By track: the one strayed from."""
        left: dict[tuple[int, int], int] = {}
        strayed: dict[int, int] = {}
        for told in self._moment.lineage:
            if told.event == contract.DECORRELATED:
                left[told.source] = told.track
            elif told.event == contract.MERGED:
                self._merge_one(told)
            elif told.source in left:
                strayed.setdefault(told.track, left.pop(told.source))
        return strayed

    def _merge_one(self, told: Lineage) -> None:
        gone, kept = self._get(told.other), self._get(told.track)
        if gone is None:
            return
        if not gone.missile:
            self._rows.delete(gone.number)
        elif kept is not None and not kept.missile:
            self._hand_over(gone, kept)
        elif kept is not None and gone.open:
            reason = f"the same missile as {kept.warning_id}"
            self._revise(replace(gone, tracked=False).over(CANCEL, reason, self._moment.time_ns))

    def _note_gone(self) -> None:
        for row in self._all():
            if row.tracked and row.number not in self._moment.live:
                if row.missile:
                    self._rows.put(replace(row, tracked=False))
                else:
                    self._rows.delete(row.number)

    def _move(self, track: SpaceTrack, strayed_from: int) -> None:
        """Take in the newest state of a track; of what is warned of, the first of every second: how many
        nodes report of it must not be what it costs."""
        row = self._get(track.number)
        now = track.sample
        if row is None:
            row = FlightRow(Watch(track.number, track.parent), strayed_from=strayed_from)
        elif row.watch.path.samples:
            last = row.watch.path.last
            if last.time_ns == now.time_ns and bool(np.array_equal(last.state, now.state)):
                return
            if now.time_ns < last.time_ns:
                return
            same_second = last.time_ns // _SECOND_NS == now.time_ns // _SECOND_NS
            if row.open and same_second:
                return
        watch = row.watch.copy()
        watch.extend(now, track.contributors)
        row = replace(row, watch=watch, tracked=True, strayed_from=row.strayed_from or strayed_from)
        self._rows.put(row)
        if not row.missile:
            self._adopt(row)
            if not cast(FlightRow, self._get(row.number)).missile:
                self._open(row)
        elif row.open or (row.ended == CANCEL and watch.burning):
            self._revise(replace(row, ended=STANDING, reason="").revised(self._moment.time_ns))

    def _open(self, row: FlightRow) -> None:
        """Take a track for a missile, where it is one that nobody was warned of."""
        watch = row.watch
        if not (watch.rises or watch.falls) or watch.area is None:
            return
        kin = self._kin(row)
        driven = watch.driven
        if kin is not None and not (driven or watch.known):
            # what nothing is seen to drive lies within the missile's own reach, until its impact is known
            return
        if kin is not None and watch.may_share_launch(kin.watch):
            watch = watch.copy()
            watch.launch, watch.launch_ns = kin.watch.launch, kin.watch.launch_ns
            row = replace(row, watch=watch)
        if self._strayed(row):
            return
        if any(other.tracked and _one_missile(other.watch, watch) for other in self._missiles()):
            return
        if kin is not None and not driven:
            watch = watch.copy()
            watch.path.came_off = True
        opened = replace(row, watch=watch, warning_number=row.number, opened_ns=self._moment.time_ns)
        self._revise(opened.revised(self._moment.time_ns))

    def _kin(self, row: FlightRow) -> FlightRow | None:
        """The missile that a track came out of: by lineage, else by flying beside it."""
        parent = self._get(row.watch.parent)
        if parent is not None and parent.missile:
            return parent
        best: FlightRow | None = None
        nearest_m = KIN_M
        for other in self._missiles():
            if not other.tracked or other.number == row.number:
                continue
            if _surely_beyond(other.watch.path.last, row.watch.path.last, nearest_m):
                continue
            apart = _apart(other.watch.path.last, row.watch.path.last)[0]
            away_m = norm(apart[:3])
            if away_m < nearest_m and norm(apart[3:]) < KIN_MPS:
                best, nearest_m = other, away_m
        return best

    def _strayed(self, row: FlightRow) -> bool:
        """Whether one node alone tells of it, which before held it to be a missile that others still see.

        Where several missiles fly side by side, a node that loses one to view strays off its track. What
        burns on all by itself is another missile.
        """
        missile, watch = self._get(row.strayed_from), row.watch
        if missile is None or not missile.missile or not missile.tracked or len(watch.contributors) > 1:
            return False
        return not (watch.burning and watch.path.last.time_ns - watch.first_ns >= KIN_NS)

    def _adopt(self, row: FlightRow) -> None:
        """Carry on the warning whose track was lost and has come back under this number."""
        if self._lost is None:
            self._lost = [other for other in self._missiles() if other.open and not other.tracked]
        for lost in self._lost:
            if self._get(lost.number) is not lost:
                continue
            if _apart2(lost.watch.path.last, row.watch.path.last, lost.watch.burning) < SAME_CHI2:
                self._hand_over(lost, row)
                return

    def _hand_over(self, old: FlightRow, row: FlightRow) -> None:
        """Carry a warning on with another track of the same missile."""
        watch = row.watch.copy()
        falls_on = _apart2(old.watch.path.last, watch.path.last, False) < FALLS_CHI2
        watch.carry_on(old.watch, falls_on)
        self._rows.delete(old.number)
        taken = replace(
            row,
            watch=watch,
            warning_number=old.warning_number,
            opened_ns=old.opened_ns,
            revision=old.revision,
        )
        self._revise(taken.revised(self._moment.time_ns))

    def _expire(self) -> None:
        time_ns = self._moment.second_ns
        for row in self._missiles():
            if not row.open:
                if time_ns - row.revised_ns > FORGET_NS:
                    self._rows.delete(row.number)
                continue
            last = row.watch.path.last
            if not row.tracked and not row.watch.burning and time_ns - last.time_ns < LOST_NS:
                for other in self._missiles():
                    if other.tracked and _apart2(last, other.watch.path.last, False) < SAME_CHI2:
                        reason = f"the same missile as {other.warning_id}"
                        self._revise(row.over(CANCEL, reason, time_ns))
                        break
                else:
                    self._pass(row, time_ns)
                continue
            self._pass(row, time_ns)

    def _pass(self, row: FlightRow, time_ns: int) -> None:
        passed = row.passed(time_ns)
        if passed is not row:
            self._revise(passed)


def _one_missile(one: Watch, other: Watch) -> bool:
    """Whether two tracks of different nodes may be the same missile."""
    if one.current & other.current:
        return False
    return _apart2(one.path.last, other.path.last, one.burning or other.burning) < SAME_CHI2


def _surely_beyond(one: Sample, other: Sample, away_m: float) -> bool:
    """Whether two tracks are further apart than ``away_m``, however the older fell up to the newer's time; to
    carry it there would cost more."""
    early, late = (one, other) if one.time_ns <= other.time_ns else (other, one)
    dt = (late.time_ns - early.time_ns) * 1e-9
    moved_m = (norm(early.state[3:]) + FALL_MPS2 * dt) * dt
    return norm(late.state[:3] - early.state[:3]) > away_m + moved_m


def _apart(one: Sample, other: Sample) -> tuple[Float, Float, float]:
    """Difference (6,) of two tracks, its covariance (6, 6) and the seconds between them: the older is
    carried to the newer's time in free flight."""
    early, late = (one, other) if one.time_ns <= other.time_ns else (other, one)
    dt = (late.time_ns - early.time_ns) * 1e-9
    moved, variation = np.array(early.state, dtype=float), np.empty((6, 7))
    vary_in_flight(moved, NO_DRAG, dt, variation)
    return late.state - moved, carried(variation[:, :6], early.covariance) + late.covariance, dt


def _apart2(one: Sample, other: Sample, burning: bool) -> float:
    """Squared distance of two tracks in units of their covariance, with what an engine may have done."""
    difference, spread, dt = _apart(one, other)
    push = ENGINE_MPS2 * dt if burning else 0.5 * dt
    away = 0.5 * push * dt
    spread = spread + np.diag([away * away + 1.0] * 3 + [push * push + 1e-2] * 3)
    definite, weighed = solved(spread, difference)
    return dot(difference, weighed) if definite else 0.0
