"""Chosen numbers: each stands where it is used, frozen, with its meaning, unit and source.

Numbers of one rule stand in a record,

    @constants
    class Gating(NamedTuple):
        fit_chi2: Annotated[float, Chosen("1", "past it a report does not fit its track", "...")] = 25.0

    GATING = Gating()

a number alone is annotated:

    COAST_S: Final[Annotated[float, Chosen("s", "how long a track lives unseen", "...")]] = 60.0

Compiled code reads either as the constant it is. A number that a standard publishes, that the contract fixes
or that mathematics gives is none of these: it stands as a named value where it is used. `triwatch constants`
prints all; ``python -m benchmarks.constants`` varies those that estimates hang on.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import astuple, is_dataclass
from types import ModuleType
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

JUDGED = "judged; python -m benchmarks.constants shows what 30 % do"
"""Source of a number that no theory gives: set by hand; the benchmark says how much hangs on it."""
WARNED = "judged; python -m benchmarks.warning_seeds counts what warnings come to with it"
SCORED = "judged; what a score means by its words, docs/scoring.md"
MODELLED = "chosen for the simulated world, after published figures of its kind"
OPERATION = "judged for operation: when something is done, how much is kept; no estimate hangs on it"


class Chosen(NamedTuple):
    """What a field's annotation says of it."""

    unit: str
    """1 where it has none."""
    meaning: str
    source: str


class Constant(NamedTuple):
    """One number, as it is listed."""

    module: str
    record: str
    """Empty where it stands alone."""
    name: str
    value: Any
    """A number, or a tuple or dict of numbers."""
    unit: str
    meaning: str
    source: str

    @property
    def path(self) -> str:
        """Its full name: module, record where it has one, and name."""
        return ".".join(part for part in (self.module, self.record, self.name) if part)


RecordT = TypeVar("RecordT")
_records: list[type[Any]] = []
_modules: dict[str, ModuleType] = {}
"""Those imported by `import_all`."""


def constants(record: type[RecordT]) -> type[RecordT]:
    """Register a NamedTuple of chosen numbers, each annotated with `Chosen`."""
    _records.append(record)
    return record


def records() -> list[type[Any]]:
    """The records of all modules imported so far, by their full name."""
    return sorted(_records, key=lambda record: (record.__module__, record.__name__))


def listed() -> Iterator[Constant]:
    """Every number of every record imported so far, then those that stand alone in what `import_all`
    imported. Raises TypeError for a record's field without `Chosen`."""
    for record in records():
        hints = get_type_hints(record, include_extras=True)
        for name, value in record()._asdict().items():
            match getattr(hints[name], "__metadata__", ()):
                case (Chosen(unit, meaning, source),):
                    yield Constant(record.__module__, record.__name__, name, value, unit, meaning, source)
                case _:
                    raise TypeError(f"{record.__module__}.{record.__name__}.{name}: annotate it with Chosen")
    for module, found in sorted(_modules.items()):
        yield from alone(module, vars(found))


def alone(module: str, names: Mapping[str, Any]) -> Iterator[Constant]:
    """The numbers that stand alone among a module's names."""
    for name, hint in names.get("__annotations__", {}).items():
        if "Chosen(" in str(hint):
            (annotated,) = get_args(eval(hint, dict(names)))
            (chosen,) = annotated.__metadata__
            value = astuple(names[name]) if is_dataclass(names[name]) else names[name]
            yield Constant(module, "", name, value, chosen.unit, chosen.meaning, chosen.source)


def import_all(*packages: str) -> list[str]:
    """Import every module of these packages, so that their numbers are known.

    Gives the names of those that need what is not installed.
    """
    missing = []
    for package in packages:
        root = importlib.import_module(package)
        for found in pkgutil.walk_packages(root.__path__, f"{package}."):
            if found.name.endswith("__main__"):
                continue
            try:
                _modules[found.name] = importlib.import_module(found.name)
            except ModuleNotFoundError as error:
                if (error.name or "").split(".")[0] in packages:
                    raise
                missing.append(found.name)
    return missing
