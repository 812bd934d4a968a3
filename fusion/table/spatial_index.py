"""Where to look: the live tracks by cells of space, so that a search costs by neighbours, not by tracks.

Targets that are only heard are not among them: their wedges would take in whatever comes by.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from fusion.arrays import Float, Ints
from fusion.constants import JUDGED, Chosen, constants
from fusion.kernel import kernel
from fusion.table.arrays import Arrays


@constants
class Grid(NamedTuple):
    """The cells. They decide what a search costs, not what it finds."""

    cell_m: Annotated[float, Chosen("m", "edge of a cell", "least time of benchmarks/fold.py; judged")] = (
        25_000.0
    )
    old_s: Annotated[float, Chosen("s", "a track unseen for longer is looked at in every search", JUDGED)] = (
        20.0
    )


GRID = Grid()
NARROW_M2 = GRID.cell_m * GRID.cell_m / 264.0
"""A position variance so small that a gate of chi-square 33 over two such reaches the next cell at most."""


class Cells(NamedTuple):
    """Live tracks at their positions carried straight to one moment, chained by hashed cell."""

    position: Float
    """(n, 3) ECEF m."""
    head: Ints
    following: Ints
    wide: Ints
    """Rows of the tracks too uncertain, or too long unseen, to be looked for in cells."""
    wide_count: int


@kernel
def spread2(packed: Float) -> float:
    """Trace of the position block of a packed covariance (21,), m²."""
    return float(packed[0] + packed[2] + packed[5])


@kernel
def _bucket(i: int, j: int, k: int, mask: int) -> int:
    return ((i * 73856093) ^ (j * 19349663) ^ (k * 83492791)) & mask


@kernel
def index_cells(a: Arrays, time_ns: int) -> Cells:
    """Index the live tracks at ``time_ns``."""
    n = a.counters[0].rows
    size = 64
    while size < 2 * n:
        size *= 2
    position = np.empty((n, 3))
    head, following = np.full(size, -1), np.empty(n, np.int64)
    wide = np.empty(n, np.int64)
    wide_count = 0
    for row in range(n):
        if a.numbers[row] == 0 or a.tracks[row].heard == 1:
            continue
        track = a.tracks[row]
        dt = (time_ns - track.time_ns) * 1e-9
        for i in range(3):
            position[row, i] = track.state[i] + dt * track.state[i + 3]
        drift2 = dt * dt * (track.covariance[9] + track.covariance[14] + track.covariance[20])
        if spread2(track.covariance) + drift2 > NARROW_M2 or dt > GRID.old_s:
            wide[wide_count] = row
            wide_count += 1
            continue
        bucket = _bucket(
            int(np.floor(position[row, 0] / GRID.cell_m)),
            int(np.floor(position[row, 1] / GRID.cell_m)),
            int(np.floor(position[row, 2] / GRID.cell_m)),
            size - 1,
        )
        following[row] = head[bucket]
        head[bucket] = row
    return Cells(position, head, following, wide, wide_count)


@kernel
def near_tracks(a: Arrays, cells: Cells, x: float, y: float, z: float, variance_m2: float, near: Ints) -> int:
    """Rows of the live tracks that may lie in reach of a position with that variance, each once.

    Into ``near`` (room for every row); returns how many.
    """
    found = 0
    if variance_m2 > NARROW_M2:
        for row in range(a.counters[0].rows):
            if a.numbers[row] != 0 and a.tracks[row].heard == 0:
                near[found] = row
                found += 1
        return found
    for w in range(cells.wide_count):
        near[found] = cells.wide[w]
        found += 1
    mask = len(cells.head) - 1
    visited, visits = np.empty(27, np.int64), 0
    cell = np.empty((3, 3), np.int64)
    for d in range(3):
        cell[d, 0] = np.floor((x + (d - 1) * GRID.cell_m) / GRID.cell_m)
        cell[d, 1] = np.floor((y + (d - 1) * GRID.cell_m) / GRID.cell_m)
        cell[d, 2] = np.floor((z + (d - 1) * GRID.cell_m) / GRID.cell_m)
    for step in range(27):
        bucket = _bucket(cell[step % 3, 0], cell[(step // 3) % 3, 1], cell[step // 9, 2], mask)
        row = cells.head[bucket]
        if row < 0:
            continue
        again = False
        for before in range(visits):
            again = again or visited[before] == bucket
        if again:
            continue
        visited[visits] = bucket
        visits += 1
        while row >= 0:
            near[found] = row
            found += 1
            row = cells.following[row]
    return found
