"""Who a track is: what replies from its place, and how it behaves.

A cooperative platform says who it is and where (a squawk, an AIS message). Its answer is given to the
track at that place, and believed from the second time on. What flies ballistically unannounced is
SUSPECT at once and HOSTILE when it has risen high and fast; what else never replies is UNKNOWN.
"""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.replies import TransponderReply
from nodes.tracking.association import assign, gate_cost
from nodes.tracking.environment import SPACE
from nodes.tracking.track import Track
from triwatch.v1 import track_pb2

UNKNOWN = int(track_pb2.IDENTITY_UNKNOWN)
SUSPECT = int(track_pb2.IDENTITY_SUSPECT)
HOSTILE = int(track_pb2.IDENTITY_HOSTILE)

ANSWER_SIGMA_M: Final[
    Annotated[
        float,
        Chosen("m", "error of the position that a transponder's reply gives, its delay included", JUDGED),
    ]
] = 100.0
APART_M: Final[
    Annotated[
        float,
        Chosen(
            "m",
            "mean distance between platforms with transponders: a track known no better than that "
            "gets no reply",
            JUDGED,
        ),
    ]
] = 30_000.0
BELIEVED: Final[Annotated[int, Chosen("1", "replies after which an identity is reported", JUDGED)]] = 2
SURE: Final[Annotated[int, Chosen("1", "replies after which an identity is certain", JUDGED)]] = 10
HOSTILE_ALTITUDE_M: Final[Annotated[float, Chosen("m", "what is above this height ...", JUDGED)]] = 50_000.0
HOSTILE_SPEED_MPS: Final[
    Annotated[float, Chosen("m/s", "... at more than this speed is a missile, and nobody's friend", JUDGED)]
] = 1_000.0


def assign_replies(tracks: list[Track], state: Float, covariance: Float, replies: TransponderReply) -> None:
    """Give each answer to the track at its place; ``state`` (n, 6) and ``covariance`` at the same moment."""
    placed = np.flatnonzero(np.trace(covariance[:, :3, :3], axis1=1, axis2=2) < APART_M**2)
    if not len(placed) or not replies.call_sign:
        return
    tracks, state, covariance = [tracks[i] for i in placed], state[placed], covariance[placed]
    apart = replies.position_m[None, :, :] - state[:, None, :3]
    spread = covariance[:, :3, :3] + np.eye(3) * ANSWER_SIGMA_M**2
    for row, answer in assign(gate_cost(apart, spread)):
        track = tracks[row]
        claim = (replies.call_sign[answer], replies.identity[answer])
        track.claims[claim] = min(track.claims.get(claim, 0) + 1, SURE)
        for other in [c for c in track.claims if c != claim]:
            track.claims[other] -= 1
            if track.claims[other] <= 0:
                del track.claims[other]


def believed(track: Track) -> bool:
    """Whether the same platform answered from a track's place often enough."""
    return max(track.claims.values(), default=0) >= BELIEVED


def identify(track: Track, altitude_m: float, speed_mps: float) -> None:
    """Set a track's identity, its confidence and its call sign."""
    claim, count = max(track.claims.items(), key=lambda item: item[1], default=(("", 0), 0))
    if believed(track):
        track.call_sign, track.identity = claim
        track.identity_confidence = count / (count + 1.0)
    elif track.environment == SPACE:
        proven = altitude_m > HOSTILE_ALTITUDE_M and speed_mps > HOSTILE_SPEED_MPS
        track.identity = HOSTILE if proven or track.identity == HOSTILE else SUSPECT
        track.identity_confidence = 0.9 if track.identity == HOSTILE else 0.6
    elif not track.claims:
        track.identity, track.identity_confidence, track.call_sign = UNKNOWN, 0.5, ""
