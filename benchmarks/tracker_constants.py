"""What hangs on each chosen number of the national trackers: ``python -m benchmarks.constants --tracker``.

As `benchmarks.constants`, but the number is one of nodes/tracking, so the nodes live through each scene anew.
A module is executed with the number changed before anything that uses it is imported, in a process forked for
that: what it works out from the number changes with it.
"""

from __future__ import annotations

import ast
import importlib.util
import multiprocessing
import sys
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.constants import SCENES, SHARE, Scene, gospa_m, scaled, scene_of

PACKAGE = "nodes.tracking"


def change(value: Any, factor: float) -> Any:
    """A value times a factor, in tuples, dicts and dataclasses, too."""
    if isinstance(value, dict):
        return {key: change(one, factor) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{name: scaled(one, factor) for name, one in vars(value).items()})
    if isinstance(value, tuple) and any(isinstance(one, tuple) for one in value):
        return tuple(change(one, factor) for one in value)
    return scaled(value, factor)


def execute_changed(module: str, name: str, factor: float) -> None:
    """Import a module whose number ``name`` is a factor times what its source says."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    path = str(spec.origin)
    tree = ast.parse(Path(path).read_text(encoding="utf-8"), path)
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name:
            assert node.value is not None
            node.value = ast.Call(ast.Name("_change", ast.Load()), [node.value, ast.Constant(factor)], [])
    made = importlib.util.module_from_spec(spec)
    made.__dict__["_change"] = change
    sys.modules[module] = made
    exec(compile(ast.fix_missing_locations(tree), path, "exec"), made.__dict__)
    parent, _, last = module.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], last, made)


def scenes() -> dict[str, Scene]:
    """Each scene as the trackers report it, with the numbers as they stand now."""
    from nodes.lab import run

    return {
        name: scene_of(run(name, set={"scenario.duration_s": seconds}).recording)
        for name, seconds in SCENES.items()
    }


def measured(job: tuple[str, str, float]) -> dict[str, float]:
    """Mean GOSPA by scene with one number changed."""
    module, name, factor = job
    if module:
        execute_changed(module, name, factor)
    return {scene: gospa_m(reported) for scene, reported in scenes().items()}


def named(wanted: list[str]) -> list[tuple[str, str]]:
    """(module, name) of the numbers to vary; asked of a process of its own, which imports all."""
    from fusion.constants import import_all, listed

    import_all(PACKAGE)
    found = [c for c in listed() if c.module.startswith(PACKAGE) and not c.record]
    return [(c.module, c.name) for c in found if any(w in c.path for w in wanted or [""])]


def run(wanted: list[str], processes: int) -> list[dict[str, Any]]:
    """The figures, the greatest change first. The processes are forked from one that has the fold's kernels
    but nothing of nodes/tracking."""
    context = multiprocessing.get_context("fork")
    with context.Pool(1) as pool:
        numbers = pool.apply(named, (wanted,))
    import fusion.warm

    fusion.warm.warm_fold()
    signs = (("-", 1.0 - SHARE), ("+", 1.0 + SHARE))
    jobs = [("", "", 1.0), *((m, n, factor) for m, n in numbers for _, factor in signs)]
    with context.Pool(processes, maxtasksperchild=1) as pool:
        base, *found = pool.map(measured, jobs, chunksize=1)
    rows = []
    for k, (module, name) in enumerate(numbers):
        row: dict[str, Any] = {"constant": f"{module}.{name}"}
        for (sign, _), got in zip(signs, found[2 * k : 2 * k + 2], strict=True):
            for scene in SCENES:
                row[f"{scene} {sign}{SHARE:.0%}"] = round(100.0 * (got[scene] / base[scene] - 1.0), 2)
        rows.append(row)
    return rows
