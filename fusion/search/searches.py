"""All maps of a picture, as steps of time go by: a value that is never changed but replaced.

What is listened is gathered for a step and counts at its middle, where the maps are carried to. So what they
come to does not depend on how many reports the looks came in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, NamedTuple

import numpy as np

from fusion.arrays import Bools
from fusion.constants import JUDGED, OPERATION, Chosen, constants
from fusion.report.reported_looks import ReportedAreas, ReportedLooks
from fusion.search import search_map
from fusion.search.search_map import Name, SearchMap


@constants
class Rules(NamedTuple):
    """When maps move and end."""

    step_s: Annotated[int, Chosen("s", "looks of so long count together, at its middle", JUDGED)] = 60
    idle_s: Annotated[float, Chosen("s", "a map ends when nobody listened for so long", JUDGED)] = 3600.0
    outside: Annotated[
        float, Chosen("1", "and when its contact has left it more probably than this", JUDGED)
    ] = 0.5
    most: Annotated[int, Chosen("1", "maps at most; of more the oldest ends", OPERATION)] = 8


RULES = Rules()
_NS = 1_000_000_000
_STEP_NS = RULES.step_s * _NS


@dataclass(frozen=True, slots=True)
class Searches:
    """What is searched."""

    heard_ns: int = 0
    """When somebody first told where it listened; 0: nobody did, and nothing is searched."""
    step: int = 0
    """The step that is gathered."""
    maps: tuple[SearchMap, ...] = ()
    """In the order in which they began."""
    pending: tuple[ReportedLooks, ...] = ()
    """Of the step that is gathered, in the order of their reports."""
    held: tuple[tuple[Name, int], ...] = ()
    """Maps of which a track may be the contact, and until when their looks do not count."""

    def content(self) -> bytes:
        """What the picture's digest covers."""
        whole = np.array((self.heard_ns, self.step, len(self.maps)), ">i8").tobytes()
        looks = b"".join(
            np.asarray(column, ">f8" if column.dtype == np.float64 else ">i8").tobytes()
            for one in self.pending
            for column in one
        )
        held = ";".join(f"{n.track}/{n.node_id}/{n.area}/{until_ns}" for n, until_ns in self.held).encode()
        return whole + looks + held + b"".join(one.content() for one in self.maps)


def step_of(time_ns: int) -> int:
    """Number of the step that a time lies in."""
    return time_ns // _STEP_NS


def gathered(known: Searches, looks: ReportedLooks) -> Searches:
    """With looks of the step that is gathered."""
    first = int(looks.time_ns[0])
    return replace(known, heard_ns=known.heard_ns or first, pending=(*known.pending, looks))


def begun(known: Searches, one: SearchMap) -> Searches:
    """With one more map; one of the same name ends."""
    others = [other for other in known.maps if other.name != one.name]
    return replace(known, maps=(*others, one)[-RULES.most :])


def ended(known: Searches, name: Name) -> Searches:
    """Without a map."""
    return replace(
        known,
        maps=tuple(one for one in known.maps if one.name != name),
        held=tuple(one for one in known.held if one[0] != name),
    )


def with_areas(known: Searches, node_id: str, areas: ReportedAreas) -> Searches:
    """With the areas that a node declares."""
    for k in range(len(areas.number)):
        number, time_ns, until_ns = int(areas.number[k]), int(areas.time_ns[k]), int(areas.until_ns[k])
        one = search_map.area(
            node_id, number, time_ns, until_ns, areas.centre[k], areas.half_m[k], float(areas.prior[k])
        )
        known = replace(begun(known, one), heard_ns=known.heard_ns or time_ns)
    return known


def withheld(known: Searches, name: Name, until_ns: int) -> Searches:
    """With looks that do not count for a map: a track that is heard may be its contact."""
    others = tuple(one for one in known.held if one[0] != name)
    return replace(known, held=(*others, (name, until_ns)))


def brought_to(known: Searches, time_ns: int) -> Searches:
    """As time has come to ``time_ns``: the steps before it are over."""
    step = step_of(time_ns)
    if step == known.step:
        return known
    maps = []
    for one in known.maps:
        looked = _searched(one, known) if known.step else one
        now = _waited(looked, step)
        if now is not None and not (now.until_ns and time_ns > now.until_ns):
            maps.append(now)
    names = {one.name for one in maps}
    held = tuple(one for one in known.held if one[0] in names and one[1] > time_ns)
    return replace(known, step=step, maps=tuple(maps), pending=(), held=held)


def _searched(one: SearchMap, known: Searches) -> SearchMap:
    """A map after the step that was gathered."""
    middle_ns = known.step * _STEP_NS + _STEP_NS // 2
    one = _carried_to(one, middle_ns)
    if dict(known.held).get(one.name, 0) > middle_ns:
        return one
    looks = _since(known.pending, one.since_ns)
    return one if looks is None else search_map.unheard(one, looks)


def _since(pending: tuple[ReportedLooks, ...], since_ns: int) -> ReportedLooks | None:
    """The looks at or after a time as one; None where there are none."""
    picked = []
    for looks in pending:
        after: Bools = looks.time_ns >= since_ns
        if after.any():
            picked.append(looks if after.all() else looks.rows(after))
    if not picked:
        return None
    if len(picked) == 1:
        return picked[0]
    columns = [np.concatenate([getattr(one, name) for one in picked]) for name in ReportedLooks._fields]
    return ReportedLooks(*columns)


def _waited(one: SearchMap, step: int) -> SearchMap | None:
    """A map through the steps without looks up to the one before ``step``; None where it ends."""
    last_ns = (step - 1) * _STEP_NS + _STEP_NS // 2
    if last_ns - one.looked_ns > RULES.idle_s * _NS:
        return None
    one = _carried_to(one, last_ns)
    return one if one.outside <= RULES.outside else None


def _carried_to(one: SearchMap, time_ns: int) -> SearchMap:
    while one.time_ns < time_ns:
        dt_ns = min(time_ns - one.time_ns, _STEP_NS)
        one = search_map.carried(one, dt_ns * 1e-9)
    return one
