"""Compile the scoring kernels once."""

from __future__ import annotations

import numpy as np

from fusion.contract import AIR, RADAR, SPACE
from fusion.physics.extrapolate import carry
from fusion.score.centralised import Detections
from fusion.score.figures import Exercise, National
from fusion.score.tables import Shown, Truth


def warm_score() -> None:
    """Score the smallest exercise: one aircraft and one missile, three instants, one radar, one nation."""
    k, m = 3, 2
    time_ns = np.arange(k, dtype=np.int64) * 1_000_000_000
    state = np.zeros((k, m, 6))
    state[:, :, :3] = [[-3.1e6, 4.2e6, 3.6e6], [-3.2e6, 4.3e6, 4.6e6]]
    environment = np.tile(np.array([AIR, SPACE]), (k, 1))
    truth = Truth(
        time_ns, ("A", "M"), state, environment, np.zeros((k, m), np.int64), np.ones((k, m), np.bool_)
    )
    rows = k * m
    shown = Shown(
        instant=np.repeat(np.arange(k), m),
        number=np.tile(np.arange(m), k),
        state=state.reshape(rows, 6).copy(),
        covariance=np.tile(np.eye(6), (rows, 1, 1)),
        environment=environment.reshape(rows).copy(),
        identity=np.zeros(rows, np.int64),
    )
    detections = Detections(
        time_ns=time_ns,
        kind=np.full(k, RADAR),
        position_m=np.tile(np.array([-3.0e6, 4.2e6, 3.7e6]), (k, 1)),
        axes=np.tile(np.eye(3), (k, 1, 1)),
        sigma=np.tile(np.array([30.0, 1e-3, 1e-3]), (k, 1)),
        scan=np.repeat(np.arange(k), m),
        object=np.tile(np.arange(m), k),
        measurement=np.tile(np.array([1.7e5, 0.1, 0.1]), (rows, 1)),
    )
    carry(shown.environment, shown.state, shown.covariance, np.ones(rows), np.ones(rows))
    nation = National(shown, np.ones(k, np.bool_), [shown])
    Exercise(truth, {"USA": nation}, detections).figures()
