"""Whose detection was it? Other readings of what infrared showed, held until the scans have decided.

Where two plumes pass each other in a satellite's sight, one scan cannot tell which is which, and a wrong
answer makes the next one look right: the tracks go on along lines of sight that cross where nothing flies.
So besides the tracks as they are held, their *other readings* are followed: the same few tracks, from a
scan on in which their detections (or one detection, and a silence) are the other way round, each reading
with filters of its own and choosing on its own since. The log of its likelihood against what is held says
when it is the better one; then the two change places.

Source: Reid 1979 (decide later, by the likelihood of all scans since); Blackman 2004, *Multiple hypothesis
tracking for multiple target tracking*, IEEE AES Magazine 19(1).
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from fusion.constants import JUDGED, Chosen
from nodes.tracking.environment import SPACE
from nodes.tracking.scan_likelihood import Weighed
from nodes.tracking.track import Track
from nodes.tracking.tracklet_accumulator import News

UNLIKELY: Final[
    Annotated[
        float,
        Chosen(
            "nats",
            "log likelihood ratio to the assignment in force below which an alternative is given up",
            JUDGED,
        ),
    ]
] = -8.0
BETTER: Final[
    Annotated[
        float,
        Chosen(
            "nats",
            "log likelihood ratio from which an alternative takes its place",
            "equal likelihood: neither is preferred",
        ),
    ]
] = 0.0
LONGEST_NS: Final[Annotated[int, Chosen("ns", "how long alternatives are kept", JUDGED)]] = 40 * 10**9
DOUBTED: Final[
    Annotated[
        float,
        Chosen(
            "nats",
            "log likelihood ratio above which an alternative may be the better one, one time in 150 "
            "or more: infrared tracks are then not reported",
            JUDGED,
        ),
    ]
] = -5.0
ALIKE_CHI2: Final[
    Annotated[float, Chosen("1", "two alternatives whose positions differ by less are one", JUDGED)]
] = 0.05
MOST: Final[Annotated[int, Chosen("1", "alternatives to the same tracks at a time", JUDGED)]] = 4
SWAPPED = (
    "filter",
    "time_ns",
    "environment",
    "last_hit_ns",
    "looks",
    "hits",
    "score",
    "misses",
    "patience",
    "dark",
    "sensors",
    "recent",
    "line",
    "judged",
    "votes",
    "news",
)
"""What of a track depends on which detections it took."""


@dataclass(slots=True, eq=False)
class Other:
    """Another reading of a few tracks."""

    tracks: list[Track]
    """As they are held."""
    branches: list[Track]
    """As they are in this reading."""
    log_weight: float
    since_ns: int
    at: list[int] = field(default_factory=list)
    """Rows of the branches where they were last weighed."""
    rows: dict[int, int] = field(default_factory=dict)
    """By row: the detection it begins with."""
    free: tuple[int, int] | None = None
    """It leaves the first of these to a new candidate where the second is left to one in what is held."""


class Doubts:
    """The other readings of one tracker's tracks."""

    def __init__(self) -> None:
        self.others: list[Other] = []
        self._new: list[Other] = []
        self._fresh: list[Other] = []

    def forget(self, tracks: list[Track]) -> None:
        """Give up readings of tracks that are no more."""
        self.others = [o for o in self.others if all(t in tracks for t in o.tracks)]

    def branch(self, tracks: list[Track], w: Weighed, given: dict[int, int], every: bool) -> list[Other]:
        """New readings, in which two tracks' detections in this scan are the other way round, or those of a
        candidate and of nobody.

        ``given``: by row of ``w`` the detection that it takes. ``every``: two confirmed tracks', too.
        """
        rows = [i for i, t in enumerate(tracks) if t.environment == SPACE and (w.looked[i] or i in given)]
        new = []
        for a in rows:
            for b in rows:
                one, other = given.get(a), given.get(b)
                if b == a or one is None or not np.isfinite(w.fit[b, one]):
                    continue
                if other is not None and (b < a or not np.isfinite(w.fit[a, other])):
                    continue
                if not tracks[a].confirmed and not tracks[b].confirmed and other is None:
                    continue
                if not every and tracks[a].confirmed and tracks[b].confirmed:
                    continue
                change = w.told(a, other) + w.told(b, one) - w.told(a, one) - w.told(b, other)
                if change > UNLIKELY:
                    pair = [tracks[a], tracks[b]]
                    begins = {b: one} if other is None else {a: other, b: one}
                    new.append(Other(pair, [branched(t) for t in pair], change, 0, [a, b], begins))
        self._new = list(new)
        taken = set(given.values())
        for a in rows:
            if a not in given or tracks[a].confirmed:
                continue
            for d in np.flatnonzero(np.isfinite(w.fit[a])).tolist():
                change = w.told(a, d) - w.told(a, given[a])
                if d not in taken and change > UNLIKELY:
                    alone = Other([tracks[a]], [branched(tracks[a])], change, 0, [a], {a: d}, (given[a], d))
                    self._fresh.append(alone)
        return new + self._fresh

    def born(self, born: dict[int, list[Track]], start: Callable[[int], list[Track]], time_ns: int) -> None:
        """Take in the readings that a candidate and a newborn one have each other's detection.

        ``born``: the new candidates by detection; ``start`` makes those of another one.
        """
        for other in self._fresh:
            assert other.free is not None
            mine, its = born.get(other.free[1], []), start(other.free[0])
            if len(mine) == len(its) == 1 and mine[0].environment == its[0].environment == SPACE:
                other.since_ns = time_ns
                other.tracks.append(mine[0])
                other.branches.append(its[0])
                self.others.append(other)
        self._fresh = []

    def read(
        self, tracks: list[Track], w: Weighed, given: dict[int, int], own: Weighed
    ) -> list[tuple[Other, dict[int, int]]]:
        """What each reading held so far makes of this scan: by row of ``own`` the detection it takes.

        ``own`` weighs all branches, in order. A reading may take what its tracks took, and what is nobody's.
        """
        found, first = [], 0
        for other in self.others:
            other.at = list(range(first, first + len(other.branches)))
            first += len(other.branches)
            rows = [tracks.index(t) for t in other.tracks]
            taken = {d for row, d in given.items() if row not in rows and tracks[row].confirmed}
            pool = [d for d in range(own.fit.shape[1]) if d not in taken]
            outcome = _best(own, other.at, pool)
            other.log_weight += sum(own.told(i, outcome.get(i)) for i in other.at)
            other.log_weight -= sum(w.told(i, given.get(i)) for i in rows)
            found.append((other, outcome))
        return found

    def doubted(self) -> set[Track]:
        """Tracks that may well hold another's detections."""
        return {track for o in self.others if o.log_weight > DOUBTED for track in o.tracks}

    def reported(self, tracks: list[Track]) -> None:
        """What these tracks' detections told has been reported."""
        for other in self.others:
            for track, branch in zip(other.tracks, other.branches, strict=True):
                if track in tracks:
                    branch.news = News()

    def settle(self, time_ns: int) -> None:
        """Hold the better reading; give up what is unlikely, old, or no different."""
        new, self._new = self._new, []
        for other in new:
            other.since_ns = time_ns
        self.others = [
            o
            for o in self.others + new
            if o.log_weight > UNLIKELY and time_ns - o.since_ns < LONGEST_NS and not _alike(o)
        ]
        self.others.sort(key=lambda o: -o.log_weight)
        while self.others and self.others[0].log_weight > BETTER:
            self._hold(self.others[0])
            self.others = [o for o in self.others if o.log_weight > UNLIKELY]
            self.others.sort(key=lambda o: -o.log_weight)
        count: Counter[frozenset[Track]] = Counter()
        for other in list(self.others):
            count[frozenset(other.tracks)] += 1
            if count[frozenset(other.tracks)] > MOST:
                self.others.remove(other)
            for track, branch in zip(other.tracks, other.branches, strict=True):
                branch.number = track.number

    def _hold(self, best: Other) -> None:
        """Let a reading and what is held change places."""
        for track, branch in zip(best.tracks, best.branches, strict=True):
            for name in SWAPPED:
                mine, its = getattr(track, name), getattr(branch, name)
                setattr(track, name, its)
                setattr(branch, name, mine)
        gained, best.log_weight = best.log_weight, -best.log_weight
        for other in self.others:
            if other is not best and set(other.tracks) & set(best.tracks):
                # it was told against what was held: of the rest of the tracks it holds that still
                rest = [
                    (t, branched(b))
                    for t, b in zip(best.tracks, best.branches, strict=True)
                    if t not in other.tracks
                ]
                other.log_weight -= gained
                other.tracks = other.tracks + [t for t, _ in rest]
                other.branches = other.branches + [b for _, b in rest]


def branched(track: Track) -> Track:
    """A track that may go another way."""
    other = copy.copy(track)
    other.filter, other.news, other.height = track.filter.copy(), track.news.copy(), copy.copy(track.height)
    other.sensors, other.recent = set(track.sensors), copy.copy(track.recent)
    return other


def _best(w: Weighed, rows: list[int], pool: list[int]) -> dict[int, int]:
    """By row the detection of the ``pool`` that it most likely takes, where it takes one."""
    if not pool:
        return {}
    gain = np.full((len(rows), len(pool) + len(rows)), 0.0)
    for i, row in enumerate(rows):
        silent = w.told(row, None)
        for j, detection in enumerate(pool):
            finite = np.isfinite(w.fit[row, detection])
            gain[i, j] = w.told(row, detection) - silent if finite else -1e6
    chosen = zip(*linear_sum_assignment(-gain), strict=True)
    return {rows[i]: pool[j] for i, j in chosen if j < len(pool)}


def _alike(other: Other) -> bool:
    """Whether a reading has come to the same as what is held."""
    for track, branch in zip(other.tracks, other.branches, strict=True):
        apart = track.filter.x - branch.filter.x
        spread = track.filter.p + branch.filter.p
        if track.time_ns != branch.time_ns or float(apart @ np.linalg.solve(spread, apart)) > ALIKE_CHI2:
            return False
    return True
