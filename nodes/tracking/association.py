"""Which detection belongs to which track: gates, candidate clusters, global nearest neighbour.

Source: Blackman and Popoli, *Design and Analysis of Modern Tracking Systems*, 1999, ch. 6.3 and 6.4.
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float

GATE: Final[
    Annotated[
        dict[int, float],
        Chosen(
            "1",
            "squared distance within which a detection may be a track's, by degrees of freedom",
            "chi-square: one true detection in ten thousand lies outside",
        ),
    ]
] = {1: 15.1, 2: 18.4, 3: 21.1}
NEGLIGIBLE: Final[
    Annotated[
        float,
        Chosen("1", "weight of all rivals together below which an assignment is taken for certain", JUDGED),
    ]
] = 0.01

LARGEST = 700.0
"""Whose exponential is a number."""


def gate_cost(innovation: Float, covariance: Float) -> Float:
    """Cost (n, m) of each pair: squared Mahalanobis distance plus log determinant; infinite outside the gate.

    ``innovation`` (n, m, k) of every detection against every track, ``covariance`` (n, k, k), or
    (n, m, k, k) where the detections are not equally sure. The determinant keeps a wide, uncertain track
    from taking the detection of a sharp one.
    """
    if covariance.ndim == 4:
        return _cost_of_each(innovation, covariance)
    distance2 = np.einsum("nmi,nij,nmj->nm", innovation, np.linalg.inv(covariance), innovation)
    cost: Float = distance2 + np.linalg.slogdet(covariance)[1][:, None]
    return np.where(distance2 < GATE[covariance.shape[-1]], cost, np.inf)


def _cost_of_each(innovation: Float, covariance: Float) -> Float:
    distance2 = np.einsum("nmi,nmij,nmj->nm", innovation, np.linalg.inv(covariance), innovation)
    cost: Float = distance2 + np.linalg.slogdet(covariance)[1]
    return np.where(distance2 < GATE[covariance.shape[-1]], cost, np.inf)


class Ambiguity(NamedTuple):
    """A track's assignment where other detections might as well be its own."""

    probability: float
    """Of one of the others, all together."""
    scatter: Float
    """(k, k) how much they lie about the one it was given."""


def ambiguity(cost: Float, row: int, column: int, z: Float) -> Ambiguity | None:
    """How doubtful it is that a track's detection is its own; None where no rival is likely.

    ``z`` (m, k) are the detections, given relative to anything, so that angles do not wrap. The weights are
    those of the cheap JPDA, Fitzgerald, *IEEE Trans. AES* 22(6), 1986.
    """
    rivals = np.flatnonzero(np.isfinite(cost[row]))
    if len(rivals) < 2:
        return None
    likelihood = np.exp(np.minimum(-0.5 * (cost[:, rivals] - cost[row, column]), LARGEST))
    own = likelihood[row]
    weight = own / (own.sum() + likelihood.sum(axis=0) - own)
    others = float(weight.sum() - weight[rivals == column][0])
    if others < NEGLIGIBLE:
        return None
    apart = z[rivals] - z[column]
    scatter: Float = (weight[:, None] * apart).T @ apart / weight.sum()
    return Ambiguity(others / float(weight.sum()), scatter)


def assign(cost: Float) -> list[tuple[int, int]]:
    """Pairs (row, column) of the least total cost, as many as can be; infinite costs are never paired.

    Pairs without a rival are taken at once; the rest falls into clusters, solved one by one.
    """
    possible = np.isfinite(cost)
    alone = possible & (possible.sum(axis=0) == 1)[None, :] & (possible.sum(axis=1) == 1)[:, None]
    pairs = [(int(i), int(j)) for i, j in zip(*np.nonzero(alone), strict=True)]
    contested = possible & ~alone
    if not contested.any():
        return pairs
    rows, columns = np.nonzero(contested)
    n, m = cost.shape
    graph = csr_matrix((np.ones(len(rows)), (rows, n + columns)), shape=(n + m, n + m))
    label: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    for cluster in np.unique(label[rows]):
        i, j = np.nonzero(label[:n] == cluster)[0], np.nonzero(label[n:] == cluster)[0]
        part = cost[np.ix_(i, j)]
        finite = np.isfinite(part)
        # so dear that one more pair always beats any sum of costs
        barred = part[finite].max() + np.ptp(part[finite]) * min(part.shape) + 1e6
        for a, b in zip(*linear_sum_assignment(np.where(finite, part, barred)), strict=True):
            if finite[a, b]:
                pairs.append((int(i[a]), int(j[b])))
    return sorted(pairs)


def assign_in_turn(cost: Float, turn: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Pairs (row, column) of least cost (n, m) among the rows of each turn (n,), lowest turn first, each
    taking from what is left.
    """
    pairs: list[tuple[int, int]] = []
    for now in np.unique(turn):
        rows = np.flatnonzero(turn == now)
        rest = cost[rows]
        rest[:, [j for _, j in pairs]] = np.inf
        pairs += [(int(rows[i]), j) for i, j in assign(rest)]
    return pairs
