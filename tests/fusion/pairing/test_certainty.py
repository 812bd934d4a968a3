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
    """What Kalman filters make of targets' (k, n, 6) positions as a radar that is off measures them."""
    rng = np.random.default_rng(seed)
    bias = np.zeros(BIASES)
    bias[[AZIMUTH, ELEVATION]] = OFF_RAD * rng.standard_normal(2)
    each = truth.reshape(-1, 6)
    seen = truth[..., :3] + (radar.shift(each[:, :3], each[:, 3:]) @ bias).reshape(truth[..., :3].shape)
    n = truth.shape[1]
    state, p = np.concatenate([seen[0], truth[0, :, 3:]], axis=1), np.diag([SIGMA_M**2] * 3 + [400.0] * 3)
    state[:, 3:] += 20.0 * rng.standard_normal((n, 3))
    for k in range(1, len(truth)):
        state, p = state @ F.T, F @ p @ F.T + NOISE
        z = seen[k] + SIGMA_M * rng.standard_normal((n, 3))
        before, p = np.linalg.inv(p), np.linalg.inv(np.linalg.inv(p) + H.T @ H / SIGMA_M**2)
        state = (state @ before + z @ H / SIGMA_M**2) @ p
        yield track_pb2.TrackBatch(
            node_id=radar.node_id, nation="USA", incarnation=1, sequence=k, local_number=range(1, n + 1),
            valid_time_ns=[START_NS + round(k * PERIOD_S * 1e9)] * n, state=state.ravel().tolist(),
            covariance=p[LOWER].tolist() * n, environment=[AIR] * n, status=[MAINTAINING] * n,
            process_noise=[Q] * n, tracklet_information=(H.T @ H / SIGMA_M**2)[LOWER].tolist() * n,
            tracklet_vector=((z - state[:, :3]) @ H / SIGMA_M**2).ravel().tolist(), tracklet_told=[True] * n,
            sensor_kind=[RADAR], sensor_position=radar.place.tolist(), sensor_platform=[0],
            bias_sensor=[1, 1] if declared else [], bias_sigma=[OFF_RAD] * 2 if declared else [],
            bias_kind=[track_pb2.BiasKind.ValueType(kind + 1) for kind, _ in MAY] if declared else [],
            tracklet_sensor=[1] * n,
        )  # fmt: skip


def errors(
    radars: list[Site], declared: bool, seed: int, minutes: int, targets: int = 1
) -> tuple[list[float], list[bool]]:
    """d²/6 of the shared track of a target over a pass, and whether radars are corrected, each minute.

    Others fly the same way, 30 km apart.
    """
    start = Site("T", 36.0, 127.0, 1e4).place
    course = np.array([-120.0, -90.0, 130.0])
    t = PERIOD_S * np.arange(15.0 * minutes + 1.0)
    truth = np.concatenate([start + t[:, None] * course, np.tile(course, (len(t), 1))], axis=1)[:, None]
    aside = 30e3 * np.cross(start, course) / np.linalg.norm(np.cross(start, course))
    truth = truth + np.arange(targets)[:, None] * np.append(aside, np.zeros(3))
    streams = [list(reports(one, truth, declared, 100 * seed + k)) for k, one in enumerate(radars)]
    picture, found, corrected = Picture(), [], []
    for k, batches in enumerate(zip(*streams, strict=True), 1):
        for batch in batches:
            picture.fold(batch)
        if k % 15 == 0:
            tracks = picture.tracks()
            near = np.argmin(np.linalg.norm(tracks.state[:, :3] - truth[k, 0, :3], axis=1))
            off = tracks.state[near] - truth[k, 0]
            found.append(float(off @ np.linalg.solve(tracks.covariance[near], off)) / 6.0)
            corrected.append(bool(picture.registration.used.any()))
    return found, corrected


RADARS = [replace(Site(f"N{k}", 0, 0, 100.0), lat_deg=lat, lon_deg=lon)
          for k, (lat, lon) in enumerate([(35.5, 126.5), (36.8, 128.6)])]  # fmt: skip


@pytest.mark.parametrize("radars", [RADARS[:1], RADARS], ids=["one radar", "two"])
def test_a_track_is_as_far_off_as_it_says(radars: list[Site]) -> None:
    """NEES over 30 draws of the biases, ten minutes: 1 within what is drawn, where they are declared alone.

    One target is too little to take anything out by.
    """
    passes = [errors(radars, True, seed, 10) for seed in range(30)]
    each_minute = np.mean([found for found, _ in passes], axis=0)
    assert (each_minute > 0.3).all()
    assert (each_minute < 1.2).all()
    assert not any(any(corrected) for _, corrected in passes)
    undeclared = np.mean([errors(radars, False, seed, 10)[0] for seed in range(10)])
    assert undeclared > 2.0 * each_minute.mean()


@pytest.mark.parametrize("targets", [2, 5])
def test_what_is_taken_out_is_as_well_known_as_the_track_says(targets: int) -> None:
    """NEES over 15 draws, each minute: before radars are corrected and after."""
    passes = [errors(RADARS, True, seed, 6, targets) for seed in range(15)]
    each_minute = np.mean([found for found, _ in passes], axis=0)
    assert all(corrected[-1] for _, corrected in passes)
    assert (each_minute > 0.3).all()
    assert (each_minute < 1.4).all()
