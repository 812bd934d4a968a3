"""Whether a node's errors fit what it declares: its tracks held against other nodes' tracks of the same
targets.

Nodes' states at one moment are compared, the older carried to the newer, not against the shared track: that
has the node's own word in it, and leaves its motion when a target turns, which is nobody's fault. Of several
others the one that agrees best counts, so that a node is doubted only where it agrees with nobody."""

from __future__ import annotations

import numpy as np

from fusion.arrays import Bools, Float, Ints
from fusion.consistency.estimate import DOUBT
from fusion.contract import MAINTAINING
from fusion.filters import NOISE
from fusion.kernel import kernel
from fusion.linalg import factorise, mahalanobis2
from fusion.pairing.evidence import OTHERS
from fusion.physics.motion import declared_motion, propagate_packed
from fusion.registration.window import window_of
from fusion.table.arrays import Arrays
from fusion.table.records import CONTRIBUTORS_MAX, Source

_CONSTANT = 2.0794415416798357
"""3 ln 2."""


@kernel
def judge(
    a: Arrays,
    window: int,
    index: Ints,
    factor: Float,
    evidence: Float,
    scale: Float,
    since: Ints,
    doubted: Bools,
    mean: Float,
    samples: Ints,
) -> None:
    """Take the samples of a window into the columns of words (n,), which are changed.

    ``index`` (nodes, environments) is each word's place, -1 for none; ``factor`` (n,) is what applied so far.
    """
    work, triangles, vectors = np.empty((4, 6, 6)), np.empty((3, 21)), np.empty((3, 6))
    usable = np.empty(CONTRIBUTORS_MAX, np.int64)
    for row in np.argsort(a.numbers[: a.counters[0].rows], kind="mergesort"):
        if a.numbers[row] == 0 or (a.numbers[row] + window) % DOUBT.apart_windows != 0:
            continue
        track = a.tracks[row]
        n = 0
        for k in range(track.contributor_count):
            source = a.sources[track.contributor[k]]
            if source.status == MAINTAINING and window_of(source.time_ns) == window:
                usable[n] = track.contributor[k]
                n += 1
        for k in range(n):
            mine = a.sources[usable[k]]
            word = index[mine.node, mine.environment]
            if word < 0:
                continue
            declared, scaled = np.inf, np.inf
            for j in range(n):
                other = a.sources[usable[j]]
                if other.node == mine.node:
                    continue
                theirs = index[other.node, other.environment]
                trust = factor[theirs] if theirs >= 0 else 1.0
                d2 = apart2(mine, 1.0, other, trust, work, triangles, vectors)
                declared = min(declared, d2)
                if scale[word] > 1.0:
                    d2 = apart2(mine, scale[word], other, trust, work, triangles, vectors)
                scaled = min(scaled, d2)
            if declared == np.inf:
                continue
            _take(word, declared, scaled, evidence, scale, since, doubted, mean, samples)


@kernel
def _take(
    word: int,
    declared: float,
    scaled: float,
    evidence: Float,
    scale: Float,
    since: Ints,
    doubted: Bools,
    mean: Float,
    samples: Ints,
) -> None:
    """Take one sample into a word: d² as declared, and with the factor so far."""
    declared, scaled = min(declared, DOUBT.d2_max), min(scaled, DOUBT.d2_max)
    samples[word] += 1
    since[word] += 1
    mean[word] += (declared / 6.0 - mean[word]) / min(samples[word], DOUBT.memory)
    step = (scaled / DOUBT.d2_mean - 1.0) / min(since[word] + 1, DOUBT.memory)
    scale[word] = min(max(scale[word] * (1.0 + step), 1.0), DOUBT.factor_max)
    total = evidence[word] + 0.25 * declared - _CONSTANT
    evidence[word] = min(max(total, 0.0), DOUBT.evidence_max)
    if evidence[word] >= DOUBT.alarm:
        doubted[word] = True
    elif evidence[word] == 0.0:
        doubted[word] = False
        scale[word] = 1.0
        since[word] = 0


@kernel
def apart2(
    one: Source, by: float, other: Source, by_other: float, work: Float, triangles: Float, vectors: Float
) -> float:
    """d² of two nodes' states at the newer one's time, their covariances times ``by`` and ``by_other``.

    ``work`` (4, 6, 6), ``triangles`` (3, 21) and ``vectors`` (3, 6) are scratch. Infinite where the sum of
    the covariances has no inverse.
    """
    time_ns = max(one.time_ns, other.time_ns)
    total, difference = triangles[2], vectors[2]
    _carried(one, time_ns, vectors[0], triangles[0], work)
    _carried(other, time_ns, vectors[1], triangles[1], work)
    for k in range(21):
        total[k] = by * triangles[0, k] + by_other * triangles[1, k]
    for i in range(6):
        difference[i] = vectors[0, i] - vectors[1, i]
    for i in range(3):
        total[i * (i + 3) // 2] += OTHERS.registered_m2
    if factorise(total, triangles[0]) <= 0.0:
        return np.inf
    return mahalanobis2(triangles[0], difference, vectors[0])


@kernel
def _carried(source: Source, time_ns: int, state: Float, covariance: Float, work: Float) -> None:
    """A node's track as last reported, carried to a time by the motion that it declares."""
    for i in range(6):
        state[i] = source.state[i]
    for k in range(21):
        covariance[k] = source.covariance[k] + source.off[k]
    motion = declared_motion(source.motion, source.environment)
    q = source.q if source.q > 0.0 else NOISE.undeclared_m2ps3
    propagate_packed(motion, state, covariance, q, (time_ns - source.time_ns) * 1e-9, work)
