"""What evidence makes a flight a warning, and what establishes that it falls freely."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.arrays import Float
from fusion.warning.flight_row import ALERT, UPDATE
from fusion.warning.impact import vary_in_flight
from fusion.warning.phase import NO_DRAG, Flightpath, Sample
from nodes.coalition.outlines import nations
from triwatch.v1 import warning_pb2
from warning_kit import START_NS, Board, Tracks, at, flight

MEMBERS = ("USA", "JPN", "KOR")


@pytest.mark.parametrize("seed", range(8))
def test_fragments_that_nothing_drives_are_not_warned_of_by_themselves(seed: int) -> None:
    """A missile breaks up early; trackers that hardly see the pieces hold them to burn now and then."""
    rng = np.random.default_rng([17, seed])
    bodies = flight(700.0, 900.0, 82.0, fails_s=75.0, fragments=4, burn_s=140.0, separation_mps=25.0)
    parted_s = bodies[0].burnout_s
    numbered = dict(enumerate(bodies, start=7))
    fine, coarse, board = Tracks(60.0, 6.0, seed), Tracks(150.0, 25.0, seed), Board(nations(MEMBERS))
    said: list[warning_pb2.MissileWarning] = []
    for t in np.arange(45.0, parted_s + 60.0):
        alive = {n: at(b, t) for n, b in numbered.items() if b.path.time_s[0] <= t <= b.impact_s}
        held = {n for n in alive if t < parted_s or (n > 7 and rng.random() < 0.6)}
        tracks = fine if t < parted_s else coarse
        parents = {n: 7 for n in alive if n > 7}
        said += board.step(tracks.update(float(t), alive, frozenset(held), parents=parents))
    told = {w.warning_id for w in said if w.status in (ALERT, UPDATE)}
    assert told == {"M7"}


def test_what_came_off_a_missile_and_burns_is_warned_of() -> None:
    """A second missile that begins beside the first and climbs on under thrust."""
    one, other = flight(700.0, 900.0, 82.0)[0], flight(900.0, 1200.0, 82.0)[0]
    tracks, board = Tracks(), Board(nations(MEMBERS))
    said: list[warning_pb2.MissileWarning] = []
    for t in np.arange(45.0, one.burnout_s):
        states = {7: at(one, t)} | ({8: at(other, t)} if t > 80.0 else {})
        said += board.step(tracks.update(float(t), states, frozenset(states), parents={8: 7}))
    assert {w.warning_id for w in said if w.status in (ALERT, UPDATE)} == {"M7", "M8"}


def lagging(pushed_mps2: float, sigma_mps: float, seconds: float) -> Flightpath:
    """States of a track that gains so much speed, each known to ``sigma_mps`` and held to fall freely."""
    path, state = Flightpath(), at(flight(1200.0, 3500.0, 95.0)[0], 60.0)
    spread = np.diag([150.0**2] * 3 + [sigma_mps**2] * 3)
    moved: Float = np.array(state)
    for k in range(int(seconds)):
        path.extend(Sample(START_NS + k * 10**9, moved.copy(), spread, 1.0))
        vary_in_flight(moved, NO_DRAG, 1.0, np.empty((6, 7)))
        ahead = moved[3:] / np.linalg.norm(moved[3:])
        moved[:3] += 0.5 * pushed_mps2 * ahead
        moved[3:] += pushed_mps2 * ahead
    return path


def test_a_track_that_gains_some_speed_is_no_free_flight_while_the_least_engine_may_drive_it() -> None:
    """A tracker that has wrongly dropped the engine lags behind it: its gain shows a part of the thrust."""
    assert not lagging(8.0, 14.0, 10.0).established
    assert lagging(0.0, 14.0, 10.0).established
    assert not lagging(0.0, 40.0, 6.0).established
