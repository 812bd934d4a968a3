"""A shared track set to what its contributors say now: what was fused wrongly is undone."""

from __future__ import annotations

import numpy as np

from fusion.arrays import Float
from fusion.contract import DROPPING
from fusion.filters import fresh_modes
from fusion.kernel import kernel
from fusion.pairing.evidence import Said, conclude, nothing_said, say, separation, source_at
from fusion.pairing.gating import GATING
from fusion.physics.motion import motion_in
from fusion.table.arrays import Arrays
from fusion.table.records import Source, Track


@kernel
def _set(track: Track, said: Said, time_ns: int) -> None:
    conclude(said)
    for i in range(6):
        track.state[i] = said.state[i]
    for i in range(21):
        track.covariance[i] = said.covariance[i]
    track.time_ns = time_ns
    fresh_modes(track)


@kernel
def rebuild(a: Arrays, row: int, time_ns: int) -> None:
    """Set a track to what its contributors last said, taken together; the row is journalled."""
    track, said = a.tracks[row], nothing_said()
    for k in range(track.contributor_count):
        say(said, a.sources[track.contributor[k]], motion_in(track.environment), time_ns)
    if said.many[0] > 0.0:
        _set(track, said, time_ns)


@kernel
def _fits(track: Track, source: Source, time_ns: int, x: Float, px: Float, said: Said) -> bool:
    source_at(source, motion_in(track.environment), time_ns, x, px, said.work)
    return separation(x, px, track.state, track.covariance, said.triangles)[0] <= GATING.fit_chi2


@kernel
def overruled(a: Arrays, row: int, time_ns: int) -> bool:
    """Set a track to what those contributors say whom it does not fit, where they are half of all and two at
    the least, or the only one; whether they are. The track is predicted to ``time_ns`` and journalled.

    One contributor may have swapped targets; two, and half of all, have seen a manoeuvre. One that coasts has
    seen nothing and does not count beside those that see.
    """
    track, said = a.tracks[row], nothing_said()
    x, px = np.empty(6), np.empty(21)
    counts, against = np.empty(track.contributor_count, np.bool_), 0
    for k in range(len(counts)):
        counts[k] = a.sources[track.contributor[k]].status != DROPPING
    if not counts.any():
        counts[:] = True
    for k in range(len(counts)):
        source = a.sources[track.contributor[k]]
        against += counts[k] and not _fits(track, source, time_ns, x, px, said)
    n = counts.sum()
    if against < min(n, max(2, (n + 1) // 2)):
        return False
    for k in range(len(counts)):
        source = a.sources[track.contributor[k]]
        if counts[k] and not _fits(track, source, time_ns, x, px, said):
            say(said, source, motion_in(track.environment), time_ns)
    _set(track, said, time_ns)
    return True
