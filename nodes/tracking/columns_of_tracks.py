"""What is reported of tracks, as columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fusion.arrays import Ints
from fusion.physics.geodesy import Float
from nodes.tracking.columns import TrackColumns
from nodes.tracking.environment import SPACE
from nodes.tracking.track import Track


def columns_of(
    tracks: Sequence[Track],
    status: Sequence[int],
    state: Float,
    covariance: Float,
    tracklets: tuple[Float, Float, Ints],
    time_ns: int,
) -> TrackColumns:
    """n tracks at ``time_ns``: ``state`` (n, 6), ``covariance`` (n, 6, 6); ``tracklets``: information
    (n, 6, 6), vector (n, 6) and sensor (n,)."""
    information, vector, sensor = tracklets

    def column(values: Sequence[int]) -> NDArray[np.int64]:
        return np.array(values, dtype=np.int64)

    return TrackColumns(
        time_ns=time_ns,
        number=column([t.number for t in tracks]),
        state=state,
        covariance=covariance,
        environment=column([t.environment for t in tracks]),
        status=column(status),
        process_noise=np.array([t.filter.process_noise for t in tracks]),
        motion_model=column([t.filter.motion_model for t in tracks]),
        identity=column([t.identity for t in tracks]),
        identity_confidence=np.array([t.identity_confidence for t in tracks]),
        parent=column([t.parent for t in tracks]),
        tracklet_information=information,
        tracklet_vector=vector,
        # a missile's engine is known to the node by more than positions: its states tell that too
        tracklet_sensor=sensor,
        tracklet_told=np.array(
            [t.environment != SPACE and not t.filter.sided for t in tracks], dtype=np.bool_
        ),
        call_sign=tuple(t.call_sign for t in tracks),
    )
