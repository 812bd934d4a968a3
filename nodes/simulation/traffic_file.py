"""A file of recorded traffic: its rows, each at a time of the scenario and a place on the Earth.

The format is CSV (RFC 4180) in UTF-8 or UTF-16, with or without a byte-order mark. All times of a file are
of one kind: seconds from the recording's start, Unix seconds, or ISO 8601 with a zone. The last two are
moments, so they are counted from the scenario's start. A row at a time that no exercise has is left out.
"""

from __future__ import annotations

import codecs
import csv
import math
from array import array
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, NamedTuple, TextIO

import numpy as np
from numpy.typing import NDArray

from fusion.constants import OPERATION, Chosen
from fusion.physics.geodesy import Float
from nodes.errors import BadInput
from nodes.simulation.spec import LONGEST_S

COLUMNS = ("time_s", "object_id", "lat_deg", "lon_deg", "alt_m")
ROWS_MAX: Final[Annotated[int, Chosen("1", "rows of a file at most", OPERATION)]] = 2_000_000
OBJECTS_MAX: Final[Annotated[int, Chosen("1", "objects of a file at most", OPERATION)]] = 10_000
ID_CHARACTERS_MAX: Final[Annotated[int, Chosen("1", "letters of an object's name", OPERATION)]] = 64
UNIX_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "A file whose times are mostly later than this many seconds (1973, if Unix seconds) tells "
            "Unix seconds",
            OPERATION,
        ),
    ]
] = 1e8
EARLIEST_S, LATEST_S = -LONGEST_S, 2.0 * LONGEST_S
"""Scenario times that matter: of an exercise of any length, and a day on either side for its paths."""
_LOWEST_M, _HIGHEST_M = -12_000.0, 1e8


class Rows(NamedTuple):
    """The k rows that are used, in the order of the file."""

    object_id: tuple[str, ...]
    """The objects, in the order in which they first come."""
    owner: NDArray[np.int64]
    """(k,) which of ``object_id`` a row is of."""
    line: NDArray[np.int64]
    """(k,) where it stands in the file, from 1."""
    table: Float
    """(k, 4) scenario time s, latitude deg, longitude deg, height m."""
    total: int
    """Rows in the file."""
    astray: str
    """In words, the rows that were left out since no exercise has their time; empty where there is none."""


def read_rows(file: Path, scenario_start_ns: int, start_s: float) -> Rows:
    """The rows of ``file`` with ``start_s`` added to their times. Raises BadInput, naming the line."""
    objects: dict[str, int] = {}
    owner, line, values = array("q"), array("q"), array("d")
    dated: bool | None = None
    try:
        with file.open(encoding=_encoding(file), newline="") as lines:
            records = _records(lines, file)
            _, header = next(records, (1, []))
            if tuple(header) != COLUMNS:
                found = f", got {','.join(header)[:80]}" if header else ""
                raise BadInput(f"file: {file}: line 1: expected the columns {','.join(COLUMNS)}{found}")
            for number, cells in records:
                where = f"file: {file}: line {number}"
                if len(cells) != len(COLUMNS):
                    raise BadInput(
                        f"{where}: expected {len(COLUMNS)} cells, got {len(cells)}; "
                        "write numbers with a decimal point and separate cells with commas"
                    )
                if len(line) == ROWS_MAX:
                    raise BadInput(f"{where}: more than {ROWS_MAX:,} rows; split the file")
                dated = _is_dated(cells[0]) if dated is None else dated
                values.extend((_time_s(cells[0], dated, where), *_place(cells, where)))
                if cells[1] not in objects and len(objects) == OBJECTS_MAX:
                    raise BadInput(f"{where}: more than {OBJECTS_MAX:,} objects; split the file")
                owner.append(objects.setdefault(_name(cells[1], where), len(objects)))
                line.append(number)
    except (OSError, UnicodeError) as error:
        raise BadInput(f"file: {file}: cannot be read as text in UTF-8: {error}") from None
    if not line:
        raise BadInput(f"file: {file}: holds no row; leave the object out, or give a file with its positions")
    table = np.array(values).reshape(-1, 4)
    moments = bool(dated) or float(np.median(table[:, 0])) > UNIX_S
    told_s = table[:, 0].copy()
    table[:, 0] += start_s - (scenario_start_ns / 1e9 if moments else 0.0)
    timely = (table[:, 0] >= EARLIEST_S) & (table[:, 0] <= LATEST_S)
    if not timely.any():
        raise BadInput(f"file: {file}: {_never(table[:, 0], moments, start_s)}")
    at = np.array(line)
    return Rows(
        tuple(objects),
        np.array(owner)[timely],
        at[timely],
        table[timely],
        len(table),
        _astray(told_s[~timely], at[~timely]),
    )


def _records(lines: TextIO, file: Path) -> Iterator[tuple[int, list[str]]]:
    """Number of the line and cells of every record, blank lines left out."""
    reader = csv.reader(lines, strict=True)
    try:
        yield from ((reader.line_num, cells) for cells in reader if cells)
    except csv.Error as error:
        raise BadInput(f"file: {file}: line {reader.line_num}: not valid CSV: {error}") from None


def _encoding(file: Path) -> str:
    """As the byte-order mark says; UTF-8 where there is none."""
    with file.open("rb") as opened:
        head = opened.read(2)
    return "utf-16" if head in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def _is_dated(cell: str) -> bool:
    """Whether a file tells its times as dates: its first row says."""
    try:
        float(cell)
    except ValueError:
        return True
    return False


def _time_s(cell: str, dated: bool, where: str) -> float:
    """Seconds, as the file counts them: from its start, or since 1970."""
    if not dated:
        return _number(cell, where)
    try:
        moment = datetime.fromisoformat(cell.strip())
    except ValueError:
        raise BadInput(f"{where}: expected a number of seconds, or a date and time, got {cell!r}") from None
    if moment.tzinfo is None:
        raise BadInput(f"{where}: the time has no zone; write {cell.strip()}Z or an offset such as +09:00")
    return moment.timestamp()


def _place(cells: list[str], where: str) -> tuple[float, float, float]:
    """Latitude deg, longitude deg, height m of one row."""
    lat, lon, alt = (_number(cell, where) for cell in cells[2:])
    if abs(lat) > 90.0 or abs(lon) > 360.0 or not _LOWEST_M <= alt <= _HIGHEST_M:
        raise BadInput(f"{where}: expected a place on the Earth, got {lat:g}, {lon:g} deg, {alt:g} m")
    return lat, lon, alt


def _number(cell: str, where: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        raise BadInput(f"{where}: expected a number, got {cell!r}") from None
    if not math.isfinite(value):
        raise BadInput(f"{where}: expected a finite number, got {cell!r}")
    return value


def _name(cell: str, where: str) -> str:
    if not 0 < len(cell) <= ID_CHARACTERS_MAX or not cell.isprintable():
        raise BadInput(f"{where}: expected an object_id of 1 to {ID_CHARACTERS_MAX} characters, got {cell!r}")
    return cell


def _astray(time_s: Float, line: NDArray[np.int64]) -> str:
    """Which rows were left out for their time, and where the first is; "" for none."""
    if not len(line):
        return ""
    return f"{len(line)} at a time that no exercise has, the first in line {line[0]} at {time_s[0]:.0f} s"


def _never(time_s: Float, moments: bool, start_s: float) -> str:
    """No row can be used: why, and what to write."""
    first_s, last_s = float(time_s.min()), float(time_s.max())
    if not moments:
        return (
            f"its times, {first_s:g} to {last_s:g} s from the scenario's start, are of no exercise; mend them"
        )
    return (
        f"its rows lie between {_days(first_s)} and {_days(last_s)} the scenario's start; "
        f"move them to it with start_s = {start_s - first_s:.1f}"
    )


def _days(time_s: float) -> str:
    return f"{abs(time_s) / 86_400.0:,.1f} days {'before' if time_s < 0.0 else 'after'}"
