"""What is wrong with a scenario file, in the file's own words: key, what was expected, what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Final, get_args

import msgspec

from fusion.constants import OPERATION, Chosen
from nodes.sensing.sensors import Misalignment
from nodes.simulation.spec import (
    Accession,
    BuoyField,
    Header,
    Node,
    ObjectSpec,
    PingSource,
    PlatformSpec,
    ReleaseRule,
    ScenarioFile,
    SearchArea,
    SensorSpec,
    Synthetic,
)

_WORDS = {
    " | null": "",
    "`object`": "a table",
    "`array`": "an array",
    "`str`": "a string",
    "`float`": "a number",
}
_WORDS |= {"`int`": "a whole number", "`bool`": "a boolean", "`datetime`": "a date and time"}

_SHOWN_MAX: Final[Annotated[int, Chosen("1", "letters of a value that are shown", OPERATION)]] = 60


def explain(message: str, raw: dict[str, Any]) -> str:
    """msgspec's message about ``raw`` as "key: what was expected"."""
    what, _, where = message.partition(" - at `$")
    key = where.rstrip("`").removeprefix(".")
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", what):
        fields = sorted(msgspec.structs.fields(_record(key, raw)), key=lambda f: not f.required)
        known = ", ".join(f.name for f in fields)
        return f"{_join(key, found[1])}: unknown key; expected one of {known}"
    if found := re.fullmatch(r"Object missing required field `(.*)`", what):
        return f"{_join(key, found[1])}: missing; the key is required{_choices(key, found[1], raw)}"
    value = _lookup(key, raw)
    if what.startswith("Invalid"):
        table, _, name = key.rpartition(".")
        return f"{key}: {_shown(value)} cannot be used{_choices(table, name, raw)}"
    for word, plain in _WORDS.items():
        what = what.replace(word, plain)
    what = what[0].lower() + what[1:]
    return f"{key}: {what}" + (
        "" if ", got " in what or isinstance(value, list | dict) else f", got {_shown(value)}"
    )


def _shown(value: Any) -> str:
    """A value as it stands in the file, cut short where that is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}..."


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _lookup(key: str, raw: Any) -> Any:
    """The value at "nodes[0].id" and the like."""
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", key):
        raw = raw[name] if name else raw[int(index)]
    return raw


def _record(key: str, raw: dict[str, Any]) -> type[msgspec.Struct]:
    """Which record a table of the file is."""
    names = re.sub(r"\[\d+\]", "", key).split(".")
    if names == [""]:
        return ScenarioFile
    plain: dict[str, type[msgspec.Struct]] = {
        "scenario": Header,
        "nodes": Node,
        "areas": SearchArea,
        "fields": BuoyField,
        "sources": PingSource,
        "releases": ReleaseRule,
        "accessions": Accession,
        "synthetic": Synthetic,
        "platforms": PlatformSpec,
        "misalignment": Misalignment,
    }
    if names[-1] in plain:
        return plain[names[-1]]
    kinds = _kinds(names[-1])
    return kinds[_lookup(key, raw)["kind"]]


def _kinds(name: str) -> dict[str, type[msgspec.Struct]]:
    """The records that share one array, by kind."""
    union = SensorSpec if name == "sensors" else ObjectSpec
    return {str(record.__struct_config__.tag): record for record in get_args(union)}


def _choices(table: str, name: str, raw: dict[str, Any]) -> str:
    """ "; expected one of …" where a key has a fixed set of words, else nothing."""
    if name == "kind":
        words = tuple(_kinds(re.sub(r"\[\d+\]", "", table).split(".")[-1]))
    else:
        types = {f.name: f.type for f in msgspec.structs.fields(_record(table, raw))}
        words = tuple(words_of(types[re.sub(r"\[\d+\]", "", name)]))
    return f"; expected one of {', '.join(words)}" if words else ""


def words_of(kind: Any) -> Iterator[str]:
    """The words that a type knows, or that the elements of an array may be."""
    for argument in get_args(kind):
        if isinstance(argument, str):
            yield argument
        elif get_args(argument):
            yield from words_of(argument)
