"""The warning board: from a succession of pictures to warnings that open, are revised, and end.

A pure state machine over the published picture updates: the same updates in the same order give the same
warnings, at a core or from a recording. A picture that a late report has changed simply comes as the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np

from fusion.arrays import Float
from fusion.update.decode import Update
from fusion.warning.areas import Nations
from fusion.warning.impact import vary_in_flight
from fusion.warning.missiles import rows_in_space
from fusion.warning.phase import NO_DRAG, Sample
from fusion.warning.watch import Watch
from triwatch.v1 import picture_pb2, warning_pb2

ALERT = warning_pb2.WARNING_STATUS_ALERT
UPDATE = warning_pb2.WARNING_STATUS_UPDATE
CANCEL = warning_pb2.WARNING_STATUS_CANCEL
ALL_CLEAR = warning_pb2.WARNING_STATUS_ALL_CLEAR
ENDED = picture_pb2.FLIGHT_PHASE_ENDED

SAME_CHI2 = 30.0
"""Squared distance (6 degrees of freedom) within which two tracks may be one missile."""
ENGINE_MPS2 = 40.0
"""Acceleration that an engine may have added between two tracks' times."""
SHORT_M = 200e3
"""A missile that comes down nearer its launch than this, under nobody, has failed."""
SHORT_APOGEE_M = 300e3
SURE = 1.6
"""The 95 % ellipse so many times is one of 99.95 %."""
SETTLED_M = 100e3
"""The impact is taken for known once its 95 % ellipse is smaller."""
QUIET_NS = 8_000_000_000
"""Between the burns of two stages a missile coasts for less."""
KIN_M, KIN_MPS, KIN_NS = 40e3, 300.0, 25_000_000_000
"""What flies so near to a missile may have come off it; whether it burns shows within that time."""
LOST_NS = 30_000_000_000
LANDED_NS = 3_000_000_000
FORGET_NS = 600_000_000_000


@dataclass(slots=True)
class Warning:
    """One missile's warning."""

    warning_id: str
    watch: Watch
    threatened: list[str] = field(default_factory=list)
    revision: int = 0
    status: warning_pb2.WarningStatus = warning_pb2.WARNING_STATUS_UNSPECIFIED
    reason: str = ""
    updated_ns: int = 0
    """Picture time of the last revision."""
    tracked: bool = True
    """Whether the picture still holds its track."""

    @property
    def open(self) -> bool:
        """Whether anybody is still under it."""
        return self.status in (ALERT, UPDATE)


class Board:
    """Every warning of one core.

    `nations` are those whose people may be warned.
    """

    def __init__(self, nations: Nations) -> None:
        self._nations = nations
        self._watches: dict[int, Watch] = {}
        self._warnings: dict[str, Warning] = {}
        self._by_track: dict[int, Warning] = {}
        self._left: dict[tuple[str, int], int] = {}
        """By node and local number: the track that a node's track was last found not to fit."""
        self._off: dict[int, int] = {}
        """By track: the one that what it began with had been held to be."""

    def watch_over(self, nations: Nations) -> None:
        """From now on warn these nations' people."""
        self._nations = nations

    @property
    def watched(self) -> Collection[int]:
        """Numbers of the tracks whose every state is wanted, wherever they are."""
        return self._watches.keys()

    def step(self, update: Update) -> list[warning_pb2.MissileWarning]:
        """Take in the next update of the picture, delta or snapshot; it may leave out every track that is
        neither in space nor watched.

        Returns the revisions it calls for, in the order of track numbers.
        """
        time_ns = update.time_ns
        revised = self._merge(update.lineage, time_ns)
        self._follow(update.lineage)
        for number in self._look(update):
            watch = self._watches[number]
            warning = self._by_track.get(number) or self._adopt(watch)
            if warning is None:
                warning = self._open(watch)
            if warning is not None:
                revised += self._revise(warning, time_ns)
        for warning in list(self._warnings.values()):
            revised += self._expire(warning, time_ns)
        return revised

    def warnings(self) -> list[Warning]:
        """The warnings held, open or ended, by track number."""
        return sorted(self._warnings.values(), key=lambda w: w.watch.number)

    def flights(self) -> list[picture_pb2.Flight]:
        """The flights of tracks that are or were missiles, by track number."""
        return [_flight(warning) for warning in self.warnings()]

    def _look(self, update: Update) -> list[int]:
        """Bring the watches up to date; the numbers of those that moved, ascending."""
        gone = set(update.removed.tolist())
        if update.snapshot:
            gone |= set(self._watches) - set(update.rows["number"].tolist())
        for number in gone:
            self._watches.pop(number, None)
            self._off.pop(number, None)
        fresh: list[int] = []
        for row in rows_in_space(update, self.watched):
            watch = self._watches.get(row.number)
            if watch is None:
                warned = self._by_track.get(row.number)
                watch = warned.watch if warned else Watch(row.number, row.parent)
                self._watches[row.number] = watch
            if watch.path.samples and _same(watch.path.last, row.sample):
                continue
            watch.extend(row.sample, row.contributors)
            fresh.append(row.number)
        for warning in self._by_track.values():
            warning.tracked = warning.watch.number in self._watches
        return fresh

    def _open(self, watch: Watch) -> Warning | None:
        """A new warning, where the track is a missile that nobody was warned of."""
        if not (watch.rises or watch.falls) or watch.area is None:
            return None
        kin = self._kin(watch)
        young = watch.path.last.time_ns - watch.first_ns < KIN_NS
        if kin is not None and young and not (watch.falls or watch.path.boosted):
            # debris and vehicles beside a missile show soon that nothing drives them
            return None
        if kin is not None and watch.may_share_launch(kin.watch):
            watch.launch, watch.launch_ns = kin.watch.launch, kin.watch.launch_ns
        if self._harmless(watch, self._under(watch), QUIET_NS if kin is None else 0):
            return None
        if self._strayed(watch):
            return None
        if any(w.tracked and self._one_missile(w.watch, watch) for w in self._warnings.values()):
            return None
        warning = Warning(f"M{watch.number}", watch)
        self._warnings[warning.warning_id] = warning
        self._by_track[watch.number] = warning
        return warning

    def _kin(self, watch: Watch) -> Warning | None:
        """The warning of the missile that a track came out of: by lineage, else by flying beside it."""
        parent = self._by_track.get(watch.parent)
        if parent is not None:
            return parent
        beside = [
            (float(np.linalg.norm(apart[:3])), warning.warning_id)
            for warning in self._warnings.values()
            if warning.tracked and warning.watch is not watch
            for apart in [_apart(warning.watch.path.last, watch.path.last)[0]]
            if np.linalg.norm(apart[:3]) < KIN_M and np.linalg.norm(apart[3:]) < KIN_MPS
        ]
        return self._warnings[min(beside)[1]] if beside else None

    def _follow(self, lineage: Iterable[picture_pb2.Lineage]) -> None:
        """Note which tracks began with what a node had held to be another."""
        for event in lineage:
            source = (event.node_id, event.local_number)
            if event.event == picture_pb2.LINEAGE_EVENT_DECORRELATED:
                self._left[source] = event.track
            elif source in self._left:
                self._off.setdefault(event.track, self._left.pop(source))

    def _strayed(self, watch: Watch) -> bool:
        """Whether one node alone tells of it, which before held it to be a missile that others still see.

        Where several missiles fly side by side, a node that loses one to view strays off its track. What
        burns on all by itself is another missile.
        """
        missile = self._by_track.get(self._off.get(watch.number, 0))
        if missile is None or not missile.tracked or len(watch.contributors) > 1:
            return False
        return not (watch.burning and watch.path.last.time_ns - watch.first_ns >= KIN_NS)

    def _adopt(self, watch: Watch) -> Warning | None:
        """The warning whose track was lost and has come back under this number."""
        for warning in self._warnings.values():
            if warning.tracked or not warning.open:
                continue
            if _apart2(warning.watch.path.last, watch.path.last, warning.watch.burning) < SAME_CHI2:
                self._hand_over(warning, watch)
                return warning
        return None

    def _hand_over(self, warning: Warning, watch: Watch) -> None:
        """Carry a warning on with another track of the same missile."""
        old = warning.watch
        if old.launch is not None and (watch.launch is None or old.launch.area_m2 < watch.launch.area_m2):
            watch.launch, watch.launch_ns = old.launch, old.launch_ns
        watch.contributors |= old.contributors
        watch.first_ns = min(watch.first_ns, old.first_ns)
        watch.apogee_m = max(watch.apogee_m, old.apogee_m) if not old.burning else watch.apogee_m
        warning.watch, warning.tracked = watch, True
        self._by_track[watch.number] = warning

    def _one_missile(self, one: Watch, other: Watch) -> bool:
        """Whether two tracks of different nodes may be the same missile."""
        if one.current & other.current:
            return False
        return _apart2(one.path.last, other.path.last, one.burning or other.burning) < SAME_CHI2

    def _merge(
        self, lineage: Iterable[picture_pb2.Lineage], time_ns: int
    ) -> list[warning_pb2.MissileWarning]:
        """Tracks that the picture found to be one: the elder's warning stays."""
        revised: list[warning_pb2.MissileWarning] = []
        for event in lineage:
            if event.event != picture_pb2.LINEAGE_EVENT_MERGED:
                continue
            gone = self._by_track.pop(event.other, None)
            kept = self._by_track.get(event.track)
            if gone is None or gone is kept:
                continue
            watch = self._watches.get(event.track)
            if kept is None and watch is not None:
                self._hand_over(gone, watch)
            elif kept is not None and gone.open:
                revised.append(self._end(gone, CANCEL, f"the same missile as {kept.warning_id}", time_ns))
        return revised

    def _under(self, watch: Watch, before: Collection[str] = ()) -> list[str]:
        """The nations under a missile, sorted.

        Who was named ``before`` stays named until the impact is known and, with ``SURE`` times its 95 %
        ellipse, not theirs.
        """
        if watch.area is None:
            return sorted(before)
        lat, lon, (major, minor, bearing) = watch.area.lat_deg, watch.area.lon_deg, watch.area.ellipse_95_m
        under = set(self._nations.under(lat, lon, major, minor, bearing))
        if before and watch.known:
            before = set(before) & set(self._nations.under(lat, lon, SURE * major, SURE * minor, bearing))
        return sorted(under.union(before))

    def _harmless(self, watch: Watch, under: list[str], quiet_ns: int = QUIET_NS) -> bool:
        """Whether what has not burnt for ``quiet_ns`` comes down close to its launch, on nobody."""
        return (
            watch.known
            and watch.impact is not None
            and not under
            and watch.path.last.time_ns - watch.path.quiet_since_ns >= quiet_ns
            and watch.range_m < SHORT_M
            and watch.apogee_m < SHORT_APOGEE_M
            and watch.impact.ellipse_95_m[0] < SETTLED_M
        )

    def _revise(self, warning: Warning, time_ns: int) -> list[warning_pb2.MissileWarning]:
        watch = warning.watch
        if warning.status == ALL_CLEAR or watch.area is None:
            return []
        under = self._under(watch, warning.threatened)
        harmless = self._harmless(watch, under)
        if warning.status == CANCEL and (harmless or not (watch.burning or under)):
            return []
        warning.threatened = under
        if harmless:
            reason = f"failed early: comes down {watch.range_m / 1e3:.0f} km from its launch, on nobody"
            return [self._end(warning, CANCEL, reason, time_ns)]
        warning.status = UPDATE if warning.open else ALERT
        warning.reason = ""
        return [self._message(warning, time_ns)]

    def _expire(self, warning: Warning, time_ns: int) -> list[warning_pb2.MissileWarning]:
        watch = warning.watch
        if not warning.open:
            if time_ns - warning.updated_ns > FORGET_NS:
                self._warnings.pop(warning.warning_id, None)
                self._by_track = {n: w for n, w in self._by_track.items() if w is not warning}
            return []
        silent_ns = time_ns - watch.path.last.time_ns
        if not warning.tracked and silent_ns < LOST_NS:
            for other in self._warnings.values():
                if other.tracked and _apart2(watch.path.last, other.watch.path.last, False) < SAME_CHI2:
                    return [self._end(warning, CANCEL, f"the same missile as {other.warning_id}", time_ns)]
        sigma_s = watch.area.time_sigma_s if watch.area is not None else 0.0
        if time_ns <= watch.impact_ns + max(LANDED_NS, round(2e9 * sigma_s)):
            return []
        if not watch.known:
            return [self._end(warning, ALL_CLEAR, "lost, and whatever it did it has come down", time_ns)]
        if watch.range_m < SHORT_M and not warning.threatened:
            return [self._end(warning, CANCEL, "failed: came down close to its launch, on nobody", time_ns)]
        return [self._end(warning, ALL_CLEAR, "the time of impact has passed", time_ns)]

    def _end(
        self, warning: Warning, status: warning_pb2.WarningStatus, reason: str, time_ns: int
    ) -> warning_pb2.MissileWarning:
        warning.status, warning.reason = status, reason
        return self._message(warning, time_ns)

    def _message(self, warning: Warning, time_ns: int) -> warning_pb2.MissileWarning:
        warning.revision += 1
        warning.updated_ns = time_ns
        return warning_pb2.MissileWarning(
            warning_id=warning.warning_id,
            status=warning.status,
            revision=warning.revision,
            time_ns=time_ns,
            flight=_flight(warning),
            threatened=warning.threatened if warning.open else [],
            reason=warning.reason,
            node_id=sorted(warning.watch.contributors),
        )


def _flight(warning: Warning) -> picture_pb2.Flight:
    flight = warning.watch.flight()
    if warning.status == ALL_CLEAR:
        flight.phase = ENDED
    return flight


def _same(one: Sample, other: Sample) -> bool:
    return one.time_ns == other.time_ns and bool(np.array_equal(one.state, other.state))


def _apart(one: Sample, other: Sample) -> tuple[Float, Float, float]:
    """Difference (6,) of two tracks, its covariance (6, 6) and the seconds between them: the older is
    carried to the newer's time in free flight."""
    early, late = (one, other) if one.time_ns <= other.time_ns else (other, one)
    dt = (late.time_ns - early.time_ns) * 1e-9
    moved, variation = np.array(early.state, dtype=float), np.empty((6, 7))
    vary_in_flight(moved, NO_DRAG, dt, variation)
    flown = variation[:, :6]
    return late.state - moved, flown @ early.covariance @ flown.T + late.covariance, dt


def _apart2(one: Sample, other: Sample, burning: bool) -> float:
    """Squared distance of two tracks in units of their covariance, with what an engine may have done."""
    difference, spread, dt = _apart(one, other)
    push = ENGINE_MPS2 * dt if burning else 0.5 * dt
    spread = spread + np.diag([(0.5 * push * dt) ** 2 + 1.0] * 3 + [push**2 + 1e-2] * 3)
    return float(difference @ np.linalg.solve(spread, difference))
