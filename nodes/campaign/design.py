"""From what varies to points: list, grid, Latin hypercube, Sobol' sequence, coalitions.

Latin hypercubes by scipy.stats.qmc (McKay, Beckman, Conover 1979). ``sobol`` is the design that indices of
variance are estimated from: matrices A, B and AB_i of a scrambled Sobol' sequence (Saltelli et al. 2010,
table 2), by SALib, without second order: N (D + 2) points. Every design is a function of the file alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from math import prod
from typing import Annotated, Any, Final

import numpy as np

from fusion.constants import OPERATION, Chosen
from fusion.physics.geodesy import Float
from nodes.campaign.case import Case
from nodes.campaign.plan import Arm, CampaignFile, Factor, Level
from nodes.errors import BadInput

DESIGN_SEED = 20_240_627
"""Of the designs' own randomness; runs have their own seeds."""
MOST_PARTNERS: Final[
    Annotated[int, Chosen("1", "factors up to which all their combinations are arms", OPERATION)]
] = 12
AS_IT_IS = Arm(name="as it is")


def size(plan: CampaignFile, nations: Sequence[str]) -> int:
    """How many different cases a plan has, without making them; each is run with every seed."""
    head = plan.campaign
    arms = max(1, len(plan.arms))
    if head.design == "coalitions":
        coalitions: int = 2 ** len(partners(plan, nations)) - 1
        return coalitions * _grid_size(plan.factors)
    if head.design == "list":
        return arms * max(1, len(plan.factors[0].levels) if plan.factors else 1)
    if head.design == "grid":
        return arms * _grid_size(plan.factors)
    return arms * head.samples * (1 if head.design == "latin-hypercube" else len(plan.factors) + 2)


def partners(plan: CampaignFile, nations: Sequence[str]) -> tuple[str, ...]:
    """Whose coalitions are formed. Raises BadInput where one has no node, or they are too many."""
    chosen = plan.campaign.partners or tuple(nations)
    for nation in chosen:
        if nation not in nations:
            raise BadInput(f"campaign.partners: {nation} has no node; expected some of {', '.join(nations)}")
    if len(chosen) > MOST_PARTNERS:
        most = 2**MOST_PARTNERS
        raise BadInput(f"campaign.partners: {len(chosen)} make more than {most} coalitions; name fewer")
    return chosen


def cases(plan: CampaignFile, nations: Sequence[str], seeds: int) -> Iterator[Case]:
    """Every run, seed by seed, so that what is there at any moment can be compared."""
    arms = list(_arms(plan, nations))
    rows = list(points(plan))
    for seed in range(plan.campaign.first_seed, plan.campaign.first_seed + seeds):
        for arm, members in arms:
            for point, values in enumerate(rows):
                by_key = {
                    key: value
                    for factor, value in zip(plan.factors, values, strict=True)
                    for key in factor.keys
                }
                yield Case(
                    arm=arm.name,
                    point=point,
                    factors={f.name: value for f, value in zip(plan.factors, values, strict=True)},
                    seed=seed,
                    set={**plan.campaign.set, **arm.set, **by_key},
                    without=arm.without,
                    nodes=arm.nodes,
                    nations=members,
                    theatre=arm.theatre or plan.campaign.theatre,
                )


def points(plan: CampaignFile) -> list[tuple[Level, ...]]:
    """The design: what every factor is at every point; one point without factors is a point, too."""
    head, factors = plan.campaign, plan.factors
    if not factors:
        return [()]
    if head.design == "list":
        return list(zip(*(factor.levels for factor in factors), strict=True))
    if head.design in ("grid", "coalitions"):
        return list(product(*(factor.levels for factor in factors)))
    if head.design == "latin-hypercube":
        from scipy.stats import qmc  # a second to load, for which only some designs have a use

        unit = qmc.LatinHypercube(len(factors), rng=np.random.default_rng(DESIGN_SEED)).random(head.samples)
    else:
        unit = saltelli(len(factors), head.samples)
    return [tuple(value(f, u) for f, u in zip(factors, row, strict=True)) for row in unit.tolist()]


def saltelli(factors: int, samples: int) -> Float:
    """(samples (factors + 2), factors) in the unit cube, in SALib's order."""
    from SALib.sample import sobol

    problem = {
        "num_vars": factors,
        "names": [str(i) for i in range(factors)],
        "bounds": [[0.0, 1.0]] * factors,
    }
    drawn: Float = sobol.sample(problem, samples, calc_second_order=False, scramble=True, seed=DESIGN_SEED)
    return drawn


def value(factor: Factor, u: float) -> Level:
    """What a factor is at a place ``u`` of the unit interval: the inverse of its distribution function."""
    if factor.levels:
        return factor.levels[min(int(u * len(factor.levels)), len(factor.levels) - 1)]
    drawn = _quantile(factor, min(max(u, 1e-9), 1.0 - 1e-9))
    return round(drawn) if factor.whole else drawn


def _quantile(factor: Factor, u: float) -> float:
    low, high = factor.low or 0.0, factor.high or 0.0
    if factor.distribution == "uniform":
        return low + u * (high - low)
    if factor.distribution == "log-uniform":
        return float(low * (high / low) ** u)
    from scipy.stats import norm, triang

    if factor.distribution == "normal":
        return float(norm.ppf(u, factor.mean, factor.sigma))
    return float(triang.ppf(u, ((factor.mode or 0.0) - low) / (high - low), loc=low, scale=high - low))


def _grid_size(factors: Sequence[Factor]) -> int:
    return prod(len(factor.levels) for factor in factors)


def _arms(plan: CampaignFile, nations: Sequence[str]) -> Iterator[tuple[Arm, Any]]:
    if plan.campaign.design != "coalitions":
        yield from ((arm, None) for arm in plan.arms or (AS_IT_IS,))
        return
    chosen = partners(plan, nations)
    others = tuple(nation for nation in nations if nation not in chosen)
    for count in range(len(chosen), 0, -1):
        for members in combinations(chosen, count):
            yield Arm(name=coalition_name(members)), (*members, *others)


def coalition_name(members: Sequence[str]) -> str:
    """The arm of one coalition."""
    return "+".join(members)
