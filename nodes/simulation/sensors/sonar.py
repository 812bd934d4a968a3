"""Sonar: the bearing of what is in the water, on or below the surface."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fusion.physics.geodesy import Float
from nodes.sensing.sector import width_deg, within
from nodes.simulation.sensors.view import View
from nodes.simulation.spec import SonarSpec
from nodes.simulation.truth import Snapshot
from triwatch.v1.track_pb2 import ENVIRONMENT_SUBSURFACE, ENVIRONMENT_SURFACE


def visible(spec: SonarSpec, view: View) -> NDArray[np.bool_]:
    """(n,) which objects the sonar could hear."""
    return (
        np.isin(view.snapshot.environment, (ENVIRONMENT_SURFACE, ENVIRONMENT_SUBSURFACE))
        & (view.range_m <= spec.range_km * 1e3)
        & (view.range_m >= spec.min_range_km * 1e3)
        & within(view.azimuth_rad, spec.azimuth_limits_deg)
    )


def as_heard(spec: SonarSpec, snapshot: Snapshot, position_m: Float) -> Snapshot:
    """Where everything was when the sound that arrives now left it."""
    state = snapshot.state.copy()
    for _ in range(3):  # what moves far slower than sound is found in two
        delay_s = np.linalg.norm(state[:, :3] - position_m, axis=1) / spec.sound_mps
        state[:, :3] = snapshot.state[:, :3] - delay_s[:, None] * snapshot.state[:, 3:]
    return replace(snapshot, state=state)


def quantities(view: View) -> Float:
    """(n, 1) bearing rad."""
    return view.azimuth_rad[:, None]


def bias(spec: SonarSpec) -> Float:
    """(1,) constant error that nobody but the scenario knows, mrad."""
    return np.array([spec.bias_azimuth_mrad])


def false_alarms(spec: SonarSpec, _view: View, count: int, rng: Generator) -> Float:
    """(count, 1) uniform over the bearings it listens to."""
    start = 0.0 if spec.azimuth_limits_deg is None else spec.azimuth_limits_deg[0]
    bearing = np.radians(start + rng.random((count, 1)) * width_deg(spec.azimuth_limits_deg))
    wrapped: Float = bearing % (2.0 * np.pi)
    return wrapped
