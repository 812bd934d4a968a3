"""What is searched, as a picture tells it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fusion.arrays import Float
from fusion.search.search_map import SearchMap
from triwatch.v1 import picture_pb2

REGION = 0.9
"""What the region that is told holds."""


def maps_told(maps: Sequence[SearchMap]) -> picture_pb2.SearchMaps:
    """One message a map, in the order in which they began."""
    return picture_pb2.SearchMaps(map=[_told(one) for one in maps])


def _told(one: SearchMap) -> picture_pb2.SearchMap:
    density = one.density()
    return picture_pb2.SearchMap(
        track=one.name.track,
        node_id=one.name.node_id,
        area=one.name.area,
        since_ns=one.since_ns,
        time_ns=one.time_ns,
        centre=one.grid.centre.tolist(),
        cell_m=one.grid.cell_m,
        cells=one.grid.n,
        probability=density.ravel().tolist(),
        outside=one.outside,
        exists=one.exists,
        looks=one.looks,
        looked_ns=one.looked_ns,
        region_m2=region_cells(density, one.outside) * one.grid.cell_m * one.grid.cell_m,
    )


def region_cells(density: Float, outside: float) -> int:
    """How many cells (n, n) the smallest region has that holds `REGION`; all where they hold less."""
    reached = np.cumsum(np.sort(density.ravel())[::-1])
    wanted = REGION * (float(reached[-1]) + outside)
    return min(int(np.searchsorted(reached, wanted)) + 1, density.size)
