"""The undersea picture in words: since when each contact was known to a place, alone and together, and how
well each view held what was there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from nodes.scoring.alone import SHARED
from nodes.scoring.worth import alone, sooner
from nodes.wording import span


def undersea(found: Mapping[str, Any]) -> Iterator[str | Table]:
    """The paragraphs of a result's ``undersea``."""
    for object_id, views in found["contacts"].items():
        yield f"  {object_id}: {_when(views, found['fix_m'])}"
        yield f"    {_how_well(views)}"
    yield _views(found["views"])
    yield (
        "  Held: of the time that the coalition saw them, from its first contact on. Area: the smallest that "
        "a track says holds it with 95 %, the median; in 95 %: how often it was there"
    )


def _when(views: Mapping[str, Mapping[str, Any]], fix_m: float) -> str:
    """As in "known to 2 km 14:00 after first contact, 10:00 sooner than by any nation alone (JPN 24:00)"."""
    key, what = "first_fix_s", f"known to {fix_m / 1e3:g} km"
    if all(view["first_held_s"] is None for view in views.values()):
        return "nobody held it"
    shared = views[SHARED][key]
    each, first_s = alone(views, key)
    if shared is None:
        return f"never {what} by the shared picture; alone {each}"
    said = f"{what} {span(shared)} after first contact"
    if first_s is None:
        return f"{said}; no nation alone ever knew as much"
    return f"{said}, {sooner(first_s - shared)} ({each})"


def _how_well(views: Mapping[str, Mapping[str, Any]]) -> str:
    """As in "Held, of the time: 96 %, 357 m off; alone KOR 80 %, 4,938 m off, JPN not at all"."""

    def of(view: Mapping[str, Any]) -> str:
        return f"{_percent(view['held'])}, {view['rmse_m']:,.0f} m off" if view["held"] else "not at all"

    each = ", ".join(f"{name} {of(view)}" for name, view in views.items() if name != SHARED)
    return f"Held, of the time: {of(views[SHARED])}; alone {each}"


def _views(views: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("  picture", no_wrap=True)
    for name in ("contacts", "held", "off m", "in 95 %", "area km²", "numbers", "tracks each", "spurious"):
        table.add_column(name, justify="right")
    for name, view in sorted(views.items(), key=lambda item: (item[0] != SHARED, item[0])):
        table.add_row(
            f"  {name if name == SHARED else name + ' alone'}",
            f"{view['contacts']} of {view['objects']}",
            _percent(view["held"]),
            _number(view["rmse_m"]),
            _percent(view["containment_95"]),
            _number(view["area_km2"], 2),
            _number(view["numbers"], 1),
            _number(view["tracks_each"], 2),
            _percent(view["spurious"]),
        )
    return table


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100.0 * share:.0f} %"


def _number(value: float | None, digits: int = 0) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"
