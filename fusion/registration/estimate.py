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
from fusion.registration.bias import BIASES, CLOCK
from fusion.registration.elimination import Layout, Parts, normal_equations
from fusion.registration.followed import followed
from fusion.registration.window import WINDOWS

_Four = tuple[float, float, float, float]
_Column = TypeVar("_Column", Float, Ints)
_ANGLES = 3
"""Range, azimuth and elevation of a sensor: one block."""


@constants
class Priors(NamedTuple):
    """What is known of any sensor before; tuples are of range m, azimuth rad, elevation rad, clock s."""

    sigma: Annotated[_Four, Chosen("m, rad, rad, s", "of a bias before anything is known of it", JUDGED)] = (
        200.0,
        2.5e-3,
        2.5e-3,
        0.15,
    )
    walk: Annotated[_Four, Chosen("per root s", "by how much biases walk at random", JUDGED)] = (
        2e-2,
        5e-7,
        5e-7,
        1e-4,
    )
    cap: Annotated[
        _Four, Chosen("m, rad, rad, s", "beyond it a sensor is broken or lies: nothing is taken out", JUDGED)
    ] = (1_000.0, 12e-3, 12e-3, 1.0)
    apply_chi2: Annotated[
        float, Chosen("1", "bᵀ P⁻¹ b from which a bias is taken out", "chi2.sf(30, 4) = 5e-6")
    ] = 30.0
    keep_chi2: Annotated[
        float, Chosen("1", "and down to which it goes on being", "chi2.sf(9.5, 4) = 5 %")
    ] = 9.5
    jump_sigmas: Annotated[
        float, Chosen("1", "d² of a block past its mean by so many of its sigmas is a jump", JUDGED)
    ] = 12.0
    fade: Annotated[float, Chosen("1", "of the kept innovations, from window to window", JUDGED)] = 0.8


PRIORS = Priors()
SENSORS_MAX: Final[
    Annotated[int, Chosen("1", "sensors in all; those that come later are fused as they are", OPERATION)]
] = 64


class SensorName(NamedTuple):
    """Which sensor: of a node its number in the node's own order, from 0, and its declared kind."""

    node_id: str
    number: int
    kind: int


@dataclass(frozen=True, slots=True)
class Registration:
    """What is known of S sensors and N clocks, m = 3 S + N biases."""

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
    """(S, 4) biases, clocks against their mean."""
    told_covariance: Float
    """(S, 4, 4)."""
    used: Float
    """(S, 4) what is taken out of reports."""
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
        names = ";".join(f"{name.node_id}/{name.number}/{name.kind}" for name in self.sensors)
        values = (self.mean, self.covariance, self.score, self.score_information, self.used)
        return names.encode() + b"".join(one.astype(">f8").tobytes() for one in values)

    def sigma(self) -> Float:
        """(S, 4) standard deviations of ``told``."""
        variance = np.stack([np.diag(one) for one in self.told_covariance]) if self.sensors else self.told
        return np.asarray(np.sqrt(variance))


def nothing_known() -> Registration:
    """Before any sensor is heard of."""
    none, square = np.zeros(0), np.zeros((0, 0))
    ints, four = np.zeros(0, np.int64), np.zeros((0, BIASES))
    return Registration(
        window=0,
        sensors=(),
        clocks=(),
        layout=Layout(ints, ints, ints),
        mean=none,
        covariance=square,
        score=none,
        score_information=square,
        jump=ints,
        told=four,
        told_covariance=np.zeros((0, BIASES, BIASES)),
        used=four,
        shared=ints,
        misfits=ints,
        beyond=np.zeros(0, np.bool_),
    )


def with_sensor(known: Registration, name: SensorName) -> Registration:
    """With one more sensor, of which nothing is known; as it is where it is known, or there are too many."""
    if name in known.sensors or len(known.sensors) >= SENSORS_MAX:
        return known
    sigma = np.array(PRIORS.sigma)
    m = len(known.mean)
    new = list(sigma[:_ANGLES])
    clocks = known.clocks
    if name.node_id in clocks:
        other = [sensor.node_id for sensor in known.sensors].index(name.node_id)
        clock = int(known.layout.clock[other])
    else:
        clocks, clock = (*clocks, name.node_id), m + _ANGLES
        new.append(sigma[CLOCK])
    layout = Layout(
        np.append(known.layout.kind, name.kind),
        np.append(known.layout.first, m),
        np.append(known.layout.clock, clock),
    )
    size = m + len(new)
    covariance, information = np.zeros((size, size)), np.zeros((size, size))
    covariance[:m, :m], information[:m, :m] = known.covariance, known.score_information
    covariance[range(m, size), range(m, size)] = np.square(new)
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


def _longer(column: _Column, size: int) -> _Column:
    return np.concatenate([column, np.zeros(size - len(column), column.dtype)])


def _clocks_of(known: Registration) -> Ints:
    """(N,) where the clocks stand."""
    return np.unique(known.layout.clock)


def next_window(known: Registration, parts: Parts, window: int) -> Registration:
    """After ``known.window`` with its parts; ``window`` is gathered next."""
    if known.window == 0 or not known.sensors:
        return replace(known, window=window)
    elapsed_s = float((window - known.window) * WINDOWS.length_s)
    clocks = _clocks_of(known)
    mean, covariance, score, information, jumped, shared, misfits = _updated(
        parts,
        known.layout,
        clocks,
        known.used,
        known.mean,
        known.covariance,
        known.score,
        known.score_information,
        known.beyond,
        elapsed_s,
    )
    if known.beyond.any():
        prior = np.empty(len(mean))
        for k in range(len(mean)):
            prior[k] = PRIORS.sigma[_kind_of(k, clocks, known.layout.first)] ** 2
        mean, covariance, seen, unfit = followed(
            parts, known.layout, known.used, mean, covariance, known.beyond, prior
        )
        shared, misfits = np.where(known.beyond, (seen, unfit), (shared, misfits))
    told, told_covariance = _in_gauge(mean, covariance, known.layout, clocks, known.beyond)
    beyond: Bools = np.any(np.abs(told) > np.array(PRIORS.cap), axis=1)
    used = _paying(told, told_covariance, known.used, beyond)
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
def _kind_of(index: int, clocks: Ints, first: Ints) -> int:
    """Which of the four biases stands at ``index``."""
    for clock in clocks:
        if clock == index:
            return CLOCK
    for start in first:
        if start <= index < start + _ANGLES:
            return int(index - start)
    return CLOCK


@kernel
def _updated(
    parts: Parts,
    layout: Layout,
    clocks: Ints,
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
        kind = _kind_of(k, clocks, layout.first)
        p[k, k] += PRIORS.walk[kind] * PRIORS.walk[kind] * elapsed_s
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
        for first in layout.first:
            over = _over(s, v, first, _ANGLES)
            if over > worst and not jumped[first]:
                start, size, worst = first, _ANGLES, over
        for clock in clocks:
            over = _over(s, v, clock, 1)
            if over > worst and not jumped[clock]:
                start, size, worst = clock, 1, over
        if size == 0:
            return mean + shifted, after, s, v, jumped, shared, misfits
        for k in range(start, start + size):
            kind = _kind_of(k, clocks, layout.first)
            p[k, k] += PRIORS.sigma[kind] * PRIORS.sigma[kind]
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
    """Biases (S, 4) and their covariances (S, 4, 4), the clocks against their mean, each weighed by the share
    of its prior that is known away, and those of ``ignored`` sensors alone not at all."""
    m, sensors = len(mean), len(layout.kind)
    weight, total = np.zeros(m), 0.0
    variance = PRIORS.sigma[CLOCK] * PRIORS.sigma[CLOCK]
    for clock in clocks:
        for s in range(sensors):
            if layout.clock[s] == clock and not ignored[s]:
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
    at = np.empty(BIASES, np.int64)
    for s in range(sensors):
        for k in range(_ANGLES):
            at[k] = layout.first[s] + k
        at[CLOCK] = layout.clock[s]
        for a in range(BIASES):
            told[s, a] = mean[at[a]] - (common if a == CLOCK else 0.0)
            for b in range(BIASES):
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
def _paying(told: Float, covariance: Float, used: Float, beyond: Bools) -> Float:
    """(S, 4) what to take out of reports: estimates far beyond their own uncertainty, and below the cap."""
    out = np.zeros_like(told)
    for s in range(len(told)):
        block = covariance[s].copy()
        before = False
        for k in range(BIASES):
            block[k, k] *= 1.0 + 1e-9
            before = before or used[s, k] != 0.0
        good, x = solved(block, told[s])
        d2 = 0.0
        for k in range(BIASES):
            d2 += told[s, k] * x[k]
        if good and not beyond[s] and d2 > (PRIORS.keep_chi2 if before else PRIORS.apply_chi2):
            for k in range(BIASES):
                out[s, k] = told[s, k]
    return out
