"""When the radars of a scenario can tell apart what a missile lets go, from geometry alone."""

from __future__ import annotations

import numpy as np

from nodes.simulation.sensors import radar
from nodes.simulation.sensors.platform import Platform
from nodes.simulation.sensors.sensor import SimulatedSensor
from nodes.simulation.sensors.view import look
from nodes.simulation.spec import RadarSpec, Scenario
from nodes.simulation.truth import World
from warning_chain import Lived

WITHIN_S = 10.0


def resolvable_s(one: Scenario, world: World, from_s: float, until_s: float) -> float:
    """From when on every body stands alone in the looks of one radar at least.

    Alone: nobody else nearer than that radar's resolution in range and in both angles at once. Infinite
    where one never does.
    """
    first: dict[str, float] = {f.object_id: np.inf for f in world.flights()}
    for node in one.nodes:
        for index, spec in enumerate(node.sensors):
            if not isinstance(spec, RadarSpec):
                continue
            alone: dict[str, float] = {}
            limits = np.array([spec.resolution_range_m, *[1e-3 * spec.resolution_angle_mrad] * 2])
            for t in SimulatedSensor(spec, index, node.id, one).times_s(from_s, until_s):
                snapshot = world.at(t)
                view = look(snapshot, *Platform(spec).at(t), spec.alt_m)
                seen = radar.visible(spec, view)
                z = radar.quantities(view)[seen]
                for k, name in enumerate(np.array(snapshot.object_id)[seen].tolist()):
                    apart = np.abs(z - z[k])
                    apart[:, 1] = np.minimum(apart[:, 1], 2.0 * np.pi - apart[:, 1]) * np.cos(z[k, 2])
                    if np.count_nonzero((apart < limits).all(axis=1)) > 1:
                        alone.pop(name, None)
                    else:
                        alone.setdefault(name, t)
            first |= {name: min(first[name], t) for name, t in alone.items() if name in first}
    return max(first.values())


def separated_s(lived: Lived, world: World, from_s: float) -> float:
    """From when on every body has a track of its own: the missile's, or one whose parent that is."""
    before = max(t for t, own in lived.tracks.items() if t < from_s and own)
    parent = next(iter(lived.tracks[before].values()))[0]
    names = [f.object_id for f in world.flights()]
    wrong = [
        t
        for t, own in lived.tracks.items()
        if t > from_s and not all(parent in own.get(name, ()) for name in names)
    ]
    return max(wrong, default=from_s) + 1.0
