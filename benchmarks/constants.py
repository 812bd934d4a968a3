"""What hangs on each chosen number: ``python -m benchmarks.constants [--tracker] [PART ...] [--scenes ...]``.

Every number that `triwatch constants` lists for the shared picture is set 30 % lower and 30 % higher, one at
a time, and the reports of some scenes are folded anew. Printed is by how many per cent the mean GOSPA of the
picture against the truth changes (p = 2, alpha = 2, c = 2 km; positive is worse), the greatest change first,
and how many numbers change nothing. PART keeps the numbers whose full name contains it.

The fold runs without numba's compiler here, since to compile it anew takes a minute a number; it gives the
same digests. Scenes are recorded once, compiled, in the lab; the variations share all processors. Some ten
minutes on two. With ``--tracker`` the numbers of the national trackers instead, each with the scenes lived
through anew (`benchmarks.tracker_constants`): half an hour on two.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ASKED = "TRIWATCH_SCENES"
"""The environment's word for other scenes, so that every process of a run has them."""


def asked_scenes(text: str) -> dict[str, int]:
    """Scenes and their seconds, as in crossing=60,salvo=100."""
    return {name: int(seconds) for name, _, seconds in (one.partition("=") for one in text.split(","))}


SCENES = asked_scenes(os.environ.get(ASKED, "crossing=60,shipping=90,salvo=100"))
"""Built-in scenarios and how many seconds of each."""
SHARE = 0.3
EVERY_S = 5
ROOMS = ("fusion.pairing", "fusion.filters", "fusion.lifecycle", "fusion.report", "fusion.table")


class Scene(NamedTuple):
    """What was reported, in the order of time, and what was there."""

    reports: list[bytes]
    time_ns: Any
    """(k,)."""
    position_m: Any
    """(k, m, 3)."""
    seen: Any
    """(k, m)."""


def record(folder: Path) -> None:
    """Record the scenes, compiled."""
    from nodes.lab import run

    for name, seconds in SCENES.items():
        scene = scene_of(run(name, set={"scenario.duration_s": seconds}).recording)
        np.savez(
            folder / f"{name}.npz",
            bytes=np.frombuffer(b"".join(scene.reports), np.uint8),
            ends=np.cumsum([len(report) for report in scene.reports]),
            time_ns=scene.time_ns,
            position_m=scene.position_m,
            seen=scene.seen,
        )


def scene_of(recording: Any) -> Scene:
    """What a recording holds."""
    from nodes.recording.channels import REPORTS
    from nodes.recording.content import read_content
    from triwatch.v1.envelope_pb2 import Envelope

    truth = read_content(recording).truth
    assert truth is not None
    reports = [Envelope.FromString(message.data).payload for message in recording.messages(REPORTS)]
    return Scene(reports, truth.time_ns, truth.state[:, :, :3], truth.in_view)


def load(file: Path) -> Scene:
    """A scene as `record` wrote it."""
    with np.load(file) as kept:
        data, ends = kept["bytes"].tobytes(), kept["ends"].tolist()
        reports = [data[a:b] for a, b in zip([0, *ends], ends, strict=False)]
        return Scene(reports, kept["time_ns"], kept["position_m"], kept["seen"])


def gospa_m(scene: Scene) -> float:
    """Mean GOSPA of the picture with the numbers as they stand now."""
    from fusion import Picture, Report
    from fusion.score.gospa import gospa

    picture, distances, k = Picture(), [], 0
    due = [int(t) for t in scene.time_ns[:: max(1, round(EVERY_S * 1e9 / np.diff(scene.time_ns).min()))]]
    instant = {int(t): row for row, t in enumerate(scene.time_ns)}
    for payload in scene.reports:
        report = Report.from_bytes(payload)
        while k < len(due) and report.times_ns and report.times_ns[0] > due[k]:
            tracks, row = picture.tracks(), instant[due[k]]
            age_s = (due[k] - tracks.time_ns)[:, None] * 1e-9
            shown_m = tracks.state[:, :3] + age_s * tracks.state[:, 3:]
            distances.append(gospa(shown_m, scene.position_m[row][scene.seen[row]]).distance_m)
            k += 1
        picture.add(report)
    return float(np.mean(distances))


def put(record: type[Any], values: dict[str, Any]) -> None:
    """Let every module that uses a record's numbers use others."""
    changed = record()._replace(**values)
    for module in list(sys.modules.values()):
        for name, value in list(vars(module).items()):
            if type(value) is record:
                setattr(module, name, changed)


def scaled(value: Any, factor: float) -> Any:
    """A number, a whole one still whole and changed, or a tuple of numbers; probabilities keep their sum."""
    if isinstance(value, tuple):
        if abs(sum(value) - 1.0) < 1e-9:
            first = min(value[0] * factor, 1.0 - 1e-3)
            return (first, *(v * (1.0 - first) / (1.0 - value[0]) for v in value[1:]))
        return tuple(v * factor for v in value)
    if isinstance(value, int):
        return value + (1 if factor > 1.0 else -1) * max(1, round(value * abs(factor - 1.0)))
    return value * factor


def vary(folder: Path, part: int, parts: int, wanted: list[str]) -> None:
    """Print a line of JSON for each of this process's numbers."""
    from fusion.constants import import_all, listed, records

    import_all("fusion")
    scenes = {name: load(folder / f"{name}.npz") for name in SCENES}
    base = {name: gospa_m(scene) for name, scene in scenes.items()}
    by_name = {f"{r.__module__}.{r.__name__}": r for r in records()}
    chosen = [c for c in listed() if c.module.startswith(ROOMS) and any(w in c.path for w in wanted or [""])]
    for constant in chosen[part::parts]:
        kind = by_name[f"{constant.module}.{constant.record}"]
        found: dict[str, Any] = {"constant": constant.path}
        for sign, factor in (("-", 1.0 - SHARE), ("+", 1.0 + SHARE)):
            put(kind, {constant.name: scaled(constant.value, factor)})
            for name, scene in scenes.items():
                change = 100.0 * (gospa_m(scene) / base[name] - 1.0)
                found[f"{name} {sign}{SHARE:.0%}"] = round(change, 2)
        put(kind, {})
        print(json.dumps(found), flush=True)


def run(wanted: list[str] | None = None, processes: int | None = None) -> list[dict[str, Any]]:
    """The figures, the greatest change first."""
    parts = processes or os.cpu_count() or 1
    me = [sys.executable, "-m", "benchmarks.constants", *(wanted or [])]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*me, "--record", folder], check=True)
        plain = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONWARNINGS": "ignore"}
        share = [[*me, "--vary", folder, "--part", f"{k}/{parts}"] for k in range(parts)]
        running = [subprocess.Popen(one, env=plain, stdout=subprocess.PIPE) for one in share]
        said = [process.communicate()[0] for process in running]
        if any(process.returncode for process in running):
            raise RuntimeError("a process that varied the numbers failed; its own words stand above")
    rows = [json.loads(line) for text in said for line in text.splitlines()]
    return sorted(rows, key=most, reverse=True)


def most(row: dict[str, Any]) -> float:
    """The greatest change of a number, per cent either way."""
    return max(abs(value) for value in row.values() if isinstance(value, float))


def main() -> None:
    """Print the figures, or play a part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("wanted", nargs="*", metavar="PART")
    parser.add_argument("--tracker", action="store_true", help="the numbers of the national trackers")
    parser.add_argument("--scenes", help="as in crossing=60,salvo=100", default="")
    parser.add_argument("--record", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--vary", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--part", default="0/1", help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.scenes:
        os.environ[ASKED] = a.scenes
        SCENES.clear()
        SCENES.update(asked_scenes(a.scenes))
    if a.record:
        record(a.record)
    elif a.vary:
        part, _, parts = a.part.partition("/")
        vary(a.vary, int(part), int(parts), a.wanted)
    else:
        if a.tracker:
            from benchmarks import tracker_constants

            rows = sorted(tracker_constants.run(a.wanted, os.cpu_count() or 1), key=most, reverse=True)
        else:
            rows = run(a.wanted)
        for row in rows:
            print(json.dumps(row))
        still = sum(most(row) == 0.0 for row in rows)
        print(f"{still} of {len(rows)} numbers change nothing in these scenes")


if __name__ == "__main__":
    main()
