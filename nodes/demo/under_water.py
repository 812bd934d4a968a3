"""What is under water, in words: contacts whose place is not known, and where lost ones may be."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fusion.update.picture_table import PictureTable
from fusion.update.region import MOST, fixes, region_of
from nodes.demo.picture_comparison import printable
from nodes.wording import count, together, track_name
from triwatch.v1 import picture_pb2


@dataclass(frozen=True, slots=True)
class ContactView:
    """A contact under water that is known by an area, not by a place."""

    track: int
    area_m2: float
    """Of the smallest area that holds it with a probability of 0.95."""
    bearings: tuple[tuple[str, float], ...]
    """Who hears it on which bearing, degrees; none where a node tells it by other means."""


@dataclass(frozen=True, slots=True)
class SearchView:
    """A contact under water that nobody hears, and how well it is known where it may be."""

    track: int
    """The number that it had; 0 for an area."""
    area: str
    """Who declared the area, and under which number; empty for a contact that was lost."""
    region_m2: float
    """Of the smallest region that holds it with a probability of 0.9."""
    exists: float
    """Probability that there is one."""
    looks: int


def contacts(table: PictureTable) -> Iterator[ContactView]:
    """Those of a picture whose place is not known, by number."""
    rows = table.rows[~fixes(table.rows)]
    for row in rows[np.argsort(rows["number"])]:
        heard = table.heard.get(int(row["number"]))
        where = region_of(row["state"], row["covariance"], heard)
        if where is not None:
            lines = heard.line if heard is not None else ()
            bearings = ((printable(one.node_id), math.degrees(one.bearing) % 360.0) for one in lines)
            yield ContactView(int(row["number"]), where.area_m2(MOST), tuple(bearings))


def searches(table: PictureTable) -> Iterator[SearchView]:
    """What a picture tells of searches, in the order in which they began."""
    return (_search(one) for one in table.search.map)


def _search(one: picture_pb2.SearchMap) -> SearchView:
    area = f"{printable(one.node_id)}/{one.area}" if one.area else ""
    return SearchView(one.track, area, one.region_m2, one.exists, one.looks)


def whereabouts(one: ContactView) -> str:
    """As in "T1000-7 is within 480 km², heard on 012° from KOR-1 and 095° from JPN-2"."""
    said = together([f"{round(deg) % 360:03d}° from {node}" for node, deg in one.bearings])
    return f"{track_name(one.track)} is within {area(one.area_m2)}" + (f", heard on {said}" if said else "")


def searched(one: SearchView) -> str:
    """As in "T1000-7 is searched for: 90 % within 24 km², 475 looks heard nothing"."""
    what = f"{track_name(one.track)} is searched for" if one.track else f"area {one.area} is searched"
    there = "" if one.track else f"something is there {one.exists:.0%}, "
    return f"{what}: {there}90 % within {area(one.region_m2)}, {count(one.looks, 'look')} heard nothing"


def area(m2: float) -> str:
    """As in "3.4 km²", "480 km²"."""
    return f"{m2 * 1e-6:.1f} km²" if m2 < 9.95e6 else f"{m2 * 1e-6:,.0f} km²"
