"""Phases of motion, of flights and courses whose phases are known."""

from __future__ import annotations

import numpy as np

from fusion.contract import AIR, SPACE, SURFACE
from fusion.score.phases import NONE, PHASES, phases
from fusion.score.tables import Truth
from nodes.lab.run import prepared
from nodes.simulation.truth import World


def test_a_flight_burns_falls_and_is_braked_and_a_ship_turns() -> None:
    """The simulated flight knows when its engine stops and where its air ends; the courses are by hand."""
    scenario = prepared("medium_range")
    world = World(scenario)
    flight = world.flights()[0]
    time_s = np.arange(int(flight.launch_s) + 2, int(flight.impact_s) - 2, dtype=float)
    state = np.full((len(time_s), 3, 6), np.nan)
    for i, t in enumerate(time_s):
        snapshot = world.at(t)
        state[i, 0] = snapshot.state[snapshot.object_id.index(flight.object_id)]
    anchor = np.array([-3.1e6, 4.2e6, 3.6e6])
    state[:, 1, :3], state[:, 1, 3:] = anchor, [5.0, 0.0, 0.0]
    turn = 0.02 * time_s
    state[:, 2, :3] = anchor + 1e4 * np.stack([np.sin(turn), -np.cos(turn), 0.0 * turn], axis=1)
    state[:, 2, 3:] = 200.0 * np.stack([np.cos(turn), np.sin(turn), 0.0 * turn], axis=1)
    state[:3, 1] = np.nan
    shape = state.shape[:2]
    truth = Truth(
        (time_s * 1e9).astype(np.int64),
        ("M", "S", "F"),
        state,
        np.tile([SPACE, SURFACE, AIR], (len(time_s), 1)),
        np.zeros(shape, np.int64),
        np.ones(shape, np.bool_),
    )
    found = phases(truth)
    names = np.array([*PHASES, "none"])[found]
    height = np.linalg.norm(state[:, 0, :3], axis=1) - 6.37e6
    assert set(names[time_s < flight.burnout_s - 2.0, 0]) == {"boost"}
    assert set(names[(time_s > flight.burnout_s + 2.0) & (height > 100e3), 0]) == {"free_flight"}
    assert names[-3, 0] == "reentry"
    assert set(names[5:, 1]) == {"steady"}
    assert (found[:3, 1] == NONE).all()
    assert set(names[:, 2]) == {"turning"}
