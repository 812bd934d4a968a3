"""What a campaign found, as plain data: the report.json that report.html is drawn from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, Final

import numpy as np

from fusion.constants import OPERATION, Chosen
from nodes.campaign import statistics
from nodes.campaign.design import coalition_name
from nodes.campaign.results import Results
from nodes.units import unit_of

POOLED_SHOWN: Final[
    Annotated[
        int,
        Chosen(
            "1", "single values of an arm in the report; of more, evenly many of the sorted ones", OPERATION
        ),
    ]
] = 400


def report(results: Results, about: dict[str, str], command: Callable[[str], str]) -> dict[str, Any]:
    """``command`` says how to repeat the run of a key. Numbers that are not finite are None."""
    head = results.plan.campaign
    rows = [row for row in results.rows if row is not None]
    return {
        "campaign": head.name,
        "about": about,
        "design": head.design,
        "arms": results.arms,
        "factors": [factor.name for factor in results.plan.factors],
        "seeds": len(results.seeds),
        "runs": {
            "planned": len(results.cases),
            "done": sum(row.status == "done" for row in rows),
            "failed": sum(row.status == "failed" for row in rows),
        },
        "figures": {name: _figure(results, name) for name in head.figures},
        "unknown_figures": [name for name in head.figures if rows and name not in results.names],
        "partners": _partners(results),
        "failures": [
            {"key": row.key, "arm": case.arm, "seed": case.seed, "said": row.said, "repeat": command(row.key)}
            for case, row in zip(results.cases, results.rows, strict=True)
            if row is not None and row.status == "failed"
        ],
    }


def _figure(results: Results, name: str) -> dict[str, Any]:
    values = results.matrix(name)
    arms = results.arms
    of_arm = {arm: values[results.of_arm(arm)] for arm in arms}
    return {
        "unit": unit_of(name),
        "arms": [_arm(arm, part) for arm, part in of_arm.items()],
        "points": _points(results, values) if results.plan.factors else [],
        "paired": [_paired(arm, of_arm[arm], of_arm[arms[0]]) for arm in arms[1:]],
        "convergence": [_convergence(arm, part) for arm, part in of_arm.items()],
        "tornado": [one for arm in arms for one in _tornado(results, arm, of_arm[arm])],
        "sobol": [one for arm in arms for one in _sobol(results, arm, of_arm[arm])],
        "map": _map(results, values),
    }


def _arm(arm: str, values: Any) -> dict[str, Any]:
    finite = np.sort(values[np.isfinite(values)])
    shown = (
        finite[np.unique(np.linspace(0, len(finite) - 1, POOLED_SHOWN).astype(int))]
        if len(finite)
        else finite
    )
    return {"arm": arm, **_summary(values.ravel()), "values": shown.tolist()}


def _summary(values: Any) -> dict[str, Any]:
    found = statistics.summary(values)
    if found is None:
        return {"n": 0, "mean": None, "sd": None, "interval_95": None, "quantiles": None}
    interval = None
    if np.isfinite(found.half_width):
        interval = [found.mean - found.half_width, found.mean + found.half_width]
    quantiles = dict(zip(map(str, statistics.QUANTILES), found.quantiles, strict=True))
    return {"n": found.n, "mean": found.mean, "sd": found.sd, "interval_95": interval, "quantiles": quantiles}


def _points(results: Results, values: Any) -> list[dict[str, Any]]:
    return [
        {"arm": case.arm, "point": case.point, "factors": case.factors, **_summary(values[i])}
        for i, case in enumerate(results.groups)
    ]


def _paired(arm: str, values: Any, base: Any) -> dict[str, Any]:
    found = statistics.difference(values.ravel(), base.ravel())
    return {"arm": arm, **(asdict(found) if found is not None else {"n": 0})}


def _convergence(arm: str, values: Any) -> dict[str, Any]:
    per_seed = values[0] if len(values) == 1 else _mean_of_points(values.T)
    mean, half_width = statistics.convergence(per_seed)
    return {"arm": arm, "mean": mean.tolist(), "half_width": half_width.tolist()}


def _mean_of_points(values: Any) -> Any:
    """(groups,) mean over the repetitions that are there."""
    count = np.isfinite(values).sum(axis=1)
    return np.where(count > 0, np.nansum(values, axis=1) / np.maximum(1, count), np.nan)


def _columns(results: Results, arm: str) -> dict[str, list[Any]]:
    groups = [results.groups[i] for i in results.of_arm(arm)]
    return {f.name: [case.factors[f.name] for case in groups] for f in results.plan.factors}


def _tornado(results: Results, arm: str, values: Any) -> list[dict[str, Any]]:
    found = statistics.swings(_columns(results, arm), _mean_of_points(values))
    return [{"arm": arm, **asdict(swing)} for swing in found]


def _sobol(results: Results, arm: str, values: Any) -> list[dict[str, Any]]:
    if results.plan.campaign.design != "sobol":
        return []
    names = [factor.name for factor in results.plan.factors]
    found = statistics.sobol_indices(names, _mean_of_points(values))
    return [{"arm": arm, **asdict(index)} for index in found or []]


def _map(results: Results, values: Any) -> dict[str, Any] | None:
    """The mean over all arms at every place, where two factors are a latitude and a longitude."""
    factors = results.plan.factors
    lat = next((f.name for f in factors if any(key.endswith("lat_deg") for key in f.keys)), None)
    lon = next((f.name for f in factors if any(key.endswith("lon_deg") for key in f.keys)), None)
    if lat is None or lon is None:
        return None
    places: dict[tuple[float, float], list[Any]] = {}
    for i, case in enumerate(results.groups):
        place = (float(case.factors[lat]), float(case.factors[lon]))
        places.setdefault(place, []).append(values[i])
    found = [(*place, _mean(np.concatenate(parts))) for place, parts in places.items()]
    columns = ("lat_deg", "lon_deg", "mean")
    return {
        "latitude": lat,
        "longitude": lon,
        "places": [dict(zip(columns, one, strict=True)) for one in found],
    }


def _mean(values: Any) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else None


def _partners(results: Results) -> dict[str, Any] | None:
    """Each partner's Shapley share of the first figure, from the seeds in which every coalition ran."""
    head = results.plan.campaign
    if head.design != "coalitions":
        return None
    name = head.figures[0]
    values = results.matrix(name)
    worth = {}
    players = sorted({nation for arm in results.arms for nation in arm.split("+")})
    for arm in results.arms:
        worth[frozenset(arm.split("+"))] = _mean_of_points(values[results.of_arm(arm)].T)
    worth[frozenset()] = np.full(len(results.seeds), head.empty)
    shares = statistics.shapley(players, worth)
    return {
        "figure": name,
        "unit": unit_of(name),
        "of_nobody": head.empty,
        "of_all": _summary(worth[frozenset(players)]),
        "shares": [{"partner": player, **_summary(share)} for player, share in shares.items()],
        "coalitions": [
            {"members": coalition_name(sorted(members)), **_summary(value)}
            for members, value in worth.items()
        ],
    }
