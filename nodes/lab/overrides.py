"""Single keys of a scenario set from outside: ``nodes.KOR-1.sensors.0.pd``.

A path names tables by key, an entry of an array by its ``id`` (an accession by its ``nation``), by its place
from 0, or all of them by ``*``. The value is what the file would hold; None takes the key out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nodes.errors import BadInput

_NAMES = ("id", "nation")


def override(raw: dict[str, Any], values: Mapping[str, Any]) -> None:
    """Set each of ``values`` in the tables of a scenario file. Raises BadInput where a path names nothing.

    What a key may be is not judged here: the loader does that for the whole file.
    """
    for path, value in values.items():
        for table, key in _places(raw, path, path):
            if value is None:
                table.pop(key, None)
            else:
                table[key] = value


def _places(here: Any, rest: str, path: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The tables and the key in each that ``rest`` of ``path`` names, seen from ``here``."""
    if isinstance(here, list | tuple):
        for entry, further in _entries(here, rest, path):
            yield from _places(entry, further, path)
        return
    key, dot, further = rest.partition(".")
    if not isinstance(here, dict) or not key:
        raise BadInput(f"set {path}: {rest or 'nothing'} is no key of a table; write nodes.KOR-1.leaves_s")
    if not dot:
        yield here, key
    elif key in here:
        yield from _places(here[key], further, path)
    else:
        raise BadInput(f"set {path}: there is no {key}; there are {', '.join(here)}")


def _entries(here: Sequence[Any], rest: str, path: str) -> Iterator[tuple[Any, str]]:
    """The entries of an array that ``rest`` begins with, and what of it is left. Ids may hold dots."""
    if rest.startswith("*."):
        yield from ((entry, rest[2:]) for entry in here)
        return
    tables = [entry for entry in here if isinstance(entry, dict)]
    named = [(str(entry[name]), entry) for entry in tables for name in _NAMES if name in entry]
    found = [(name, entry) for name, entry in named if rest.startswith(f"{name}.")]
    if found:
        name, entry = max(found, key=lambda pair: len(pair[0]))
        yield entry, rest[len(name) + 1 :]
        return
    place, _, further = rest.partition(".")
    if not (place.isdecimal() and int(place) < len(here)):
        known = ", ".join(name for name, _ in named) or f"0 to {len(here) - 1}"
        raise BadInput(f"set {path}: {place} names none of {known}")
    yield here[int(place)], further
