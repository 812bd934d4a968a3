"""Mixtures of unscented filters about what is heard: one for each interval of range, and for each turn.

What one bearing says of range is nothing, and a filter that stands at one range with a spread as wide as the
reach linearises where nothing is linear. So the reach is cut into intervals, each narrow beside its own range
and with an unscented filter of its own; the bearings weigh them. Where bearings run away to one side a second
course begins beside each, on which the target turned a while ago; one bearing alone that is far off is noise.

Bearings say what the target did when the sound left it: each point reckons with the delay of its own range.
Fixed arithmetic throughout: what is decided here is in the picture's digest.

Source: Peach 1995 (range-parameterised filters); Ristic, Arulampalam, Gordon 2004, ch. 6.4.2 (weights, eq.
6.20); Julier and Uhlmann 2004 with alpha 1, beta 2, kappa 0 (sigma points).
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import numpy as np

from fusion.arrays import Bools, Float
from fusion.constants import JUDGED, Chosen, constants
from fusion.dense import cholesky
from fusion.elementary import atan2_fixed
from fusion.kernel import kernel
from fusion.linalg import exp_fixed, log_fixed
from fusion.physics.looks import local_m


@constants
class Hearing(NamedTuple):
    """How what is heard moves, and when a filter of the mixture is deleted."""

    q_m2ps3: Annotated[float, Chosen("m²/s³", "white acceleration on a straight course", JUDGED)] = 1e-6
    surprise_chi2: Annotated[
        float,
        Chosen(
            "1",
            "fading sum of innovations, squared, from which on a turn is considered",
            "chi2.sf(12, 1) = 5e-4",
        ),
    ] = 12.0
    fade: Annotated[float, Chosen("1", "of what is kept of innovations, from line to line", JUDGED)] = 0.85
    lag_s: Annotated[
        float, Chosen("s", "a turn that shows now was made up to so long ago", "a curve of 0.5 deg/s; judged")
    ] = 120.0
    turn_hz: Annotated[float, Chosen("1/s", "how often what is heard takes another course", JUDGED)] = (
        1.0 / 3_600.0
    )
    turn_mps: Annotated[
        float,
        Chosen("m/s", "standard deviation of what a turn adds to each component", "a right angle at 5 knots"),
    ] = 2.5
    negligible: Annotated[
        float, Chosen("1", "a filter whose weight is less is deleted", "Ristic et al. 2004, ch. 6.4.2: 1e-3")
    ] = 1e-4
    filters_max: Annotated[int, Chosen("1", "the heaviest filters that are kept of a mixture", JUDGED)] = 28
    stray: Annotated[
        float, Chosen("1", "share of a contact's bearings that are none of it, of any direction", JUDGED)
    ] = 0.002


HEARING = Hearing()
_POINTS = 13
LOG_TURN = 1.8378770664093453
"""ln 2 pi: of a bearing that may come from anywhere, less its likelihood."""


class Line(NamedTuple):
    """One line of bearing."""

    origin: Float
    """(3,) where the sensor was, ECEF m."""
    axes: Float
    """(3, 3) rows east, north, up there."""
    sine: float
    cosine: float
    """Of the bearing."""
    variance: float
    """rad²."""
    sound_mps: float
    """0: at once."""


class Mixture(NamedTuple):
    """k filters."""

    state: Float
    """(k, 6) ECEF m, m/s."""
    covariance: Float
    """(k, 6, 6)."""
    log_weight: Float
    """(k,) whose exponentials add up to 1."""


class Outcome(NamedTuple):
    """What became of a mixture with one line."""

    log_evidence: float
    """ln of the bearing's density per radian, as the mixture foresaw it."""
    taken: bool
    """Whether it was the contact's: a stray one changes nothing."""
    mixture: Mixture


@kernel
def _off(line: Line, x: Float) -> float:
    """Angle by which a target at ``x`` (6,) would have been heard clockwise of the line."""
    e, n, u = local_m(line.origin, line.axes, x)
    if line.sound_mps > 0.0:
        delay = math.sqrt(e * e + n * n + u * u) / line.sound_mps
        a = line.axes
        e -= delay * (a[0, 0] * x[3] + a[0, 1] * x[4] + a[0, 2] * x[5])
        n -= delay * (a[1, 0] * x[3] + a[1, 1] * x[4] + a[1, 2] * x[5])
    return atan2_fixed(e * line.cosine - n * line.sine, e * line.sine + n * line.cosine)


@kernel
def _foreseen(line: Line, x: Float, p: Float, cross: Float) -> tuple[float, float]:
    """By how much the line lies off what a filter foresees, and the variance of that; the covariance of
    state and bearing into ``cross`` (6,). The variance is 0 where ``p`` is no covariance."""
    lower, points, seen = np.zeros((6, 6)), np.empty((_POINTS, 6)), np.empty(_POINTS)
    if not cholesky(6.0 * p, lower):
        return 0.0, 0.0
    for i in range(6):
        points[0, i] = x[i]
        for k in range(6):
            points[1 + k, i] = x[i] + lower[i, k]
            points[7 + k, i] = x[i] - lower[i, k]
    centre, mean = _off(line, x), 0.0
    seen[0] = 0.0
    for n in range(1, _POINTS):
        off = _off(line, points[n]) - centre
        if off > math.pi:
            off -= 2.0 * math.pi
        elif off < -math.pi:
            off += 2.0 * math.pi
        seen[n] = off
        mean += off / 12.0
    variance = line.variance
    for i in range(6):
        cross[i] = 0.0
    for n in range(_POINTS):
        d = (2.0 if n == 0 else 1.0 / 12.0) * (seen[n] - mean)
        variance += d * (seen[n] - mean)
        for i in range(6):
            cross[i] += d * (points[n, i] - x[i])
    off = -(centre + mean)
    if off < -math.pi:
        off += 2.0 * math.pi
    elif off > math.pi:
        off -= 2.0 * math.pi
    return off, variance


@kernel
def carried(mixture: Mixture, dt_s: float) -> Mixture:
    """A mixture ``dt_s`` later, on a straight course."""
    state, covariance = mixture.state.copy(), mixture.covariance.copy()
    for k in range(len(state)):
        x, p = state[k], covariance[k]
        for i in range(3):
            x[i] += dt_s * x[i + 3]
        for i in range(6):
            for j in range(3):
                p[j, i] += dt_s * p[j + 3, i]
        for i in range(6):
            for j in range(3):
                p[i, j] += dt_s * p[i, j + 3]
        q = HEARING.q_m2ps3
        for i in range(3):
            p[i, i] += q * dt_s * dt_s * dt_s / 3.0
            p[i, i + 3] += q * dt_s * dt_s / 2.0
            p[i + 3, i] += q * dt_s * dt_s / 2.0
            p[i + 3, i + 3] += q * dt_s
    return Mixture(state, covariance, mixture.log_weight)


@kernel
def _turned(before: Mixture, dt_s: float) -> Mixture:
    """A mixture ``dt_s`` later that has turned meanwhile, or up to `lag_s` before."""
    ahead, lag_s = carried(before, dt_s), max(dt_s, HEARING.lag_s)
    turn2 = HEARING.turn_mps * HEARING.turn_mps
    for k in range(len(ahead.state)):
        x, p = ahead.state[k], ahead.covariance[k]
        r2 = x[0] * x[0] + x[1] * x[1] + x[2] * x[2]
        for i in range(3):
            for j in range(3):
                level2 = turn2 * ((1.0 if i == j else 0.0) - x[i] * x[j] / r2)
                p[i, j] += level2 * lag_s * lag_s / 3.0
                p[i, j + 3] += level2 * lag_s / 2.0
                p[i + 3, j] += level2 * lag_s / 2.0
                p[i + 3, j + 3] += level2
    return ahead


@kernel
def _with_turns(before: Mixture, straight: Mixture, dt_s: float) -> Mixture:
    """A mixture on a straight course, and beside it one that has turned."""
    chance = min(HEARING.turn_hz * max(dt_s, HEARING.lag_s), 0.5)
    turned = _turned(before, dt_s)
    return Mixture(
        np.concatenate((straight.state, turned.state)),
        np.concatenate((straight.covariance, turned.covariance)),
        np.concatenate(
            (straight.log_weight + log_fixed(1.0 - chance), straight.log_weight + log_fixed(chance))
        ),
    )


@kernel
def innovation(ahead: Mixture, line: Line) -> float:
    """Normalised innovation, with its sign, of a line against a mixture carried to it, as a whole."""
    mixture, cross, mean, second = ahead, np.empty(6), 0.0, 0.0
    for k in range(len(mixture.state)):
        off, variance = _foreseen(line, mixture.state[k], mixture.covariance[k], cross)
        weight = exp_fixed(min(mixture.log_weight[k], 0.0))
        mean += weight * off
        second += weight * (variance + off * off)
    return mean / math.sqrt(max(second - mean * mean, line.variance))


@kernel
def drifting(drift: float, news: float) -> tuple[bool, float]:
    """Whether a contact's lines run away from where they are expected, and what is kept of innovations with
    that of the newest line, ``news``: nothing, where they do."""
    drift = HEARING.fade * drift + news
    spread = 1.0 - HEARING.fade * HEARING.fade
    away = drift * drift * spread > HEARING.surprise_chi2
    return away, 0.0 if away else drift


@kernel
def hear(mixture: Mixture, dt_s: float, line: Line, turns: bool) -> Outcome:
    """A mixture carried ``dt_s`` >= 0 ahead and updated with one line; ``turns``: it may have turned."""
    straight = carried(mixture, dt_s)
    wide = straight
    if turns:
        wide = _with_turns(mixture, straight, dt_s)
    state, covariance, log_weight = wide.state.copy(), wide.covariance.copy(), wide.log_weight.copy()
    cross, best = np.empty(6), -1e300
    for k in range(len(state)):
        off, variance = _foreseen(line, state[k], covariance[k], cross)
        if not variance > 0.0:
            log_weight[k] = -1e300
            continue
        log_weight[k] -= 0.5 * (off * off / variance + log_fixed(variance) + LOG_TURN)
        for i in range(6):
            state[k, i] += cross[i] / variance * off
            for j in range(6):
                covariance[k, i, j] -= cross[i] * cross[j] / variance
        best = max(best, log_weight[k])
    evidence = _log_total(log_weight, best)
    stray = log_fixed(HEARING.stray) - LOG_TURN
    if not evidence > stray:
        return Outcome(stray, False, straight)
    kept = _heaviest(log_weight, best)
    count = 0
    for k in range(len(kept)):
        if kept[k]:
            state[count], covariance[count] = state[k], covariance[k]
            log_weight[count] = log_weight[k]
            count += 1
    total = _log_total(log_weight[:count], best)
    return Outcome(
        evidence,
        True,
        Mixture(state[:count].copy(), covariance[:count].copy(), log_weight[:count] - total),
    )


@kernel
def evidence_of(mixture: Mixture, dt_s: float, line: Line) -> float:
    """ln of the density per radian of a line, as a mixture ``dt_s`` >= 0 ahead foresees it."""
    ahead, cross = carried(mixture, max(dt_s, 0.0)), np.empty(6)
    log_weight, best = ahead.log_weight.copy(), -1e300
    for k in range(len(log_weight)):
        off, variance = _foreseen(line, ahead.state[k], ahead.covariance[k], cross)
        if not variance > 0.0:
            log_weight[k] = -1e300
            continue
        log_weight[k] -= 0.5 * (off * off / variance + log_fixed(variance) + LOG_TURN)
        best = max(best, log_weight[k])
    return max(_log_total(log_weight, best), log_fixed(HEARING.stray) - LOG_TURN)


@kernel
def _log_total(log_weight: Float, best: float) -> float:
    total = 0.0
    for k in range(len(log_weight)):
        total += exp_fixed(log_weight[k] - best)
    return best + log_fixed(total)


@kernel
def _heaviest(log_weight: Float, best: float) -> Bools:
    """(k,) which filters are kept: those that count for something, `filters_max` of them at most; of equals
    the first."""
    floor = best + log_fixed(HEARING.negligible)
    kept = np.zeros(len(log_weight), np.bool_)
    for k in range(len(log_weight)):
        heavier = 0
        for j in range(len(log_weight)):
            if log_weight[j] > log_weight[k] or (log_weight[j] == log_weight[k] and j < k):
                heavier += 1
        kept[k] = log_weight[k] > floor and heavier < HEARING.filters_max
    return kept


@kernel
def moments(mixture: Mixture) -> tuple[Float, Float]:
    """Mean (6,) and covariance (6, 6)."""
    mean, spread, apart = np.zeros(6), np.zeros((6, 6)), np.empty(6)
    x0 = mixture.state[0]
    for k in range(len(mixture.state)):
        weight = exp_fixed(min(mixture.log_weight[k], 0.0))
        for i in range(6):
            mean[i] += weight * (mixture.state[k, i] - x0[i])
    for k in range(len(mixture.state)):
        weight = exp_fixed(min(mixture.log_weight[k], 0.0))
        for i in range(6):
            apart[i] = mixture.state[k, i] - x0[i] - mean[i]
        for i in range(6):
            for j in range(6):
                spread[i, j] += weight * (mixture.covariance[k, i, j] + apart[i] * apart[j])
    for i in range(6):
        mean[i] += x0[i]
    return mean, spread
