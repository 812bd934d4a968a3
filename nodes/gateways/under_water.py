"""What is under water as shapes on the map: where a track may be, the lines of bearing that say so, and where
a lost contact may be.

Corners are (longitude, latitude) in degrees; a rim goes counter-clockwise, a hole clockwise.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, Final, NamedTuple

import numpy as np

from fusion.constants import OPERATION, Chosen
from fusion.physics.geodesy import Float, ecef2geodetic, enu_axes
from fusion.search.told import REGION
from fusion.update.region import MOST, Region, region_of
from nodes.gateways.moments import TrackRecord
from triwatch.v1 import picture_pb2

Ring = list[tuple[float, float]]
"""Not closed: its last corner is not its first again."""
UNTOLD_M: Final[
    Annotated[float, Chosen("m", "a line that leads nowhere that is known ends here", OPERATION)]
] = 20_000.0


class Bearing(NamedTuple):
    """One line of bearing, from its listener to the far end of where the track may be."""

    node_id: str
    contact: int
    time_ns: int
    bearing_deg: float
    sigma_deg: float
    ends: Ring


def region(track: TrackRecord) -> Region | None:
    """Where a track under water may be; None of what is not, or where nothing is told of that."""
    if track.environment != "SUBSURFACE":
        return None
    return region_of(track.state, track.covariance, track.heard)


def rims(where: Region) -> list[list[Ring]]:
    """The parts of the smallest area that holds it with a probability of 0.95: each a rim and its holes."""
    found = []
    for lat, lon, offset in where.polygons(MOST):
        corners = list(zip(lon.tolist(), lat.tolist(), strict=True))
        found.append([corners[a : b - 1] for a, b in pairwise(offset)])
    return found


def bearings(track: TrackRecord, where: Region | None) -> list[Bearing]:
    """The newest line of every contact that the track is."""
    told = track.heard.line if track.heard is not None else ()
    return [_bearing(line, where) for line in told]


def _bearing(line: picture_pb2.BearingLine, where: Region | None) -> Bearing:
    place = np.array(line.position)
    lat, lon, _ = ecef2geodetic(place)
    east, north, _ = enu_axes(float(lat), float(lon))
    far_m = _farthest_m(place, where) or line.reach_m or UNTOLD_M
    end = place + far_m * (math.sin(line.bearing) * east + math.cos(line.bearing) * north)
    end_lat, end_lon, _ = ecef2geodetic(end)
    return Bearing(
        line.node_id,
        line.contact,
        line.time_ns,
        math.degrees(line.bearing) % 360.0,
        math.degrees(line.sigma),
        [(float(lon), float(lat)), (float(end_lon), float(end_lat))],
    )


def _farthest_m(place: Float, where: Region | None) -> float:
    """How far the mixture's parts reach from a place, to two of their sigmas."""
    if where is None:
        return 0.0
    at = where.axes[:2] @ (place - where.mean_m)
    sigma = np.sqrt(np.linalg.eigvalsh(where.covariance)[:, -1])
    return float((np.linalg.norm(where.centre_m - at, axis=1) + 2.0 * sigma).max())


def searched(one: picture_pb2.SearchMap) -> list[Ring]:
    """The cells of the smallest region that holds 0.9 of what is searched, those side by side in a row as
    one; fewer where so much lies past the map's edge."""
    share = np.reshape(one.probability, (one.cells, one.cells))
    order = np.argsort(-share, axis=None, kind="stable")
    before = np.cumsum(share.ravel()[order]) - share.ravel()[order]
    held = np.zeros(share.size, np.bool_)
    held[order[(before < REGION) & (share.ravel()[order] > 0.0)]] = True
    lat, lon, _ = ecef2geodetic(np.array(one.centre))
    axes = enu_axes(float(lat), float(lon))[:2]
    edges = np.diff(held.reshape(share.shape).astype(np.int8), axis=1, prepend=0, append=0)
    rings = []
    for row in range(one.cells):
        starts, ends = np.flatnonzero(edges[row] == 1), np.flatnonzero(edges[row] == -1)
        for a, b in zip(starts.tolist(), ends.tolist(), strict=True):
            cells = np.array([(a, row), (b, row), (b, row + 1), (a, row + 1)], float) - one.cells / 2.0
            lat_deg, lon_deg, _ = ecef2geodetic(np.array(one.centre) + one.cell_m * cells @ axes)
            rings.append(list(zip(lon_deg.tolist(), lat_deg.tolist(), strict=True)))
    return rings
