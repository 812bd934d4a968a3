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

import numpy as np

from fusion.warning.areas import Nations, Ring, ring

PACKAGE = "pyworldatlas_mapdata_standard"

# ISO 3166-1 alpha-3 to alpha-2, with the territories whose people a member has to warn
_PARTS = {
    "AUS": ("AU", "CC", "CX", "NF"),
    "CAN": ("CA",),
    "CHN": ("CN", "HK", "MO"),
    "DEU": ("DE",),
    "FRA": ("FR", "NC", "PF", "WF"),
    "GBR": ("GB", "IO", "PN"),
    "IDN": ("ID",),
    "IND": ("IN",),
    "ITA": ("IT",),
    "JPN": ("JP",),
    "KOR": ("KR",),
    "MYS": ("MY",),
    "NLD": ("NL",),
    "NOR": ("NO",),
    "NZL": ("NZ", "CK", "NU", "TK"),
    "PHL": ("PH",),
    "PRK": ("KP",),
    "RUS": ("RU",),
    "SGP": ("SG",),
    "THA": ("TH",),
    "USA": ("US", "GU", "MP", "AS", "PR", "VI", "UM"),
    "VNM": ("VN",),
}


@lru_cache(maxsize=8)
def nations(members: tuple[str, ...]) -> Nations:
    """Outlines of nations by ISO 3166-1 alpha-3; the package has none of some, which are then unmapped."""
    outlines = {member: _rings(_PARTS.get(member, ())) for member in members}
    return Nations(
        {member: rings for member, rings in outlines.items() if rings},
        unmapped=[member for member, rings in outlines.items() if not rings],
    )


def _rings(codes: Iterable[str]) -> list[Ring]:
    found: list[Ring] = []
    with as_file(files(PACKAGE) / "data" / "maps.sqlite3") as path:
        database = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        try:
            for code in codes:
                row = database.execute("SELECT payload FROM country_map WHERE alpha2 = ?", (code,)).fetchone()
                if row is not None:
                    for line in json.loads(zlib.decompress(row[0]))["boundary"]:
                        points = np.array(line)
                        found.append(ring(points[:, 1], points[:, 0]))
        finally:
            database.close()
    return found
