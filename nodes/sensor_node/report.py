"""Track columns into the contract's TrackBatch, checked before they leave the node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fusion.update.publish import track_quality
from nodes.tracking.columns import TrackColumns, reportable
from triwatch.v1 import track_pb2

POLICY = "TRIWATCH EXERCISE"
CLASSIFICATION = "UNCLASSIFIED"

_LOWER = np.tril_indices(6)


@dataclass(frozen=True, slots=True)
class Release:
    """Who may have a node's reports."""

    nations: tuple[str, ...]
    """Trigraphs, USA first, then alphabetical; none: every member."""

    @staticmethod
    def to(nations: Sequence[str]) -> Release:
        """Of the given nations, in any order."""
        return Release(tuple(sorted(set(nations), key=lambda code: (code != "USA", code))))

    @property
    def stream(self) -> str:
        """The release group's name: its trigraphs sorted and joined by '-'; empty for every member."""
        return "-".join(sorted(self.nations))


def to_batch(
    columns: TrackColumns, node_id: str, nation: str, incarnation: int, sequence: int, release: Release
) -> track_pb2.TrackBatch:
    """One report. Raises ValueError where a row is not fit to leave the node."""
    good = reportable(columns.state, columns.covariance)
    if not good.all():
        bad = columns.number[~good].tolist()
        raise ValueError(f"{node_id}: tracks {bad}: state or covariance not finite, definite and in range")
    n = len(columns)
    packed = columns.covariance[:, _LOWER[0], _LOWER[1]]
    return track_pb2.TrackBatch(
        node_id=node_id,
        nation=nation,
        incarnation=incarnation,
        sequence=sequence,
        stream=release.stream,
        sent_time_ns=columns.time_ns,
        label=track_pb2.Label(policy=POLICY, classification=CLASSIFICATION, releasable_to=release.nations),
        exercise=True,
        local_number=columns.number.tolist(),
        valid_time_ns=[columns.time_ns] * n,
        state=columns.state.ravel().tolist(),
        covariance=packed.ravel().tolist(),
        environment=columns.environment.tolist(),
        status=columns.status.tolist(),
        process_noise=columns.process_noise.tolist(),
        identity=columns.identity.tolist(),
        identity_confidence=columns.identity_confidence.tolist(),
        motion_model=columns.motion_model.tolist(),
        call_sign=columns.call_sign if any(columns.call_sign) else (),
        quality=track_quality(packed).tolist(),
        tracklet_information=columns.tracklet_information[:, _LOWER[0], _LOWER[1]].ravel().tolist(),
        tracklet_vector=columns.tracklet_vector.ravel().tolist(),
        tracklet_told=columns.tracklet_told.tolist(),
        parent_local_number=columns.parent.tolist() if columns.parent.any() else (),
    )
