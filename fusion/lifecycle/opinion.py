"""What the contributors of a track say of it together."""

from __future__ import annotations

import numpy as np

from fusion.contract import (
    DROPPING,
    ENVIRONMENTS,
    FRIENDS,
    HOSTILES,
    IDENTITIES,
    INITIATING,
    MAINTAINING,
    SPACE,
)
from fusion.kernel import kernel
from fusion.lifecycle.durations import LIFECYCLE
from fusion.pairing.event import MISFIT, Pairing, Reports
from fusion.table.arrays import Arrays
from fusion.table.contributors import forget_report
from fusion.table.records import Track


@kernel
def settle(a: Arrays, row: int) -> None:
    """What the contributors' newest reports say of a track together: environment, identity, name, noise.

    Environment by majority; space outvotes nothing but wins a tie, since a launch is first seen by few.
    Identity: each kind's confidences are summed and the largest sum is shown; that friends and foes
    stand against each other is shown beside it, not averaged away.
    """
    track = a.tracks[row]
    votes = np.zeros(ENVIRONMENTS)
    weight = np.zeros(IDENTITIES)
    friends, hostiles = False, False
    q, declared = 0.0, 0
    for k in range(track.contributor_count):
        source = a.sources[track.contributor[k]]
        if 0 < source.environment < ENVIRONMENTS:
            votes[source.environment] += LIFECYCLE.space_vote if source.environment == SPACE else 1.0
        if 0 < source.identity < IDENTITIES:
            weight[source.identity] += source.confidence
            friends = friends or source.identity in FRIENDS
            hostiles = hostiles or source.identity in HOSTILES
        if source.call_sign != 0:
            track.call_sign = source.call_sign
        if source.q > 0.0:
            q += source.q
            declared += 1
    most = 0.0
    for e in range(1, ENVIRONMENTS):
        if votes[e] > most:
            most = votes[e]
            track.environment = e
    heaviest, total = -1.0, 0.0
    for i in range(1, IDENTITIES):
        total += weight[i]
        if weight[i] > heaviest and weight[i] > 0.0:
            heaviest = weight[i]
            track.identity = i
    track.confidence = heaviest / total if total > 0.0 else 0.0
    track.conflict = 1 if friends and hostiles else 0
    if declared > 0:
        track.q = q / declared


@kernel
def finish(a: Arrays, reports: Reports, pairing: Pairing) -> None:
    """Close an event for the tracks that were fused, and for the sources that have none."""
    for r in range(len(pairing.row)):
        row = pairing.row[r]
        if row < 0:
            forget_report(a.sources[reports.slot[r]])
            continue
        if pairing.fit[r] == MISFIT:
            continue
        track = a.tracks[row]
        settle(a, row)
        if reports.status[r] != DROPPING:
            track.update_ns = reports.time_ns
            track.reports += 1
            track.status = MAINTAINING if track.reports > 1 else INITIATING
        elif unseen(a, track):
            track.status = DROPPING


@kernel
def unseen(a: Arrays, track: Track) -> bool:
    """Whether no contributor sees the track: there is none, or each only carries it on."""
    seeing = 0
    for k in range(track.contributor_count):
        seeing += a.sources[track.contributor[k]].status != DROPPING
    return seeing == 0
