"""Which platforms of the exercise answer when a radar asks who they are."""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np

from fusion.constants import MODELLED, Chosen
from nodes.sensing.replies import TransponderReply
from nodes.sensing.scan import Scan
from nodes.simulation.sensors.view import look, over_horizon
from nodes.simulation.spec import RadarSpec
from nodes.simulation.truth import Snapshot
from triwatch.v1 import track_pb2

COOPERATIVE = (
    int(track_pb2.IDENTITY_FRIEND),
    int(track_pb2.IDENTITY_ASSUMED_FRIEND),
    int(track_pb2.IDENTITY_NEUTRAL),
)
"""Friends squawk, neutral traffic identifies itself; nobody else does."""
AIS_RANGE_M: Final[
    Annotated[float, Chosen("m", "A ship's own transmitter stands high: 40 nautical miles", MODELLED)]
] = 74_000.0
ANSWERING = (int(track_pb2.ENVIRONMENT_AIR), int(track_pb2.ENVIRONMENT_SURFACE))


def replies(spec: RadarSpec, scan: Scan, snapshot: Snapshot) -> TransponderReply:
    """What an interrogator that turns with the radar hears: every cooperative platform in range and sight."""
    afloat = snapshot.environment == track_pb2.ENVIRONMENT_SURFACE
    view = look(snapshot, scan.position_m, scan.axes, spec.alt_m)
    heard = (
        np.isin(snapshot.identity, COOPERATIVE)
        & np.isin(snapshot.environment, ANSWERING)
        & (view.range_m <= 1e3 * spec.range_km)
        & (over_horizon(view, True) | (afloat & (view.range_m <= AIS_RANGE_M)))
    )
    rows = np.flatnonzero(heard)
    return TransponderReply(
        call_sign=tuple(snapshot.call_sign[i] for i in rows),
        identity=tuple(int(snapshot.identity[i]) for i in rows),
        position_m=snapshot.state[rows, :3],
    )
