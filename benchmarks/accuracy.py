"""How good the shared tracks are: ``python -m benchmarks.accuracy [--seeds N] [--json FILE]``.

25 targets of white acceleration, three nodes with Kalman filters on positions of sigma 30, 60 and 45 m,
each second; they report each 1, 4 or 10 s. Compared when all three have just reported, from 20 s on:
position RMSE as a multiple of that of one filter that sees every detection, and ANEES (1 is consistent).

Beside triwatch stand three rules written here in plain numpy: the best single node; the three reports'
informations summed as if they were independent; and covariance intersection of the three.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from fusion import Picture

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/kits"))

from fusion_oracle.nodes import Filter, Moment, Sky

Float = NDArray[np.float64]
Estimate = tuple[Float, Float]
PERIODS_S = (1, 4, 10)
DENSITIES_M2PS3 = (0.1, 1.0, 10.0)
SECONDS = 120
WARM_S = 20


def best_single(local: list[Filter]) -> Estimate:
    """The node whose own covariance is smallest."""
    best = min(local, key=lambda f: float(np.trace(f.p[:3, :3])))
    return best.x, best.p


def naive_sum(local: list[Filter]) -> Estimate:
    """All reports as if nothing were common to them."""
    informations = [np.linalg.inv(f.p) for f in local]
    p = np.linalg.inv(sum(informations))
    return p @ sum(y @ f.x for y, f in zip(informations, local, strict=True)), p


def covariance_intersection(local: list[Filter]) -> Estimate:
    """The convex combination of informations whose determinant is greatest."""
    informations = np.array([np.linalg.inv(f.p) for f in local])

    def volume(free: Float) -> float:
        weights = np.append(free, 1.0 - free.sum())
        if (weights < 0.0).any():
            return 1e9
        return -float(np.linalg.slogdet(np.tensordot(weights, informations, 1))[1])

    starts = [np.full(len(local) - 1, 1.0 / len(local)), *(0.98 * np.eye(len(local))[:, :-1] + 0.005)]
    free = min((minimize(volume, s, method="Nelder-Mead") for s in starts), key=lambda found: found.fun).x
    weights = np.append(free, 1.0 - free.sum())
    p = np.linalg.inv(np.tensordot(weights, informations, 1))
    return p @ sum(w * y @ f.x for w, y, f in zip(weights, informations, local, strict=True)), p


RULES: dict[str, Callable[[list[Filter]], Estimate]] = {
    "best single node": best_single,
    "naive sum": naive_sum,
    "covariance intersection": covariance_intersection,
}


class Errors:
    """Errors of one way to fuse."""

    def __init__(self) -> None:
        self.square: list[float] = []
        self.least: list[float] = []
        self.nees: list[float] = []

    def add(self, estimate: Estimate, central: Filter, truth: Float) -> None:
        """One target at one moment, beside the filter that sees everything."""
        error = estimate[0] - truth
        self.square.append(float(error[:3] @ error[:3]))
        self.least.append(float(np.sum((central.x - truth)[:3] ** 2)))
        self.nees.append(float(error @ np.linalg.solve(estimate[1], error)) / 6.0)

    @property
    def ratio(self) -> float:
        """RMSE of position as a multiple of the centralised filter's."""
        return float(np.sqrt(np.mean(self.square) / np.mean(self.least)))


def nearest(picture: Picture, moment: Moment) -> list[int]:
    """Number of the track nearest to each target."""
    tracks = picture.tracks()
    apart = np.linalg.norm(tracks.state[None, :, :3] - moment.truth[:, None, :3], axis=2)
    return [int(n) for n in tracks.number[apart.argmin(axis=1)]]


def case(q: float, period_s: int, seeds: int) -> dict[str, Any]:
    """One row of the table."""
    ways = {name: Errors() for name in ("triwatch", "all detections", *RULES)}
    shown: set[int] = set()
    for seed in range(seeds):
        picture, number = Picture(), []
        for moment in Sky(seed, q=q, period_s=period_s).run(SECONDS):
            for batch in moment.reports:
                picture.fold(batch)
            if not moment.reports:
                continue
            tracks = picture.tracks()
            shown.add(len(tracks))
            number = number or nearest(picture, moment)
            if moment.t_s < WARM_S:
                continue
            row = {n: k for k, n in enumerate(tracks.number.tolist())}
            for i, truth in enumerate(moment.truth):
                k, central = row[number[i]], moment.central[i]
                ways["triwatch"].add((tracks.state[k], tracks.covariance[k]), central, truth)
                ways["all detections"].add((central.x, central.p), central, truth)
                # the intersection's weights take a search: every fifth target is enough
                for name, rule in RULES.items():
                    if name != "covariance intersection" or i % 5 == 0:
                        ways[name].add(rule([node[i] for node in moment.local]), central, truth)
    return {
        "q_m2ps3": q,
        "period_s": period_s,
        "tracks": sorted(shown),
        "centralised_rmse_m": round(float(np.sqrt(np.mean(ways["triwatch"].least))), 1),
        "rmse_ratio": {name: round(errors.ratio, 3) for name, errors in ways.items()},
        "anees": {name: round(float(np.mean(errors.nees)), 3) for name, errors in ways.items()},
    }


def run(seeds: int = 1) -> list[dict[str, Any]]:
    """The table, row by row."""
    return [case(q, period, seeds) for period in PERIODS_S for q in DENSITIES_M2PS3]


def table(rows: list[dict[str, Any]]) -> str:
    """In Markdown: RMSE ratio / ANEES."""
    names = list(rows[0]["rmse_ratio"])
    lines = [
        "| report each s | q m²/s³ | tracks | " + " | ".join(names) + " |",
        "|---" * (3 + len(names)) + "|",
    ]
    for row in rows:
        cells = [f"{row['rmse_ratio'][n]:.3f} / {row['anees'][n]:.2f}" for n in names]
        shown = " to ".join(map(str, sorted({row["tracks"][0], row["tracks"][-1]})))
        lines.append(f"| {row['period_s']} | {row['q_m2ps3']:g} | {shown} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--json", metavar="FILE")
    arguments = parser.parse_args()
    rows = run(arguments.seeds)
    print(table(rows))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
