"""What is reported of tracks, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray

from fusion.arrays import Ints
from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.tracking.columns import TrackColumns
from nodes.tracking.environment import SPACE
from nodes.tracking.track import Track

FALLS_M2PS3: Final[
    Annotated[
        float,
        Chosen(
            "m²/s³",
            "with less noise a missile surely falls: thrust has less than a millionth of the weight",
            JUDGED,
        ),
    ]
] = 1e-3


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
        tracklet_sensor=sensor,
        tracklet_told=np.array([_tells_tracklet(t) for t in tracks], dtype=np.bool_),
        call_sign=tuple(t.call_sign for t in tracks),
    )


def _tells_tracklet(track: Track) -> bool:
    """Whether what its detections said is all that is new of a track.

    Of a missile's engine a node knows more than positions tell, which its states tell until it surely falls.
    """
    falls = track.filter.process_noise < FALLS_M2PS3
    return not track.filter.sided and (track.environment != SPACE or falls)
