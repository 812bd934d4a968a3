"""What a report tells that the node's last one did not.

A node's successive reports share their past: fusing them as they are counts evidence twice. The tracklet
is the difference in information form: the report's information less that of the node's previous report
carried forward under the motion and process noise the node declared. About the reported state x as origin,

    Y = P⁻¹ - P̄⁻¹,    y = P̄⁻¹ (x - x̄)

with (x̄, P̄) the previous report carried to the time of this one. Source: Drummond 1997, *Tracklets and a
hybrid fusion with process noise*; Bar-Shalom, Willett, Tian 2011, *Tracking and Data Fusion*, eq. 8.3.3.

Where the node's filter is linear with the declared noise, Y is positive semidefinite and y lies in its
range. A node that mixes modes, or forgets, breaks that a little; then both are cut back to what a filter
could have gained: in P̄-whitened eigen-directions, a gain e = eigenvalue - 1 below zero counts as none, and
a shift beyond four times its standard deviation sqrt(e / (1 + e)) counts as four.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from fusion.arrays import Float, Ints
from fusion.constants import JUDGED, Chosen, constants
from fusion.kernel import kernel
from fusion.linalg import (
    congruence,
    factorise,
    gram,
    invert,
    invert_factor,
    jacobi_eigen,
    mahalanobis2,
    multiply,
    multiply_packed,
    multiply_transposed,
    unpack,
)
from fusion.physics.motion import propagate_packed

NOTHING, INDEPENDENT, UNKNOWN_CORRELATION = range(3)
"""How a tracklet may be fused."""


class Tracklets(NamedTuple):
    """What n reports tell, each about the state that it reports."""

    kind: Ints
    """(n,) `NOTHING`, `INDEPENDENT` or `UNKNOWN_CORRELATION`."""
    information: Float
    """(n, 21) Y, lower triangles by rows; 1/m², s/m², s²/m²."""
    vector: Float
    """(n, 6) y; 1/m, s/m."""


class Prior(NamedTuple):
    """A node's previous report of a track, and how it declares that the track moves since."""

    state: Float
    """(6,)."""
    covariance: Float
    """(21,)."""
    q_m2ps3: float
    motion: int
    """A MotionModel, not UNSPECIFIED."""
    age_s: float
    """From the previous report's time to this one's."""


@constants
class Increment(NamedTuple):
    """When a difference of two reports is taken as it is, and how it is cut back."""

    slack: Annotated[
        float,
        Chosen(
            "1", "of P̄, added before a factor is asked for: a filter's gain has rank as low as one", JUDGED
        ),
    ] = 1e-6
    consistent_chi2: Annotated[
        float, Chosen("1", "past it the shift is no filter's", "chi2.sf(60, 6) = 4e-11")
    ] = 60.0
    gain_min: Annotated[float, Chosen("1", "a gain of information below this counts as none", JUDGED)] = 1e-9
    shift_sigmas: Annotated[
        float, Chosen("1", "standard deviations of its own by which a shift counts, at most", JUDGED)
    ] = 4.0


INCREMENT = Increment()


@kernel
def whole(p: Float, information: Float, vector: Float, lower: Float) -> None:
    """A report about whose past nothing is known here: all of it is new. Y = P⁻¹, y = 0. ``lower`` (21,) is
    scratch."""
    invert(p, lower, information)
    for i in range(6):
        vector[i] = 0.0


@kernel
def increment(
    state: Float, p: Float, prior: Prior, information: Float, vector: Float, work: Float, triangles: Float
) -> None:
    """Y (packed) and y of one report against the node's previous one, about ``state`` as origin.

    ``state`` (6,) and ``p`` (21,) are the report's, ``information`` (21,) and ``vector`` (6,) the result;
    ``work`` (7, 6, 6) and ``triangles`` (6, 21) are scratch.
    """
    x_bar, d = work[4, 0], work[4, 1]
    p_bar, gain, factor, factor_inverse, bar_inverse, posterior_inverse = (
        triangles[0], triangles[1], triangles[2], triangles[3], triangles[4], triangles[5],
    )  # fmt: skip
    for i in range(6):
        x_bar[i] = prior.state[i]
    for k in range(21):
        p_bar[k] = prior.covariance[k]
    propagate_packed(prior.motion, x_bar, p_bar, prior.q_m2ps3, prior.age_s, work)
    for i in range(6):
        d[i] = state[i] - x_bar[i]

    for k in range(21):
        gain[k] = p_bar[k] - p[k]
    for i in range(6):
        gain[i * (i + 3) // 2] += INCREMENT.slack * p_bar[i * (i + 3) // 2]
    consistent = (
        factorise(gain, factor) > 0.0 and mahalanobis2(factor, d, work[4, 2]) < INCREMENT.consistent_chi2
    )
    invert(p, factor, posterior_inverse)
    factorise(p_bar, factor)
    for k in range(21):
        factor_inverse[k] = factor[k]
    invert_factor(factor_inverse)
    if consistent:
        gram(factor_inverse, bar_inverse)
        multiply_packed(bar_inverse, d, vector)
        for k in range(21):
            information[k] = posterior_inverse[k] - bar_inverse[k]
        return

    # whitened: Lᵀ P⁻¹ L = V diag(1 + e) Vᵀ, w = L⁻¹ d
    transposed, inverse = work[5], work[6]
    for i in range(6):
        for j in range(6):
            transposed[j, i], inverse[i, j] = 0.0, 0.0
        for j in range(i + 1):
            k = i * (i + 1) // 2 + j
            transposed[j, i] = factor[k] if j < i else 1.0 / factor[k]
            inverse[i, j] = factor_inverse[k]
    full, whitened, vectors = work[0], work[1], work[2]
    unpack(posterior_inverse, full)
    congruence(transposed, full, work[3], whitened)
    jacobi_eigen(whitened, vectors)
    shift, turned = work[4, 2], work[4, 3]
    multiply(inverse, d, shift)
    multiply_transposed(vectors, shift, turned)
    for k in range(6):
        gained = whitened[k, k] - 1.0
        if not gained > INCREMENT.gain_min:
            gained = 0.0
        whitened[k, k] = gained
        limit = INCREMENT.shift_sigmas * np.sqrt(gained / (1.0 + gained))
        turned[k] = min(max(turned[k], -limit), limit)
    multiply(vectors, turned, shift)
    multiply_transposed(inverse, shift, vector)
    # Y = (L⁻ᵀ V) diag(e) (L⁻ᵀ V)ᵀ
    for i in range(6):
        for j in range(6):
            s = 0.0
            for k in range(i, 6):
                s += inverse[k, i] * vectors[k, j]
            transposed[i, j] = s
    m = 0
    for i in range(6):
        for j in range(i + 1):
            s = 0.0
            for k in range(6):
                s += transposed[i, k] * whitened[k, k] * transposed[j, k]
            information[m] = s
            m += 1
