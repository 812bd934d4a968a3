"""Two tracks of one target: found by agreeing for long while no scan ever showed both."""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.tracking.track import Track
from nodes.tracking.visibility import Mask

AGREE: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "squared distance within which two tracks may follow one target",
            "chi-square, 99 %, 6 degrees of freedom",
        ),
    ]
] = 16.8
NEAR_M: Final[Annotated[float, Chosen("m", "farther apart two tracks are not compared", JUDGED)]] = 20_000.0
TOGETHER_NS: Final[
    Annotated[
        int, Chosen("ns", "two tracks that one scan updated both within this time are two targets", JUDGED)
    ]
] = 30 * 10**9
RIPE_NS: Final[
    Annotated[
        int,
        Chosen("ns", "how old two tracks of one target must be, and how long one unseen to give way", JUDGED),
    ]
] = 10 * 10**9


def redundant(tracks: list[Track], state: Float, covariance: Float, time_ns: int, may: Mask) -> list[Track]:
    """The less certain one of every pair of confirmed tracks that are one target's, or the one that was not
    seen for long while the other was.

    ``state`` (n, 6) and ``covariance`` (n, 6, 6) of all tracks at ``time_ns``; ``may`` (n, n): which can be.
    """
    ripe = [i for i, t in enumerate(tracks) if t.confirmed and time_ns - t.born_ns > RIPE_NS]
    if len(ripe) < 2:
        return []
    position = state[ripe, :3]
    near = np.abs(position[:, None, :] - position[None, :, :]).max(axis=2) < NEAR_M
    spare = []
    for a, b in np.argwhere(np.triu(near, 1)):
        one, other = ripe[a], ripe[b]
        if not may[one, other] or _shown_together(tracks[one], tracks[other], time_ns):
            continue
        apart = state[one] - state[other]
        if float(apart @ np.linalg.solve(covariance[one] + covariance[other], apart)) < AGREE:
            late_ns = tracks[one].last_hit_ns - tracks[other].last_hit_ns
            volume = [np.linalg.slogdet(covariance[i, :3, :3])[1] for i in (one, other)]
            keeps_other = volume[0] > volume[1] if abs(late_ns) <= RIPE_NS else late_ns < 0
            spare.append(tracks[one if keeps_other else other])
    return spare


def _shown_together(one: Track, other: Track, time_ns: int) -> bool:
    """Whether a recent scan gave a detection to each of the two."""
    scans = ({(sensor, at) for sensor, at, _ in t.recent} for t in (one, other))
    return any(time_ns - at < TOGETHER_NS for _, at in set.intersection(*scans))
