"""Position errors in a dense form, (k, m) metres by instant and object, NaN where there is no track.

A single nation's picture of an object is the most certain of its own nodes' tracks of it. For every object
that nation is taken which did best over the object's whole life, among those that held it at least
half as long as any did.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fusion.arrays import Bools, Float, Ints
from fusion.score.centralised import Detections, centralised
from fusion.score.tables import Assigned, Shown, Truth


def primary(shown: Shown, assigned: Assigned, values: Float, shape: tuple[int, ...]) -> Float:
    """(k, m) the value of each object's primary track; NaN where it has none."""
    dense = np.full(shape, np.nan)
    rows = assigned.primary
    dense[shown.instant[rows], assigned.object[rows]] = values[rows]
    return dense


def own_error_m(nodes: Sequence[Shown], assigned: Sequence[Assigned], shape: tuple[int, ...]) -> Float:
    """(k, m) the error of the most certain of one nation's own tracks of each object."""
    best, error = np.full(shape, np.inf), np.full(shape, np.nan)
    for shown, mine in zip(nodes, assigned, strict=True):
        spread = np.trace(shown.covariance[:, :3, :3], axis1=1, axis2=2)
        certain = primary(shown, mine, spread, shape)
        better = certain < best
        best[better] = certain[better]
        error[better] = primary(shown, mine, mine.error_m, shape)[better]
    return error


def best_single(error_m: Sequence[Float], seen: Bools) -> Float:
    """(k, m) for each object the errors of the nation that did best over its life."""
    result = np.full(seen.shape, np.nan)
    for j in range(seen.shape[1]):
        mine = [np.where(seen[:, j], error[:, j], np.nan) for error in error_m]
        held = [int(np.isfinite(error).sum()) for error in mine]
        able = [i for i, n in enumerate(held) if n and 2 * n >= max(held)]
        if able:
            best = min(able, key=lambda i: float(np.nanmean(mine[i] ** 2)))
            result[:, j] = mine[best]
    return result


def central_error_m(truth: Truth, detections: Detections, known_ns: Ints | None) -> Float:
    """(k, m) how far off the filter is that has every detection from ``known_ns`` (s,) on."""
    states = centralised(truth.time_ns, truth.environment.max(axis=0, initial=0), detections, known_ns)
    error: Float = np.linalg.norm((states - truth.state)[:, :, :3], axis=2)
    return error
