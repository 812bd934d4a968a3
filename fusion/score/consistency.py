"""ANEES: whether the stated covariances are as large as the errors.

What floats is judged where it may be, on the sea: by its horizontal position and velocity. How high a track
has a ship says nothing of where the ship is.

Bodies let go together are nearer to each other than their tracks are long, and a hundred times as long across
the line of sight as along it. Which track is whose is found by distance, as all scores do
(`fusion.score.assignment`); within the tracks and objects so found each covariance is then held against the
object that it is likeliest of, one to one. Two tracks that have changed over are an error of identity, which
other scores count, and no word on how large a covariance is.

Source: Bar-Shalom, Li, Kirubarajan, *Estimation with Applications to Tracking and Navigation*, 2001,
section 5.4.2; divided by the components estimated, so that 1 is consistent and more is too sure of itself.

Errors of one track at successive moments are correlated, so only what is shown at one instant counts as
independent: the objects take the place of the book's Monte Carlo runs, and the interval is that of an
instant with the mean number of components.
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import gammaincinv

from fusion.arrays import Bools, Float, Ints
from fusion.constants import SCORED, Chosen
from fusion.contract import SURFACE
from fusion.physics.geodesy import ecef2geodetic, enu_axes
from fusion.score.tables import Assigned, Shown, Truth

DIMENSION = 6
"""Components of a state: position and velocity, ECEF."""

INSIDE_95 = {4: 9.487729036781154, 6: 12.591587243743977}
"""Chi-square by degrees of freedom: 95 in 100 of a consistent track's errors lie within."""

FAR: Final[
    Annotated[float, Chosen("1", "a normalised error, squared, that is as bad as any larger", SCORED)]
] = 1e3


class Anees(NamedTuple):
    """Averaged normalised error and how to judge it."""

    value: float
    interval_95: tuple[float, float]
    """For one instant with the mean number of components estimated."""
    inside: float
    """Share of the instants whose own average lies within its own interval; 0.95 is consistent."""


class Normalised(NamedTuple):
    """Normalised errors of r states: the squares, and of how many components each is."""

    squared: Float
    """(r,) chi-square with as many degrees of freedom where the covariances are true."""
    freedom: Ints
    """(r,)."""

    @property
    def scaled(self) -> Float:
        """(r,) over the degrees of freedom: 1 in the mean is consistent."""
        return self.squared / self.freedom

    @property
    def inside(self) -> Bools:
        """(r,) whether the truth lies in the smallest region that has 95 % of the stated distribution."""
        limit = np.vectorize(INSIDE_95.__getitem__, otypes=[float])(self.freedom)
        return np.asarray(self.squared <= limit)


def nees(error: Float, covariance: Float) -> Float:
    """(r,) normalised estimation error squared of (r, n) errors and (r, n, n) covariances, eq. 5.4.2-1."""
    solved = np.linalg.solve(covariance, error[:, :, None])[:, :, 0]
    return np.asarray(np.einsum("ri,ri->r", error, solved))


def normalised(truth: Float, environment: Ints, state: Float, covariance: Float) -> Normalised:
    """Errors of (r, 6) states ECEF m, m/s with covariances (r, 6, 6) against the truth (r, 6) of objects in
    the given environments (r,)."""
    error, floats = state - truth, environment == SURFACE
    squared, freedom = nees(error, covariance), np.where(floats, 4, DIMENSION)
    if floats.any():
        lat_deg, lon_deg, _ = ecef2geodetic(truth[floats, :3])
        horizontal = np.zeros((int(floats.sum()), 4, DIMENSION))
        horizontal[:, :2, :3] = horizontal[:, 2:, 3:] = enu_axes(lat_deg, lon_deg)[:, :2]
        level = np.einsum("rij,rj->ri", horizontal, error[floats])
        squared[floats] = nees(level, horizontal @ covariance[floats] @ horizontal.transpose(0, 2, 1))
    return Normalised(squared, freedom)


def likeliest(truth: Truth, shown: Shown, assigned: Assigned) -> Ints:
    """(r,) the object of each primary row, at every instant those found by distance in that order for which
    the sum of the normalised errors, each capped at `FAR`, is least; -1 for other rows."""
    rows = np.flatnonzero(assigned.primary)
    found = np.full(len(assigned.object), -1)
    found[rows] = assigned.object[rows]
    _, first = np.unique(shown.instant[rows], return_index=True)
    for mine in np.split(rows, first[1:]):
        objects = assigned.object[mine]
        if len(mine) > 1:
            there = truth.state[shown.instant[mine[0]], objects]
            apart = shown.state[mine, None, :] - there[None, :, :]
            inverse = np.linalg.inv(shown.covariance[mine])
            cost = np.minimum(np.einsum("rni,rij,rnj->rn", apart, inverse, apart), FAR)
            row, column = linear_sum_assignment(cost)
            found[mine[row]] = objects[column]
    return found


def interval_95(freedom: Float) -> tuple[Float, Float]:
    """Two-sided 95 % chi-square bounds of a sum of squares with these degrees of freedom, over them."""
    # chi-square quantile: 2 P^-1(k/2, p)
    low, high = (2.0 * gammaincinv(freedom / 2.0, p) / freedom for p in (0.025, 0.975))
    return low, high


def anees(instant: Ints, errors: Normalised) -> Anees | None:
    """ANEES of r rows shown at the given instants; None where there are none."""
    if not len(instant):
        return None
    _, place = np.unique(instant, return_inverse=True)
    freedom = np.bincount(place, weights=errors.freedom).astype(float)
    average = np.bincount(place, weights=errors.squared) / freedom
    low, high = interval_95(freedom)
    mean_low, mean_high = interval_95(np.array([freedom.mean()]))
    inside = ((low <= average) & (average <= high)).mean()
    return Anees(float(errors.scaled.mean()), (float(mean_low[0]), float(mean_high[0])), float(inside))
