"""The tracklets that a node itself carries in its report.

A node knows exactly what its detections since its last report tell of a target; a receiver that takes the
node's successive states apart (`fusion.report.tracklet`) gets the same only where the node's filter is linear
with the noise it declares. So a report may carry, row by row, (Y, y) about the row's state.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion.physics.geodesy import Float


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
