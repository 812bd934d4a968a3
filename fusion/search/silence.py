"""How probable it is that looks hear nothing of a contact in each cell (`proto/README.md`, section 5)."""

from __future__ import annotations

import numpy as np

from fusion.arrays import Bools, Float
from fusion.elementary import sin_cos
from fusion.report.reported_looks import ReportedLooks
from fusion.search.grid import Grid, level_axes
from fusion.search.ordered import power


def silence(grid: Grid, looks: ReportedLooks) -> Float:
    """(n, n) probability that none of the looks heard a contact in the middle of a cell, in their order."""
    out = np.ones((grid.n, grid.n))
    middles = grid.middles()
    for k in range(len(looks.time_ns)):
        out = out * (1.0 - _heard(grid, middles, looks, k))
    return out


def _heard(grid: Grid, middles: Float, looks: ReportedLooks, k: int) -> Float:
    """(n, n) probability that one look hears it."""
    e, n = grid.level(looks.position[k])
    east, north = middles[None, :] - e, middles[:, None] - n
    r2 = east * east + north * north
    near = np.sqrt(r2)
    if looks.source[k].any():
        se, sn = grid.level(looks.source[k])
        from_source_e, from_source_n = middles[None, :] - se, middles[:, None] - sn
        far = np.sqrt(from_source_e * from_source_e + from_source_n * from_source_n)
        apart = float(np.sqrt((se - e) * (se - e) + (sn - n) * (sn - n)))
        r, blind = np.sqrt(near * far), 0.5 * (near + far - apart)
    else:
        r, blind = near, near
    heard = looks.probability[k] / (1.0 + power(r / looks.range_m[k], int(looks.steepness[k])))
    unheard = blind < looks.blind_m[k]
    if looks.sector_deg[k, 0] != looks.sector_deg[k, 1]:
        unheard |= ~_in_sector(grid, looks.position[k], looks.sector_deg[k], east, north)
    return np.where(unheard, 0.0, heard)


def _in_sector(grid: Grid, position: Float, sector_deg: Float, east: Float, north: Float) -> Bools:
    """Whether places so far from a sensor lie in its sector, which is told about its own north."""
    axes = level_axes(position)
    edges = []
    for angle_deg in sector_deg.tolist():
        sine, cosine = sin_cos(angle_deg * (6.283185307179586 / 360.0))
        direction = sine * axes[0] + cosine * axes[1]
        edges.append(grid.level(grid.centre + direction))
    (e0, n0), (e1, n1) = edges
    after_first = n0 * east - e0 * north >= 0.0  # clockwise from the first edge, by less than half a turn
    before_second = e1 * north - n1 * east >= 0.0
    width = (sector_deg[1] - sector_deg[0]) % 360.0
    inside: Bools = after_first & before_second if width <= 180.0 else after_first | before_second
    return inside
