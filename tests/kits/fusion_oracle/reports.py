"""Reports and heartbeats made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fusion.contract import (
    AIR,
    DROPPING,
    INITIATING,
    MAINTAINING,
    SPACE,
    SUBSURFACE,
    SURFACE,
    TERMINATED,
)
from fusion.pairing.event import Reports
from fusion.report.reported_tracklets import NONE_CARRIED
from fusion.table.records import NONE
from triwatch.v1 import status_pb2, track_pb2

__all__ = [
    "AIR",
    "DROPPING",
    "EPOCH_NS",
    "INITIATING",
    "MAINTAINING",
    "PLACE_M",
    "SECOND_NS",
    "SPACE",
    "SUBSURFACE",
    "SURFACE",
    "TERMINATED",
    "at_ns",
    "diagonal",
    "heartbeat",
    "packed",
    "report",
    "reports_of",
]

Float = NDArray[np.float64]

EPOCH_NS = 1_719_446_400_000_000_000
"""2024-06-27T00:00:00Z."""
SECOND_NS = 1_000_000_000
PLACE_M = np.array([-3.1e6, 4.2e6, 3.6e6])
"""A point near the Earth's surface, ECEF."""

_LOWER = np.tril_indices(6)


def at_ns(t_s: float) -> int:
    """Seconds after the epoch as UTC ns."""
    return EPOCH_NS + round(t_s * SECOND_NS)


def packed(covariance: ArrayLike) -> Float:
    """Full covariances (n, 6, 6) as lower triangles (n, 21)."""
    p = np.asarray(covariance, dtype=float)
    return np.asarray(p[..., _LOWER[0], _LOWER[1]], dtype=float)


def diagonal(position_m: float, velocity_mps: float) -> Float:
    """A covariance (6, 6) without correlations from two standard deviations."""
    return np.diag([position_m**2] * 3 + [velocity_mps**2] * 3)


def report(
    node_id: str,
    sequence: int,
    t_s: float | Sequence[float],
    state: ArrayLike,
    covariance: ArrayLike | None = None,
    *,
    local: Sequence[int] | None = None,
    environment: int | Sequence[int] = AIR,
    status: int | Sequence[int] = MAINTAINING,
    q: float | Sequence[float] = 1.0,
    **fields: Any,
) -> track_pb2.TrackBatch:
    """A report of n states (n, 6); scalars stand for every row, covariances default to 30 m and 5 m/s."""
    x = np.atleast_2d(np.asarray(state, dtype=float)).reshape(-1, 6)
    n = len(x)
    p = np.asarray(diagonal(30.0, 5.0) if covariance is None else covariance, dtype=float)
    p = np.broadcast_to(p, (n, 6, 6))

    def column(value: Any) -> list[Any]:
        return [value] * n if np.isscalar(value) else list(value)

    return track_pb2.TrackBatch(
        node_id=node_id,
        nation=fields.pop("nation", "USA"),
        incarnation=fields.pop("incarnation", 1),
        sequence=sequence,
        local_number=range(1, n + 1) if local is None else local,
        valid_time_ns=[at_ns(t) for t in column(t_s)],
        state=x.ravel().tolist(),
        covariance=packed(p).ravel().tolist(),
        environment=column(environment),
        status=column(status),
        process_noise=column(q),
        **fields,
    )


def heartbeat(
    node_id: str,
    last_sequence: int,
    watermark_s: float,
    *,
    incarnation: int = 1,
    stream: str = "",
    leaving: bool = False,
    previous: tuple[int, int] = (0, 0),
) -> status_pb2.NodeStatus:
    """A heartbeat that punctuates one stream; ``previous`` are start and last sequence of the life before."""
    return status_pb2.NodeStatus(
        node_id=node_id,
        nation="USA",
        incarnation=incarnation,
        state=status_pb2.NODE_STATE_LEAVING if leaving else status_pb2.NODE_STATE_ALIVE,
        time_ns=at_ns(watermark_s),
        previous_incarnation=previous[0],
        previous_last_sequence=previous[1],
        punctuation=[
            status_pb2.Punctuation(
                stream=stream, last_sequence=last_sequence, low_watermark_ns=at_ns(watermark_s)
            )
        ],
    )


def reports_of(time_ns: int, slot: NDArray[np.int64], state: Float, triangles: Float) -> Reports:
    """States (n, 6) and packed covariances (n, 21) as compiled code is handed the reports of one event."""
    n = len(slot)
    zeros = np.zeros(n, np.int64)
    return Reports(
        time_ns=time_ns,
        block=1,
        slot=slot,
        parent_slot=np.full(n, NONE),
        call_sign=zeros,
        state=state,
        covariance=triangles,
        declared=triangles,
        off=np.zeros((n, 21)),
        doubt=np.ones(n),
        status=np.full(n, MAINTAINING),
        q=np.ones(n),
        motion=zeros,
        environment=np.full(n, AIR),
        identity=zeros,
        confidence=np.zeros(n),
        carried=NONE_CARRIED,
        sensor=np.full(n, -1),
        place=np.zeros((n, 3)),
    )
