"""One map: where one contact may be, as it moves and as looks hear nothing of it.

A mass lies in cells, a plane of it for each part of the velocities (`fusion.search.tour`). Within a plane all
move alike, so a plane is carried along as a whole and only its remainder of a cell is kept beside it: to hold
a course blurs nothing. What takes another course is pooled and dealt out to all planes. To have heard nothing
multiplies by the probability of hearing nothing (Bayes; Stone, *Theory of Optimal Search*, 1975, ch. 1).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Annotated, NamedTuple

import numpy as np

from fusion.arrays import Float
from fusion.constants import JUDGED, Chosen, constants
from fusion.report.reported_looks import ReportedLooks
from fusion.search import tour
from fusion.search.grid import Grid, diffused, moved, rolled, seen_from
from fusion.search.ordered import exp_of, total
from fusion.search.silence import silence
from fusion.search.tour import PARTS, TOUR, spread_mps, velocities_mps


@constants
class Maps(NamedTuple):
    """How maps are laid out."""

    cells: Annotated[
        int,
        Chosen(
            "1",
            "a side of a map has so many cells",
            "python -m benchmarks.search shows what other numbers do",
        ),
    ] = 80
    margin_s: Annotated[
        float, Chosen("s", "a map reaches as far as its contact may go in so long on one course", JUDGED)
    ] = 1800.0
    half_m: Annotated[
        tuple[float, float], Chosen("m", "half the side of a map, at least and at most", JUDGED)
    ] = (6_000.0, 60_000.0)
    sigmas: Annotated[float, Chosen("1", "and takes in so many sigmas of where it was lost", JUDGED)] = 3.0
    turned: Annotated[
        float, Chosen("1", "probability that a contact took another course as it was lost", JUDGED)
    ] = 0.2


MAPS = Maps()
_SHARE_MAX = 0.25
"""Of a mass that one pass of diffusion may give to each side: it is stable up to a half."""


class Name(NamedTuple):
    """Which map: of a lost contact by its track number, of an area by who declared it."""

    track: int
    """0 for an area."""
    node_id: str
    area: int


@dataclass(frozen=True, slots=True)
class SearchMap:
    """Where one contact may be. Never changed but replaced."""

    name: Name
    grid: Grid
    since_ns: int
    """When it began."""
    time_ns: int
    """When it is valid."""
    until_ns: int
    """When it ends, 0 where nobody said."""
    mass: Float
    """(K, n, n) by part of the velocities, row and column."""
    offset_m: Float
    """(K, 2) east and north: how far each plane lies beside the cells."""
    exists: float
    """Probability that there is a contact at all."""
    looks: int
    """How many looks heard nothing of it."""
    looked_ns: int
    """When the last one was."""

    @property
    def outside(self) -> float:
        """Probability, given that there is one, that it has gone past the edge."""
        return max(0.0, 1.0 - total(self.mass))

    def density(self) -> Float:
        """(n, n) probability that the contact is in each cell, given that there is one."""
        out = np.zeros((self.grid.n, self.grid.n))
        for k in range(PARTS):
            out = out + moved(self.mass[k], *_cells(self, k))
        return out

    def content(self) -> bytes:
        """What the picture's digest covers of it."""
        head = f"{self.name.track}/{self.name.node_id}/{self.name.area}"
        whole = (self.since_ns, self.time_ns, self.until_ns, self.looks, self.looked_ns, self.grid.n)
        real = (self.grid.centre, self.grid.cell_m, self.exists, self.offset_m, self.mass)
        numbers = np.array(whole, ">i8").tobytes() + b"".join(np.asarray(x, ">f8").tobytes() for x in real)
        return hashlib.blake2b(head.encode() + b"\0" + numbers, digest_size=16).digest()


def _cells(one: SearchMap, k: int) -> tuple[float, float]:
    """How far a plane lies beside the cells, in cells east and north."""
    return float(one.offset_m[k, 0] / one.grid.cell_m), float(one.offset_m[k, 1] / one.grid.cell_m)


def lost_contact(number: int, time_ns: int, state: Float, covariance: Float) -> SearchMap:
    """The map of a track that nobody holds any more, from its last state (6,) and covariance (6, 6).

    Position and velocity are as the track had them; with a probability of `Maps.turned` the velocity is
    any of the tour's.
    """
    grid = Grid.about(np.array(state[:3], np.float64), MAPS.half_m[0], MAPS.cells)
    to_level = np.zeros((4, 6))
    to_level[:2, :3], to_level[2:, 3:] = grid.axes[:2], grid.axes[:2]
    p, velocity = _carried(to_level, covariance), _times(grid.axes[:2], np.asarray(state[3:], np.float64))
    spread = float(np.sqrt(max(p[0, 0], p[1, 1])))
    half_m = min(max(MAPS.sigmas * spread + TOUR.speed_mps * MAPS.margin_s, MAPS.half_m[0]), MAPS.half_m[1])
    grid = Grid.about(grid.centre, half_m, MAPS.cells)
    middles = grid.middles()
    # of velocity: the track's own covariance, and that of a part
    exponent, mean, within = np.empty(PARTS), np.empty((PARTS, 2)), np.empty((PARTS, 3))
    middle, width = velocities_mps(), spread_mps()
    for k in range(PARTS):
        a = p[2, 2] + width[k, 0] * width[k, 0]
        c = p[3, 3] + width[k, 1] * width[k, 1]
        b, det = p[2, 3], a * c - p[2, 3] * p[2, 3]
        de, dn = middle[k, 0] - velocity[0], middle[k, 1] - velocity[1]
        exponent[k] = -0.5 * (c * de * de - 2.0 * b * de * dn + a * dn * dn) / det
        gain = np.array(
            [[(p[i, 2] * c - p[i, 3] * b) / det, (p[i, 3] * a - p[i, 2] * b) / det] for i in range(2)]
        )
        mean[k] = gain[:, 0] * de + gain[:, 1] * dn
        within[k] = [
            p[i, j] - gain[i, 0] * p[2, j] - gain[i, 1] * p[3, j] for i, j in ((0, 0), (0, 1), (1, 1))
        ]
    weight = exp_of(exponent - exponent.max())
    weight = (1.0 - MAPS.turned) * weight / total(weight)
    turned = _gaussian(middles, grid.cell_m, np.zeros(2), np.array([p[0, 0], p[0, 1], p[1, 1]]))
    mass = np.empty((PARTS, grid.n, grid.n))
    for k in range(PARTS):
        held = _gaussian(middles, grid.cell_m, mean[k], within[k])
        mass[k] = weight[k] * held + (MAPS.turned / PARTS) * turned
    return _begun(Name(number, "", 0), grid, time_ns, 0, mass, 1.0)


def area(
    node_id: str, number: int, time_ns: int, until_ns: int, centre: Float, half_m: Float, prior: float
) -> SearchMap:
    """The map of an area in which something is searched for: even over the area, of any course and speed."""
    margin = TOUR.speed_mps * MAPS.margin_s
    reach = min(max(float(half_m.max()) + margin, MAPS.half_m[0]), float(half_m.max()) + MAPS.half_m[1])
    grid = Grid.about(np.array(centre, np.float64), reach, MAPS.cells)
    middles, h = grid.middles(), 0.5 * grid.cell_m
    east, north = (
        np.clip(np.minimum(middles + h, half) - np.maximum(middles - h, -half), 0.0, None) / (2.0 * half)
        for half in half_m.tolist()
    )
    plane = north[:, None] * east[None, :]
    mass = np.empty((PARTS, grid.n, grid.n))
    mass[:] = plane / PARTS
    return _begun(Name(0, node_id, number), grid, time_ns, until_ns, mass, prior)


def _begun(name: Name, grid: Grid, time_ns: int, until_ns: int, mass: Float, exists: float) -> SearchMap:
    return SearchMap(
        name=name,
        grid=grid,
        since_ns=time_ns,
        time_ns=time_ns,
        until_ns=until_ns,
        mass=mass,
        offset_m=np.zeros((PARTS, 2)),
        exists=exists,
        looks=0,
        looked_ns=time_ns,
    )


def carried(one: SearchMap, dt_s: float) -> SearchMap:
    """As it is expected ``dt_s`` later; of the order of a minute, for a turn is taken at the end of it."""
    h, change = one.grid.cell_m, tour.changed(dt_s)
    age_s = (one.time_ns - one.since_ns) * 1e-9 + 0.5 * dt_s
    mass, offset = np.empty_like(one.mass), one.offset_m + velocities_mps() * dt_s
    pool = np.zeros((one.grid.n, one.grid.n))
    for k in range(PARTS):
        east, north = round(float(offset[k, 0]) / h), round(float(offset[k, 1]) / h)
        offset[k, 0] -= east * h
        offset[k, 1] -= north * h
        plane = rolled(one.mass[k], east, north) if east or north else one.mass[k]
        mass[k] = _blurred(plane, spread_mps()[k], min(age_s, TOUR.leg_s), dt_s, h)
        pool = pool + moved(mass[k], float(offset[k, 0]) / h, float(offset[k, 1]) / h)
    pool = pool * (change / PARTS)
    for k in range(PARTS):
        mass[k] = (1.0 - change) * mass[k] + moved(pool, -float(offset[k, 0]) / h, -float(offset[k, 1]) / h)
    return replace(one, time_ns=one.time_ns + round(dt_s * 1e9), mass=mass, offset_m=offset)


def _blurred(plane: Float, sigma_mps: Float, age_s: float, dt_s: float, h: float) -> Float:
    """A plane whose velocities lie so far apart: σ² t² after t on one course, of which dt adds 2 σ² t dt."""
    shares = [float(sigma * sigma) * age_s * dt_s / (h * h) for sigma in sigma_mps]
    passes = int(max(shares) / _SHARE_MAX) + 1
    for _ in range(passes):
        plane = diffused(plane, shares[0] / passes, shares[1] / passes)
    return plane


def unheard(one: SearchMap, looks: ReportedLooks) -> SearchMap:
    """After looks that heard nothing of it, at the time of the map."""
    silent = silence(one.grid, looks)
    mass = np.empty_like(one.mass)
    outside = one.outside
    for k in range(PARTS):
        mass[k] = one.mass[k] * seen_from(silent, *_cells(one, k))
    left = total(mass) + outside
    if not left > 0.0:
        return one
    gone = 1.0 - one.exists + one.exists * left
    return replace(
        one,
        mass=mass / left,
        exists=one.exists * left / gone,
        looks=one.looks + len(looks.time_ns),
        looked_ns=max(one.looked_ns, int(looks.time_ns.max())),
    )


def _gaussian(middles: Float, cell_m: float, mean: Float, p: Float) -> Float:
    """(n, n) masses of a normal distribution of mean (2,) and covariance (3,), as packed, over the cells; one
    that is narrower than a cell is as wide as that."""
    least = cell_m * cell_m / 12.0
    a, b, c = max(p[0], 0.0) + least, p[1], max(p[2], 0.0) + least
    det = a * c - b * b
    if not det > 0.0:
        b, det = 0.0, a * c
    east, north = (middles - mean[0])[None, :], (middles - mean[1])[:, None]
    d2 = (c * east * east - 2.0 * b * east * north + a * north * north) / det
    density = exp_of(-0.5 * d2) * (cell_m * cell_m / (6.283185307179586 * np.sqrt(det)))
    return np.asarray(density / max(1.0, total(density)))


def _carried(f: Float, p: Float) -> Float:
    """f p fᵀ of (4, 6) and (6, 6), each sum from the lowest index up."""
    half = np.zeros((4, 6))
    for k in range(6):
        half = half + f[:, k, None] * p[None, k, :]
    out = np.zeros((4, 4))
    for k in range(6):
        out = out + half[:, k, None] * f[None, :, k]
    return out


def _times(f: Float, v: Float) -> Float:
    out = np.zeros(len(f))
    for k in range(f.shape[1]):
        out = out + f[:, k] * v[k]
    return out
