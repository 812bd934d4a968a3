"""How a scenario's submarines are held: ``python -m benchmarks.hunts SCENARIO [--seeds N] [--first K]``.

Each seed is the whole exercise in one process: simulated sensors, national trackers, reports, the fold. Of
each submarine, every ten seconds from its first detection to the end: how often the picture shows it, by a
track whose horizontal 99.9 % ellipse holds it or that is within 500 m of it, of all such the surest; its
error, its normalised squared error by dimension (ANEES), and how often its 95 % ellipse holds the submarine.
Ships' tracks do not count. ``--alone`` takes out what flies, and the sensors that see nothing else.
"""

from __future__ import annotations

import argparse
import math
from typing import Any, NamedTuple

import numpy as np

from fusion.arrays import Float
from fusion.contract import SUBSURFACE
from fusion.physics.extrapolate import carry
from fusion.physics.geodesy import ecef2geodetic, enu_axes
from nodes.lab import run
from nodes.lab.run import Run
from nodes.recording.channels import ORIGINS
from nodes.recording.pictures import pictures
from nodes.simulation.loader import checked, load, read
from nodes.simulation.spec import Scenario
from nodes.simulation.truth import Snapshot, World
from triwatch.v1 import exercise_pb2

EVERY_S = 10.0
NEAR_M = 500.0
CHI2_95, CHI2_999 = 5.991, 13.816
_LOWER = np.tril_indices(6)


class Held(NamedTuple):
    """Of one submarine of one seed."""

    first_s: float
    shown: float
    """Share of the time after its first detection."""
    error_m: Float
    """(n,) where it is shown."""
    nees: Float
    """(n,) by dimension, of two."""

    @property
    def words(self) -> str:
        """A line of the table."""
        if not len(self.error_m):
            return f"{self.first_s:8.0f} {self.shown:7.3f}"
        rms, within = math.sqrt(np.mean(self.error_m**2)), np.mean(2.0 * self.nees < CHI2_95)
        last = self.error_m[-max(1, len(self.error_m) // 4) :]
        return (
            f"{self.first_s:8.0f} {self.shown:7.3f} {rms:8.0f} {np.median(self.error_m):8.0f} "
            f"{math.sqrt(np.mean(last**2)):12.0f} {np.mean(self.nees):7.2f} {within:7.3f}"
        )


HEAD = "  submarine   first s   shown    rms m median m last quarter   ANEES in 95 %"


def held(result: Run) -> dict[str, Held]:
    """How each submarine of a run was held."""
    scenario = result.scenario
    world = World(scenario)
    first_s = _first_heard(result, world)
    found: dict[str, list[tuple[float, float] | None]] = {name: [] for name in first_s}
    for table, time_ns, _ in pictures(result.recording, scenario.members[0], EVERY_S):
        t_s = (time_ns - scenario.start_ns) * 1e-9
        there = world.at(t_s)
        rows = table.rows[table.rows["environment"] == SUBSURFACE]
        state = np.ascontiguousarray(rows["state"])
        covariance = np.empty((len(rows), 6, 6))
        covariance[:, _LOWER[0], _LOWER[1]] = covariance[:, _LOWER[1], _LOWER[0]] = rows["covariance"]
        age_s = (time_ns - rows["track_time_ns"]) * 1e-9
        carry(rows["environment"], state, covariance, np.ascontiguousarray(rows["process_noise"]), age_s)
        for name, since_s in first_s.items():
            if t_s >= since_s and name in there.object_id:
                truth = there.state[there.object_id.index(name)]
                found[name].append(_best(truth, state, covariance))
    return {name: _held(first_s[name], moments) for name, moments in found.items()}


def _best(truth: Float, state: Float, covariance: Float) -> tuple[float, float] | None:
    """Error m and squared Mahalanobis distance of the surest track that shows it."""
    level = enu_axes(*(float(v) for v in ecef2geodetic(truth[:3])[:2]))[:2]
    shows = []
    for x, p in zip(state, covariance, strict=True):
        apart, spread = level @ (x[:3] - truth[:3]), level @ p[:3, :3] @ level.T
        distance2 = float(apart @ np.linalg.solve(spread, apart))
        error_m = float(np.hypot(*apart))
        if distance2 < CHI2_999 or error_m < NEAR_M:
            shows.append((float(np.linalg.det(spread)), error_m, distance2))
    return None if not shows else min(shows)[1:]


def _held(first_s: float, moments: list[tuple[float, float] | None]) -> Held:
    shown = np.array([m for m in moments if m is not None]).reshape(-1, 2)
    return Held(first_s, len(shown) / max(1, len(moments)), shown[:, 0], 0.5 * shown[:, 1])


def _first_heard(result: Run, world: World) -> dict[str, float]:
    """When each submarine is first detected by any sensor, s."""
    first: dict[str, float] = {}
    for message in result.recording.messages(ORIGINS):
        origins = exercise_pb2.ScanOrigins.FromString(message.data)
        t_s = (origins.time_ns - result.scenario.start_ns) * 1e-9
        for name in origins.object_id:
            if name:
                first[name] = min(first.get(name, t_s), t_s)
    there = {
        name for t in np.arange(0.0, result.scenario.duration_s, 60.0) for name in _below(world.at(float(t)))
    }
    return {name: t_s for name, t_s in sorted(first.items()) if name in there}


def _below(snapshot: Snapshot) -> list[str]:
    pairs = zip(snapshot.object_id, snapshot.environment, strict=True)
    return [name for name, environment in pairs if environment == SUBSURFACE]


def _alone(name: str) -> Scenario:
    """A scenario without what flies and without the sensors that see it alone."""
    raw, file = read(name)
    raw["objects"] = [o for o in raw["objects"] if o.get("environment") in ("SURFACE", "SUBSURFACE")]
    for node in raw["nodes"]:
        node["sensors"] = [s for s in node.get("sensors", []) if _looks_down(s)]
    raw["nodes"] = [node for node in raw["nodes"] if node["sensors"] or node.get("fields")]
    return checked(raw, file)


def _looks_down(sensor: dict[str, Any]) -> bool:
    return sensor["kind"] != "infrared" and sensor.get("min_target_alt_m", 0.0) <= 0.0


def main() -> None:
    """Print a line for each submarine of each seed, and one for all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scenario")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--alone", action="store_true")
    asked = parser.parse_args()
    scenario = _alone(asked.scenario) if asked.alone else load(asked.scenario)
    print(HEAD)
    every: dict[str, list[Held]] = {}
    for seed in range(asked.first, asked.first + asked.seeds):
        result = run(scenario, seed)
        for name, one in held(result).items():
            every.setdefault(name, []).append(one)
            print(f"{seed:4d} {name:>10s} {one.words}", flush=True)
        score = result.result["score"]
        below = score["by_environment"].get("SUBSURFACE") or {}
        siap = below.get("siap") or {}
        print(
            f"{seed:4d} scorecard: completeness {siap.get('completeness')}, spuriousness "
            f"{siap.get('spuriousness')}, ANEES {below.get('anees')}, in 95 % {below.get('containment_95')}; "
            f"of all ANEES {score['anees']}"
        )
    for name, runs in every.items():
        together = Held(
            float(np.mean([r.first_s for r in runs])),
            float(np.mean([r.shown for r in runs])),
            np.concatenate([r.error_m for r in runs]),
            np.concatenate([r.nees for r in runs]),
        )
        print(f" all {name:>10s} {together.words}")


if __name__ == "__main__":
    main()
