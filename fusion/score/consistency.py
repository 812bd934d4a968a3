"""ANEES: whether the stated covariances are as large as the errors.

Source: Bar-Shalom, Li, Kirubarajan, *Estimation with Applications to Tracking and Navigation*, 2001,
section 5.4.2; divided by the dimension, so that 1 is consistent and more is too sure of itself.

Errors of one track at successive moments are correlated, so only what is shown at one instant counts as
independent: the objects take the place of the book's Monte Carlo runs, and the interval is that of an
instant with the mean number of tracks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import gammaincinv

from fusion.arrays import Float, Ints

DIMENSION = 6


class Anees(NamedTuple):
    """Averaged normalised error and how to judge it."""

    value: float
    interval_95: tuple[float, float]
    """For one instant with the mean number of tracks."""
    inside: float
    """Share of the instants whose own average lies within its own interval; 0.95 is consistent."""


def nees(error: Float, covariance: Float) -> Float:
    """(r,) normalised estimation error squared of (r, n) errors and (r, n, n) covariances, eq. 5.4.2-1."""
    solved = np.linalg.solve(covariance, error[:, :, None])[:, :, 0]
    return np.asarray(np.einsum("ri,ri->r", error, solved))


def interval_95(samples: Float) -> tuple[Float, Float]:
    """Two-sided 95 % chi-square bounds of the average over ``samples`` independent errors, over n."""
    freedom = np.asarray(samples) * DIMENSION
    # chi-square quantile: 2 P^-1(k/2, p)
    low, high = (2.0 * gammaincinv(freedom / 2.0, p) / freedom for p in (0.025, 0.975))
    return low, high


def anees(instant: Ints, error: Float, covariance: Float) -> Anees | None:
    """ANEES of r rows shown at the given instants; None where there are none."""
    if not len(instant):
        return None
    scaled = nees(error, covariance) / DIMENSION
    _, place = np.unique(instant, return_inverse=True)
    count = np.bincount(place).astype(float)
    average = np.bincount(place, weights=scaled) / count
    low, high = interval_95(count)
    mean_low, mean_high = interval_95(np.array([count.mean()]))
    inside = ((low <= average) & (average <= high)).mean()
    return Anees(float(scaled.mean()), (float(mean_low[0]), float(mean_high[0])), float(inside))
