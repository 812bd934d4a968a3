"""Whether a track that began is a contact that was lost: a likelihood ratio, anew with each report of it.

That it is the map's: the density of the map where the track is, the track's own uncertainty folded in. That
it is another: the density of new contacts. While it may be, looks do not count for the map: they heard it.
Source: Wald, *Sequential Analysis*, 1947; Stone and others, *Bayesian Multiple Target Tracking*, 2014.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from fusion.arrays import Float
from fusion.constants import JUDGED, Chosen, constants
from fusion.search.ordered import exp_of, total
from fusion.search.search_map import SearchMap
from fusion.search.tour import TOUR


@constants
class Regaining(NamedTuple):
    """When a track takes the number of a contact that was lost."""

    new_per_m2: Annotated[
        float, Chosen("1/m²", "density of contacts nobody knew of: one on 10,000 km²", JUDGED)
    ] = 1e-10
    accept: Annotated[float, Chosen("1", "likelihood ratio from which it is that contact", JUDGED)] = 10.0
    doubt: Annotated[float, Chosen("1", "and from which it may be", JUDGED)] = 0.1
    reports: Annotated[int, Chosen("1", "a track has so many reports before it is asked", JUDGED)] = 3
    decide_s: Annotated[float, Chosen("s", "and is asked no more when it is older", JUDGED)] = 300.0
    hold_s: Annotated[float, Chosen("s", "looks do not count so long after it may be", JUDGED)] = 120.0


REGAINING = Regaining()


def likelihood_ratio(one: SearchMap, time_ns: int, state: Float, covariance: Float) -> float:
    """Of a track (6,), (6, 6) at a time being the map's contact against being another."""
    grid = one.grid
    east, north = grid.level(state[:3])
    e, n = grid.axes[0], grid.axes[1]
    gone_m = TOUR.speed_mps * abs(time_ns - one.time_ns) * 1e-9
    least = (grid.cell_m * grid.cell_m + 4.0 * gone_m * gone_m) / 12.0
    a, b, c = _form(e, covariance, e) + least, _form(e, covariance, n), _form(n, covariance, n) + least
    det = a * c - b * b
    if not det > 0.0:
        return 0.0
    middles = grid.middles()
    de, dn = (middles - east)[None, :], (middles - north)[:, None]
    d2 = (c * de * de - 2.0 * b * de * dn + a * dn * dn) / det
    near = exp_of(-0.5 * d2) / (6.283185307179586 * float(np.sqrt(det)))
    return one.exists * total(one.density() * near) / REGAINING.new_per_m2


def _form(u: Float, p: Float, v: Float) -> float:
    """uᵀ P v of the position's part."""
    s = 0.0
    for i in range(3):
        for j in range(3):
            s += float(u[i] * p[i, j] * v[j])
    return s
