"""The statistics of a campaign, on arrays alone. NaN means that a run gave no figure.

Intervals are of 95 %, by Student's t: of a mean, of a mean paired difference, of an unpaired one by Welch
(1947). Sobol' indices after Saltelli et al. (2010) by SALib. The Shapley value after Shapley (1953):
phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! (v(S with i) - v(S)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
from scipy.special import stdtrit

from fusion.physics.geodesy import Float

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_COVER = 0.975


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of one distribution."""

    n: int
    mean: float
    sd: float
    half_width: float
    """Of the mean's interval of 95 %; infinite for a single value."""
    quantiles: tuple[float, ...]
    """At `QUANTILES`."""


def summary(values: Float) -> Summary | None:
    """Of finite values; None where there is none."""
    x = values[np.isfinite(values)]
    if not len(x):
        return None
    sd = float(x.std(ddof=1)) if len(x) > 1 else 0.0
    quantiles = tuple(np.quantile(x, QUANTILES).tolist())
    return Summary(len(x), float(x.mean()), sd, half_width(x), quantiles)


def half_width(x: Float) -> float:
    """Of the 95 % interval of a mean of finite values (n,)."""
    if len(x) < 2:
        return float("inf")
    return float(stdtrit(len(x) - 1, _COVER) * x.std(ddof=1) / np.sqrt(len(x)))


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more one arm has than another."""

    n: int
    """Pairs of runs with the same seed."""
    mean: float
    half_width: float
    """Of the paired difference's interval."""
    half_width_unpaired: float
    """What it would be if the arms had had seeds of their own (Welch)."""
    share_above: float
    """Of pairs in which the figure is greater."""


def difference(values: Float, base: Float) -> Difference | None:
    """``values`` (n,) less ``base`` (n,), of the same seeds; None where fewer than two pairs are finite."""
    both = np.isfinite(values) & np.isfinite(base)
    x, y = values[both], base[both]
    if len(x) < 2:
        return None
    n = len(x)
    vx, vy = x.var(ddof=1) / n, y.var(ddof=1) / n
    spread = vx + vy
    freedom = spread**2 / ((vx**2 + vy**2) / (n - 1)) if spread > 0.0 else n - 1
    unpaired = float(stdtrit(freedom, _COVER) * np.sqrt(spread))
    return Difference(n, float((x - y).mean()), half_width(x - y), unpaired, float((x > y).mean()))


def convergence(values: Float) -> tuple[Float, Float]:
    """Mean and half width of its interval over the first 2, 3, ... n of finite values."""
    x = values[np.isfinite(values)]
    if len(x) < 2:
        return np.zeros(0), np.zeros(0)
    n = np.arange(1, len(x) + 1)
    mean = x.cumsum() / n
    centred = x - x[0]
    variance = np.maximum(0.0, (centred**2).cumsum() - n * (centred.cumsum() / n) ** 2) / np.maximum(1, n - 1)
    return mean[1:], (stdtrit(n[1:] - 1, _COVER) * np.sqrt(variance[1:] / n[1:]))


@dataclass(frozen=True, slots=True)
class Swing:
    """What a figure is on average at the two ends of a factor."""

    factor: str
    low: str
    """The end, in words."""
    high: str
    at_low: float
    at_high: float


def swings(factors: Mapping[str, Sequence[Any]], values: Float) -> list[Swing]:
    """Of every factor (n values), the widest first; ``values`` (n,) of the points.

    Ends are the lowest and highest level, of words the first and the last by alphabet; of more than eight
    different numbers the lowest and the highest third.
    """
    found = []
    for name, column in factors.items():
        numbers = all(isinstance(v, int | float) for v in column)
        order = sorted(set(column), key=lambda v: float(v) if numbers else str(v))
        if len(order) < 2:
            continue
        if numbers and len(order) > 8:
            level = np.asarray(column, dtype=float)
            a, b = np.quantile(level, (1 / 3, 2 / 3))
            ends = (f"up to {a:.4g}", level <= a), (f"from {b:.4g}", level >= b)
        else:
            ends = tuple((_word(end), np.array([v == end for v in column])) for end in (order[0], order[-1]))  # type: ignore[assignment]
        means = [_mean(values[mask]) for _, mask in ends]
        if all(np.isfinite(means)):
            found.append(Swing(name, ends[0][0], ends[1][0], *means))
    return sorted(found, key=lambda s: -abs(s.at_high - s.at_low))


@dataclass(frozen=True, slots=True)
class Index:
    """Variance-based sensitivity to one factor, with the half width of its interval of 95 % (bootstrap)."""

    factor: str
    first: float
    first_half_width: float
    total: float
    total_half_width: float


def sobol_indices(factors: Sequence[str], values: Float) -> list[Index] | None:
    """Of ``values`` (samples (factors + 2),) at `design.saltelli`'s points in order; None where one lacks."""
    if not np.isfinite(values).all() or not np.ptp(values) > 0.0:
        return None
    from SALib.analyze import sobol

    problem = {"num_vars": len(factors), "names": list(factors), "bounds": [[0.0, 1.0]] * len(factors)}
    found = sobol.analyze(problem, values, calc_second_order=False, seed=1)
    columns = (found[name] for name in ("S1", "S1_conf", "ST", "ST_conf"))
    return [
        Index(name, *map(float, row)) for name, row in zip(factors, zip(*columns, strict=True), strict=True)
    ]


def shapley(players: Sequence[str], value: Mapping[frozenset[str], Float]) -> dict[str, Float]:
    """Each player's share: ``value`` holds every coalition, the empty one too, each (n,) of n repetitions."""
    n = len(players)
    shares = {}
    for player in players:
        share = 0.0 * value[frozenset()]
        for members, worth in value.items():
            if player not in members:
                weight = factorial(len(members)) * factorial(n - len(members) - 1) / factorial(n)
                share = share + weight * (value[members | {player}] - worth)
        shares[player] = share
    return shares


def _mean(values: Float) -> float:
    x = values[np.isfinite(values)]
    return float(x.mean()) if len(x) else float("nan")


def _word(level: Any) -> str:
    return f"{level:.4g}" if isinstance(level, float) else str(level)
