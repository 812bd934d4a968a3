"""Who is who, beside other trackers: ``python -m benchmarks.contenders [SCENE ...] [--seeds N]``.

Every contender is given the reports that count in the shared picture, as triwatch is, seed for seed, and
asked for its tracks at the same moments (`nodes.contenders.contest`). Of each scene: T-GOSPA (p 2, alpha 2,
c 2 km, gamma 1 km); the paired difference, theirs less ours, with its 95 % interval: where that lies above 0
ours is the better one; changes of number a minute; and processor time beside ours, reading and checking the
reports with it. Three airborne radars of three nations see it all:

four: four aircraft that fly towards one point and away from it, 100 m (1 sigma) from each other in between,
after the scene that Williams uses (IEEE Trans. AES 51(3), 2015).
turn, part: two aircraft 300 m apart that turn together; that approach and part (of `crossing`).
roadstead: twelve ships at anchor, 90 m apart.
salvo: the first four minutes of the built-in scenario, by its own sensors.

What takes longer than ``--limit`` seconds of a run is stopped, and stands in the table by how often.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import multiprocessing
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from nodes import plugins
from nodes.campaign.statistics import difference
from nodes.contenders.contest import pictures, score
from nodes.lab import run
from nodes.recording import Recording
from nodes.recording.content import read_content
from nodes.simulation import loader
from nodes.simulation.spec import Scenario
from nodes.theatre.courses import moved

CONTENDERS = {
    "triwatch": "benchmarks.same_reports:Ours",
    "GNN": "nodes.contenders.stone_soup:gnn",
    "JPDA": "nodes.contenders.stone_soup:jpda",
    "MFA": "nodes.contenders.stone_soup:mfa",
    "MHT": "nodes.contenders.nrl_tracker:mht",
}
PACKAGES = ("stonesoup", "nrl-tracker")
CENTRE_DEG = (32.5, 126.5)
ACROSS_S, MEET_S = 160.0, 80.0
NEAR_M, SPEED_MPS, HEIGHT_M = 100.0, 200.0, 8_000.0
ANCHORED_S, APART_M = 200.0, 90.0
Tables = dict[str, Any]


def _crossing(seed: int, duration_s: float, objects: list[Tables]) -> Scenario:
    """The radars of `crossing` over other objects."""
    raw, file = loader.read("crossing")
    raw["scenario"] |= {"seed": seed, "duration_s": duration_s}
    raw["objects"] = objects
    return loader.checked(raw, file)


def _flown(name: str, environment: str, rows: list[tuple[float, float, float, float]]) -> Tables:
    """An object by its waypoints (t s, north m, east m, height m) about the centre."""
    waypoints = [(t, *moved(*CENTRE_DEG, north, east), alt) for t, north, east, alt in rows]
    kind = {"kind": "waypoints", "environment": environment, "identity": "NEUTRAL"}
    return {"id": name, **kind, "waypoints": waypoints}


def four(seed: int) -> Scenario:
    """Four that meet halfway."""
    rng = np.random.default_rng([seed, 4])

    def one(number: int) -> Tables:
        at_m, heading = rng.normal(0.0, NEAR_M, 2), rng.uniform(0.0, 2.0 * np.pi)
        way = SPEED_MPS * np.array([np.cos(heading), np.sin(heading)])
        ends = ((t, *(at_m + way * (t - MEET_S)), HEIGHT_M) for t in (-10.0, ACROSS_S + 10.0))
        return _flown(f"F-{number}", "AIR", [(t, float(n), float(e), alt) for t, n, e, alt in ends])

    return _crossing(seed, ACROSS_S, [one(k) for k in range(4)])


def roadstead(seed: int) -> Scenario:
    """Twelve at anchor."""
    at = ((APART_M * (k // 4), APART_M * (k % 4)) for k in range(12))
    times = (-10.0, ANCHORED_S + 10.0)
    ships = [_flown(f"R-{k}", "SURFACE", [(t, n, e, 0.0) for t in times]) for k, (n, e) in enumerate(at)]
    return _crossing(seed, ANCHORED_S, ships)


def _pair(kind: str) -> Callable[[int], Scenario]:
    def made(seed: int) -> Scenario:
        raw, _ = loader.read("crossing")
        pair = [one for one in raw["objects"] if one["id"].startswith(kind)]
        return _crossing(seed, raw["scenario"]["duration_s"], pair)

    return made


def salvo(seed: int) -> Scenario:
    """Twelve missiles."""
    raw, file = loader.read("salvo")
    raw["scenario"] |= {"seed": seed, "duration_s": 240.0}
    return loader.checked(raw, file)


SCENES: dict[str, Callable[[int], Scenario]] = {
    "four": four,
    "turn": _pair("FORMATION"),
    "part": _pair("BOUNCE"),
    "roadstead": roadstead,
    "salvo": salvo,
}


def _contended(path: Path, name: str, answer: Connection) -> None:
    """Figures of what a contender shows, and the processor time it took."""
    recording = Recording(path)
    content = read_content(recording)
    assert content.truth is not None
    make = plugins.factory(CONTENDERS[name])
    began = time.process_time()
    try:
        shown = pictures(recording, make, content.truth.time_ns)
        took_s = time.process_time() - began
        answer.send(told(score(content, shown), took_s))
    except Exception as error:  # whatever somebody's code raises, and figures that nothing shown has not
        answer.send(plugins.said(name, error))


def within(limit_s: float, path: Path, name: str) -> dict[str, float] | str:
    """What a contender makes of a recording, in a process of its own that ends with the time."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_contended, args=(path, name, theirs))
    process.start()
    theirs.close()
    found: dict[str, float] | str = f"longer than {limit_s:g} s"
    if ours.poll(limit_s):
        try:
            found = ours.recv()
        except EOFError:
            found = "ended without a word"
    process.kill()
    process.join()
    return found


def told(figures: dict[str, Any], took_s: float) -> dict[str, float]:
    """What is compared of a run."""
    changes = figures["siap"]["rate_of_track_number_change_per_s"]
    return {"tgospa_m": figures["tgospa_m"], "changes": 60.0 * changes, "took_s": took_s}


def one_seed(scene: str, seed: int, names: list[str], limit_s: float) -> dict[str, Any]:
    """Figures of triwatch and of every contender by name; of one that has none, why."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.mcap"
        run(SCENES[scene](seed), record=path, record_detections=False)
        found = {name: within(limit_s, path, name) for name in ("triwatch", *names)}
    return {"scene": scene, "seed": seed, "told": found}


def table(rows: list[dict[str, Any]]) -> Iterator[str]:
    """In Markdown, a line a scene and contender."""
    yield "| scene | | runs | T-GOSPA m | theirs less ours | changes / min | time, ours is 1 | said |"
    yield "|---|---|---|---|---|---|---|---|"
    for scene in dict.fromkeys(row["scene"] for row in rows):
        of_scene = [row["told"] for row in rows if row["scene"] == scene]
        for name in of_scene[0]:
            pairs = ((t[name], t["triwatch"]) for t in of_scene)
            both = [(one, ours) for one, ours in pairs if isinstance(one, dict) and isinstance(ours, dict)]
            said = Counter(t[name] for t in of_scene if not isinstance(t[name], dict))
            why = "; ".join(f"{words} ({times})" for words, times in said.items())
            if not both:
                yield f"| {scene} | {name} | 0 | | | | | {why} |"
                continue
            theirs, ours = (
                {key: np.array([pair[side][key] for pair in both]) for key in both[0][0]} for side in (0, 1)
            )
            apart = difference(theirs["tgospa_m"], ours["tgospa_m"])
            less = (
                "" if apart is None or name == "triwatch" else f"{apart.mean:+.0f} ± {apart.half_width:.0f}"
            )
            longer = np.median(theirs["took_s"] / ours["took_s"])
            figures = (
                f"{theirs['tgospa_m'].mean():.0f} | {less} | {theirs['changes'].mean():.2f} | {longer:.3g}"
            )
            yield f"| {scene} | {name} | {len(both)} | {figures} | {why} |"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", 1)[1])
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=f"of {', '.join(SCENES)}; all if none")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument(
        "--with", dest="names", action="append", choices=list(CONTENDERS)[1:], help="all if none"
    )
    parser.add_argument("--limit", type=float, default=60.0, help="seconds of a run, of each contender")
    parser.add_argument(
        "--into", type=Path, metavar="FILE", help="add every seed's line to it, count all in it"
    )
    given = parser.parse_args()
    unknown = set(given.scenes) - set(SCENES)
    if unknown:
        parser.error(f"no scene {', '.join(sorted(unknown))}; there are {', '.join(SCENES)}")
    found = []
    for scene in given.scenes or SCENES:
        for seed in range(given.first, given.first + given.seeds):
            found.append(one_seed(scene, seed, given.names or list(CONTENDERS)[1:], given.limit))
            if given.into:
                with given.into.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(found[-1]) + "\n")
    if given.into:
        found = [json.loads(line) for line in given.into.read_text(encoding="utf-8").splitlines()]
    print("\n".join(table(found)))
    settings = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in PACKAGES)
    print(f"{settings}; settings: nodes/contenders; seeds from {given.first}; limit {given.limit:g} s")


if __name__ == "__main__":
    main()
