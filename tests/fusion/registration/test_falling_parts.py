"""What falls freely tells of its sensors, and what is newly known is taken out of what was fused before."""

from __future__ import annotations

import numpy as np

from fusion.contract import RADAR
from fusion.physics.motion import CONSTANT_VELOCITY, FREE_FLIGHT, falls_by
from fusion.registration.elimination import Layout
from fusion.registration.kinds import AZIMUTH, BIASES, RANGE
from fusion.registration.revision import revise
from fusion.registration.window import gather
from fusion.table.records import MODES, PART
from fusion.table.tracks import Table
from fusion_oracle import freefall
from registration_kit import START_NS, Site

MIDDLE_NS = START_NS - START_NS % 10_000_000_000 + 5_000_000_000
RADAR_SITE = Site("N", 37.0, 128.0, 100.0)


def part_of(motion: int) -> tuple[np.ndarray, np.ndarray]:
    """Where ten seconds of positions put a falling body at the window's middle, and where it was."""
    middle = np.array([-3.2e6, 4.1e6, 4.0e6, 1500.0, -900.0, 700.0])
    parts = np.zeros(1, PART)
    information = np.zeros(21)
    information[[0, 2, 5]] = 1e-4
    fall = np.empty(3)
    for t_s in (-4.0, -1.0, 2.0, 4.5):  # not the same before the middle as after
        state, _ = freefall.fall_with_transition(middle, t_s)
        falls_by(motion, state, fall)
        gather(
            parts[0], 0, MIDDLE_NS + int(t_s * 1e9), RADAR_SITE.place, state, fall,
            information, np.zeros(6), np.empty((2, 6)),
        )  # fmt: skip
    part = parts[0]
    summed = np.zeros((6, 6))
    summed[np.tril_indices(6)] = part["window_information"]
    step = np.linalg.solve(summed + np.tril(summed, -1).T, part["window_vector"])
    return part["window_state"] + step, middle


def test_a_falling_bodys_tracklets_make_one_part() -> None:
    found, middle = part_of(FREE_FLIGHT)
    assert np.linalg.norm((found - middle)[:3]) < 1.0
    assert np.linalg.norm((found - middle)[3:]) < 0.5
    straight, _ = part_of(CONSTANT_VELOCITY)
    assert np.linalg.norm((straight - middle)[:3]) > 20.0


def test_what_is_newly_known_is_taken_out_by_each_words_share() -> None:
    """A track of two nodes, one of which is found to be off: it moves by the share of that node's word."""
    table = Table()
    table.reserve(1, 2)
    table.open_segment()
    a = table.arrays
    state = np.concatenate([RADAR_SITE.place + np.array([3e5, 1e5, 2e5]), [900.0, -500.0, 300.0]])
    a.counters["rows"], a.numbers[0] = 1, 7
    track = a.tracks[0]
    track["number"], track["alive"], track["contributor_count"] = 7, 1, 2
    track["contributor"][:2] = 0, 1
    track["state"], track["mode_state"] = state, state
    rng = np.random.default_rng(2)
    covariances = []
    for slot in range(2):
        root = rng.standard_normal((6, 6)) * np.array([100.0] * 3 + [5.0] * 3)[:, None]
        covariances.append(root @ root.T)
        source = a.sources[slot]
        source["seen"], source["doubt"], source["window_sensor"] = 1, 1.0, slot
        source["window_place"], source["state"] = RADAR_SITE.place, state
        source["covariance"] = covariances[-1][np.tril_indices(6)]
    at = np.full((2, BIASES), -1)
    at[:, :4] = np.arange(8).reshape(2, 4)
    layout = Layout(np.full(2, RADAR), at, np.zeros(8, np.int64), np.ones(8), np.zeros(8, np.int64))
    before, used = np.zeros((2, BIASES)), np.zeros((2, BIASES))
    used[0, [RANGE, AZIMUTH]] = 50.0, 1e-3
    revise(a, layout, before, used)

    moved_m = RADAR_SITE.taken_for(state[None, :3], np.zeros(BIASES)) - RADAR_SITE.taken_for(
        state[None, :3], used[0]
    )
    shift = a.sources[0]["state"] - state
    assert np.linalg.norm(shift[:3] - moved_m[0]) < 0.01 * np.linalg.norm(moved_m)
    assert (a.sources[1]["state"] == state).all()
    information = [np.linalg.inv(p) for p in covariances]
    expected = np.linalg.solve(information[0] + information[1], information[0] @ shift)
    np.testing.assert_allclose(track["state"] - state, expected, rtol=1e-6, atol=1e-6)
    for m in range(MODES):
        np.testing.assert_allclose(track["mode_state"][m] - state, expected, rtol=1e-6, atol=1e-6)

    told = track["state"].copy()
    revise(a, layout, used, used)
    assert (track["state"] == told).all()
