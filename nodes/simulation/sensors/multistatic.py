"""Multistatic sonar: an echo's whole way, its bearing, and by how fast the way grows.

A ping goes out from its source, and what it hits it hits later; the receiver hears the echo later still. An
echo is as strong as the target's own strength allows, less 20 lg of the way there and of the way back: what
counts is the root of the product of the two, and of its decibels half. Source: Urick 1983, ch. 2 (the active
sonar equation) and 5.2; Daun and Ehlers 2010, *Tracking algorithms for multistatic sonar systems*.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fusion.constants import MODELLED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.scan import Ping
from nodes.sensing.sector import width_deg, within
from nodes.simulation.sensors.sonar import declared_share, own_noise_db
from nodes.simulation.sensors.view import View
from nodes.simulation.spec import MultistaticSpec
from nodes.simulation.truth import Snapshot
from triwatch.v1.track_pb2 import ENVIRONMENT_SUBSURFACE, ENVIRONMENT_SURFACE

FALSE_RATE_MPS: Final[
    Annotated[
        float, Chosen("m/s", "so fast at most an echo's way seems to grow where there is none", MODELLED)
    ]
] = 15.0


def as_hit(snapshot: Snapshot, ping: Ping, ago_s: float) -> Snapshot:
    """Where everything was when the ping of ``ago_s`` ago reached it."""
    state = snapshot.state.copy()
    for _ in range(3):  # what moves far slower than sound is found in two
        out_s = np.linalg.norm(state[:, :3] - ping.position_m, axis=1) / ping.sound_mps
        state[:, :3] = snapshot.state[:, :3] - (ago_s - out_s)[:, None] * snapshot.state[:, 3:]
    return replace(snapshot, state=state)


def visible(spec: MultistaticSpec, view: View, ping: Ping) -> NDArray[np.bool_]:
    """(n,) which objects' echoes could be heard: behind the ping itself, and while the sensor listens."""
    way_m = _out_m(view, ping) + view.range_m
    direct_m = float(np.linalg.norm(ping.position_m - view.position_m))
    return (
        np.isin(view.snapshot.environment, (ENVIRONMENT_SURFACE, ENVIRONMENT_SUBSURFACE))
        & (way_m <= 2e3 * spec.range_km)
        & (way_m - direct_m >= 2e3 * spec.min_range_km)
        & within(view.azimuth_rad, spec.azimuth_limits_deg)
    )


def quantities(spec: MultistaticSpec, view: View, ping: Ping) -> Float:
    """(n, k) way m, bearing rad and, where it is measured, by how many m/s the way grows."""
    out_m = _out_m(view, ping)
    columns = [out_m + view.range_m, view.azimuth_rad]
    if spec.sigma_rate_mps is not None:
        state = view.snapshot.state
        toward = (state[:, :3] - ping.position_m) / np.maximum(out_m, 1.0)[:, None]
        toward = toward + (state[:, :3] - view.position_m) / np.maximum(view.range_m, 1.0)[:, None]
        columns.append(np.einsum("ni,ni->n", toward, state[:, 3:]))
    return np.stack(columns, axis=1)


def probability(spec: MultistaticSpec, view: View, ping: Ping, own_kn: float) -> Float:
    """(n,) of hearing each object's echo."""
    mean_m = np.sqrt(np.maximum(_out_m(view, ping), 1.0) * view.range_m)
    echo_db = 0.0 if view.snapshot.echo_db is None else view.snapshot.echo_db
    heard_m: Float = mean_m * 10.0 ** ((own_noise_db(spec, own_kn) - echo_db) / 40.0)
    return spec.pd * declared_share(spec.range_curve, heard_m)


def bias(spec: MultistaticSpec) -> Float:
    """(2,) constant errors that nobody but the scenario knows, m and mrad."""
    return np.array([spec.bias_range_m, spec.bias_azimuth_mrad])


def false_alarms(spec: MultistaticSpec, view: View, ping: Ping, count: int, rng: Generator) -> Float:
    """(count, k) uniform over the ways, bearings and rates that it listens for."""
    start = 0.0 if spec.azimuth_limits_deg is None else spec.azimuth_limits_deg[0]
    shortest_m = float(np.linalg.norm(ping.position_m - view.position_m)) + 2e3 * spec.min_range_km
    u = rng.random((count, 2 if spec.sigma_rate_mps is None else 3))
    u[:, 0] = shortest_m + u[:, 0] * max(2e3 * spec.range_km - shortest_m, 0.0)
    u[:, 1] = np.radians(start + u[:, 1] * width_deg(spec.azimuth_limits_deg)) % (2.0 * np.pi)
    u[:, 2:] = FALSE_RATE_MPS * (2.0 * u[:, 2:] - 1.0)
    return u


def _out_m(view: View, ping: Ping) -> Float:
    """(n,) from the source to each object."""
    return np.asarray(np.linalg.norm(view.snapshot.state[:, :3] - ping.position_m, axis=1))
