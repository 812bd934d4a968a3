"""How well a ship finds a quiet contact by bearings alone: ``python -m benchmarks.undersea [--seeds N]``.

The classic case (`tests/kits/classic_bearings.py`), by the national tracker's own filter, beside its
Cramér-Rao bound: root mean square error over the bound, ANEES, how often the 95 % ellipse holds the contact,
the worst error. Then the same with a contact that turns by a right angle at 25 min, of which the bound knows
nothing. Seeds from ``--first`` on; the filter's numbers were chosen on 2,000 to 2,199.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from fusion.physics.geodesy import enu_axes, geodetic2ecef
from nodes.sensing.measurement import SONAR, Look
from nodes.sensing.sensors import Sonar
from nodes.tracking.environment import SUBSURFACE
from nodes.tracking.position_fix import Sighting
from nodes.tracking.track_initiation import SPEED_SIGMA_MPS, along_bearing

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/kits"))
import classic_bearings as classic

LAT_DEG, LON_DEG, DEPTH_M = 34.0, 128.0, 100.0
SPEC = Sonar(
    lat_deg=LAT_DEG,
    lon_deg=LON_DEG,
    range_km=25.0,
    period_s=classic.PERIOD_S,
    sigma_azimuth_mrad=1e3 * classic.SIGMA_RAD,
)
CHI2_95 = 5.991464547107979
"""95 % point of chi-square with two degrees of freedom."""


def one(seed: int, turn_min: float | None = None) -> tuple[classic.Array, classic.Array]:
    """Squared error m² (41,) and squared Mahalanobis distance (41,) at each look, both in the level plane."""
    rng = np.random.default_rng(seed)
    axes = enu_axes(LAT_DEG, LON_DEG)
    origin = np.asarray(geodetic2ecef(LAT_DEG, LON_DEG, 0.0))
    level = axes[:2]
    speed2 = np.diag([SPEED_SIGMA_MPS[SUBSURFACE] ** 2] * 3)
    filter, error2, distance2 = None, [], []
    for k, (where, own) in enumerate(zip(classic.target(turn_min), classic.own_ship(), strict=True)):
        east, north = where - own
        bearing = np.arctan2(east, north) + classic.SIGMA_RAD * rng.standard_normal()
        look = Look(SONAR, origin + own @ level, axes, np.array([[classic.SIGMA_RAD**2]]))
        if filter is None:
            filter = along_bearing("imm", Sighting(look, np.array([bearing])), SPEC, speed2)
        else:
            filter.step(classic.PERIOD_S, look, np.array([bearing]))
        apart = level @ (filter.x[:3] - origin) - where
        spread = level @ filter.p[:3, :3] @ level.T
        error2.append(apart @ apart)
        distance2.append(apart @ np.linalg.solve(spread, apart))
        assert k < classic.LOOKS
    return np.array(error2), np.array(distance2)


def measure(seeds: range, turn_min: float | None = None) -> dict[str, classic.Array]:
    """By look (41,): RMSE over the bound, ANEES, share within the 95 % ellipse, worst error m."""
    runs = [one(seed, turn_min) for seed in seeds]
    error2, distance2 = np.stack([e for e, _ in runs]), np.stack([d for _, d in runs])
    return {
        "over_bound": np.sqrt(error2.mean(axis=0)) / classic.bound_m(),
        "anees": distance2.mean(axis=0) / 2.0,
        "within_95": (distance2 < CHI2_95).mean(axis=0),
        "worst_m": np.sqrt(error2.max(axis=0)),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=3_000)
    args = parser.parse_args()
    seeds = range(args.first, args.first + args.seeds)
    for name, turn_min in (("keeps its course", None), ("turns at 25 min", 25.0)):
        found = measure(seeds, turn_min)
        print(f"A contact that {name}, {args.seeds} seeds from {args.first}")
        print("  minute   bound m   RMSE over it   ANEES   within 95 %   worst m")
        for k in (4, 8, 12, 20, 25, 30, 35, 40):
            f = {key: float(value[k]) for key, value in found.items()}
            print(
                f"  {k:6d} {classic.bound_m()[k]:9.0f} {f['over_bound']:14.2f} {f['anees']:7.2f}"
                f" {f['within_95']:13.1%} {f['worst_m']:9.0f}"
            )


if __name__ == "__main__":
    main()
