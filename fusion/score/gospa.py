"""GOSPA: one distance for position errors, missed objects and false tracks.

Source: Rahmathullah, Garcia-Fernandez, Svensson, *Generalized optimal sub-pattern assignment metric*,
Fusion 2017, eq. 1 and proposition 1, with alpha = 2 and p = 2 (metres in position).
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

from fusion.arrays import Float
from fusion.constants import SCORED, Chosen
from fusion.score.assignment import optimal_pairs
from fusion.score.tables import Assigned, Shown, Truth

CUTOFF_M: Final[
    Annotated[
        float,
        Chosen(
            "m",
            "c of GOSPA: a track further than this from an object does not locate it; a miss or a "
            "false track costs c²/2",
            SCORED,
        ),
    ]
] = 2_000.0


class Gospa(NamedTuple):
    """The metric and what it is made of: distance² = localisation² + c²/2 (missed + false)."""

    distance_m: float
    localisation_m: float
    missed: int
    false: int


def gospa(track_m: Float, object_m: Float, cutoff_m: float = CUTOFF_M) -> Gospa:
    """GOSPA between (n, d) tracks and (m, d) objects of one instant."""
    square = cdist(track_m, object_m, "sqeuclidean") if len(track_m) and len(object_m) else None
    if square is None:
        localisation, pairs = 0.0, 0
    else:
        cost = np.minimum(square / cutoff_m**2, 1.0)
        column = optimal_pairs(cost)
        row = np.flatnonzero(column >= 0)
        localisation, pairs = float(square[row, column[row]].sum()), len(row)
    missed, false = len(object_m) - pairs, len(track_m) - pairs
    distance = np.sqrt(localisation + cutoff_m**2 / 2.0 * (missed + false))
    return Gospa(float(distance), float(np.sqrt(localisation)), missed, false)


def mean_gospa_m(
    truth: Truth, shown: Shown, assigned: Assigned, environment: int | None = None, cutoff_m: float = CUTOFF_M
) -> float | None:
    """Mean over the instants at which there is an object in view or a track; None where there is none.

    Objects out of view and tracks assigned to them take no part; environments are told apart as for SIAP.
    """
    seen = truth.in_view if environment is None else truth.in_view & (truth.environment == environment)
    hit = assigned.object >= 0
    counted = ~hit if environment is None else ~hit & (shown.environment == environment)
    counted[hit] = seen[shown.instant[hit], assigned.object[hit]]
    bounds = shown.bounds(len(truth.time_ns))
    distances = []
    for k in range(len(truth.time_ns)):
        rows = slice(bounds[k], bounds[k + 1])
        track_m, object_m = shown.state[rows, :3][counted[rows]], truth.state[k, seen[k], :3]
        if len(track_m) or len(object_m):
            distances.append(gospa(track_m, object_m, cutoff_m).distance_m)
    return float(np.mean(distances)) if distances else None
