"""What the sensors of a drawn node are off by: of a stream of its own, so that all else stays as it was."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from nodes.theatre.dice import Dice
from nodes.theatre.spec import Biases

_FIRST = "bias_"
_MINE = {"platforms", "platform", "misalignment", "clock_course"}
Table = dict[str, Any]


def with_biases(
    node: Table,
    mine: Collection[str],
    of_sensors: Sequence[Collection[str]],
    biases: Biases,
    moves: bool,
    dice: Dice,
) -> Table:
    """A node's table with what ``biases`` adds to it.

    ``mine`` and ``of_sensors`` are the keys that the node and each sensor draw, or draw not, themselves.
    """
    sensors, carriers = [], list[Table]()
    apart = len({(one["lat_deg"], one["lon_deg"]) for one in node["sensors"]}) > 1
    for sensor, known in zip(node["sensors"], of_sensors, strict=True):
        added = _drawn(getattr(biases, str(sensor.get("kind")), {}), known, dice)
        if moves and biases.platform:
            # what is kilometres apart does not turn and sail as one
            if apart or not carriers:
                carriers.append(_drawn(biases.platform, (), dice))
            said = (sensor | added).get("misalignment", {}) | carriers[-1].get("misalignment", {})
            added |= {"platform": len(carriers)} | ({"misalignment": said} if said else {})
        sensors.append({**sensor, **added})
    off = [{key: value for key, value in one.items() if key != "misalignment"} for one in carriers]
    added = _drawn(biases.node, mine, dice) | ({"platforms": off} if any(off) else {})
    return {**node, **added, "sensors": sensors}


def _drawn(table: Table, known: Collection[str], dice: Dice) -> Table:
    drawn = dice.take(table, "biases")
    return {key: value for key, value in drawn.items() if key not in known}


def without_biases(node: Table) -> Table:
    """A node's table with nothing in it that is off, nor said to be."""

    def aligned(table: Table) -> Table:
        return {k: value for k, value in table.items() if not k.startswith(_FIRST) and k not in _MINE}

    return {**aligned(node), "sensors": [aligned(sensor) for sensor in node["sensors"]]}
