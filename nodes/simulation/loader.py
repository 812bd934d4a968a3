"""Scenario files: find, read, check.

Whatever is wrong with a file ends in one BadInput that names the file, the key and what was expected.
"""

from __future__ import annotations

import math
import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from nodes.errors import BadInput
from nodes.simulation.buoys import buoys
from nodes.simulation.check import check
from nodes.simulation.explain import explain
from nodes.simulation.spec import LONGEST_S, Header, Node, Scenario, ScenarioFile, SensorSpec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def builtin_folder() -> Path:
    """Where the built-in scenarios lie: the checkout's ``scenarios``, or the wheel's own copy."""
    packaged = Path(__file__).parent / "builtin"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "scenarios"


def builtin_file(name: str) -> Path:
    """The file of one built-in scenario. Raises BadInput where there is none of that name."""
    path = builtin_folder() / f"{name}.toml"
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name) or not path.is_file():
        known = ", ".join(p.stem for p in sorted(builtin_folder().glob("*.toml")))
        raise BadInput(f"{name}: not one of the built-in scenarios: {known}")
    return path


def builtin() -> list[Scenario]:
    """Every built-in scenario, by name."""
    return [load(str(path)) for path in sorted(builtin_folder().glob("*.toml"))]


def load(name_or_path: str) -> Scenario:
    """Read one scenario, by a built-in's name or by path.

    Raises BadInput for anything that cannot be used, with file, key and what was expected.
    """
    return checked(*read(name_or_path))


def read(name_or_path: str) -> tuple[dict[str, Any], str]:
    """The tables of one scenario file as they stand in it, and its path. Raises BadInput."""
    path = _find(name_or_path)
    try:
        text = path.read_text(encoding="utf-8-sig")  # with or without a byte-order mark
        return tomllib.loads(text), str(path)
    except RecursionError:
        raise BadInput(f"{path}: nested too deeply for a scenario") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as UTF-8 text: {error}") from None
    except ValueError as error:  # TOMLDecodeError, and whole numbers of too many digits
        raise BadInput(f"{path}: not valid TOML: {error}") from None


def checked(raw: dict[str, Any], file: str) -> Scenario:
    """The tables of a scenario file as a scenario. Raises BadInput, naming ``file`` and the key."""
    _refuse_not_finite(raw, "", file)
    try:
        content = msgspec.convert(raw, ScenarioFile)
    except msgspec.ValidationError as error:
        raise BadInput(f"{file}: {explain(str(error), raw)}") from None
    head = content.scenario
    scenario = Scenario(
        name=head.name,
        start_ns=(head.start - _EPOCH) // timedelta(microseconds=1) * 1000,
        duration_s=head.duration_s,
        seed=head.seed,
        description=head.description,
        nodes=_with_buoys(content.nodes, raw, file),
        objects=content.objects,
        file=file,
        accessions=content.accessions,
        sources=content.sources,
    )
    check(scenario)
    return _without_full_circles(scenario)


def tables(scenario: Scenario) -> dict[str, Any]:
    """The tables of a file that ``checked`` makes ``scenario`` of, without what has its default."""
    content = ScenarioFile(
        scenario=Header(
            name=scenario.name,
            start=_EPOCH + timedelta(microseconds=scenario.start_ns // 1000),
            duration_s=scenario.duration_s,
            seed=scenario.seed,
            description=scenario.description,
        ),
        nodes=scenario.nodes,
        objects=scenario.objects,
        accessions=scenario.accessions,
        sources=scenario.sources,
    )
    plain: dict[str, Any] = msgspec.to_builtins(content, builtin_types=(datetime,))
    return plain


def lasting(scenario: Scenario, duration_s: float | None) -> Scenario:
    """The scenario cut short, or drawn out, to ``duration_s``; None: as it is. Its world stays the same."""
    if duration_s is None:
        return scenario
    if not 0.0 < duration_s <= LONGEST_S:
        raise BadInput(f"duration: expected more than 0 and at most {LONGEST_S:g} s, got {duration_s:g}")
    return msgspec.structs.replace(scenario, duration_s=float(duration_s))


def _find(name_or_path: str) -> Path:
    """The file meant: a path that exists, else a built-in's name."""
    path = Path(name_or_path)
    if path.is_file():
        return path
    named = builtin_folder() / f"{name_or_path}.toml"
    if re.fullmatch(r"[A-Za-z0-9_-]+", name_or_path) and named.is_file():
        return named
    known = ", ".join(p.stem for p in sorted(builtin_folder().glob("*.toml")))
    raise BadInput(f"{name_or_path}: no such scenario file, and not one of the built-in ones: {known}")


def _without_full_circles(scenario: Scenario) -> Scenario:
    """Limits a whole turn apart are none: said once here, not in every place that asks for them."""

    def plain(sensor: SensorSpec) -> SensorSpec:
        limits = sensor.azimuth_limits_deg
        if limits is None or abs(limits[1] - limits[0]) < 360.0:
            return sensor
        return msgspec.structs.replace(sensor, azimuth_limits_deg=None)

    nodes = (msgspec.structs.replace(n, sensors=tuple(map(plain, n.sensors))) for n in scenario.nodes)
    return msgspec.structs.replace(scenario, nodes=tuple(nodes))


def _with_buoys(nodes: tuple[Node, ...], raw: dict[str, Any], file: str) -> tuple[Node, ...]:
    """The nodes, each buoy of their fields among their sensors."""
    found = []
    for i, node in enumerate(nodes):
        try:
            dropped = [
                buoy
                for k, field in enumerate(node.fields)
                for buoy in buoys(field, f"nodes[{i}].fields[{k}]", raw)
            ]
        except BadInput as error:
            raise BadInput(f"{file}: {error}") from None
        found.append(msgspec.structs.replace(node, sensors=node.sensors + tuple(dropped), fields=()))
    return tuple(found)


def _refuse_not_finite(value: object, key: str, file: str) -> None:
    """TOML knows nan and inf; no key of a scenario does."""
    if isinstance(value, dict):
        for name, inner in value.items():
            _refuse_not_finite(inner, f"{key}.{name}" if key else name, file)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            _refuse_not_finite(inner, f"{key}[{i}]", file)
    elif isinstance(value, float) and not math.isfinite(value):
        raise BadInput(f"{file}: {key}: expected a finite number, got {value}")
