"""Compile the fold's kernels once; ``python -m nodes.cli.warm`` runs this and the others."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np

from fusion.contract import RADAR
from fusion.physics.ground import axes_at
from fusion.picture import Picture
from fusion.registration.elimination import NO_PARTS
from fusion.registration.estimate import SensorName, next_window, nothing_known, with_sensor
from triwatch.v1 import track_pb2

_EPOCH_NS = 1_700_000_000_000_000_000


def _batch(
    node_id: str, sequence: int, shift_m: float, status: track_pb2.TrackStatus
) -> track_pb2.TrackBatch:
    """Two aircraft and one missile as one node sees them, ``shift_m`` aside of where they are."""
    state = np.zeros((3, 6))
    state[:, :3] = [[-3.1e6, 4.2e6, 3.6e6], [-3.1e6, 4.2e6, 3.7e6], [-3.2e6, 4.3e6, 4.6e6]]
    state[:, 3:] = [[200.0, 0.0, 0.0], [0.0, 200.0, 0.0], [0.0, 500.0, 2500.0]]
    state[:, :3] += state[:, 3:] * sequence + shift_m
    covariance = np.zeros((3, 21))
    covariance[:, [0, 2, 5]], covariance[:, [9, 14, 20]] = 900.0 / sequence, 25.0 / sequence
    return track_pb2.TrackBatch(
        node_id=node_id,
        nation="USA",
        incarnation=1,
        sequence=sequence,
        local_number=[1, 2, 3],
        valid_time_ns=[_EPOCH_NS + sequence * 1_000_000_000] * 3,
        state=state.ravel().tolist(),
        covariance=covariance.ravel().tolist(),
        environment=[track_pb2.ENVIRONMENT_AIR, track_pb2.ENVIRONMENT_AIR, track_pb2.ENVIRONMENT_SPACE],
        status=[status] * 3,
        process_noise=[1.0, 0.0, 1.0],
        tracklet_information=(1e-6 * covariance).ravel().tolist(),
        tracklet_vector=[0.0] * 18,
        sensor_kind=[track_pb2.SENSOR_KIND_RADAR],
        sensor_position=[-3.1e6, 4.3e6, 3.6e6],
        tracklet_sensor=[1, 1, 1],
    )


@cache
def warm_fold() -> None:
    """Run every step of the fold: births, pairings, misfits, twins, drops and a rollback; once a process."""
    picture = Picture()
    for sequence in range(1, 8):
        picture.fold(_batch("A", sequence, 0.0, track_pb2.TRACK_STATUS_MAINTAINING))
        picture.fold(_batch("B", sequence, 5.0, track_pb2.TRACK_STATUS_MAINTAINING))
        picture.fold(_batch("C", sequence, 20_000.0 - 3_000.0 * sequence, track_pb2.TRACK_STATUS_MAINTAINING))
        picture.delta()
    picture.fold(_batch("A", 60, 0.0, track_pb2.TRACK_STATUS_TERMINATED))
    picture.snapshot()
    _warm_broken_sensor()
    _warm_lines()


def _lines(node_id: str, sequence: int, platform: int) -> track_pb2.TrackBatch:
    """Two contacts as one of two platforms 30 km apart hears them, a minute after the other."""
    time_ns = _EPOCH_NS + (sequence * 60 + platform) * 1_000_000_000
    place_m = np.array([-3.1e6, 4.2e6, 3.6e6])
    east = axes_at(place_m)[0]
    report = track_pb2.TrackBatch(node_id=node_id, nation="USA", incarnation=1, sequence=sequence)
    for contact, (east_m, north_m) in enumerate(((10e3 + 120.0 * sequence, 15e3), (-60e3, -40e3)), 1):
        east_m -= 30e3 * platform
        report.line_contact.append(contact)
        report.line_time_ns.append(time_ns)
        report.line_position.extend((place_m + 30e3 * platform * east).tolist())
        report.line_bearing.append(math.atan2(east_m, north_m))
        report.line_sigma.append(0.02)
        report.line_environment.append(track_pb2.ENVIRONMENT_SUBSURFACE)
        report.line_sound_speed.append(1_500.0)
        report.line_reach.append(60e3)
    return report


def _warm_lines() -> None:
    """Contacts that are heard while a ship is seen, believed to be one, shown, and gone again."""
    picture = Picture()
    for sequence in range(1, 16):
        ship = _batch("C", 60 * sequence, 0.0, track_pb2.TRACK_STATUS_MAINTAINING)
        ship.environment[0] = track_pb2.ENVIRONMENT_SURFACE
        picture.fold(ship)
        for platform, node_id in enumerate(("A", "B")):
            picture.fold(_lines(node_id, sequence, platform))
        picture.delta()
    picture.fold(_batch("A", 3600, 0.0, track_pb2.TRACK_STATUS_MAINTAINING))
    picture.snapshot()


def _warm_broken_sensor() -> None:
    """A window after a sensor was found to be farther off than it may be, which few exercises see."""
    known = with_sensor(next_window(nothing_known(), NO_PARTS, 1), SensorName("A", 0, RADAR))
    next_window(replace(known, beyond=np.ones(1, np.bool_)), NO_PARTS, 2)
