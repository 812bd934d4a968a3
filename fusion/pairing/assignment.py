"""Least-cost assignment over a sparse list of allowed pairs.

As many reports as possible are assigned, and among such assignments the total cost is least. The pairs
fall into connected clusters, nearly all of one or two reports; each is solved on its own by the shortest
augmenting path method. Source: Jonker and Volgenant 1987; Burkard, Dell'Amico, Martello 2009, section 4.4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fusion.arrays import Float, Ints
from fusion.kernel import kernel

_UNASSIGNED = 1e6


@kernel
def _root(parent: Ints, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


class Pairs(NamedTuple):
    """Allowed pairs of a report and a track, ordered by report, then by track number."""

    report: Ints
    """(pairs,) index of the report."""
    row: Ints
    """(pairs,) row of the track."""
    cost: Float


@kernel
def assign(pairs: Pairs, reports: int, match: Ints) -> None:
    """Match each of ``reports`` reports to a track row, or -1, into ``match`` (reports,).

    Ties go to the pair that stands first.
    """
    report_of, track_of = pairs.report, pairs.row
    match[:] = -1
    count = len(report_of)
    if count == 0:
        return
    # tracks renumbered by first appearance, behind the reports, in one union-find forest
    order = np.argsort(track_of, kind="mergesort")
    column = np.empty(count, np.int64)
    first = np.empty(count, np.int64)
    for k in range(count):
        p = order[k]
        first[p] = p if k == 0 or track_of[order[k - 1]] != track_of[p] else first[order[k - 1]]
    parent = np.arange(reports + count)
    for p in range(count):
        column[p] = reports + first[p]
        i, j = _root(parent, report_of[p]), _root(parent, column[p])
        if i != j:
            parent[max(i, j)] = min(i, j)
    cluster = np.empty(count, np.int64)
    for p in range(count):
        cluster[p] = _root(parent, report_of[p])
    by_cluster = np.argsort(cluster, kind="mergesort")
    start = 0
    while start < count:
        end = start
        while end < count and cluster[by_cluster[end]] == cluster[by_cluster[start]]:
            end += 1
        _solve(by_cluster[start:end], pairs, column, match)
        start = end


@kernel
def _position(values: Ints, count: int, value: int) -> int:
    for k in range(count):
        if values[k] == value:
            return k
    return -1


@kernel
def _solve(cluster: Ints, pairs: Pairs, column: Ints, match: Ints) -> None:
    """Assign one cluster: those of the pairs with the indices ``cluster``."""
    report_of, track_of, cost = pairs
    if len(cluster) == 1:
        match[report_of[cluster[0]]] = track_of[cluster[0]]
        return
    rows, columns, tracks = (
        np.empty(len(cluster), np.int64),
        np.empty(len(cluster), np.int64),
        np.empty(len(cluster), np.int64),
    )
    n = m = 0
    for p in cluster:
        if _position(rows, n, report_of[p]) < 0:
            rows[n] = report_of[p]
            n += 1
        if _position(columns, m, column[p]) < 0:
            columns[m] = column[p]
            tracks[m] = track_of[p]
            m += 1
    matrix = np.full((n, m + n), 2.0 * _UNASSIGNED)
    for k in range(n):
        matrix[k, m + k] = _UNASSIGNED
    for p in cluster:
        matrix[_position(rows, n, report_of[p]), _position(columns, m, column[p])] = cost[p]

    width = m + n
    u, v = np.zeros(n + 1), np.zeros(width + 1)
    owner, way = np.zeros(width + 1, np.int64), np.zeros(width + 1, np.int64)
    least, used = np.empty(width + 1), np.empty(width + 1, np.bool_)
    for i in range(1, n + 1):
        owner[0] = i
        j0 = 0
        least[:] = np.inf
        used[:] = False
        while True:
            used[j0] = True
            i0, j1, delta = owner[j0], 0, np.inf
            for j in range(1, width + 1):
                if not used[j]:
                    reduced = matrix[i0 - 1, j - 1] - u[i0] - v[j]
                    if reduced < least[j]:
                        least[j] = reduced
                        way[j] = j0
                    if least[j] < delta:
                        delta = least[j]
                        j1 = j
            for j in range(width + 1):
                if used[j]:
                    u[owner[j]] += delta
                    v[j] -= delta
                else:
                    least[j] -= delta
            j0 = j1
            if owner[j0] == 0:
                break
        while j0 != 0:
            j1 = way[j0]
            owner[j0] = owner[j1]
            j0 = j1
    for j in range(1, m + 1):
        if owner[j] > 0:
            match[rows[owner[j] - 1]] = tracks[j - 1]
