"""What a contender gets and what it has to give: reports in, tracks out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from fusion.arrays import Bools, Float, Ints
from triwatch.v1 import track_pb2


@dataclass(frozen=True, slots=True)
class NodeReport:
    """One node's report: n of its tracks."""

    node_id: str
    nation: str
    number: Ints
    """(n,) the node's own track numbers; of a node that started anew they count anew."""
    valid_time_ns: Ints
    """(n,) UTC."""
    state: Float
    """(n, 6) ECEF m, m/s: a filter's estimate, so successive ones of a track are not independent."""
    covariance: Float
    """(n, 6, 6)."""
    environment: Ints
    """(n,) values of triwatch.v1.Environment: 1 air, 2 space, 3 surface, 4 subsurface."""
    process_noise: Float
    """(n,) m²/s³, the density of white acceleration that the node's filter assumed; 0 where unknown."""
    ended: Bools
    """(n,) the node has given the track up."""
    message: track_pb2.TrackBatch
    """All of it, tracklets and identities too; see proto/README.md."""


@dataclass(frozen=True, slots=True)
class FusedTracks:
    """n tracks of a fused picture, all at the time they were asked for."""

    number: Ints
    """(n,) whole numbers from 1; a track keeps its own."""
    state: Float
    """(n, 6) ECEF m, m/s."""
    covariance: Float
    """(n, 6, 6) symmetric, positive definite."""
    environment: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    """(n,) or none; plays no part in the score."""


class Fusion(Protocol):
    """A whole fusion. Made by a factory without arguments, once a run."""

    def fold(self, report: NodeReport) -> None:
        """Take one report. They come in the order in which they were recorded, each once."""

    def tracks(self, time_ns: int) -> FusedTracks:
        """The picture at a time, UTC ns, that is never before an earlier call's; reports valid until then
        have been given, later ones have not."""
