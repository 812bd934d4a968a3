"""Two scored recordings side by side: what the second has better or worse than the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table

from nodes.scoring.scorecard import WIDTH

LESS, MORE, ONE = "less is better", "more is better", "nearer 1 is better"
FIGURES = (
    ("completeness, %", "siap.completeness", 100.0, MORE),
    ("tracks each", "siap.ambiguity", 1.0, ONE),
    ("spurious, %", "siap.spuriousness", 100.0, LESS),
    ("continuity, %", "siap.continuity", 100.0, MORE),
    ("position off, m", "siap.positional_accuracy_m", 1.0, LESS),
    ("velocity off, m/s", "siap.velocity_accuracy_mps", 1.0, LESS),
    ("GOSPA, m", "gospa_m", 1.0, LESS),
    ("ANEES", "anees", 1.0, ONE),
    ("RMS shared, m", "rmse_m.shared", 1.0, LESS),
    ("RMS best nation, m", "rmse_m.best_single_nation", 1.0, LESS),
)
"""Words, key in a score, factor, and which way is better."""


def compare(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of two results of `nodes.scoring.recording.score_recording`, by environment or "all".

    Each is ``{"first", "second", "difference", "better"}``: the difference is the second less the first, None
    where either lacks the figure; ``better`` is "first", "second" or None.
    """
    places = {"all": (first["score"], second["score"])}
    for name in first["score"]["by_environment"]:
        rows = tuple(r["score"]["by_environment"][name] for r in (first, second))
        if any(row["objects"] for row in rows):
            places[name] = (rows[0], rows[1])
    return {
        name: {key: _entry(_at(one, key), _at(other, key), way) for _, key, _, way in FIGURES}
        for name, (one, other) in places.items()
    }


def print_comparison(differences: Mapping[str, Any], names: tuple[str, str], out: TextIO) -> None:
    """Write a table for each environment, at most WIDTH columns wide."""
    tty = out.isatty()
    console = Console(file=out, width=None if tty else WIDTH, highlight=False, no_color=not tty)
    console.print(f"First: {names[0]}\nSecond: {names[1]}", soft_wrap=True, markup=False)
    for name, figures in differences.items():
        console.print()
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(f"  {name.lower()}", no_wrap=True)
        for head in ("first", "second", "difference", "better"):
            table.add_column(head, justify="right", no_wrap=True)
        for row in _rows(figures):
            table.add_row(*row)
        console.print(table)


def _rows(figures: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for words, key, factor, _ in FIGURES:
        entry = figures[key]
        if entry["first"] is not None or entry["second"] is not None:
            shown = [_shown(entry[side], factor) for side in ("first", "second")]
            yield f"  {words}", *shown, _shown(entry["difference"], factor, "+"), entry["better"] or "-"


def _shown(value: float | None, factor: float, sign: str = "") -> str:
    return "-" if value is None else f"{factor * value:{sign},.3f}"


def _at(row: Mapping[str, Any], key: str) -> float | None:
    value: Any = row
    for part in key.split("."):
        value = value[part]
    return None if value is None else float(value)


def _entry(first: float | None, second: float | None, way: str) -> dict[str, Any]:
    if first is None or second is None:
        return {"first": first, "second": second, "difference": None, "better": None}
    cost = {LESS: (first, second), MORE: (-first, -second), ONE: (abs(first - 1.0), abs(second - 1.0))}[way]
    better = None if cost[0] == cost[1] else "first" if cost[0] < cost[1] else "second"
    return {"first": first, "second": second, "difference": second - first, "better": better}
