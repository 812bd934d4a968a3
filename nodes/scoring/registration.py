"""Sensors' biases as they were found beside what they were, where an exercise's recording knows that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fusion.registration.kinds import BASE, KINDS
from nodes.wording import count
from triwatch.v1 import picture_pb2

KEYS = tuple(kind.name for kind in KINDS[:BASE])
"""Of every sensor; those that its node declares beside these stand after them."""
DECLARED = tuple(kind.name for kind in KINDS[BASE:])
_CLOCK = KEYS.index("clock_s")
_SHOWN = {"m": ("m", 1.0, 0), "rad": ("mrad", 1e3, 2), "s": ("ms", 1e3, 0)}
"""Of a unit: in what the table shows it, times what, to how many digits."""


def registration(
    told: Sequence[picture_pb2.SensorBias], truth: Mapping[str, Sequence[Sequence[float]]] | None
) -> list[dict[str, Any]]:
    """A row a sensor: estimate, sigma and truth of each bias, and what was made of it.

    No target shows what is common to all clocks: they are told, and so are the true ones, against their mean.
    """
    clocks = {one.node_id: truth[one.node_id][0][_CLOCK] for one in told if truth and truth.get(one.node_id)}
    common = sum(clocks.values()) / len(clocks) if clocks else 0.0
    rows = []
    for one in told:
        known = (truth or {}).get(one.node_id, ())
        true = list(known[one.sensor - 1]) if one.sensor <= len(known) else None
        if true is not None:
            true[_CLOCK] -= common
        more = list(zip(one.declared_kind, one.declared_bias, one.declared_sigma, strict=True))
        more = [
            row for row in more if len(KEYS) < row[0] <= len(KEYS + DECLARED)
        ]  # others are of a later version
        keys = (*KEYS, *((KEYS + DECLARED)[kind - 1] for kind, _, _ in more))
        rows.append(
            {
                "node": one.node_id,
                "sensor": one.sensor,
                "bias": dict(zip(keys, (*one.bias, *(bias for _, bias, _ in more)), strict=True)),
                "sigma": dict(zip(keys, (*one.sigma, *(sigma for _, _, sigma in more)), strict=True)),
                "truth": _among(keys, true) if true is not None else None,
                "used": one.used,
                "shared": one.shared,
                "misfits": one.misfits,
                "jump_time_ns": one.jump_time_ns,
                "beyond": one.beyond,
            }
        )
    return rows


def _among(keys: Sequence[str], true: Sequence[float]) -> dict[str, float]:
    """What is true of some kinds; a recording of before knows of the first four."""
    known = dict(zip(KEYS + DECLARED, true, strict=False))
    return {key: known.get(key, 0.0) for key in keys}


def headings(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The kinds of bias that some sensor has, each with the unit in which it is shown."""
    return [f"{key.rpartition('_')[0]} {_shown(key)[0]}" for key in _keys(rows)]


def cells(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]] = ()) -> list[str]:
    """Of each bias that some of ``rows`` has: estimate ± sigma, and the truth in brackets."""
    shown = []
    for key in _keys(rows or [row]):
        if key not in row["bias"]:
            shown.append("")
            continue
        _, scale, digits = _shown(key)
        said = f"{scale * row['bias'][key]:.{digits}f}±{scale * row['sigma'][key]:.{digits}f}"
        if row["truth"] is not None:
            said += f" ({scale * row['truth'][key]:.{digits}f})"
        shown.append(said)
    return shown


def _keys(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [key for key in KEYS + DECLARED if any(key in row["bias"] for row in rows)]


def _shown(key: str) -> tuple[str, float, int]:
    return _SHOWN[key.rpartition("_")[2]]


def remarks(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is to be said of the sensors, in sentences."""
    used = sum(row["used"] for row in rows)
    yield f"Of {count(len(rows), 'sensor')} {used} had biases that were taken out of their reports"
    for row in rows:
        name = f"{row['node']}/{row['sensor']}"
        if row["beyond"]:
            yield f"{name} is farther off than a sensor may be: broken, or lying"
        elif row["shared"] and 2 * row["misfits"] > row["shared"]:
            yield f"{name} says what fits no other sensor of most targets that they share"
        elif not row["shared"] and any(other["shared"] for other in rows):
            yield f"{name} says of no target what another sensor says, as far as targets stand apart"
        if row["jump_time_ns"]:
            yield f"A bias of {name} jumped, or it was found so for the first time"
