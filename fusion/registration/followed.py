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
from fusion.registration.kinds import BIASES


@kernel
def own_block(layout: Layout, sensor: int, ignored: Bools) -> Ints:
    """Where a sensor's own biases stand: shared ones too, where all that share it are ignored."""
    at, n = np.empty(BIASES, np.int64), 0
    for bias in range(BIASES):
        own = layout.at[sensor, bias]
        alone = own >= 0
        for s in range(len(layout.kind)):
            alone = alone and (layout.at[s, bias] != own or ignored[s])
        if alone:
            at[n] = own
            n += 1
    return at[:n]


@kernel
def followed(
    parts: Parts, layout: Layout, used: Float, mean: Float, covariance: Float, ignored: Bools
) -> tuple[Float, Float, Ints, Ints]:
    """(mean (m,), covariance (m, m), shared (S,), misfits (S,)) with a window's word on the ignored sensors.

    What fits the estimate worse than chance allows is looked for anew from what is known before all.
    """
    mean, p = mean.copy(), covariance.copy()
    nobody = np.zeros(len(ignored), np.bool_)
    j, g, shared, misfits = normal_equations(parts, layout, used, mean, p, nobody)
    for s in range(len(ignored)):
        if not ignored[s] or shared[s] == 0:
            continue
        at = own_block(layout, s, ignored)
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
                block[a, a] += layout.sigma[at[a]] * layout.sigma[at[a]]
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
