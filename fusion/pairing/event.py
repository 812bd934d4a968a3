"""What the steps of a fold hand to each other: an event's columns, and what is decided of its reports.

All are columns of the n reports of one event, valid at one moment.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fusion.arrays import Bools, Float, Ints
from fusion.kernel import kernel
from fusion.report.reported_tracklets import Carried
from fusion.table.records import NEIGHBOURS

MISFIT, FITS = range(2)
"""How a report fits the track that it is paired with: not, and it is not to be fused; or well."""

KEPT, JOINED, BORN, REBUILT = range(4)
"""What became of a report's pairing: as it was; new to the track, with all that its node knows; the track was
born of it; the track was set to what its contributors say now, this report among them."""


class Reports(NamedTuple):
    """The reports of an event."""

    time_ns: int
    block: int
    """The node's block of track numbers."""
    slot: Ints
    """(n,) source rows."""
    parent_slot: Ints
    """(n,) those of the tracks that they say they split from, or NONE."""
    call_sign: Ints
    """(n,) keys of their names, 0 = none."""
    state: Float
    """(n, 6) ECEF m, m/s."""
    covariance: Float
    """(n, 21) lower triangles by rows: what is declared and `off`, times `doubt`."""
    declared: Float
    """(n, 21) as the node declares them."""
    off: Float
    """(n, 21) what its sensors may be off by (`fusion.registration.considered`)."""
    doubt: Float
    """(n,) by what the node's word is taken to be less than it declares (`fusion.consistency`); 1 = not."""
    status: Ints
    q: Float
    """(n,) m²/s³, 0 = unknown."""
    motion: Ints
    environment: Ints
    identity: Ints
    confidence: Float
    carried: Carried
    sensor: Ints
    """(n,) of which sensor (`fusion.registration`) what the row tells is; -1 where of none known."""
    place: Float
    """(n, 3) where that was, ECEF m."""


class Pairing(NamedTuple):
    """What is decided of the reports of an event, step by step."""

    row: Ints
    """(n,) the paired track's row, or NONE."""
    seeks: Bools
    """(n,) whether an unpaired report may join or begin a track."""
    fit: Ints
    """(n,) `FITS` and its like."""
    change: Ints
    """(n,) `KEPT` and its like."""
    likely: Float
    """(n, 2 + NEIGHBOURS) log-likelihood ratios (`fusion.pairing.hypotheses`); 0 where out of question."""


@kernel
def new_pairing(n: int) -> Pairing:
    """Nothing decided yet of ``n`` reports."""
    return Pairing(
        np.empty(n, np.int64),
        np.empty(n, np.bool_),
        np.empty(n, np.int64),
        np.full(n, KEPT),
        np.zeros((n, 2 + NEIGHBOURS)),
    )
