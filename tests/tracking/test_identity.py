"""Who answered from where: replies go to the track at their place, and to none that is at no place."""

from typing import Any

import numpy as np

from nodes.sensing.replies import TransponderReply
from nodes.tracking.identity import assign_replies, believed
from triwatch.v1 import track_pb2

FRIEND = int(track_pb2.IDENTITY_FRIEND)
PLACE_M = np.array([-3.2e6, 4.35e6, 3.4e6])


class Known:
    """What ``assign_replies`` and ``believed`` use of a track."""

    def __init__(self) -> None:
        self.claims: dict[tuple[str, int], int] = {}


def heard(sigma_m: list[float], answering: dict[str, np.ndarray], times: int = 3) -> list[Any]:
    """Tracks at PLACE_M, known to so much an axis, after each platform answered so often from where it is."""
    tracks: list[Any] = [Known() for _ in sigma_m]
    state = np.tile(np.concatenate([PLACE_M, np.zeros(3)]), (len(sigma_m), 1))
    covariance = np.array([np.diag([s**2] * 3 + [1.0] * 3) for s in sigma_m])
    replies = TransponderReply(
        tuple(answering), (FRIEND,) * len(answering), np.array(list(answering.values()))
    )
    for _ in range(times):
        assign_replies(tracks, state, covariance, replies)
    return tracks


def test_the_track_at_the_place_is_named() -> None:
    (track,) = heard([200.0], {"Kang Gam-chan": PLACE_M + 150.0})
    assert believed(track)
    assert track.claims == {("Kang Gam-chan", FRIEND): 3}


def test_a_bearing_with_no_range_is_at_no_place() -> None:
    """A submarine heard on one bearing lies within everybody's gate: it is nobody who replies there."""
    sharp, wide = heard([200.0, 150e3], {"Kang Gam-chan": PLACE_M + 150.0, "Halsey": PLACE_M + 30e3})
    assert believed(sharp)
    assert wide.claims == {}
