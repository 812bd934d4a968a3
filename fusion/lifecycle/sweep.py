"""What time alone brings: silence, coasting, the end of tracks."""

from __future__ import annotations

import numpy as np

from fusion.contract import DROPPING, SPACE
from fusion.kernel import kernel
from fusion.lifecycle.durations import LIFECYCLE
from fusion.lifecycle.membership import drop
from fusion.lifecycle.opinion import unseen
from fusion.lifecycle.twins import merge_twins
from fusion.physics.height import level
from fusion.table.arrays import Arrays, save_source, save_track
from fusion.table.contributors import forget_report, remove_contributor
from fusion.table.records import Track


@kernel
def sweep(a: Arrays, time_ns: int) -> None:
    """What time alone brings: silent contributors leave, tracks without any coast and drop, twins merge."""
    for row in range(a.counters[0].rows):
        if a.numbers[row] == 0 or a.tracks[row].heard == 1:  # of those `fusion.bearings` decides
            continue
        track = a.tracks[row]
        k = 0
        while k < track.contributor_count:
            slot = track.contributor[k]
            source = a.sources[slot]
            silent_ns = max(
                np.int64(LIFECYCLE.source_silent_s * 1e9), LIFECYCLE.silent_periods * source.period_ns
            )
            if time_ns - source.time_ns > silent_ns:
                save_track(a, row)
                save_source(a, slot)
                remove_contributor(a, row, slot)
                forget_report(source)
            else:
                k += 1
        age_ns = time_ns - track.update_ns
        alone = unseen(a, track)
        sunk = track.environment == SPACE and _underground(track, (time_ns - track.time_ns) * 1e-9)
        if alone and (sunk or age_ns > _coast_ns(track.environment)):
            drop(a, row)
            continue
        soonest = np.int64(LIFECYCLE.stale_s * 1e9)
        for k in range(track.contributor_count):
            soonest = max(soonest, LIFECYCLE.stale_periods * a.sources[track.contributor[k]].period_ns)
        if alone or age_ns > soonest:
            save_track(a, row)
            track.status = DROPPING
    merge_twins(a, time_ns)


@kernel
def _coast_ns(environment: int) -> int:
    return int(LIFECYCLE.coast_s[environment] * 1e9)


@kernel
def _underground(track: Track, dt_s: float) -> bool:
    """Whether a state carried straight is some 6 km below the ellipsoid."""
    x = track.state[0] + dt_s * track.state[3]
    y = track.state[1] + dt_s * track.state[4]
    z = track.state[2] + dt_s * track.state[5]
    return level(x, y, z) < LIFECYCLE.underground_level
