"""Tracks of radars that may be off are as far from the truth as they say, as the target passes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from fusion import Picture
from fusion.contract import AIR, MAINTAINING, RADAR
from fusion.registration.kinds import AZIMUTH, BIASES, ELEVATION
from registration_kit import START_NS, Site
from triwatch.v1 import track_pb2

LOWER = np.tril_indices(6)
PERIOD_S, Q, SIGMA_M, OFF_RAD = 4.0, 0.01, 60.0, 2e-3
MAY = ((AZIMUTH, OFF_RAD), (ELEVATION, OFF_RAD))
F = np.eye(6) + PERIOD_S * np.eye(6, k=3)
NOISE = Q * np.kron([[PERIOD_S**3 / 3, PERIOD_S**2 / 2], [PERIOD_S**2 / 2, PERIOD_S]], np.eye(3))
H = np.eye(3, 6)


def reports(radar: Site, truth: np.ndarray, declared: bool, seed: int) -> Iterator[track_pb2.TrackBatch]:
    """What a Kalman filter makes of a target's (n, 6) positions as a radar that is off measures them."""
    rng = np.random.default_rng(seed)
    bias = np.zeros(BIASES)
    bias[[AZIMUTH, ELEVATION]] = OFF_RAD * rng.standard_normal(2)
    seen = truth[:, :3] + radar.shift(truth[:, :3], truth[:, 3:])[:, :3] @ bias
    state, p = np.concatenate([seen[0], truth[0, 3:]]), np.diag([SIGMA_M**2] * 3 + [400.0] * 3)
    state[3:] += 20.0 * rng.standard_normal(3)
    for k in range(1, len(truth)):
        state, p = F @ state, F @ p @ F.T + NOISE
        z = seen[k] + SIGMA_M * rng.standard_normal(3)
        before, p = np.linalg.inv(p), np.linalg.inv(np.linalg.inv(p) + H.T @ H / SIGMA_M**2)
        state = p @ (before @ state + H.T @ z / SIGMA_M**2)
        yield track_pb2.TrackBatch(
            node_id=radar.node_id, nation="USA", incarnation=1, sequence=k, local_number=[1],
            valid_time_ns=[START_NS + round(k * PERIOD_S * 1e9)], state=state.tolist(),
            covariance=p[LOWER].tolist(), environment=[AIR], status=[MAINTAINING], process_noise=[Q],
            tracklet_information=(H.T @ H / SIGMA_M**2)[LOWER].tolist(),
            tracklet_vector=(H.T @ (z - H @ state) / SIGMA_M**2).tolist(), tracklet_told=[True],
            sensor_kind=[RADAR], sensor_position=radar.place.tolist(), sensor_platform=[0],
            bias_sensor=[1, 1] if declared else [], bias_sigma=[OFF_RAD] * 2 if declared else [],
            bias_kind=[track_pb2.BiasKind.ValueType(kind + 1) for kind, _ in MAY] if declared else [],
            tracklet_sensor=[1],
        )  # fmt: skip


def errors(radars: list[Site], declared: bool, seed: int, minutes: int) -> list[float]:
    """d²/6 of the shared track over a pass, each minute."""
    start = Site("T", 36.0, 127.0, 1e4).place
    course = np.array([-120.0, -90.0, 130.0])
    t = PERIOD_S * np.arange(15.0 * minutes + 1.0)
    truth = np.column_stack([start + t[:, None] * course, np.tile(course, (len(t), 1))])
    streams = [list(reports(one, truth, declared, 100 * seed + k)) for k, one in enumerate(radars)]
    picture, found = Picture(), []
    for k, batches in enumerate(zip(*streams, strict=True), 1):
        for batch in batches:
            picture.fold(batch)
        if k % 15 == 0:
            tracks = picture.tracks()
            near = np.argmin(np.linalg.norm(tracks.state[:, :3] - truth[k, :3], axis=1))
            off = tracks.state[near] - truth[k]
            found.append(float(off @ np.linalg.solve(tracks.covariance[near], off)) / 6.0)
    return found


RADARS = [replace(Site(f"N{k}", 0, 0, 100.0), lat_deg=lat, lon_deg=lon)
          for k, (lat, lon) in enumerate([(35.5, 126.5), (36.8, 128.6)])]  # fmt: skip


@pytest.mark.parametrize(("radars", "minutes"), [(RADARS[:1], 10), (RADARS, 3)], ids=["one radar", "two"])
def test_a_track_is_as_far_off_as_it_says(radars: list[Site], minutes: int) -> None:
    """NEES over 30 draws of the biases: 1 within what is drawn, where they are declared alone.

    Of two, until what they are off by begins to be known.
    """
    declared = np.mean([errors(radars, True, seed, minutes) for seed in range(30)])
    assert 0.4 < declared < 1.4
    assert np.mean([errors(radars, False, seed, minutes) for seed in range(10)]) > 2.0 * declared
