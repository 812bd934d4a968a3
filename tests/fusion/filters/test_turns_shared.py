"""A shared track of a ship that turns: its covariance tells so, though no node knew of the turn before."""

from __future__ import annotations

import numpy as np

from fusion import Picture
from fusion.contract import SURFACE
from fusion_oracle import reports as r
from fusion_oracle.nodes import Filter, noise, transition


def course(speed_mps: float, turn_mps2: float, straight_s: int, turning_s: int) -> np.ndarray:
    """(k, 6) straight on, then a turn at one rate, a state a second."""
    state, states = np.array([*r.PLACE_M, speed_mps, 0.0, 0.0]), []
    for t in range(straight_s + turning_s):
        states.append(state.copy())
        rate = turn_mps2 / speed_mps if t >= straight_s else 0.0
        c, s = np.cos(rate), np.sin(rate)
        velocity = np.array([c * state[3] - s * state[4], s * state[3] + c * state[4], 0.0])
        state = np.concatenate([state[:3] + 0.5 * (state[3:] + velocity), velocity])
    return np.array(states)


def test_a_ships_turn_is_covered() -> None:
    """Three nodes with filters for straight motion, a report each 4 s, tell the tracklets of their
    detections. The normalised error while the target turns, over 20 runs."""
    speed_mps, turn_mps2, q, sigma_m = 10.0, 0.3, 0.01, 30.0
    straight_s, turning_s = 120, 40
    truth = course(speed_mps, turn_mps2, straight_s, turning_s)
    errors = []
    for run in range(20):
        rng, picture = np.random.default_rng(run), Picture()
        nodes: list[Filter] = []
        for t in range(0, len(truth), 4):
            for k in range(3):
                z = truth[t, :3] + rng.normal(0.0, sigma_m, 3)
                if t == 0:
                    nodes.append(Filter(truth[0], np.diag([sigma_m**2] * 3 + [100.0] * 3), q))
                else:
                    f = transition(4.0)
                    nodes[k].x, nodes[k].p = f @ nodes[k].x, f @ nodes[k].p @ f.T + noise(q, 4.0)
                    nodes[k].measure(z, sigma_m)
                information = np.diag([sigma_m**-2] * 3 + [0.0] * 3)
                vector = np.concatenate([(z - nodes[k].x[:3]) / sigma_m**2, np.zeros(3)])
                picture.fold(
                    r.report(
                        f"N{k}", t + 1, t, nodes[k].x, nodes[k].p, q=q, environment=SURFACE,
                        tracklet_information=r.packed(information[None]).ravel().tolist(),
                        tracklet_vector=vector.tolist(),
                    )
                )  # fmt: skip
            if t > straight_s:
                tracks = picture.tracks()
                assert len(tracks) == 1
                error = tracks.state[0] - truth[t]
                errors.append(float(error @ np.linalg.solve(tracks.covariance[0], error)) / 6.0)
    assert np.mean(errors) < 4.0
