"""A scenario's tables as the text of its file, numbers rounded by unit: the same tables, the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

PLACES = (("_deg", 5), ("_mrad", 3), ("_mps", 2), ("_km", 2), ("_m", 1), ("_s", 2), ("pd", 3))
"""Decimals by the end of a key; 4 where none fits."""
_ROW = {"waypoints": (2, 5, 5, 1), "track": (2, 5, 5)}
"""Decimals of the columns of a table of numbers."""


def write_scenario(tables: Mapping[str, Any], remark: str) -> str:
    """The file's text, ``remark`` as a comment before it."""
    lines = [f"# {line}" for line in remark.splitlines()]
    lines += ["", "[scenario]", *_keys(tables["scenario"])]
    for name in ("nodes", "objects"):
        for entry in tables[name]:
            lines += ["", f"[[{name}]]", *_keys(entry)]
            for sensor in entry.get("sensors", ()):
                lines += ["", "  [[nodes.sensors]]", *(f"  {line}" for line in _keys(sensor))]
    return "\n".join(lines) + "\n"


def _keys(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        if key == "sensors":
            continue
        if key in _ROW:
            yield f"{key} = ["
            yield from (f"  {_row(row, _ROW[key])}," for row in value)
            yield "]"
        else:
            yield f"{key} = {_value(value, _places(key))}"


def _row(row: Sequence[float], places: Sequence[int]) -> str:
    return f"[{', '.join(_number(x, p) for x, p in zip(row, places, strict=True))}]"


def _places(key: str) -> int:
    return next((places for end, places in PLACES if key.endswith(end)), 4)


def _value(value: Any, places: int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value, places)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k} = {_value(v, _places(k))}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(one, places) for one in value)}]"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _number(value: float, places: int) -> str:
    """Fixed decimals, without the zeros behind, one at least; never -0.0."""
    text = f"{value:.{places}f}".rstrip("0")
    text += "0" if text.endswith(".") else ""
    return "0.0" if text == "-0.0" else text
