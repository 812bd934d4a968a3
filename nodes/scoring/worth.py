"""What sharing was worth, in words: warnings how much sooner, impacts how much better, what else was seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from nodes.scoring.alone import SHARED
from nodes.scoring.sharing import KNOWN_M
from nodes.wording import count, span, together, track_name


def worth(result: Mapping[str, Any]) -> Iterator[str | Table]:
    """The paragraphs of a scored result; the missiles' need its ``sharing``."""
    yield "# What sharing was worth"
    names = {w["object_id"]: track_name(int(w["track"])) for w in reversed(result["warnings"])}
    for object_id, views in result.get("sharing", {}).items():
        if any(view["first_warning_after_launch_s"] is not None for view in views.values()):
            name = f"{names[object_id]} ({object_id})" if object_id in names else object_id
            yield f"  Missile {name}"
            yield f"    {_sooner(views)}"
            yield f"    {_better(views)}"
    score = result["score"]
    yield f"  {_objects(score)}"
    if any(row["objects"] for row in score["by_environment"].values()):
        yield ""
        yield _table(score)
        yield "  Off alone: the nation that did best on each object, known only afterwards"


def _sooner(views: Mapping[str, Mapping[str, Any]]) -> str:
    """As in "Warned of 39 s after launch, 5 s sooner than by any nation alone (KOR 44 s, JPN never)"."""
    key = "first_warning_after_launch_s"
    shared = views[SHARED][key]
    each, first_s = alone(views, key)
    if shared is None:
        return f"The shared picture did not warn of it; alone {each}"
    said = f"Warned of {span(shared)} after launch"
    if first_s is None:
        return f"{said}; no nation alone would have been"
    return f"{said}, {sooner(first_s - shared)} ({each})"


def alone(views: Mapping[str, Mapping[str, Any]], key: str) -> tuple[str, float | None]:
    """When each nation alone came to something, as in "KOR 44 s, JPN never", and when the first one did."""
    times = {name: view[key] for name, view in views.items() if name != SHARED}
    known = {name: s for name, s in times.items() if s is not None}
    each = [f"{name} {span(s)}" for name, s in sorted(known.items(), key=lambda item: item[1])]
    each += [f"{name} never" for name, s in times.items() if s is None]
    return ", ".join(each), min(known.values(), default=None)


def sooner(by_s: float) -> str:
    """By how much all together were sooner than the first nation alone."""
    if round(by_s) > 0:
        return f"{span(by_s)} sooner than by any nation alone"
    if round(by_s) == 0:
        return "as soon as by the first nation alone"
    return f"{span(-by_s)} later than by the first nation alone"


def _better(views: Mapping[str, Mapping[str, Any]]) -> str:
    """Since when the impact was known, and how far off it was."""
    key, error = "impact_known_after_launch_s", "impact_error_m"
    each = [
        f"{name} {'never' if view[key] is None else 'after ' + span(view[key])}"
        + ("" if view[error] is None else f", {_km(view[error])} off")
        for name, view in sorted(views.items(), key=lambda item: _since(item[1][key]))
        if name != SHARED
    ]
    shared = views[SHARED]
    if shared[key] is None:
        said = f"Impact never known to {KNOWN_M / 1e3:.0f} km (95 %)"
    else:
        said = f"Impact known to {KNOWN_M / 1e3:.0f} km (95 %) after {span(shared[key])}"
    if shared[error] is not None:
        said += f", {_km(shared[error])} off"
    return f"{said}; alone {'; '.join(each)}"


def _since(value: float | None) -> float:
    return float("inf") if value is None else value


def _objects(score: Mapping[str, Any]) -> str:
    """As in "Every nation was shown 98 objects; alone it would have seen 94 (USA), 79 (KOR), 75 (JPN)"."""
    sharing = score["sharing"]
    alone = sorted(sharing["alone"].items(), key=lambda item: -item[1]["objects"])
    if not alone:
        return "No object was shown"
    each = together([f"{row['objects']} ({name})" for name, row in alone])
    said = f"Every nation was shown {count(sharing['shared']['objects'], 'object')}; alone {each}"
    beyond = sharing["no_nation_alone"]
    return said + (f": {beyond} more than any nation alone saw" if beyond else "")


def _table(score: Mapping[str, Any]) -> Table:
    """By environment, so that one kind of contact does not hide the others."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("  environment", no_wrap=True)
    table.add_column("objects shown to all", justify="right")
    table.add_column("most seen alone", justify="right")
    table.add_column("least seen alone", justify="right")
    table.add_column("typically off, m", justify="right")
    table.add_column("off alone, m", justify="right")
    table.add_column("nearer when shared", justify="right")
    for name, row in score["by_environment"].items():
        if not row["objects"]:
            continue
        sharing = row["sharing"]
        order = sorted(sharing["alone"].items(), key=lambda item: (item[1]["completeness"], item[0]))
        most, least = (f"{order[k][0]} {_percent(order[k][1])}" if order else "-" for k in (-1, 0))
        off = sharing["typical_error_m"]
        table.add_row(
            f"  {name.lower()}",
            f"{sharing['shared']['objects']}, {_percent(sharing['shared'])}",
            most,
            least,
            _metres(off["shared"]),
            _metres(off["alone"]),
            f"{sharing['nearer']} of {sharing['compared']}",
        )
    return table


def _percent(row: Mapping[str, Any]) -> str:
    return f"{100.0 * row['completeness']:.0f} %"


def _metres(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _km(metres: float) -> str:
    return f"{metres / 1e3:,.1f} km"
