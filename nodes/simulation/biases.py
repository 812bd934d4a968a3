"""What the world knows of sensors' biases, as a recording keeps it for scores."""

from __future__ import annotations

from typing import Any

from nodes.simulation.sensors import infrared, multistatic, radar, sonar
from nodes.simulation.sensors.sensor import bias_at
from nodes.simulation.spec import InfraredSpec, Scenario

_MODEL: dict[str, Any] = {"radar": radar, "infrared": infrared, "sonar": sonar, "multistatic": multistatic}
_PLACE = {"radar": (0, 1, 2), "infrared": (1, 2), "sonar": (1,), "multistatic": (0, 1)}


def true_biases(scenario: Scenario) -> dict[str, list[list[float]]]:
    """By node, a row a sensor of nine in the order of the contract's BiasKind, m, rad and s; at the end."""
    found = {}
    for node in scenario.nodes:
        rows = []
        for spec in node.sensors:
            row = [0.0, 0.0, 0.0, node.clock_off_s(scenario.duration_s)]
            row += [*node.platform(spec.platform).off(scenario.duration_s), 0.0, 0.0]
            if isinstance(spec, InfraredSpec):
                row[-2:] = [1e-3 * spec.bias_roll_mrad, 1e-3 * spec.bias_pitch_mrad]
            off = bias_at(spec, _MODEL[spec.kind].bias(spec), scenario.duration_s)
            for place, value in zip(_PLACE[spec.kind], off.tolist(), strict=True):
                row[place] = value
            rows.append(row)
        found[node.id] = rows
    return found
