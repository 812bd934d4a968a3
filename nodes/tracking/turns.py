"""In which order tracks choose their detections, and what a choice says of those that chose later.

Confirmed tracks first, then slow candidates, then fast ones: a fast one reaches so far that among many ships
it takes another's detection at every scan, and finds one of a third for the next.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from nodes.tracking.environment import SUBSURFACE, SURFACE
from nodes.tracking.track import Track


class Turn(IntEnum):
    """When a track chooses."""

    CONFIRMED = 0
    SLOW = 1
    FAST = 2


def turns_of(tracks: list[Track]) -> NDArray[np.int64]:
    """(n,) `Turn` of each."""
    return np.array([_turn(t) for t in tracks], dtype=np.int64)


def _turn(track: Track) -> Turn:
    if track.confirmed:
        return Turn.CONFIRMED
    return Turn.SLOW if track.environment in (SURFACE, SUBSURFACE) else Turn.FAST


def beaten(hit: list[Track]) -> set[Track]:
    """Twins of the tracks that were hit, in the order of their turns: of two that both were, the later's is
    not its own detection. No track has a twin thereafter."""
    found: set[Track] = set()
    for track in hit:
        if track.twin is not None and track not in found:
            found.add(track.twin)
        track.twin = None
    return found
