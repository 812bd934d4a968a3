"""Whether warnings keep what they say: ``python -m benchmarks.warning_honesty [--flights N] [--first SEED]``.

Random flights (apogee 60 to 3,000 km, range 150 to 5,000 km) of vehicles as light and heavy as warnings
take them to be (95 % from 1.3 to 20 t/m²: one weight for all could not show whether ellipses hold), each
seen by one to four radars of three nations of which any may be lost on the way, through the production code
in one process. Counted, second by second: claims of impact more than five of their own sigmas off, reaches
that do not hold the true impact, containment of the 95 % ellipse by phase, and the first alert. ``--into
FILE`` adds every flight's line to a file; what is printed is of all that the file holds.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from fusion import Picture
from fusion.physics.geodesy import ecef2enu, geodetic2ecef
from fusion.warning.impact import BALLISTIC_KGPM2, BALLISTIC_LOG_SIGMA
from nodes.errors import BadInput
from nodes.sensing.sensors import Misalignment
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.loader import load
from nodes.simulation.spec import Scenario
from nodes.simulation.truth import World
from triwatch.v1 import picture_pb2, track_pb2

CHI2_95 = 5.991464547107979
HEADER = """[scenario]
name = "honesty"
start = 2024-06-27T00:00:00Z
duration_s = 3000.0
seed = {seed}
[[objects]]
id = "M1"
kind = "ballistic"
launch_s = 5.0
launch_lat_deg = 39.9
launch_lon_deg = 125.2
azimuth_deg = {azimuth}
apogee_km = {apogee}
range_km = {range}
ballistic_kgpm2 = {ballistic}
"""
NODE = """[[nodes]]
id = "{nation}-{number}"
nation = "{nation}"
report_period_s = {period}
{leaves}
  [[nodes.sensors]]
  kind = "radar"
  lat_deg = {lat}
  lon_deg = {lon}
  alt_m = 100.0
  range_km = 3000.0
  period_s = {period}
  pd = 0.95
  sigma_range_m = 30.0
  sigma_azimuth_mrad = 1.0
  sigma_elevation_mrad = 1.0
  min_elevation_deg = 0.0
  max_target_alt_m = 4000000.0
"""
NATIONS = ("KOR", "JPN", "USA", "JPN")


def misaligned(one: Scenario, sigma_mrad: float, declared: bool, seed: int) -> Scenario:
    """Every radar off in azimuth and elevation by a draw of that sigma; whether their owners say so."""
    rng = np.random.default_rng([17, 7, seed])
    said = Misalignment(azimuth_mrad=sigma_mrad, elevation_mrad=sigma_mrad) if declared else None
    nodes = []
    for node in one.nodes:
        off = sigma_mrad * rng.standard_normal((len(node.sensors), 2))
        sensors = tuple(
            replace(sensor, bias_azimuth_mrad=float(a), bias_elevation_mrad=float(e), misalignment=said)
            for sensor, (a, e) in zip(node.sensors, off, strict=True)
        )
        nodes.append(replace(node, sensors=sensors))
    return replace(one, nodes=tuple(nodes))


def draw(seed: int) -> Scenario:
    """A flight that can be flown and its radars."""
    rng = np.random.default_rng([17, 5, seed])
    heavier = np.random.default_rng([17, 6, seed]).standard_normal()
    ballistic = BALLISTIC_KGPM2 * float(np.exp(BALLISTIC_LOG_SIGMA * heavier))
    while True:
        apogee = float(np.exp(rng.uniform(np.log(60.0), np.log(3000.0))))
        reach = float(np.exp(rng.uniform(np.log(150.0), np.log(5000.0))))
        azimuth = float(rng.uniform(60.0, 160.0))
        text = HEADER.format(seed=seed, azimuth=azimuth, apogee=apogee, range=reach, ballistic=ballistic)
        for k in range(int(rng.integers(1, 5))):
            along = rng.uniform(-100.0, reach + 100.0) / 111.2
            aside = rng.uniform(-400.0, 400.0) / 111.2
            north, east = np.cos(np.radians(azimuth)), np.sin(np.radians(azimuth))
            text += NODE.format(
                nation=NATIONS[k],
                number=k,
                period=float(rng.choice([1.0, 2.0])),
                leaves=f"leaves_s = {rng.uniform(60.0, 900.0)}" if rng.random() < 0.25 else "",
                lat=float(np.clip(39.9 + along * north - aside * east, -85.0, 85.0)),
                lon=125.2 + (along * east + aside * north) / 0.77,
            )
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "honesty.toml"
            file.write_text(text, encoding="utf-8")
            try:
                one = load(str(file))
                World(one)
            except BadInput:
                continue
            return one


def live(one: Scenario) -> dict[str, Any]:
    """What was claimed of one flight."""
    world = World(one)
    (truth,) = world.flights()
    nodes = [simulated_node(one, n.id, world=world) for n in one.nodes]
    place = (truth.impact_lat_deg, truth.impact_lon_deg)
    impact_m = geodetic2ecef(*place, 0.0)
    picture = Picture()
    told: dict[str, Any] = {"burnout_s": truth.burnout_s, "impact_s": truth.impact_s, "first_alert_s": None}
    claims: list[tuple[str, float]] = []
    told |= {"wrong_while_burning": 0, "outside_reach": 0, "fold_s": 0.0}
    for t in np.arange(1.0, truth.impact_s):
        batches = [
            b for n in nodes for b in n.advance(one.time_ns(float(t))) if isinstance(b, track_pb2.TrackBatch)
        ]
        begin_s = time.perf_counter()
        for batch in sorted(batches, key=lambda b: (b.sent_time_ns, b.node_id)):
            picture.fold(batch)
        rows = [row for row in picture.missiles() if row.open and row.tracked]
        told["fold_s"] += time.perf_counter() - begin_s
        for row in rows:
            if told["first_alert_s"] is None:
                told["first_alert_s"] = float(t) - 5.0
            watch = row.watch
            if watch.area is None or one.time_ns(float(t)) - watch.path.last.time_ns > 5_000_000_000:
                continue
            # a body that came off it lands elsewhere: none does here
            level = ecef2enu(impact_m, watch.area.lat_deg, watch.area.lon_deg, 0.0)[:2]
            d2 = float(level @ np.linalg.solve(watch.area.covariance_m2, level))
            if watch.known:
                told["wrong_while_burning"] += int(t < truth.burnout_s - 1.0)
                phase = "free flight" if t > truth.burnout_s + 20.0 else "boost's end"
                if watch.path.phase == picture_pb2.FLIGHT_PHASE_REENTRY:
                    phase = "re-entry"
                claims.append((phase, d2))
            else:
                told["outside_reach"] += int(d2 > CHI2_95)
    told["claims"] = {
        phase: {
            "seconds": len(d2),
            "inside": sum(d < CHI2_95 for d in d2),
            "over five sigmas": sum(d > 25.0 for d in d2),
        }
        for phase in ("boost's end", "free flight", "re-entry")
        for d2 in [[d for p, d in claims if p == phase]]
    }
    return told


def table(found: list[dict[str, Any]]) -> list[str]:
    """For people."""
    lines = ["| phase | seconds claimed | in the 95 % ellipse | over five sigmas | flights with such |"]
    lines.append("|---|---|---|---|---|")
    for phase in ("boost's end", "free flight", "re-entry"):
        claims = [told["claims"][phase] for told in found]
        seconds = sum(c["seconds"] for c in claims)
        inside = sum(c["inside"] for c in claims) / max(1, seconds)
        over = [c["over five sigmas"] for c in claims]
        lines.append(f"| {phase} | {seconds} | {100 * inside:.1f} % | {sum(over)} | {sum(map(bool, over))} |")
    first = [told["first_alert_s"] for told in found if told["first_alert_s"] is not None]
    lines += [
        f"{len(found)} flights, {len(first)} warned of; first alert after launch: median "
        f"{np.median(first):.0f} s, p95 {np.quantile(first, 0.95):.0f} s",
        f"seconds with an impact claimed while the engine burnt: "
        f"{sum(t['wrong_while_burning'] for t in found)}; with a reach that did not hold the impact: "
        f"{sum(t['outside_reach'] for t in found)} of {sum(bool(t['outside_reach']) for t in found)} flights",
    ]
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--flights", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument(
        "--off-mrad", type=float, default=0.0, help="sigma of every radar's azimuth, elevation"
    )
    parser.add_argument("--declared", action="store_true", help="whether the radars' owners say so")
    parser.add_argument("--into", metavar="FILE", type=Path, help="add every flight to it")
    arguments = parser.parse_args()
    found = []
    for seed in range(arguments.first, arguments.first + arguments.flights):
        flight = draw(seed)
        if arguments.off_mrad:
            flight = misaligned(flight, arguments.off_mrad, arguments.declared, seed)
        found.append({"seed": seed} | live(flight))
        if arguments.into:
            with arguments.into.open("a", encoding="utf-8") as file:
                file.write(json.dumps(found[-1]) + "\n")
    if arguments.into:
        found = [json.loads(line) for line in arguments.into.read_text(encoding="utf-8").splitlines()]
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
