"""Where a track under water may be: the smallest areas that hold it with a given probability.

What is only heard is a mixture of Gaussians (`HeardTarget`), a wedge as long as nobody knows how far away it
is; what a row alone tells is one Gaussian, whose area is its ellipse. The density is taken level at the mean,
on a grid along the principal axis whose nodes lie close wherever a part of the mixture is narrow, in both
directions. An area is where the density is above a level (Hyndman 1996, *Computing and
graphing highest density regions*); its rim is drawn by contourpy. Nothing here is in a digest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Final, NamedTuple, cast

import numpy as np

from fusion.arrays import Bools, Float, Ints
from fusion.constants import SCORED, Chosen
from fusion.contract import SUBSURFACE
from fusion.physics.geodesy import ecef2geodetic, enu_axes
from fusion.update.track_rows import Records
from triwatch.v1 import picture_pb2

MOST, HALF = 0.95, 0.5
"""What the areas that are shown hold."""
K95 = math.sqrt(-2.0 * math.log(1.0 - MOST))
"""95 % of a plane normal distribution lie within so many sigma."""
FIX_M: Final[
    Annotated[
        float,
        Chosen(
            "m",
            "half the length of the 95 % ellipse up to which a contact under water is a place: who goes "
            "there hears it again",
            SCORED,
        ),
    ]
] = 2_000.0
_LOWER = np.tril_indices(3)
_POSITION = slice(0, 6)
"""The position's part of a packed covariance of a state."""
_SIGMAS, _NODES, _NODES_LEAST = 3.6, 120, 13
"""The grid reaches so far from each part, with so many nodes each way, no fewer than the last of any part."""
_DENSITY_LEAST = 1e-300


class Polygon(NamedTuple):
    """A rim, counter-clockwise, and holes in it, clockwise; each ring is closed."""

    lat_deg: Float
    """(m,)."""
    lon_deg: Float
    """(m,)."""
    offset: list[int]
    """At which of the points each ring begins, and the last one ends."""


class _Grid(NamedTuple):
    """(n, m) nodes: east and north of the mean, m; the area that each stands for, m²; the density there,
    1/m²; the share of all that lies in its area."""

    east_m: Float
    north_m: Float
    step_m2: Float
    density: Float
    share: Float


@dataclass(frozen=True)
class Region:
    """Where one track may be: k parts, level at the mean of all."""

    mean_m: Float
    """(3,) ECEF."""
    axes: Float
    """(3, 3) rows east, north, up there."""
    weight: Float
    """(k,)."""
    centre_m: Float
    """(k, 2) east, north."""
    covariance: Float
    """(k, 2, 2) m²."""

    @cached_property
    def moments(self) -> tuple[Float, Float]:
        """Mean (2,) and covariance (2, 2) of the whole."""
        mean = self.weight @ self.centre_m
        apart = self.centre_m - mean
        return mean, np.einsum("k,kij->ij", self.weight, self.covariance) + (self.weight * apart.T) @ apart

    @property
    def half_length_m(self) -> float:
        """The semi-major axis of the 95 % ellipse of mean and covariance."""
        return K95 * math.sqrt(max(float(np.linalg.eigvalsh(self.moments[1])[-1]), 0.0))

    @property
    def fix(self) -> bool:
        """Whether it is known so well that it is a place."""
        return self.half_length_m <= FIX_M

    def density(self, level_m: Float) -> Float:
        """(...,) density, 1/m², at places east and north of the mean (..., 2)."""
        inverse = np.linalg.inv(self.covariance)
        height = self.weight * np.sqrt(np.linalg.det(inverse)) / (2.0 * math.pi)
        total: Float = np.zeros(level_m.shape[:-1])
        for k in range(len(height)):
            d = level_m - self.centre_m[k]
            form = inverse[k]
            square = form[0, 0] * d[..., 0] ** 2 + form[1, 1] * d[..., 1] ** 2
            total += height[k] * np.exp(-0.5 * (square + 2.0 * form[0, 1] * d[..., 0] * d[..., 1]))
        return total

    def rank(self, position_m: Float) -> float:
        """What the area holds that reaches just to a position (3,), ECEF: 0 where it is likeliest, towards 1
        far outside. Of a consistent picture, ranks of the truth are spread evenly."""
        at = self.axes[:2] @ (position_m - self.mean_m)
        if len(self.weight) == 1:
            off = at - self.centre_m[0]
            return 1.0 - math.exp(-0.5 * float(off @ np.linalg.solve(self.covariance[0], off)))
        return float(self._grid.share[self._grid.density > self.density(at)].sum())

    def area_m2(self, share: float) -> float:
        """Of the smallest area that holds it with this probability."""
        if len(self.weight) == 1:
            root = math.sqrt(float(np.linalg.det(self.covariance[0])))
            return -2.0 * math.log(1.0 - share) * math.pi * root
        return float(self._grid.step_m2[self._grid.density >= self._level(share)].sum())

    def polygons(self, share: float) -> list[Polygon]:
        """The smallest area that holds it with this probability."""
        from contourpy import FillType, contour_generator

        grid = self._grid
        # the logarithm of a Gaussian is a parabola: straight lines between nodes are nearer to it
        height = np.log(np.maximum(grid.density, _DENSITY_LEAST))
        made = contour_generator(grid.east_m, grid.north_m, height, fill_type=FillType.OuterOffset)
        filled = made.filled(math.log(self._level(share)), float(height.max()) + 1.0)
        points, offsets = cast("tuple[list[Float], list[Ints]]", filled)
        found = []
        for level, offset in zip(points, offsets, strict=True):
            lat, lon, _ = ecef2geodetic(self.mean_m + level @ self.axes[:2])
            found.append(Polygon(lat, lon, offset.tolist()))
        return found

    def _level(self, share: float) -> float:
        """The density above which the area of this probability lies."""
        density, share_of = self._grid.density.ravel(), self._grid.share.ravel()
        order = np.argsort(-density, kind="stable")
        # a node stands for what is denser than it and what is less dense alike
        held = np.cumsum(share_of[order]) - 0.5 * share_of[order]
        return float(np.exp(np.interp(share, held, np.log(np.maximum(density[order], _DENSITY_LEAST)))))

    @cached_property
    def _grid(self) -> _Grid:
        mean, whole = self.moments
        _, vectors = np.linalg.eigh(whole)
        a, b = vectors[:, -1].tolist()
        turn = np.array([[a, b], [b, -a]])  # rows: along, and across to its right, so that rims turn left
        centre = (self.centre_m - mean) @ turn.T
        covariance = turn @ self.covariance @ turn.T
        sigmas = np.linspace(-_SIGMAS, _SIGMAS, max(_NODES_LEAST, _NODES // len(centre)))
        along = np.unique(centre[:, :1] + np.sqrt(covariance[:, :1, 0]) * sigmas)
        across = _across(centre, covariance, along, sigmas)
        place = np.stack(np.broadcast_arrays(along[:, None], across), axis=-1) @ turn + mean
        density = self.density(place)
        step_m2 = np.gradient(along)[:, None] * np.gradient(across, axis=1)
        held = density * step_m2
        return _Grid(place[..., 0], place[..., 1], step_m2, density, held / held.sum())


def _across(centre: Float, covariance: Float, along: Float, sigmas: Float) -> Float:
    """(n, m) rising nodes across at each node along: so many sigmas off each part as it is there."""
    gain = covariance[:, 0, 1] / covariance[:, 0, 0]
    middle = centre[:, 1] + gain * (along[:, None] - centre[:, 0])
    width = np.sqrt(covariance[:, 1, 1] - gain * covariance[:, 0, 1])
    nodes: Float = middle[:, :, None] + width[:, None] * sigmas
    return np.sort(nodes.reshape(len(along), -1), axis=1)


def region_of(state: Float, covariance: Float, heard: picture_pb2.HeardTarget | None = None) -> Region | None:
    """Of one row: state (6,), packed covariance (21,), and what is told of it where it is only heard.

    None where that is no distribution.
    """
    if heard is None:
        weight, position = np.ones(1), state[None, :3]
        packed = covariance[None, _POSITION]
    else:
        weight = np.array(heard.weight)
        weight = weight / weight.sum()
        position, packed = np.reshape(heard.position, (-1, 3)), np.reshape(heard.covariance, (-1, 6))
    mean = weight @ position
    lat, lon, _ = ecef2geodetic(mean)
    axes = enu_axes(float(lat), float(lon))
    level = _level_covariance(packed, axes)
    diagonal = level[:, 0, 0] * level[:, 1, 1]
    if not ((level[:, 0, 0] > 0.0) & (diagonal > level[:, 0, 1] ** 2)).all():
        return None
    return Region(mean, axes, weight, (position - mean) @ axes[:2].T, level)


def _level_covariance(packed: Float, axes: Float) -> Float:
    """(k, 2, 2) of packed covariances of positions (k, 6), east and north."""
    full = np.empty((len(packed), 3, 3))
    full[:, _LOWER[0], _LOWER[1]] = packed
    full[:, _LOWER[1], _LOWER[0]] = packed
    turned: Float = axes[:2] @ full @ axes[:2].T
    return turned


def fixes(rows: Records) -> Bools:
    """(n,) which rows of `ROW` are places: all but what is under water and not known to `FIX_M`."""
    found: Bools = np.ones(len(rows), np.bool_)
    for k in np.flatnonzero(rows["environment"] == SUBSURFACE).tolist():
        one = region_of(rows["state"][k], rows["covariance"][k])
        found[k] = one is not None and one.fix
    return found
