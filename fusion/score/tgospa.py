"""T-GOSPA: one distance between sets of trajectories: position errors, misses, false tracks, and switches.

Source: Garcia-Fernandez, Rahmathullah, Svensson, *A metric on the space of finite sets of trajectories for
evaluation of multi-target tracking algorithms*, IEEE Trans. SP 68, 2020: the metric of the linear programme,
with p = 2. What the instants cost is averaged, so that the figure does not grow with the length.

A pair that never comes within the cut-off gains nothing by being one, so the programme falls apart into the
groups that are linked by pairs which do. A group of one pair keeps it throughout; one object among several
tracks, or the other way round, is solved by dynamic programming; the rest by the programme itself.
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from fusion.arrays import Bools, Float, Ints
from fusion.constants import OPERATION, SCORED, Chosen
from fusion.score.gospa import CUTOFF_M
from fusion.score.tables import Assigned, Shown, Truth

SWITCH_M: Final[
    Annotated[
        float,
        Chosen(
            "m",
            "gamma of T-GOSPA: an object that goes over from one track to another costs its square "
            "once, to or from none half",
            SCORED,
        ),
    ]
] = 1_000.0
INSTANTS: Final[
    Annotated[int, Chosen("1", "of an exercise at most so many instants are taken, evenly spread", OPERATION)]
] = 60


class Tgospa(NamedTuple):
    """distance² = localisation² + c²/2 (missed + false) + gamma² switches, each the mean of an instant."""

    distance_m: float
    localisation_m: float
    missed: float
    false: float
    switches: float
    """Half ones count half."""


def tgospa(
    track_m: Float, object_m: Float, cutoff_m: float = CUTOFF_M, switch_m: float = SWITCH_M
) -> Tgospa | None:
    """T-GOSPA between n tracks (k, n, d) and m objects (k, m, d) at k instants, NaN where they are not.

    The mean is over the instants at which there is anything; None where there is nothing at all.
    """
    there_object, there_track = np.isfinite(object_m[:, :, 0]), np.isfinite(track_m[:, :, 0])
    instants = int((there_object.any(axis=1) | there_track.any(axis=1)).sum())
    if not instants:
        return None
    square = np.square(track_m[:, None, :, :] - object_m[:, :, None, :]).sum(axis=3)
    gain = np.where(square < cutoff_m**2, cutoff_m**2 - square, 0.0)  # a comparison with NaN is false
    localisation2 = held = switched = 0.0
    for objects, tracks in _groups(np.asarray(gain.any(axis=0))):
        part = gain[:, objects][:, :, tracks]
        weight = _solve(part, switch_m**2)
        localisation2 += float((weight * (cutoff_m**2 - part))[part > 0.0].sum())
        held += float(weight[part > 0.0].sum())
        switched += 0.5 * float(np.abs(np.diff(weight, axis=0)).sum())
    missed, false = there_object.sum() - held, there_track.sum() - held
    total = localisation2 + cutoff_m**2 / 2.0 * (missed + false) + switch_m**2 * switched
    return Tgospa(
        float(np.sqrt(max(total, 0.0) / instants)),
        float(np.sqrt(localisation2 / instants)),
        float(missed / instants),
        float(false / instants),
        switched / instants,
    )


def mean_tgospa(
    truth: Truth, shown: Shown, assigned: Assigned, environment: int | None = None
) -> Tgospa | None:
    """T-GOSPA of a picture at up to `INSTANTS` of the scoring instants; None where there is nothing.

    Objects out of view and tracks assigned to them take no part; environments are told apart as for SIAP.
    """
    seen = truth.in_view if environment is None else truth.in_view & (truth.environment == environment)
    hit = assigned.object >= 0
    counted = ~hit if environment is None else ~hit & (shown.environment == environment)
    counted[hit] = seen[shown.instant[hit], assigned.object[hit]]
    k = len(truth.time_ns)
    chosen = (
        np.unique(np.linspace(0, k - 1, min(k, INSTANTS)).round().astype(np.int64)) if k else np.zeros(0, int)
    )
    place = np.full(k, -1)
    place[chosen] = np.arange(len(chosen))
    rows = np.flatnonzero(counted & (place[shown.instant] >= 0))
    number, column = np.unique(shown.number[rows], return_inverse=True)
    track_m = np.full((len(chosen), len(number), 3), np.nan)
    track_m[place[shown.instant[rows]], column] = shown.state[rows, :3]
    mine = seen[chosen].any(axis=0)
    object_m = np.where(seen[chosen][:, mine, None], truth.state[chosen][:, mine, :3], np.nan)
    return tgospa(track_m, object_m)


def _groups(linked: Bools) -> list[tuple[Ints, Ints]]:
    """The objects and tracks of every group of an (m, n) table of links; what has none is in no group."""
    m, n = linked.shape
    i, j = np.nonzero(linked)
    graph = csr_matrix((np.ones(len(i)), (i, m + j)), shape=(m + n, m + n))
    label = connected_components(graph, directed=False)[1]
    return [
        (np.flatnonzero(label[:m] == one), np.flatnonzero(label[m:] == one)) for one in np.unique(label[i])
    ]


def _solve(gain: Float, switch2: float) -> Float:
    """(k, m, n) the weights of the pairs of one group that gain most, less half ``switch2`` a change."""
    _, m, n = gain.shape
    if m == n == 1:
        return np.ones_like(gain)
    if m == 1 or n == 1:
        return _best_course(gain.reshape(len(gain), -1), switch2).reshape(gain.shape)
    return _programme(gain, switch2)


def _best_course(gain: Float, switch2: float) -> Float:
    """(k, s) one of s at a time, or none, by dynamic programming."""
    k, s = gain.shape
    gain = np.concatenate([gain, np.zeros((k, 1))], axis=1)
    change = np.full((s + 1, s + 1), switch2)
    change[s, :] = change[:, s] = 0.5 * switch2
    np.fill_diagonal(change, 0.0)
    value, came = gain[0], np.zeros((k, s + 1), np.int64)
    for i in range(1, k):
        reached = value[:, None] - change
        came[i] = reached.argmax(axis=0)
        value = reached.max(axis=0) + gain[i]
    weight, at = np.zeros((k, s + 1)), int(value.argmax())
    for i in range(k - 1, -1, -1):
        weight[i, at] = 1.0
        at = int(came[i, at])
    return weight[:, :s]


def _programme(gain: Float, switch2: float) -> Float:
    """(k, m, n) by linear programming, over the pairs that ever gain."""
    k, m, n = gain.shape
    i, j = np.nonzero(gain.any(axis=0))
    pairs = len(i)
    held = np.arange(k * pairs).reshape(k, pairs)
    changed = k * pairs + np.arange((k - 1) * pairs).reshape(k - 1, pairs)
    at = np.arange(k)[:, None]
    rows = [at * (m + n) + i, at * (m + n) + m + j]
    columns = [held, held]
    values = [np.ones((k, pairs)), np.ones((k, pairs))]
    first = k * (m + n)
    step = first + np.arange((k - 1) * pairs).reshape(k - 1, pairs)
    for sign, where in ((1.0, step), (-1.0, step + (k - 1) * pairs)):
        rows += [where, where, where]
        columns += [held[1:], held[:-1], changed]
        values += [np.full(where.shape, v) for v in (sign, -sign, -1.0)]
    flat = [np.concatenate([part.ravel() for part in parts]) for parts in (values, rows, columns)]
    total = first + 2 * (k - 1) * pairs
    matrix = coo_matrix((flat[0], (flat[1], flat[2])), shape=(total, k * pairs + (k - 1) * pairs)).tocsr()
    scale = float(gain.max())
    cost = np.concatenate([-gain[:, i, j].ravel(), np.full((k - 1) * pairs, 0.5 * switch2)]) / scale
    bound = np.concatenate([np.ones(first), np.zeros(2 * (k - 1) * pairs)])
    found = linprog(cost, A_ub=matrix, b_ub=bound, bounds=(0.0, 1.0), method="highs")
    weight = np.zeros(gain.shape)
    weight[:, i, j] = np.asarray(found.x)[: k * pairs].reshape(k, pairs)
    return weight
