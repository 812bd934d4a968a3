"""A theatre's distributions: the kinds that come with the project, or a file."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from nodes.errors import BadInput
from nodes.theatre.spec import Biases, Head, Launches, Place, TheatreFile, Traffic

_TABLES: dict[str, type[msgspec.Struct]] = {
    "theatre": Head,
    "traffic": Traffic,
    "launches": Launches,
    "biases": Biases,
}
_FOLDER = Path(__file__).parent / "kinds"


def kinds() -> tuple[str, ...]:
    """The kinds of theatre that come with the project."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def read_theatre(kind_or_path: str) -> tuple[TheatreFile, str]:
    """The distributions of a kind, or of a file, and the file's path. Raises BadInput."""
    path = Path(kind_or_path)
    if kind_or_path in kinds():
        path = _FOLDER / f"{kind_or_path}.toml"
    elif not path.is_file():
        raise BadInput(
            f"{kind_or_path}: no such file of distributions, and none of the kinds {', '.join(kinds())}"
        )
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as UTF-8 text: {error}") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path}: not valid TOML: {error}") from None
    try:
        return msgspec.convert(raw, TheatreFile), str(path)
    except msgspec.ValidationError as error:
        raise BadInput(f"{path}: {_said(str(error))}") from None


def place_of(node: dict[str, Any], key: str) -> tuple[Place, dict[str, Any]]:
    """A node's place, and the scenario's keys that are left. Raises BadInput, beginning with ``key``."""
    mine = {name for name in Place.__struct_fields__ if name in node}
    try:
        place = msgspec.convert({name: node[name] for name in mine}, Place)
    except msgspec.ValidationError as error:
        raise BadInput(f"{key}: {_said(str(error))}") from None
    return place, {name: value for name, value in node.items() if name not in mine}


def _said(message: str) -> str:
    """msgspec's message with the key first, and the keys there are where it knows none of that name."""
    what, _, where = message.partition(" - at `$")
    table = where.rstrip("`").removeprefix(".")
    before = f"{table}." if table else ""
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", what):
        record = _TABLES.get(re.sub(r"\[.*", "", table), TheatreFile)
        known = ", ".join(record.__struct_fields__)
        return f"{before}{found[1]}: unknown key; expected one of {known}"
    if found := re.fullmatch(r"Object missing required field `(.*)`", what):
        return f"{before}{found[1]}: missing; the key is required"
    return f"{table}: {what}" if table else what
