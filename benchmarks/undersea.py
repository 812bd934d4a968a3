"""How well a quiet contact is found by bearings alone: ``python -m benchmarks.undersea [--seeds N]``.

The classic case (`tests/kits/classic_bearings.py`), by the national tracker's own filter, beside its
Cramér-Rao bound: root mean square error over the bound, ANEES, how often the 95 % ellipse holds the contact,
the worst error. Then the same with a contact that turns by a right angle at 25 min, of which the bound knows
nothing. Then what listening together is worth: two platforms of two nations 30 km apart, by the fold, beside
one filter that is given all bearings and each nation alone; and two contacts whose bearings cross, how long a
ghost is held. Seeds from ``--first`` on; the filter's numbers were chosen on 2,000 to 2,199.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fusion import Picture
from fusion.physics.geodesy import ecef2geodetic, enu_axes, geodetic2ecef
from nodes.sensing.measurement import SONAR, Look
from nodes.sensing.sensors import Sonar
from nodes.tracking.environment import SUBSURFACE
from nodes.tracking.filters import NationalFilter
from nodes.tracking.position_fix import Sighting
from nodes.tracking.track_initiation import SPEED_SIGMA_MPS, along_bearing
from triwatch.v1 import track_pb2

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/kits"))
import classic_bearings as classic
from heard_kit import START_NS, Course, heard, ship

LAT_DEG, LON_DEG, DEPTH_M = 34.0, 128.0, 100.0
SPEC = Sonar(
    lat_deg=LAT_DEG,
    lon_deg=LON_DEG,
    range_km=25.0,
    period_s=classic.PERIOD_S,
    sigma_azimuth_mrad=1e3 * classic.SIGMA_RAD,
)
FAR = Sonar(
    lat_deg=LAT_DEG,
    lon_deg=LON_DEG,
    range_km=40.0,
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


@dataclass
class Together:
    """Squared errors m² at 12 min, a value a seed."""

    shared: list[float] = field(default_factory=list)
    one_filter: list[float] = field(default_factory=list)
    alone: dict[str, list[float]] = field(default_factory=dict)
    distance2: list[float] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    """How many tracks the shared picture shows of the one contact."""


def scene(seed: int, count: int) -> tuple[list[Course], list[Course]]:
    """Two platforms 30 km apart, each on a course of 5 knots, and contacts of 4 knots before them."""
    rng = np.random.default_rng((seed, 1))

    def courses(speed_kn: float, n: int) -> classic.Array:
        course = rng.uniform(0.0, 2.0 * np.pi, n)
        return speed_kn * classic.KNOT_MPS * np.stack([np.sin(course), np.cos(course)], axis=1)

    own, theirs = courses(5.0, 2), courses(4.0, count)
    platforms = [ship(30e3 * k, 0.0, *own[k]) for k in range(2)]
    places = np.stack([rng.uniform(7e3, 23e3, count), rng.uniform(6e3, 16e3, count)], axis=1)
    return platforms, [Course(*places[k], *theirs[k]) for k in range(count)]


def level_error(place: classic.Array, covariance: classic.Array, truth: classic.Array) -> tuple[float, float]:
    """Squared error m² and squared Mahalanobis distance in the level plane."""
    level = enu_axes(LAT_DEG, LON_DEG)[:2]
    apart, spread = level @ (place - truth), level @ covariance @ level.T
    return float(apart @ apart), float(apart @ np.linalg.solve(spread, apart))


def all_bearings(reports: list[track_pb2.TrackBatch]) -> NationalFilter:
    """One national filter that is given every bearing, delays neglected."""
    filter, before_ns = None, 0
    for batch in reports:
        place, z = np.array(batch.line_position), np.array(batch.line_bearing)
        lat, lon, _ = ecef2geodetic(place)
        look = Look(SONAR, place, enu_axes(lat, lon), np.array([[batch.line_sigma[0] ** 2]]))
        if filter is None:
            speed2 = np.diag([SPEED_SIGMA_MPS[SUBSURFACE] ** 2] * 3)
            filter = along_bearing("imm", Sighting(look, z), FAR, speed2)
        else:
            filter.step((batch.line_time_ns[0] - before_ns) * 1e-9, look, z)
        before_ns = batch.line_time_ns[0]
    assert filter is not None
    return filter


def together(seeds: range, minutes: int = 12) -> Together:
    """Two platforms and one contact."""
    found = Together()
    for seed in seeds:
        platforms, (contact,) = scene(seed, 1)
        reports = heard(seed, platforms, [contact], minutes)
        nodes = sorted({batch.node_id for batch in reports})
        views = {"shared": reports} | {node: [b for b in reports if b.node_id == node] for node in nodes}
        for name, mine in views.items():
            picture = Picture()
            for batch in mine:
                picture.fold(batch)
            tracks = picture.tracks()
            truth = [contact.at((t - START_NS) * 1e-9) for t in tracks.time_ns.tolist()]
            error2, distance2 = zip(
                *(
                    level_error(x[:3], p[:3, :3], at)
                    for x, p, at in zip(tracks.state, tracks.covariance, truth, strict=True)
                ),
                strict=True,
            )
            if name == "shared":
                found.shared.append(error2[0])
                found.distance2.append(distance2[0])
                found.numbers.append(len(error2))
            else:
                found.alone.setdefault(name, []).append(error2[0])
        end_s = (reports[-1].line_time_ns[0] - START_NS) * 1e-9
        one = all_bearings(reports)
        found.one_filter.append(level_error(one.x[:3], one.p[:3, :3], contact.at(end_s))[0])
    return found


def ghosts(seeds: range, minutes: int = 20) -> list[int]:
    """Two contacts: the scans in which a target of two different contacts was held, a number a seed."""
    held = []
    for seed in seeds:
        platforms, contacts = scene(seed, 2)
        picture, scans = Picture(), 0
        reports = heard(seed, platforms, contacts, minutes)
        for batch in reports:
            picture.fold(batch)
            if batch.node_id == reports[-1].node_id:
                members = [{c.name[2] for c in target.contacts} for target in picture.heard.targets]
                scans += any(len(contact) > 1 for contact in members)
        held.append(scans)
    return held


def root(squares: list[float]) -> float:
    """Root of the mean."""
    return float(np.sqrt(np.mean(squares)))


def main() -> None:
    """Print the tables."""
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
    shared = together(seeds)
    alone = min(root(errors) for errors in shared.alone.values())
    print(f"Two platforms of two nations 30 km apart, 12 min, {args.seeds} seeds from {args.first}")
    print(f"  shared {root(shared.shared):.0f} m, median {np.sqrt(np.median(shared.shared)):.0f} m")
    print(f"  one filter with all bearings {root(shared.one_filter):.0f} m; shared over it", end=" ")
    print(f"{root(shared.shared) / root(shared.one_filter):.3f}")
    print(f"  the better nation alone {alone:.0f} m; shared over it {root(shared.shared) / alone:.3f}")
    print(f"  ANEES of the shared {np.mean(shared.distance2) / 2.0:.2f}; two numbers for it in", end=" ")
    print(f"{np.mean(np.array(shared.numbers) > 1):.1%} of seeds")
    scans = np.array(ghosts(seeds))
    print(f"Two contacts: no ghost held for more than three scans in {np.mean(scans <= 3):.1%} of seeds")


if __name__ == "__main__":
    main()
