"""A sensor that is broken, or lies, is followed by what the others say, and has no say itself.

Of its own biases alone the normal equations count, all others held at their estimates:

    J_ss b_s = g_s - J_so b_o

So they are taken back into the joint estimate when they are small again, and nothing of it is in anybody
else's.
"""

from __future__ import annotations

import numpy as np

from fusion.arrays import Bools, Float, Ints
from fusion.dense import inverse, times
from fusion.kernel import kernel
from fusion.registration.elimination import Layout, Parts, normal_equations


@kernel
def own_block(layout: Layout, sensor: int, ignored: Bools, angles: int) -> Ints:
    """Where a sensor's own biases stand: its node's clock too, where all that share it are ignored."""
    clock, alone = layout.clock[sensor], True
    for s in range(len(layout.clock)):
        alone = alone and (layout.clock[s] != clock or ignored[s])
    at = np.empty(angles + int(alone), np.int64)
    for k in range(angles):
        at[k] = layout.first[sensor] + k
    if alone:
        at[angles] = clock
    return at


@kernel
def followed(
    parts: Parts, layout: Layout, used: Float, mean: Float, covariance: Float, ignored: Bools, prior: Float
) -> tuple[Float, Float, Ints, Ints]:
    """(mean (m,), covariance (m, m), shared (S,), misfits (S,)) with a window's word on the ignored sensors.

    ``prior`` (m,) are the variances of biases before anything is known: what fits the estimate worse than
    chance allows is looked for anew from them.
    """
    mean, p = mean.copy(), covariance.copy()
    angles = used.shape[1] - 1
    nobody = np.zeros(len(ignored), np.bool_)
    j, g, shared, misfits = normal_equations(parts, layout, used, mean, p, nobody)
    for s in range(len(ignored)):
        if not ignored[s] or shared[s] == 0:
            continue
        at = own_block(layout, s, ignored, angles)
        n = len(at)
        lost = 2 * misfits[s] > shared[s]
        block, own, innovation = np.zeros((n, n)), np.zeros((n, n)), np.empty(n)
        for a in range(n):
            innovation[a] = g[at[a]]
            for k in range(len(mean)):
                innovation[a] -= j[at[a], k] * mean[k]
            for b in range(n):
                block[a, b] = p[at[a], at[b]]
                own[a, b] = j[at[a], at[b]]
            if lost:
                block[a, a] += prior[at[a]]
        _, precision = inverse(block)
        good, after = inverse(precision + own)
        if not good:
            continue
        step = times(after, innovation)
        for a in range(n):
            mean[at[a]] += step[a]
            for k in range(len(mean)):
                p[at[a], k] = p[k, at[a]] = 0.0
        for a in range(n):
            for b in range(n):
                p[at[a], at[b]] = after[a, b]
    return mean, p, shared, misfits
