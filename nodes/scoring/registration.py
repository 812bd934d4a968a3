"""Sensors' biases as they were found beside what they were, where an exercise's recording knows that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nodes.wording import count
from triwatch.v1 import picture_pb2

KEYS = ("range_m", "azimuth_rad", "elevation_rad", "clock_s")
_CLOCK = 3
_SCALE = (1.0, 1e3, 1e3, 1e3)
"""To what the table shows: m, mrad, mrad, ms."""
_DIGITS = (0, 2, 2, 0)


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
        rows.append(
            {
                "node": one.node_id,
                "sensor": one.sensor,
                "bias": dict(zip(KEYS, one.bias, strict=True)),
                "sigma": dict(zip(KEYS, one.sigma, strict=True)),
                "truth": dict(zip(KEYS, true, strict=True)) if true is not None else None,
                "used": one.used,
                "shared": one.shared,
                "misfits": one.misfits,
                "jump_time_ns": one.jump_time_ns,
                "beyond": one.beyond,
            }
        )
    return rows


def cells(row: Mapping[str, Any]) -> list[str]:
    """Of each bias: estimate ± sigma, and the truth in brackets."""
    shown = []
    for key, scale, digits in zip(KEYS, _SCALE, _DIGITS, strict=True):
        said = f"{scale * row['bias'][key]:.{digits}f}±{scale * row['sigma'][key]:.{digits}f}"
        if row["truth"] is not None:
            said += f" ({scale * row['truth'][key]:.{digits}f})"
        shown.append(said)
    return shown


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
