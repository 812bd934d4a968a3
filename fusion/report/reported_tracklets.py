"""The tracklets that a node itself carries in its report.

A node knows exactly what its detections since its last report tell of a target; a receiver that takes the
node's successive states apart (`fusion.report.tracklet`) gets the same only where the node's filter is linear
with the noise it declares. So a report may carry, row by row, (Y, y) about the row's state.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fusion.linalg import positive_definite
from fusion.physics.geodesy import Float
from triwatch.v1 import track_pb2

INFORMATION_MAX = 1.0e9
"""One over the least variance that a report may have."""
_ROUNDING = 1e-9


class Carried(NamedTuple):
    """The tracklets of n rows; all three without rows where the report carries none."""

    told: NDArray[np.int64]
    """(n,) 1 where the row's tracklet is told; elsewhere the receiver takes the states apart."""
    information: Float
    """(n, 21) Y, lower triangles by rows; 1/m², s/m², s²/m²."""
    vector: Float
    """(n, 6) y; 1/m, s/m."""

    def rows(self, pick: NDArray[np.intp]) -> Carried:
        """Those of some rows."""
        return Carried(self.told[pick], self.information[pick], self.vector[pick]) if len(self.told) else self


NONE_CARRIED = Carried(np.zeros(0, np.int64), np.zeros((0, 21)), np.zeros((0, 6)))


def read_carried(batch: track_pb2.TrackBatch, n: int) -> Carried:
    """The tracklets of a batch of ``n`` rows.

    Raises:
        ValueError: a column's length, or a row's values, break the contract; the text says which.
    """
    if not len(batch.tracklet_information) and not len(batch.tracklet_vector):
        if len(batch.tracklet_told):
            raise ValueError("column tracklet_told without tracklet_information and tracklet_vector")
        return NONE_CARRIED
    for name, values, width in (
        ("tracklet_information", batch.tracklet_information, 21),
        ("tracklet_vector", batch.tracklet_vector, 6),
        ("tracklet_told", batch.tracklet_told, 1),
    ):
        if len(values) != n * width and not (name == "tracklet_told" and not len(values)):
            raise ValueError(f"column {name} has {len(values)} values, expected {n * width}")
    told = (
        np.asarray(batch.tracklet_told).astype(np.int64) if len(batch.tracklet_told) else np.ones(n, np.int64)
    )
    information = np.asarray(batch.tracklet_information).reshape(n, 21)
    carried = Carried(told, information, np.asarray(batch.tracklet_vector).reshape(n, 6))
    row = _first_unsound(*carried)
    if row >= 0:
        raise ValueError(
            f"row {row} (local number {batch.local_number[row]}): tracklet must be finite, its information "
            f"positive semidefinite and at most {INFORMATION_MAX:g}"
        )
    return carried


@njit(cache=True)
def _first_unsound(told, information, vector):
    """The first row told that breaks the contract, or -1."""
    raised = np.empty((1, 21))
    definite = np.empty(1, np.bool_)
    for r in range(len(told)):
        if told[r] == 0:
            continue
        for i in range(6):
            if not np.isfinite(vector[r, i]):
                return r
        for k in range(21):
            raised[0, k] = information[r, k]
            if not np.isfinite(information[r, k]):
                return r
        for i in range(6):
            k = i * (i + 3) // 2
            if information[r, k] < 0.0 or information[r, k] > INFORMATION_MAX:
                return r
            # a few detections leave directions of which they tell nothing: rounding may turn those negative
            raised[0, k] += _ROUNDING * information[r, k] + 1e-300
        positive_definite(raised, definite)
        if not definite[0]:
            return r
    return -1
