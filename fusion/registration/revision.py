"""What is newly known of biases is taken out of what was fused before, too.

A shared track is its contributors' words together. Where more, or less, is taken out of a sensor's reports
from one window to the next, what it said before goes the same way: the last states that nodes reported, by
-B Δb each, and the tracks made of them by each word's share in them,

    x <- x - Σ W_k B_k Δb_k,   W_k = (Σ P⁻¹)⁻¹ P_k⁻¹.

What flies freely or straight forgets nothing: without this its track keeps a bias that is known for minutes.
"""

from __future__ import annotations

import numpy as np

from fusion.arrays import Float
from fusion.kernel import kernel
from fusion.linalg import invert, multiply_packed
from fusion.registration.bias import moved
from fusion.registration.elimination import Layout
from fusion.registration.kinds import BIASES
from fusion.table.arrays import Arrays, save_source, save_track
from fusion.table.records import CONTRIBUTORS_MAX, MODES, Source


@kernel
def revise(a: Arrays, layout: Layout, before: Float, used: Float) -> None:
    """Take out of sources and tracks what is ``used`` (S, 9) more than was ``before`` (S, 9)."""
    step = used - before
    information, shift = np.empty((CONTRIBUTORS_MAX, 21)), np.zeros((CONTRIBUTORS_MAX, 6))
    known, lower, total, weighed, out, columns = (
        np.empty(21),
        np.empty(21),
        np.empty(21),
        np.empty(6),
        np.empty(6),
        np.empty((6, BIASES)),
    )
    for row in range(a.counters[0].rows):
        track = a.tracks[row]
        if a.numbers[row] == 0 or track.heard == 1:
            continue
        some = False
        for k in range(track.contributor_count):
            some = some or _is_off(a.sources[track.contributor[k]], step)
        if not some:
            continue
        save_track(a, row)
        total[:], weighed[:] = 0.0, 0.0
        for k in range(track.contributor_count):
            slot = track.contributor[k]
            source = a.sources[slot]
            for i in range(21):
                known[i] = source.covariance[i] + source.off[i]
            invert(known, lower, information[k])
            for i in range(21):
                information[k, i] /= source.doubt
                total[i] += information[k, i]
            if not _is_off(source, step):
                continue
            save_source(a, slot)
            s = source.window_sensor
            moved(layout.kind[s], layout.at[s], source.window_place, source.state, step[s], out, columns)
            for i in range(6):
                shift[k, i] = out[i] - source.state[i]
                source.state[i] = out[i]
            multiply_packed(information[k], shift[k], out)
            for i in range(6):
                weighed[i] += out[i]
        invert(total, lower, information[0])
        multiply_packed(information[0], weighed, out)
        for i in range(6):
            track.state[i] += out[i]
            for m in range(MODES):
                track.mode_state[m, i] += out[i]


@kernel
def _is_off(source: Source, step: Float) -> bool:
    """Whether what is taken out of a source's sensor has changed."""
    placed = source.window_place[0] != 0.0 or source.window_place[1] != 0.0 or source.window_place[2] != 0.0
    return bool(placed and source.seen == 1 and step[source.window_sensor].any())
