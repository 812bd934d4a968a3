"""How well one picture knew what was under water: contacts held, how long, how well, under how many numbers.

Tracks under water and vessels, under water and on it, are paired one to one at every instant, as in
`fusion.score.assignment`, but that a track is one of a vessel not only within the gate: also where the vessel
lies within the area that the track says it is in with 99 %. A wedge is as long as its sensor hears, and its
middle is nowhere in particular. A track of a ship on the water counts neither for nor against anybody; one
that neither a gate nor an area explains is of nothing.

A contact counts from the coalition's first contact with it, while the coalition sees it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, NamedTuple

import numpy as np

from fusion.arrays import Bools, Float, Ints
from fusion.constants import SCORED, Chosen
from fusion.contract import SUBSURFACE, SURFACE
from fusion.score.assignment import HELD_COST, optimal_pairs
from fusion.score.tables import Truth
from fusion.update.region import FIX_M, MOST, Region

HELD_SHARE: Final[
    Annotated[
        float, Chosen("1", "a track may be of a vessel within the area that holds so much of it", SCORED)
    ]
] = 0.99


class Contact(NamedTuple):
    """One track under water at an instant."""

    number: int
    position_m: Float
    """(3,) ECEF, carried to the instant."""
    moved_m: Float
    """(3,) from where its area was told to be."""
    region: Region


class Held(NamedTuple):
    """What one picture knew of one contact at one instant."""

    instant: int
    number: int
    error_m: float
    inside: bool
    """Within its own 95 %."""
    half_length_m: float
    area_m2: float


@dataclass(slots=True)
class Course:
    """What one picture showed under water, instant by instant."""

    held: dict[int, list[Held]] = field(default_factory=dict)
    """By column of the truth."""
    tracks: int = 0
    """Track-instants, but those of ships on the water."""
    redundant: int = 0
    """Those of a contact that another track stands for."""
    nothing: int = 0
    """Those of nothing."""
    _before: dict[int, int] = field(default_factory=dict)
    """By number: the object it was of at the instant before."""

    def take(self, truth: Truth, k: int, seen: Bools, contacts: Sequence[Contact]) -> None:
        """One instant; ``seen`` (m,) are the vessels that the coalition sees."""
        vessels = np.isin(truth.environment[k], (SUBSURFACE, SURFACE)) & np.isfinite(truth.state[k, :, 0])
        objects = np.flatnonzero(vessels)
        cost = self._cost(truth, k, objects, contacts)
        pair = optimal_pairs(cost)
        self._before = {}
        for i, one in enumerate(contacts):
            j = int(objects[pair[i]]) if pair[i] >= 0 else -1
            if j >= 0:
                self._before[one.number] = j
            spare = int(objects[np.argmin(cost[i])]) if j < 0 and len(objects) and cost[i].min() < 1.0 else -1
            of = max(j, spare)
            if of >= 0 and (truth.environment[k, of] != SUBSURFACE or not seen[of]):
                continue
            self.tracks += 1
            self.redundant += j < 0 <= spare
            self.nothing += of < 0
            if j >= 0:
                self.held.setdefault(j, []).append(_held(truth.state[k, j, :3], k, one))

    def _cost(self, truth: Truth, k: int, objects: Ints, contacts: Sequence[Contact]) -> Float:
        """(n, m): 1 where the two cannot be one."""
        cost, gate_m = np.ones((len(contacts), len(objects))), truth.gate_m[k]
        for i, one in enumerate(contacts):
            for c, j in enumerate(objects.tolist()):
                place = truth.state[k, j, :3]
                near = float(np.linalg.norm(one.position_m - place)) / float(gate_m[j])
                rank = one.region.rank(place - one.moved_m) / HELD_SHARE
                least = min(near * near, rank)
                if least < 1.0:
                    cost[i, c] = least * (HELD_COST if self._before.get(one.number) == j else 1.0)
        return cost


def _held(place_m: Float, k: int, one: Contact) -> Held:
    return Held(
        k,
        one.number,
        float(np.linalg.norm(one.position_m - place_m)),
        one.region.rank(place_m - one.moved_m) <= MOST,
        one.region.half_length_m,
        one.region.area_m2(MOST),
    )


def figures(truth: Truth, in_view: Bools, courses: dict[str, Course]) -> dict[str, Any]:
    """By view, and by contact and view; ``in_view`` (k, m) is where the coalition sees what is there.

    Times are seconds after the first contact of any view; None where it never was.
    """
    under = np.flatnonzero(((truth.environment == SUBSURFACE) & in_view).any(axis=0)).tolist()
    first = {
        j: min(course.held[j][0].instant for course in courses.values() if course.held.get(j))
        for j in under
        if any(course.held.get(j) for course in courses.values())
    }
    contacts = {
        truth.object_id[j]: {
            name: _of_contact(truth, in_view[:, j], first.get(j), course.held.get(j, []))
            for name, course in courses.items()
        }
        for j in under
    }
    views = {
        name: _of_view(course, {j: in_view[first[j] :, j].sum() for j in first}, len(under))
        for name, course in courses.items()
    }
    return {"fix_m": FIX_M, "contacts": contacts, "views": views}


def _of_contact(truth: Truth, seen: Bools, first: int | None, held: list[Held]) -> dict[str, Any]:
    def since_s(instants: list[int]) -> float | None:
        if first is None or not instants:
            return None
        return float((truth.time_ns[instants[0]] - truth.time_ns[first]) * 1e-9)

    fixes = [one.instant for one in held if max(one.error_m, one.half_length_m) <= FIX_M]
    known = 0 if first is None else int(seen[first:].sum())
    return {
        "first_held_s": since_s([one.instant for one in held]),
        "first_fix_s": since_s(fixes),
        "held": len(held) / known if known else None,
        **_errors([held]),
    }


def _of_view(course: Course, known: dict[int, int], objects: int) -> dict[str, Any]:
    held = list(course.held.values())
    total = sum(known.values())
    return {
        "objects": objects,
        "contacts": len(held),
        "held": sum(map(len, held)) / total if total else None,
        **_errors(held),
        "tracks_each": 1.0 + course.redundant / max(1, sum(map(len, held))) if held else None,
        "spurious": course.nothing / course.tracks if course.tracks else None,
    }


def _errors(held: list[list[Held]]) -> dict[str, Any]:
    """Over these contacts: how far off, how true, how well known, and under how many numbers."""
    every = [one for contact in held for one in contact]
    if not every:
        return dict.fromkeys(("rmse_m", "containment_95", "area_km2", "numbers", "one_number"))
    counts = [Counter(one.number for one in contact) for contact in held if contact]
    return {
        "rmse_m": float(np.sqrt(np.mean([one.error_m**2 for one in every]))),
        "containment_95": float(np.mean([one.inside for one in every])),
        "area_km2": float(np.median([one.area_m2 for one in every])) * 1e-6,
        "numbers": sum(map(len, counts)) / len(counts),
        "one_number": sum(max(count.values()) for count in counts) / len(every),
    }
