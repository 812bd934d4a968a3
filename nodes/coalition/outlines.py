"""Country outlines from the data package `pyworldatlas-mapdata-standard` (CC0): Natural Earth 1:10m.

The package is one SQLite file; a row is a country by ISO 3166-1 alpha-2, its payload zlib-compressed
JSON whose `boundary` is a list of rings of [longitude, latitude].
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import as_file, files
from typing import Any

import numpy as np
from iso3166 import countries_by_alpha3

from fusion.warning.areas import Nations, Ring, ring

PACKAGE = "pyworldatlas_mapdata_standard"

# territories, ISO 3166-1 alpha-2, whose people a member has to warn beside its own
_TERRITORIES = {
    "AUS": ("CC", "CX", "NF"),
    "CHN": ("HK", "MO"),
    "FRA": ("NC", "PF", "WF"),
    "GBR": ("IO", "PN"),
    "NZL": ("CK", "NU", "TK"),
    "USA": ("GU", "MP", "AS", "PR", "VI", "UM"),
}


@lru_cache(maxsize=8)
def nations(members: tuple[str, ...]) -> Nations:
    """Outlines of nations by ISO 3166-1 alpha-3; the package has none of some, which are then unmapped."""
    outlines = {member: _rings(_parts(member)) for member in members}
    return Nations(
        {member: rings for member, rings in outlines.items() if rings},
        unmapped=[member for member, rings in outlines.items() if not rings],
    )


@lru_cache(maxsize=256)
def country_name(member: str) -> str:
    """As in "South Korea" for KOR; the code itself where no country has it."""
    for code in _parts(member)[:1]:
        for (name,) in _query("SELECT name FROM country_map WHERE alpha2 = ?", code):
            return str(name)
    return member


def _parts(member: str) -> tuple[str, ...]:
    country = countries_by_alpha3.get(member)
    return (country.alpha2, *_TERRITORIES.get(member, ())) if country else ()


def _rings(codes: Iterable[str]) -> list[Ring]:
    found: list[Ring] = []
    for code in codes:
        for (payload,) in _query("SELECT payload FROM country_map WHERE alpha2 = ?", code):
            for line in json.loads(zlib.decompress(payload))["boundary"]:
                points = np.array(line)
                found.append(ring(points[:, 1], points[:, 0]))
    return found


def _query(statement: str, code: str) -> list[tuple[Any, ...]]:
    with as_file(files(PACKAGE) / "data" / "maps.sqlite3") as path:
        database = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        try:
            return database.execute(statement, (code,)).fetchall()
        finally:
            database.close()
