"""Which track is a track of which object.

At every instant tracks and objects are paired one to one so that the sum of squared distances, each
capped at its object's gate, is least (the assignment inside GOSPA, with a gate for each environment).
A pair that stood at the instant before counts at half its distance: it holds until another explanation
is twice as good, so that two objects that pass each other do not exchange their tracks for a moment's
noise. A track left over that lies within the gate of an object is a redundant track of that object; one
that does not is a track of nothing. Environment and identity play no part: a wrong label is no excuse.
"""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from fusion.arrays import Float, Ints
from fusion.constants import SCORED, Chosen
from fusion.kernel import kernel
from fusion.score.tables import Assigned, Shown, Truth

HELD_COST: Final[
    Annotated[
        float,
        Chosen("1", "cost of a standing pair, as a share of its squared distance: half the distance", SCORED),
    ]
] = 0.25


def assign(truth: Truth, shown: Shown) -> Assigned:
    """Pair every row of ``shown`` with an object of ``truth``, in view or not, instant by instant."""
    rows = len(shown.instant)
    owner = np.full(rows, -1, np.int64)
    primary = np.zeros(rows, np.bool_)
    bounds, gate = shown.bounds(len(truth.time_ns)), truth.gate_m
    held_number, held_object = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for k in range(len(truth.time_ns)):
        first, last = bounds[k], bounds[k + 1]
        if first == last:
            held_number = held_object = np.zeros(0, np.int64)
            continue
        objects = np.flatnonzero(np.isfinite(truth.state[k, :, 0]))
        number = shown.number[first:last]
        held = _held(number, held_number, held_object)
        place_m = np.ascontiguousarray(shown.state[first:last, :3])
        cost = _gated_cost(place_m, truth.state[k, objects, :3], gate[k, objects], objects, held)
        pair = optimal_pairs(cost)
        mine = np.where(pair >= 0, objects[pair] if len(objects) else -1, -1)
        primary[first:last] = pair >= 0
        spare = np.flatnonzero(pair < 0)
        if len(spare) and len(objects):
            near = np.argmin(cost[spare], axis=1)
            mine[spare] = np.where(cost[spare, near] < 1.0, objects[near], -1)
        owner[first:last] = mine
        order = np.argsort(number, kind="stable")
        held_number, held_object = number[order], mine[order]
    error = np.full((rows, 2), np.nan)
    hit = owner >= 0
    difference = shown.state[hit] - truth.state[shown.instant[hit], owner[hit]]
    error[hit, 0] = np.linalg.norm(difference[:, :3], axis=1)
    error[hit, 1] = np.linalg.norm(difference[:, 3:], axis=1)
    return Assigned(owner, primary, error[:, 0], error[:, 1])


def _held(number: Ints, held_number: Ints, held_object: Ints) -> Ints:
    """The object that each track had at the instant before, -1 = none."""
    if not len(held_number):
        return np.full(len(number), -1, np.int64)
    place = np.minimum(np.searchsorted(held_number, number), len(held_number) - 1)
    return np.where(held_number[place] == number, held_object[place], -1)


@kernel
def _gated_cost(track_m: Float, object_m: Float, gate_m: Float, objects: Ints, held: Ints) -> Float:
    """(n, m) squared distance over squared gate, less where a pair is held; 1 at the gate and beyond."""
    n, m = len(track_m), len(object_m)
    cost = np.ones((n, m))
    for j in range(m):
        gate2 = gate_m[j] * gate_m[j]
        for i in range(n):
            dx = track_m[i, 0] - object_m[j, 0]
            dy = track_m[i, 1] - object_m[j, 1]
            dz = track_m[i, 2] - object_m[j, 2]
            d2 = dx * dx + dy * dy + dz * dz
            if d2 < gate2:
                cost[i, j] = d2 / gate2 * (HELD_COST if objects[j] == held[i] else 1.0)
    return cost


def optimal_pairs(cost: Float) -> Ints:
    """One-to-one pairs of rows and columns of least total cost, where staying single costs 1 a pair.

    ``cost`` is (n, m) with entries up to 1; 1 means that the two cannot be a pair. Returns (n,) the
    column of each row, or -1.
    """
    pair = np.full(len(cost), -1, np.int64)
    possible = cost < 1.0
    of_row, of_column = possible.sum(axis=1), possible.sum(axis=0)
    rows, columns = np.nonzero(possible)
    # Where a row and a column have only each other no choice is to be made.
    alone = (of_row[rows] == 1) & (of_column[columns] == 1)
    pair[rows[alone]] = columns[alone]
    if not alone.all():
        row, column = np.unique(rows[~alone]), np.unique(columns[~alone])
        i, j = linear_sum_assignment(cost[np.ix_(row, column)])
        real = cost[row[i], column[j]] < 1.0
        pair[row[i[real]]] = column[j[real]]
    return pair
