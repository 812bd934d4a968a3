"""The running estimate of all sensors' biases, a window after the other.

A value that is never changed: each window makes the next one of it, so that a late report takes back what
it must by the value before. Between windows every bias walks at random, which is what is forgotten; a window
adds its normal equations. What is common to all clocks no target shows (the picture would be later by as
much): clocks are told against their mean, weighed by what is known of each.

A jump shows in a window's innovation g - J b: h = i - J P⁺ i about one block of biases has the information
M = J - J P⁺ J, and hᵀ M⁻¹ h is χ² (generalised likelihood ratio; Willsky and Jones 1976). Innovations are
kept fading, so that a drift adds up to a jump. The block that fits worst is opened to its prior again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Final, NamedTuple, TypeVar

import numpy as np

from fusion.arrays import Bools, Float, Ints
from fusion.constants import JUDGED, OPERATION, Chosen, constants
from fusion.dense import inverse, solved, times
from fusion.kernel import kernel
from fusion.registration.elimination import Layout, Parts, normal_equations
from fusion.registration.followed import followed
from fusion.registration.kinds import (
    BASE,
    BIASES,
    CAP,
    CLOCK,
    GROUP,
    GROUPS,
    NODE,
    OWNER,
    PLATFORM,
    WALK,
)
from fusion.registration.window import WINDOWS

_Four = tuple[float, float, float, float]
_Column = TypeVar("_Column", Float, Ints)
_DEGREES = tuple[float, float, float, float, float, float]
"""By how many biases a sensor has: four to nine."""


@constants
class Priors(NamedTuple):
    """What is known of any sensor before, and from when on what is found counts."""

    sigma: Annotated[
        _Four,
        Chosen(
            "m, rad, rad, s", "of range, azimuth, elevation, clock before all; others are declared", JUDGED
        ),
    ] = (
        200.0,
        2.5e-3,
        2.5e-3,
        0.15,
    )
    apply_chi2: Annotated[
        _DEGREES, Chosen("1", "bᵀ P⁻¹ b of 4 to 9 biases from which they are taken out", "chi2.isf(5e-6, n)")
    ] = (30.0, 32.4, 34.7, 36.9, 39.0, 41.1)
    keep_chi2: Annotated[_DEGREES, Chosen("1", "and down to which they go on being", "chi2.isf(5 %, n)")] = (
        9.5,
        11.1,
        12.6,
        14.1,
        15.5,
        16.9,
    )
    declared_share: Annotated[
        float, Chosen("1", "of the cap, the largest sigma that a node may declare of a bias", JUDGED)
    ] = 1.0 / 3.0
    jump_sigmas: Annotated[
        float, Chosen("1", "d² of a block past its mean by so many of its sigmas is a jump", JUDGED)
    ] = 12.0
    fade: Annotated[float, Chosen("1", "of the kept innovations, from window to window", JUDGED)] = 0.8


PRIORS = Priors()
SENSORS_MAX: Final[
    Annotated[int, Chosen("1", "sensors in all; those that come later are fused as they are", OPERATION)]
] = 64


class SensorName(NamedTuple):
    """Which sensor: of a node its number in the node's own order, from 0, and what is declared of it."""

    node_id: str
    number: int
    kind: int
    platform: int = 0
    """Sensors of the node with one number other than 0 are on one platform."""
    may: tuple[tuple[int, float], ...] = ()
    """The kinds of bias that its node declares of it, each with its sigma."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What is known of S sensors and N clocks: m = 3 S + N biases, and those declared beside these."""

    window: int
    """The window that is being gathered; 0 before the first."""
    sensors: tuple[SensorName, ...]
    clocks: tuple[str, ...]
    """Nodes, in the order in which their clocks were first needed."""
    layout: Layout
    mean: Float
    """(m,)."""
    covariance: Float
    """(m, m)."""
    score: Float
    """(m,) kept innovations, and"""
    score_information: Float
    """(m, m) theirs, of which the blocks count."""
    jump: Ints
    """(m,) the window in which a bias last jumped; 0 = never."""
    told: Float
    """(S, 9) biases, clocks against their mean."""
    told_covariance: Float
    """(S, 9, 9)."""
    used: Float
    """(S, 9) what is taken out of reports."""
    shared: Ints
    """(S,) targets shared in the last window."""
    misfits: Ints
    """(S,) how many of them did not fit."""
    beyond: Bools
    """(S,) whether the estimate is beyond what a sensor may be off: nothing is taken out."""

    def index(self, name: SensorName) -> int:
        """Index of a sensor; -1 where it is not known."""
        return self.sensors.index(name) if name in self.sensors else -1

    def content(self) -> bytes:
        """What the picture's digest covers: what is known, and what is taken out of reports."""
        names = ";".join(
            "/".join(map(str, name if name.platform or name.may else name[:3])) for name in self.sensors
        )
        values = [self.mean, self.covariance, self.score, self.score_information, self.used[:, :BASE]]
        if (self.layout.of >= BASE).any():
            values.append(self.used[:, BASE:])
        return names.encode() + b"".join(one.astype(">f8").tobytes() for one in values)

    def sigma(self) -> Float:
        """(S, 9) standard deviations of ``told``."""
        variance = np.stack([np.diag(one) for one in self.told_covariance]) if self.sensors else self.told
        return np.asarray(np.sqrt(variance))


def nothing_known() -> Registration:
    """Before any sensor is heard of."""
    none, square = np.zeros(0), np.zeros((0, 0))
    ints, nine = np.zeros(0, np.int64), np.zeros((0, BIASES))
    return Registration(
        window=0,
        sensors=(),
        clocks=(),
        layout=Layout(ints, np.zeros((0, BIASES), np.int64), ints, none, ints),
        mean=none,
        covariance=square,
        score=none,
        score_information=square,
        jump=ints,
        told=nine,
        told_covariance=np.zeros((0, BIASES, BIASES)),
        used=nine,
        shared=ints,
        misfits=ints,
        beyond=np.zeros(0, np.bool_),
    )


def with_sensor(known: Registration, name: SensorName) -> Registration:
    """With one more sensor, of which nothing is known; as it is where it is known, or there are too many."""
    if name in known.sensors or len(known.sensors) >= SENSORS_MAX:
        return known
    m, at = len(known.mean), np.full(BIASES, -1)
    of, sigma, block = known.layout.of.tolist(), known.layout.sigma.tolist(), known.layout.block.tolist()
    for bias, one in (*enumerate(PRIORS.sigma), *(what for what in name.may if what[0] >= BASE)):
        at[bias] = _shared(known, name, bias)
        if at[bias] < 0:
            at[bias] = len(of)
            with_last = len(of) > m and GROUP[of[-1]] == GROUP[bias]
            block.append(block[-1] if with_last else len(of))
            of.append(bias)
            sigma.append(min(one, PRIORS.declared_share * CAP[bias]) if bias >= BASE else one)
    clocks = known.clocks if name.node_id in known.clocks else (*known.clocks, name.node_id)
    layout = Layout(
        np.append(known.layout.kind, name.kind),
        np.vstack([known.layout.at, at]),
        np.array(of),
        np.array(sigma),
        np.array(block),
    )
    size = len(of)
    covariance, information = np.zeros((size, size)), np.zeros((size, size))
    covariance[:m, :m], information[:m, :m] = known.covariance, known.score_information
    covariance[range(m, size), range(m, size)] = np.square(layout.sigma[m:])
    grown = replace(
        known,
        sensors=(*known.sensors, name),
        clocks=clocks,
        layout=layout,
        mean=_longer(known.mean, size),
        covariance=covariance,
        score=_longer(known.score, size),
        score_information=information,
        jump=_longer(known.jump, size),
        used=np.vstack([known.used, np.zeros((1, BIASES))]),
        shared=_longer(known.shared, len(layout.kind)),
        misfits=_longer(known.misfits, len(layout.kind)),
        beyond=np.append(known.beyond, False),
    )
    told, told_covariance = _in_gauge(grown.mean, grown.covariance, layout, _clocks_of(grown), grown.beyond)
    return replace(grown, told=told, told_covariance=told_covariance)


def _shared(known: Registration, name: SensorName, bias: int) -> int:
    """Where a bias of a new sensor stands already, since it is another's too; -1 where it is its own."""
    for s, other in enumerate(known.sensors):
        owner = OWNER[bias] == NODE or (OWNER[bias] == PLATFORM and name.platform == other.platform != 0)
        if owner and other.node_id == name.node_id and known.layout.at[s, bias] >= 0:
            return int(known.layout.at[s, bias])
    return -1


def _longer(column: _Column, size: int) -> _Column:
    return np.concatenate([column, np.zeros(size - len(column), column.dtype)])


def _clocks_of(known: Registration) -> Ints:
    """(N,) where the clocks stand."""
    return np.unique(known.layout.at[:, CLOCK])


def next_window(known: Registration, parts: Parts, window: int) -> Registration:
    """After ``known.window`` with its parts; ``window`` is gathered next."""
    if known.window == 0 or not known.sensors:
        return replace(known, window=window)
    elapsed_s = float((window - known.window) * WINDOWS.length_s)
    clocks, ignored = _clocks_of(known), known.beyond
    while True:
        mean, covariance, score, information, jumped, shared, misfits = _updated(
            parts,
            known.layout,
            known.used,
            known.mean,
            known.covariance,
            known.score,
            known.score_information,
            ignored,
            elapsed_s,
        )
        if ignored.any():
            mean, covariance, seen, unfit = followed(
                parts, known.layout, known.used, mean, covariance, ignored
            )
            shared, misfits = np.where(ignored, (seen, unfit), (shared, misfits))
        told, told_covariance = _in_gauge(mean, covariance, known.layout, clocks, ignored)
        beyond: Bools = np.any(np.abs(told) > np.array(CAP), axis=1)
        if not (beyond & ~ignored).any():
            break
        ignored = ignored | beyond  # who is found to be broken has no say in the window that shows it, either
    used = _paying(told, told_covariance, known.layout, known.used, beyond, shared)
    return replace(
        known,
        window=window,
        mean=mean,
        covariance=covariance,
        score=score,
        score_information=information,
        jump=np.where(jumped, known.window, known.jump),
        told=told,
        told_covariance=told_covariance,
        used=used,
        shared=shared,
        misfits=misfits,
        beyond=beyond,
    )


@kernel
def _updated(
    parts: Parts,
    layout: Layout,
    used: Float,
    mean: Float,
    covariance: Float,
    score: Float,
    information: Float,
    ignored: Bools,
    elapsed_s: float,
) -> tuple[Float, Float, Float, Float, Bools, Ints, Ints]:
    """(mean, covariance, score, its information, which biases jumped, shared, misfits) after a window."""
    m = len(mean)
    p = covariance.copy()
    jumped = np.zeros(m, np.bool_)
    for k in range(m):
        walk = WALK[layout.of[k]]
        p[k, k] += walk * walk * elapsed_s
    for _ in range(m + 1):
        j, g, shared, misfits = normal_equations(parts, layout, used, mean, p, ignored)
        _, precision = inverse(p)
        for a in range(m):
            for b in range(m):
                precision[a, b] += j[a, b]
        good, after = inverse(precision)
        if not good:
            break
        innovation = g - times(j, mean)
        shifted = times(after, innovation)
        gain = _product(j, after)
        h = innovation - times(gain, innovation)
        told = _product(gain, j)
        s, v = PRIORS.fade * score + h, np.zeros((m, m))
        for a in range(m):
            for b in range(m):
                v[a, b] = PRIORS.fade * PRIORS.fade * information[a, b] + j[a, b] - told[a, b]
        start, size, worst = 0, 0, 1.0
        for group in range(GROUPS):
            for first in range(m):
                if layout.block[first] != first or GROUP[layout.of[first]] != group or jumped[first]:
                    continue
                count = 1
                while first + count < m and layout.block[first + count] == first:
                    count += 1
                over = _over(s, v, first, count)
                if over > worst:
                    start, size, worst = first, count, over
        if size == 0:
            return mean + shifted, after, s, v, jumped, shared, misfits
        for k in range(start, start + size):
            p[k, k] += layout.sigma[k] * layout.sigma[k]
            jumped[k] = True
        # what was kept is of before
        score, information = np.zeros(m), np.zeros((m, m))
    none = np.zeros(len(layout.kind), np.int64)
    return mean.copy(), p, score, information, jumped, none, none


@kernel
def _product(a: Float, b: Float) -> Float:
    """Of two square matrices."""
    n = a.shape[0]
    out = np.zeros((n, n))
    for i in range(n):
        for k in range(n):
            if a[i, k] != 0.0:
                for j in range(n):
                    out[i, j] += a[i, k] * b[k, j]
    return out


@kernel
def _over(score: Float, information: Float, start: int, size: int) -> float:
    """The kept innovations of a block: d² over what chance allows; past 1 it is a jump."""
    block, s = np.zeros((size, size)), np.zeros(size)
    freedom = 0.0
    for a in range(size):
        for b in range(size):
            block[a, b] = information[start + a, start + b]
        block[a, a] *= 1.0 + 1e-9
        if block[a, a] > 0.0:
            s[a] = score[start + a]
            freedom += 1.0
        else:
            block[a, a] = 1.0
    good, x = solved(block, s)
    if not good or freedom == 0.0:
        return 0.0
    d2 = 0.0
    for a in range(size):
        d2 += s[a] * x[a]
    return float(d2 / (freedom + PRIORS.jump_sigmas * np.sqrt(2.0 * freedom)))


@kernel
def _in_gauge(
    mean: Float, covariance: Float, layout: Layout, clocks: Ints, ignored: Bools
) -> tuple[Float, Float]:
    """Biases (S, 9) and their covariances (S, 9, 9), the clocks against their mean, each weighed by the share
    of its prior that is known away, and those of ``ignored`` sensors alone not at all."""
    m, sensors = len(mean), len(layout.kind)
    weight, total = np.zeros(m), 0.0
    variance = PRIORS.sigma[CLOCK] * PRIORS.sigma[CLOCK]
    for clock in clocks:
        for s in range(sensors):
            if layout.at[s, CLOCK] == clock and not ignored[s]:
                weight[clock] = max(0.0, 1.0 - covariance[clock, clock] / variance)
        total += weight[clock]
    if total > 0.0:
        for clock in clocks:
            weight[clock] /= total
    common, spread, across = 0.0, 0.0, times(covariance, weight)
    for k in range(m):
        common += weight[k] * mean[k]
        spread += weight[k] * across[k]
    told, block = np.zeros((sensors, BIASES)), np.zeros((sensors, BIASES, BIASES))
    for s in range(sensors):
        at = layout.at[s]
        for a in range(BIASES):
            if at[a] < 0:
                continue
            told[s, a] = mean[at[a]] - (common if a == CLOCK else 0.0)
            for b in range(BIASES):
                if at[b] < 0:
                    continue
                value = covariance[at[a], at[b]]
                if a == CLOCK:
                    value -= across[at[b]]
                if b == CLOCK:
                    value -= across[at[a]]
                if a == CLOCK and b == CLOCK:
                    value += spread
                block[s, a, b] = value
    return told, block


@kernel
def _paying(
    told: Float, covariance: Float, layout: Layout, used: Float, beyond: Bools, shared: Ints
) -> Float:
    """(S, 9) what to take out of reports: estimates far beyond their own uncertainty, and below the cap.

    Nothing is begun with in a window in which the positions of the ``shared`` (S,) targets, three numbers
    each, are fewer than the sensor's biases: they cannot tell these from each other, nor from what a target
    itself does.
    """
    out = np.zeros_like(told)
    for s in range(len(told)):
        n, has = 0, np.empty(BIASES, np.int64)
        for k in range(BIASES):
            if layout.at[s, k] >= 0:
                has[n] = k
                n += 1
        block, off = np.empty((n, n)), np.empty(n)
        before = False
        for a in range(n):
            off[a] = told[s, has[a]]
            for b in range(n):
                block[a, b] = covariance[s, has[a], has[b]]
            block[a, a] *= 1.0 + 1e-9
            before = before or used[s, has[a]] != 0.0
        good, x = solved(block, off)
        d2 = 0.0
        for a in range(n):
            d2 += off[a] * x[a]
        least = PRIORS.keep_chi2[n - BASE] if before else PRIORS.apply_chi2[n - BASE]
        enough = before or 3 * shared[s] >= n
        if good and enough and not beyond[s] and d2 > least:
            for a in range(n):
                out[s, has[a]] = off[a]
    return out
