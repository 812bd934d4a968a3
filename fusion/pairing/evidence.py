"""The evidence that two tracks are of one object: a log-likelihood ratio.

Of two estimates (x, P) and (x', P') at one moment, S = P + P' + R with R what sensors may be off,

    λ = ln N(x - x'; 0, S) - ln β,

where β is the density, by position and velocity, of the *other* objects that there may be instead. What a
node's track is held against is what the *other* nodes say of the object, taken together: a track does not
vouch for itself. Nodes' errors are alike, since the same motion of the target surprises them all: n of them
taken together know what their information adds up to, and 1 + (n - 1) ρ times its covariance.

Source: Bar-Shalom, Willett, Tian 2011, *Tracking and Data Fusion*, sections 9.3 to 9.5 (track to track, the
likelihood ratio and the common process noise); Blackman and Popoli 1999, section 9.5.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from fusion.arrays import Float
from fusion.constants import JUDGED, Chosen, constants
from fusion.contract import SPACE, SUBSURFACE, SURFACE, by_environment
from fusion.filters import NOISE, mode_noise
from fusion.kernel import kernel
from fusion.linalg import factorise, invert, log_fixed, mahalanobis2, multiply_packed
from fusion.physics.motion import motion_in, propagate_packed
from fusion.table.arrays import Arrays
from fusion.table.records import CRUISE, Source, Track


@constants
class Others(NamedTuple):
    """The objects that there may be instead of one, and how alike nodes' errors are."""

    sparsity: Annotated[
        tuple[float, ...],
        Chosen(
            "ln(m³ (m/s)³)",
            "-ln (2π)³ β by environment: one object in cubes of 10 km and 150 m/s, in space 50 km and "
            "500 m/s, at sea 10 km and 10 m/s, below it 20 km and 10 m/s",
            JUDGED,
        ),
    ] = by_environment({SPACE: 45.6, SURFACE: 29.0, SUBSURFACE: 31.1}, 37.1)
    common: Annotated[
        float, Chosen("1", "correlation of two nodes' errors of one object", "Bar-Shalom 2011, section 9.3.4")
    ] = 0.2
    registered_m2: Annotated[
        float,
        Chosen("m²", "variance of what sensors are off against each other", "15 m, squared; judged"),
    ] = 225.0


OTHERS = Others()


@kernel
def separation(state: Float, p: Float, x: Float, px: Float, triangles: Float) -> tuple[float, float]:
    """(d², ln det S) of two estimates at one moment, covariances packed. ``triangles`` (3, 21) is
    scratch."""
    s, factor, difference = triangles[0], triangles[1], triangles[2]
    for k in range(21):
        s[k] = p[k] + px[k]
    for i in range(6):
        difference[i] = state[i] - x[i]
    for i in range(3):
        s[i * (i + 3) // 2] += OTHERS.registered_m2
    det = factorise(s, factor)
    if det <= 0.0:
        return np.inf, 0.0
    return mahalanobis2(factor, difference, triangles[2, 6:]), log_fixed(det)


@kernel
def ratio(environment: int, d2: float, log_det: float) -> float:
    """λ of a separation."""
    return OTHERS.sparsity[environment] - 0.5 * (d2 + log_det)


@kernel
def track_at(track: Track, time_ns: int, x: Float, px: Float, work: Float) -> None:
    """A track's combined estimate carried to ``time_ns`` in its cruising mode, the track left as it is.

    Into ``x`` (6,) and ``px`` (21,); ``work`` (4, 6, 6) is scratch.
    """
    environment = track.environment
    for i in range(6):
        x[i] = track.state[i]
    for k in range(21):
        px[k] = track.covariance[k]
    q = mode_noise(environment, CRUISE, track.q, x)
    propagate_packed(motion_in(environment), x, px, q, (time_ns - track.time_ns) * 1e-9, work)


@kernel
def source_at(source: Source, motion: int, time_ns: int, x: Float, px: Float, work: Float) -> None:
    """What a node's track last said, carried to ``time_ns``, as `track_at`."""
    for i in range(6):
        x[i] = source.state[i]
    for i in range(21):
        px[i] = source.doubt * (source.covariance[i] + source.off[i])
    q = source.q if source.q > 0.0 else NOISE.undeclared_m2ps3
    propagate_packed(motion, x, px, q, (time_ns - source.time_ns) * 1e-9, work)


class Said(NamedTuple):
    """What some of a track's contributors say of it together, and room for the sum."""

    state: Float
    """(6,)."""
    covariance: Float
    """(21,)."""
    information: Float
    """(21,) the sum so far, and"""
    vector: Float
    """(6,) what the states add to it, about"""
    origin: Float
    """(6,) the first one's."""
    many: Float
    """(2,) how many there are, and how many of these declare their noise."""
    squares: Float
    """(1,) the sum of the squares of their distances from the origin, each in its own covariance."""
    triangles: Float
    """(3, 21) scratch."""
    work: Float
    """(4, 6, 6) scratch."""


@kernel
def nothing_said() -> Said:
    """Of no contributor yet."""
    return Said(
        np.empty(6), np.empty(21), np.empty(21), np.empty(6), np.empty(6), np.zeros(2), np.zeros(1),
        np.empty((3, 21)), np.empty((4, 6, 6)),
    )  # fmt: skip


@kernel
def say(said: Said, source: Source, motion: int, time_ns: int) -> None:
    """Add what one contributor last said, carried to ``time_ns``."""
    x, px = said.state, said.covariance
    source_at(source, motion, time_ns, x, px, said.work)
    lower, inverse, step = said.triangles[0], said.triangles[1], said.triangles[2]
    invert(px, lower, inverse)
    if said.many[0] == 0.0:
        said.origin[:] = x
        said.information[:] = 0.0
        said.vector[:] = 0.0
        said.squares[0] = 0.0
    for i in range(6):
        x[i] -= said.origin[i]
    multiply_packed(inverse, x, step)
    for i in range(6):
        said.vector[i] += step[i]
        said.squares[0] += x[i] * step[i]
    for i in range(21):
        said.information[i] += inverse[i]
    said.many[0] += 1.0
    said.many[1] += 1.0 if source.q > 0.0 else 0.0


@kernel
def conclude(said: Said) -> None:
    """What was added, together, into ``said.state`` and ``said.covariance``.

    Where one declares no process noise, what they say may be one knowledge: covariance intersection with
    equal weights. Where they contradict each other, what they say together is as uncertain as that: its
    covariance by their χ² over its degrees of freedom (Birge 1932, *The calculation of errors by the method
    of least squares*).
    """
    invert(said.information, said.triangles[0], said.covariance)
    multiply_packed(said.covariance, said.vector, said.state)
    apart = said.squares[0]
    for i in range(6):
        apart -= said.vector[i] * said.state[i]
    for i in range(6):
        said.state[i] += said.origin[i]
    n = said.many[0]
    factor = 1.0 + (n - 1.0) * OTHERS.common if said.many[1] == n else n
    if n > 1.0 and apart > 6.0 * (n - 1.0):
        factor *= apart / (6.0 * (n - 1.0))
    for i in range(21):
        said.covariance[i] *= factor


@kernel
def others_say(a: Arrays, track: Track, node: int, time_ns: int, said: Said) -> float:
    """What the contributors of other nodes than ``node`` say of a track at ``time_ns``, into ``said``.

    Returns the mean time between their reports, ns; below 0 where there is none such.
    """
    motion = motion_in(track.environment)
    said.many[:] = 0.0
    period_ns = 0.0
    for k in range(track.contributor_count):
        source = a.sources[track.contributor[k]]
        if source.node == node or source.seen == 0:
            continue
        say(said, source, motion, time_ns)
        period_ns += source.period_ns
    if said.many[0] == 0.0:
        return -1.0
    conclude(said)
    return float(period_ns / said.many[0])
