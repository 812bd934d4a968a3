"""The SIAP attributes of a picture.

Source: Votruba et al., *Single Integrated Air Picture (SIAP) Metrics Implementation*, 2001, as given in
the documentation of Stone Soup; the letters are theirs. Objects that no sensor of the coalition sees,
and the tracks that still follow them, are left out on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Self

import numpy as np

from fusion.arrays import Bools, Float, Ints
from fusion.score.tables import Assigned, Shown, Truth

# STANAG 1241: what an identity claims. 0 claims nothing; an assumed friend is called a friend, a suspect
# hostile: the assumption is either right or wrong.
_CLAIM = np.array([0, 0, 1, 1, 2, 3, 3])


@dataclass(frozen=True, slots=True)
class Siap:
    """Sums over instants and objects, from which every attribute is a quotient; sums of pictures add up."""

    objects: float = 0.0
    """J: object-instants in view."""
    tracked: float = 0.0
    """JT: those with a track at least."""
    tracks: float = 0.0
    """N: track-instants."""
    assigned: float = 0.0
    """NA: those of some object."""
    error_m: float = 0.0
    """Sum of PA over assigned tracks."""
    error_mps: float = 0.0
    changes: float = 0.0
    """Sum of NU - 1 over tracked objects."""
    tracked_s: float = 0.0
    """Sum of TT."""
    longest_s: float = 0.0
    """Sum of TL."""
    life_s: float = 0.0
    """Sum of T."""
    id_objects: float = 0.0
    """JT among the objects that have an identity to be found."""
    id_unknown: float = 0.0
    id_correct: float = 0.0
    id_wrong: float = 0.0

    def __add__(self, other: Self) -> Self:
        total = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        return type(self)(**total)

    def attributes(self) -> dict[str, float | None]:
        """The attributes by name; None where there was nothing to judge.

        completeness C and longest_track_segment LS (best 1), ambiguity A (best 1), spuriousness S (best
        0), positional and velocity accuracy, rate of track number change R in 1/s, and identification's
        completeness, correctness and ambiguity. Continuity is LS.
        """
        ambiguous = self.id_objects - self.id_unknown - self.id_correct - self.id_wrong
        longest = _quotient(self.longest_s, self.life_s)
        return {
            "completeness": _quotient(self.tracked, self.objects),
            "ambiguity": _quotient(self.assigned, self.tracked),
            "spuriousness": _quotient(self.tracks - self.assigned, self.tracks),
            "continuity": longest,
            "longest_track_segment": longest,
            "rate_of_track_number_change_per_s": _quotient(self.changes, self.tracked_s),
            "positional_accuracy_m": _quotient(self.error_m, self.assigned),
            "velocity_accuracy_mps": _quotient(self.error_mps, self.assigned),
            "id_completeness": _quotient(self.id_objects - self.id_unknown, self.id_objects),
            "id_correctness": _quotient(self.id_correct, self.id_objects),
            "id_ambiguity": _quotient(ambiguous, self.id_objects),
        }


def _quotient(a: float, b: float) -> float | None:
    return a / b if b else None


def siap(truth: Truth, shown: Shown, assigned: Assigned, environment: int | None = None) -> Siap:
    """Sums of one picture, of all environments or of one.

    An object belongs to the environment it is in; a track to that of its object, one of nothing to the
    environment it claims.
    """
    seen = truth.in_view if environment is None else truth.in_view & (truth.environment == environment)
    hit = assigned.object >= 0
    mine = np.zeros(len(hit), np.bool_)
    mine[hit] = seen[shown.instant[hit], assigned.object[hit]]
    of_nothing = ~hit if environment is None else ~hit & (shown.environment == environment)
    k, j = shown.instant[mine], assigned.object[mine]
    tracked = np.zeros(seen.shape, np.bool_)
    tracked[k, j] = True
    return Siap(
        objects=float(seen.sum()),
        tracked=float(tracked.sum()),
        tracks=float(mine.sum() + of_nothing.sum()),
        assigned=float(mine.sum()),
        error_m=float(assigned.error_m[mine].sum()),
        error_mps=float(assigned.error_mps[mine].sum()),
        **_continuity(truth.time_ns, seen, k, j, shown.number[mine]),
        **_identification(truth.identity, k, j, shown.identity[mine]),
    )


def _continuity(time_ns: Ints, seen: Bools, instant: Ints, owner: Ints, number: Ints) -> dict[str, float]:
    """Changes, TT, TL and T, summed over the objects."""
    time_s = (time_ns - time_ns[0]) / 1e9 if len(time_ns) else np.zeros(0)
    sums = dict.fromkeys(("changes", "tracked_s", "longest_s", "life_s"), 0.0)
    for j in np.flatnonzero(seen.any(axis=0)):
        alive = np.flatnonzero(seen[:, j])
        sums["life_s"] += float(time_s[alive[-1]] - time_s[alive[0]])
    for runs in _runs_by_object(instant, owner, number):
        needed, covered_s = _cover(runs, time_s)
        sums["changes"] += needed - 1
        sums["tracked_s"] += covered_s
        held_s: dict[int, float] = {}
        for one, start, end in runs:
            held_s[one] = held_s.get(one, 0.0) + float(time_s[end] - time_s[start])
        sums["longest_s"] += max(held_s.values())
    return sums


def _runs_by_object(instant: Ints, owner: Ints, number: Ints) -> Iterable[list[tuple[int, int, int]]]:
    """For each object its unbroken runs: (track number, first instant, last instant), in order of start."""
    order = np.lexsort((instant, number, owner))
    owner, number, instant = owner[order], number[order], instant[order]
    if not len(owner):
        return
    new = (np.diff(owner) != 0) | (np.diff(number) != 0) | (np.diff(instant) != 1)
    starts = np.concatenate([[0], np.flatnonzero(new) + 1])
    ends = np.concatenate([np.flatnonzero(new), [len(owner) - 1]])
    whose = owner[starts]
    edges = np.concatenate([[0], np.flatnonzero(np.diff(whose)) + 1, [len(whose)]])
    for first, last in pairwise(edges):
        some = slice(first, last)
        runs = zip(number[starts[some]], instant[starts[some]], instant[ends[some]], strict=True)
        yield sorted(((int(n), int(s), int(e)) for n, s, e in runs), key=lambda run: run[1:])


def _cover(runs: list[tuple[int, int, int]], time_s: Float) -> tuple[int, float]:
    """The least number of runs that cover all tracked instants (NU), and the seconds covered (TT).

    From each instant not yet covered, the run that reaches furthest: for intervals that is optimal.
    """
    needed, reached, furthest, i = 0, -1, -1, 0
    while i < len(runs):
        first = max(runs[i][1], reached + 1)
        while i < len(runs) and runs[i][1] <= first:
            furthest = max(furthest, runs[i][2])
            i += 1
        if furthest > reached:
            needed, reached = needed + 1, furthest
    covered_s, until = 0.0, -1
    for _, start, end in runs:
        if end > until:
            covered_s += float(time_s[end] - time_s[max(start, until)])
            until = end
    return needed, covered_s


def _identification(identity: Ints, instant: Ints, owner: Ints, claimed: Ints) -> dict[str, float]:
    """How many tracked object-instants are unknown, right and wrong in identity.

    Unknown: no track of the object claims anything. Right or wrong: all its tracks claim, and all are right
    or all wrong. The rest are ambiguous.
    """
    wanted = _CLAIM[identity[instant, owner]]
    claim = _CLAIM[claimed]
    known = wanted > 0
    cell = instant[known] * identity.shape[1] + owner[known]
    cells, place = np.unique(cell, return_inverse=True)
    n = np.bincount(place, minlength=len(cells))
    silent = np.bincount(place, weights=claim[known] == 0, minlength=len(cells))
    right = np.bincount(place, weights=claim[known] == wanted[known], minlength=len(cells))
    return {
        "id_objects": float(len(cells)),
        "id_unknown": float((silent == n).sum()),
        "id_correct": float((right == n).sum()),
        "id_wrong": float(((right == 0) & (silent == 0)).sum()),
    }


def commonality(numbers: list[Ints], in_view: Bools, taking_part: list[Bools]) -> float | None:
    """Share of shown objects that every participant shows, with the same track number.

    ``numbers`` holds for each participant (k, m) the number of each object's primary track, 0 = none;
    ``taking_part`` (k,) when that participant had a picture at all. Instants with fewer than two
    participants say nothing; an object that nobody shows counts in completeness, not here. None where
    there is nothing to judge.
    """
    stack, present = np.stack(numbers), np.stack(taking_part)[:, :, None]
    highest = np.where(present, stack, 0).max(axis=0)
    same = (np.where(present, stack, highest) == highest).all(axis=0)
    judged = in_view & (highest > 0) & (present.sum(axis=0) >= 2)
    return float((same & judged).sum() / judged.sum()) if judged.any() else None
