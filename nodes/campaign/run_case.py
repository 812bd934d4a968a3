"""One case run, and the row that comes of it. Whatever goes wrong is in the row."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct

from nodes.campaign.case import Case, scenario_of
from nodes.control import clock
from nodes.errors import BadInput

_ONE_AT_A_TIME = threading.Lock()
"""A worker of a cluster may have several threads; kernels and their records are not made for that."""
_WARNED = ("first_warning_after_launch_s", "warned_before_impact_s", "launch_error_m", "impact_error_m")
_COUNTED = ("impact_inside_95", "impacts_told", "impacts_told_inside_95")


class Work(Struct, frozen=True):
    """A case and the scenario it changes, ready to be sent to a worker."""

    key: str
    case: Case
    raw: dict[str, Any]
    """Tables of the scenario file."""
    file: str
    detections: bool = True
    contenders: tuple[str, ...] = ()


class Row(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of a run."""

    key: str
    status: str
    """"done" or "failed"."""
    said: str = ""
    """Of a failed one: why, in a line."""
    input_digest: str = ""
    picture_digest: str = ""
    figures: dict[str, float] = {}
    """Every number of the result that is finite, by dotted name."""
    contenders: dict[str, str] = {}
    """Those that failed, and why."""
    wall_s: float = 0.0
    """Kept beside the table, not in it: the table is the same however often it was interrupted."""


def run_case(work: Work, record: Path | None = None) -> Row:
    """Run one case in this process."""
    with _ONE_AT_A_TIME:
        began_s = clock.monotonic_s()
        try:
            row = _run(work, record)
        except BadInput as error:
            row = failed(work.key, str(error))
        except Exception as error:
            row = failed(work.key, f"{type(error).__name__}: {error}")
        return Row(**{**_fields(row), "wall_s": round(clock.monotonic_s() - began_s, 3)})


def failed(key: str, said: str) -> Row:
    """The row of a run that gave nothing."""
    return Row(key=key, status="failed", said=" ".join(said.split())[:300])


def run_whole(work: Work, record: Path | None = None) -> dict[str, Any]:
    """The whole result of one case, with whatever it raises."""
    from nodes.lab import run

    scenario = scenario_of(work.case, work.raw, work.file)
    done = run(scenario, record=record, record_detections=work.detections)
    if work.contenders:
        from nodes.contenders.contest import contend

        done.result["contenders"] = contend(done.recording, work.contenders)
    return done.result


def _run(work: Work, record: Path | None) -> Row:
    result = run_whole(work, record)
    pictures = result["pictures"]
    first = pictures[0] if pictures else {"input_digest": "", "picture_digest": ""}
    return Row(
        key=work.key,
        status="done",
        input_digest=first["input_digest"],
        picture_digest=first["picture_digest"],
        figures=figures(result),
        contenders={name: one["said"] for name, one in result.get("contenders", {}).items() if one["said"]},
    )


def figures(result: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a result, by dotted name, without what only says how it was run."""
    score = result["score"] or {}
    found = dict(_numbers(_shown(score)))
    for name, one in result.get("contenders", {}).items():
        found |= _numbers(_shown(one["score"] or {}), f"contender.{name}.")
    siap = score.get("siap") or {}
    if siap.get("completeness") is not None:
        found["objects_shown"] = siap["completeness"] * score["mean_objects_in_view"]
    found |= {f"reports.{name}": float(n) for name, n in result["reports"].items() if n is not None}
    found["warnings.count"] = float(len(result["warnings"]))
    known = [w for w in result["warnings"] if w.get("impact_inside_95") is not None]
    found["warnings.impacts"] = float(len(known))
    for name in _COUNTED:
        found[f"warnings.{name}"] = float(sum(w[name] for w in known))
    for name in _WARNED:
        values = [w[name] for w in result["warnings"] if w.get(name) is not None]
        if values:
            found[f"warnings.{name}"] = float(np.mean(values))
    return dict(sorted(found.items()))


def _shown(score: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in score.items() if name not in ("rules", "by_nation")}


def _numbers(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, float]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{before}{name}.")
        elif isinstance(value, bool | int | float | np.number) and np.isfinite(value):
            yield f"{before}{name}", float(value)


def _fields(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}
