"""Chosen numbers: each stands in a frozen record of the module that uses it, with meaning, unit and source.

    @constants
    class Gating(NamedTuple):
        fuse_chi2: Annotated[float, Chosen("1", "past it a report surprises its track", "...")] = 25.0

    GATING = Gating()

Compiled code reads ``GATING.fuse_chi2`` as the constant it is. A number that a standard publishes, that the
contract fixes or that mathematics gives is none of these: it stands as a named value where it is used.
`triwatch constants` prints all records; ``python -m benchmarks.constants`` varies each.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar, get_type_hints

JUDGED = "judged; python -m benchmarks.constants shows what 30 % do"
"""Source of a number that no theory gives: set by hand; the benchmark says how much hangs on it."""


class Chosen(NamedTuple):
    """What a field's annotation says of it."""

    unit: str
    """1 where it has none."""
    meaning: str
    source: str


class Constant(NamedTuple):
    """One number of a record, as it is listed."""

    module: str
    record: str
    name: str
    value: float | int | tuple[float, ...]
    unit: str
    meaning: str
    source: str

    @property
    def path(self) -> str:
        """Its full name: module, record and field."""
        return f"{self.module}.{self.record}.{self.name}"


RecordT = TypeVar("RecordT")
_records: list[type[Any]] = []


def constants(record: type[RecordT]) -> type[RecordT]:
    """Register a NamedTuple of chosen numbers, each annotated with `Chosen`."""
    _records.append(record)
    return record


def records() -> list[type[Any]]:
    """The records of all modules imported so far, by their full name."""
    return sorted(_records, key=lambda record: (record.__module__, record.__name__))


def listed() -> Iterator[Constant]:
    """Every number of every record imported so far. Raises TypeError for a field without `Chosen`."""
    for record in records():
        hints = get_type_hints(record, include_extras=True)
        for name, value in record()._asdict().items():
            match getattr(hints[name], "__metadata__", ()):
                case (Chosen(unit, meaning, source),):
                    yield Constant(record.__module__, record.__name__, name, value, unit, meaning, source)
                case _:
                    raise TypeError(f"{record.__module__}.{record.__name__}.{name}: annotate it with Chosen")


def import_all(*packages: str) -> list[str]:
    """Import every module of these packages, so that their records are known.

    Gives the names of those that need what is not installed.
    """
    missing = []
    for package in packages:
        root = importlib.import_module(package)
        for found in pkgutil.walk_packages(root.__path__, f"{package}."):
            if found.name.endswith("__main__"):
                continue
            try:
                importlib.import_module(found.name)
            except ModuleNotFoundError as error:
                if (error.name or "").split(".")[0] in packages:
                    raise
                missing.append(found.name)
    return missing
