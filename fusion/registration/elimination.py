"""Targets eliminated: what the parts of one window say of the sensors' biases alone.

Of a target with error d, part s of a sensor with biases b says y_s = A_s (d + B_s b) + noise of covariance
A_s. Least squares over d leaves, with A = Σ A_s and a = Σ y_s and summed over targets,

    J += C - Gᵀ A⁻¹ G,   g += c - Gᵀ A⁻¹ a,   G = A_s B_s,   C = B_sᵀ A_s B_s,   c = B_sᵀ y_s

(Schur complement; Golub and Van Loan, *Matrix Computations*, 4th ed., section 3.2.6). All B_s are taken where
the parts together have the target, A⁻¹ a: each where its own part has it, the errors of those would pass for
knowledge of what no target shows, as the time that all clocks are off by.

A target whose parts fit the running estimate worse than chance allows has manoeuvred, or its parts are of two
targets: it counts for less the less it fits, so that no one target decides (Huber and Ronchetti 2009, a
redescending weight).
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import numpy as np

from fusion.arrays import Bools, Float, Ints
from fusion.constants import JUDGED, Chosen, constants
from fusion.dense import cholesky
from fusion.kernel import kernel
from fusion.linalg import invert, multiply_packed, unpack
from fusion.registration.bias import bias_columns
from fusion.registration.kinds import BIASES


@constants
class Elimination(NamedTuple):
    """How the parts of a target are weighed."""

    position_sigma_m: Annotated[
        float, Chosen("m", "known of a target's position without any part, so that A has an inverse", JUDGED)
    ] = 1e5
    velocity_sigma_mps: Annotated[float, Chosen("m/s", "the same of its velocity", JUDGED)] = 1e3
    spread_sigmas: Annotated[
        float, Chosen("1", "d² past its mean by so many of its sigmas no longer counts in full", JUDGED)
    ] = 5.0
    null: Annotated[
        float, Chosen("1", "of its diagonal, added to a matrix of less than full rank", "rounding; judged")
    ] = 1e-8


ELIMINATION = Elimination()
PARTS_MAX: Final[Annotated[int, Chosen("1", "parts of one target that count", JUDGED)]] = 8


class Parts(NamedTuple):
    """What sensors said of shared targets in one window, each about a state of its own at its middle."""

    first: Ints
    """(t + 1,) target k has the parts first[k] to first[k + 1]."""
    sensor: Ints
    """(p,) indices of `Layout`."""
    information: Float
    """(p, 21) A_s."""
    vector: Float
    """(p, 6) y_s about ``state``."""
    state: Float
    """(p, 6) ECEF m, m/s."""
    place: Float
    """(p, 3) where the sensor was."""


NO_PARTS = Parts(
    np.zeros(1, np.int64),
    np.zeros(0, np.int64),
    np.zeros((0, 21)),
    np.zeros((0, 6)),
    np.zeros((0, 6)),
    np.zeros((0, 3)),
)


class Layout(NamedTuple):
    """Where the m biases of S sensors stand in the vector of all."""

    kind: Ints
    """(S,) values of SensorKind."""
    at: Ints
    """(S, 9) where each kind of bias stands; -1: it has none of that kind."""
    of: Ints
    """(m,) the kind of each,"""
    sigma: Float
    """(m,) what is known of it before, and"""
    block: Ints
    """(m,) the first of those that jump with it, which stand side by side."""


@kernel
def normal_equations(
    parts: Parts, layout: Layout, used: Float, mean: Float, covariance: Float, ignored: Bools
) -> tuple[Float, Float, Ints, Ints]:
    """J (m, m) and g (m,) of a window's parts; by sensor, how many targets it shared and how many misfitted.

    ``used`` (S, 9) are the biases already taken out of the parts; J and g are of the whole biases. ``mean``
    (m,) and ``covariance`` (m, m) are the running estimate. Parts of sensors ``ignored`` (S,) do not count.
    """
    m, sensors = len(mean), len(layout.kind)
    j_sum, g_sum = np.zeros((m, m)), np.zeros(m)
    shared, misfits = np.zeros(sensors, np.int64), np.zeros(sensors, np.int64)
    chosen = np.empty(PARTS_MAX, np.int64)
    for t in range(len(parts.first) - 1):
        n = 0
        for p in range(parts.first[t], parts.first[t + 1]):
            if n < PARTS_MAX and not ignored[parts.sensor[p]]:
                chosen[n] = p
                n += 1
        if n < 2:
            continue
        at, j, g = _eliminated(parts, layout, used, chosen[:n])
        weight = _weight(at, j, g, n, mean, covariance)
        for k in range(n):
            shared[parts.sensor[chosen[k]]] += 1
            misfits[parts.sensor[chosen[k]]] += weight < 1.0
        for a in range(len(at)):
            g_sum[at[a]] += weight * g[a]
            for b in range(len(at)):
                j_sum[at[a], at[b]] += weight * j[a, b]
    return j_sum, g_sum, shared, misfits


@kernel
def _eliminated(parts: Parts, layout: Layout, used: Float, chosen: Ints) -> tuple[Ints, Float, Float]:
    """(k,) where the k biases of n parts stand, and what is left of them: J (k, k) and g (k,)."""
    n, k = len(chosen), 0
    at, u = np.empty(BIASES * n, np.int64), np.empty(BIASES * n)
    kind, begin = np.empty(BIASES * n, np.int64), np.empty(n + 1, np.int64)
    for q in range(n):
        begin[q] = k
        sensor = parts.sensor[chosen[q]]
        for b in range(BIASES):
            if layout.at[sensor, b] >= 0:
                at[k], u[k], kind[k] = layout.at[sensor, b], used[sensor, b], b
                k += 1
    begin[n] = k
    total, weights = np.zeros(21), np.zeros(6)
    total[0] = total[2] = total[5] = 1.0 / (ELIMINATION.position_sigma_m * ELIMINATION.position_sigma_m)
    total[9] = total[14] = total[20] = 1.0 / (ELIMINATION.velocity_sigma_mps * ELIMINATION.velocity_sigma_mps)
    origin = parts.state[chosen[0]]
    full, columns, y = np.empty((6, 6)), np.empty((6, BIASES)), np.empty((n, 6))
    for q in range(n):
        p = chosen[q]
        unpack(parts.information[p], full)
        for i in range(6):
            y[q, i] = parts.vector[p, i]
            for c in range(6):
                y[q, i] += full[i, c] * (parts.state[p, c] - origin[c])
            weights[i] += y[q, i]
        for i in range(21):
            total[i] += parts.information[p, i]
    lower, packed, state = np.empty(21), np.empty(21), np.empty(6)
    invert(total, lower, packed)
    multiply_packed(packed, weights, state)
    for i in range(6):
        state[i] += origin[i]
    half, j, g = np.zeros((6, k)), np.zeros((k, k)), np.zeros(k)
    for q in range(n):
        p = chosen[q]
        sensor = parts.sensor[p]
        unpack(parts.information[p], full)
        bias_columns(layout.kind[sensor], layout.at[sensor], parts.place[p], state, columns)
        for b in range(begin[q], begin[q + 1]):
            for i in range(6):
                for c in range(6):
                    half[i, b] += full[i, c] * columns[c, kind[b]]
        for b in range(begin[q], begin[q + 1]):
            for i in range(6):
                g[b] += columns[i, kind[b]] * y[q, i]
            for c in range(begin[q], begin[q + 1]):
                for i in range(6):
                    j[b, c] += columns[i, kind[b]] * half[i, c]
    unpack(packed, full)
    through = np.zeros((6, k))
    for i in range(6):
        for a in range(k):
            for c in range(6):
                through[i, a] += full[i, c] * half[c, a]
    for a in range(k):
        for i in range(6):
            g[a] -= through[i, a] * weights[i]
        for b in range(k):
            for i in range(6):
                j[a, b] -= half[i, a] * through[i, b]
    for a in range(k):
        for b in range(k):
            g[a] += j[a, b] * u[b]
    return at[:k], j, g


@kernel
def _weight(at: Ints, j: Float, g: Float, parts: int, mean: Float, covariance: Float) -> float:
    """How much a target counts, 0 to 1, by how its d² against the running estimate compares with chance.

    The innovation g - J mean has covariance J + J P J, of rank 6 (n - 1) at most.
    """
    k = len(at)
    apart, spread = np.empty(k), np.zeros((k, k))
    carried = np.zeros((k, k))
    for a in range(k):
        apart[a] = g[a]
        for b in range(k):
            apart[a] -= j[a, b] * mean[at[b]]
            for c in range(k):
                carried[a, b] += j[a, c] * covariance[at[c], at[b]]
    for a in range(k):
        for b in range(k):
            spread[a, b] = j[a, b]
            for c in range(k):
                spread[a, b] += carried[a, c] * j[c, b]
    for a in range(k):
        spread[a, a] += ELIMINATION.null * spread[a, a]
        if not spread[a, a] > 0.0:
            spread[a, a] = 1.0
            apart[a] = 0.0
    lower = np.zeros((k, k))
    if not cholesky(spread, lower):
        return 0.0
    d2 = 0.0
    for a in range(k):
        s = apart[a]
        for b in range(a):
            s -= lower[a, b] * apart[b]
        apart[a] = s / lower[a, a]
        d2 += apart[a] * apart[a]
    freedom = float(min(k, 6 * (parts - 1)))
    limit = freedom + ELIMINATION.spread_sigmas * np.sqrt(2.0 * freedom)
    return 1.0 if d2 <= limit else limit / d2
