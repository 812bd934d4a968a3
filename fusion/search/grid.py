"""A square of cells level at a place, and masses moved over it without losing any but past the edge.

Rows run from south to north, columns from west to east. The plane is level over WGS-84 at the centre; at
50 km it is half a metre off in distance, which is of no account for what is heard.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion.arrays import Float
from fusion.physics.height import near_height_m


@dataclass(frozen=True, slots=True)
class Grid:
    """n x n cells."""

    centre: Float
    """(3,) ECEF m."""
    axes: Float
    """(3, 3) rows: east, north, up in ECEF."""
    cell_m: float
    n: int

    @staticmethod
    def about(centre: Float, half_m: float, n: int) -> Grid:
        """A square that reaches ``half_m`` to each side of a place (3,)."""
        return Grid(centre, level_axes(centre), 2.0 * half_m / n, n)

    def middles(self) -> Float:
        """(n,) of the columns, east of the centre, and of the rows, north of it."""
        return np.asarray((np.arange(self.n) - 0.5 * (self.n - 1)) * self.cell_m, np.float64)

    def level(self, position: Float) -> tuple[float, float]:
        """East and north of the centre, m, of a place (3,) ECEF."""
        d = position - self.centre
        east = d[0] * self.axes[0, 0] + d[1] * self.axes[0, 1] + d[2] * self.axes[0, 2]
        north = d[0] * self.axes[1, 0] + d[1] * self.axes[1, 1] + d[2] * self.axes[1, 2]
        return float(east), float(north)


def level_axes(place: Float) -> Float:
    """(3, 3) east, north and up at a place (3,) ECEF, by + - x / and square root."""
    up = np.empty(3)
    near_height_m(np.ascontiguousarray(place, np.float64), up)
    x, y = float(place[0]), float(place[1])
    away = float(np.sqrt(x * x + y * y))
    east = np.array([-y / away, x / away, 0.0]) if away > 1.0 else np.array([0.0, 1.0, 0.0])
    north = np.array(
        [
            up[1] * east[2] - up[2] * east[1],
            up[2] * east[0] - up[0] * east[2],
            up[0] * east[1] - up[1] * east[0],
        ]
    )
    return np.stack([east, north, up])


def rolled(mass: Float, east: int, north: int) -> Float:
    """A mass (n, n) moved by whole cells; what passes the edge is gone."""
    n = len(mass)
    out = np.zeros_like(mass)
    if abs(east) < n and abs(north) < n:
        to_row, from_row = slice(max(0, north), n + min(0, north)), slice(max(0, -north), n + min(0, -north))
        to_column, from_column = (
            slice(max(0, east), n + min(0, east)),
            slice(max(0, -east), n + min(0, -east)),
        )
        out[to_row, to_column] = mass[from_row, from_column]
    return out


def moved(mass: Float, east: float, north: float) -> Float:
    """A mass (n, n) moved by at most a cell each way, bilinearly; what passes the edge is gone."""
    return _moved_north(_moved_north(mass, north).T, east).T


def _moved_north(mass: Float, by: float) -> Float:
    out = (1.0 - abs(by)) * mass
    if by > 0.0:
        out[1:] += by * mass[:-1]
    elif by < 0.0:
        out[:-1] += -by * mass[1:]
    return out


def seen_from(field: Float, east: float, north: float) -> Float:
    """Values of a field (n, n) so many cells beside each cell, at most one, bilinearly; past the edge its
    outermost."""
    return _seen_north(_seen_north(field, north).T, east).T


def _seen_north(field: Float, by: float) -> Float:
    if by == 0.0:
        return field
    beside = np.concatenate([field[1:], field[-1:]]) if by > 0.0 else np.concatenate([field[:1], field[:-1]])
    return (1.0 - abs(by)) * field + abs(by) * beside


def diffused(mass: Float, east: float, north: float) -> Float:
    """A mass (n, n) spread to its neighbours: the share that goes to each side; past the edge it is gone."""
    return _diffused_north(_diffused_north(mass, north).T, east).T


def _diffused_north(mass: Float, share: float) -> Float:
    out = (1.0 - 2.0 * share) * mass
    out[1:] += share * mass[:-1]
    out[:-1] += share * mass[1:]
    return out
