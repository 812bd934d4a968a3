"""What a national tracker makes of echoes, of a towed array's two sides, and of a field's silence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pymap3d
import pytest

from fusion.physics.geodesy import enu_axes
from nodes.sensing.measurement import SONAR, Look
from nodes.sensing.scan import Scan
from nodes.sensing.sensors import Sonar
from nodes.simulation.sensors import SimulatedSensor
from nodes.simulation.spec import MultistaticSpec, Node, PingSource, Scenario, SensorSpec, SonarSpec
from nodes.simulation.truth import Snapshot
from nodes.tracking.coverage import log_missed, patience
from nodes.tracking.environment import SUBSURFACE
from nodes.tracking.filters.range_parameterised import RangeParameterisedFilter
from nodes.tracking.position_fix import Sighting
from nodes.tracking.track import Track
from nodes.tracking.track_ending import status_of
from nodes.tracking.track_initiation import along_bearing
from nodes.tracking.tracker import NationalTracker
from triwatch.v1.track_pb2 import (
    ENVIRONMENT_SUBSURFACE,
    TRACK_STATUS_DROPPING,
    TRACK_STATUS_TERMINATED,
)

START_NS = 1_719_446_400 * 10**9
LAT, LON = 36.0, 131.0
AXES = enu_axes(LAT, LON)


def boat(east_m: float, north_m: float, east_mps: float, north_mps: float) -> Any:
    """A submarine in uniform motion: where it is at a time."""
    at = np.array(pymap3d.enu2ecef(east_m, north_m, -120.0, LAT, LON, 0.0))
    velocity = np.array([east_mps, north_mps, 0.0]) @ AXES
    return lambda t_s: np.concatenate([at + t_s * velocity, velocity])


def watched(
    specs: tuple[SensorSpec, ...], where: Any, until_s: float, seed: int, *sources: PingSource
) -> Iterator[tuple[Scan, float]]:
    """The scans of a node's sensors of one submarine, in the order of time, and their times."""
    scenario = Scenario(
        name="test",
        start_ns=START_NS,
        duration_s=1e5,
        seed=seed,
        description="",
        nodes=(Node(id="N1", nation="USA", sensors=specs),),
        objects=(),
        file="test.toml",
        sources=sources,
    )
    sensors = [SimulatedSensor(spec, i, "N1", scenario) for i, spec in enumerate(specs)]
    agenda = sorted((t, i) for i, one in enumerate(sensors) for t in one.times_s(0.0, until_s))
    for t_s, i in agenda:
        snapshot = Snapshot(
            time_s=t_s,
            object_id=("SUB",),
            state=where(t_s)[None],
            environment=np.array([ENVIRONMENT_SUBSURFACE]),
            identity=np.zeros(1, np.int64),
            boosting=np.zeros(1, np.bool_),
            call_sign=("",),
        )
        yield sensors[i].scan(t_s, snapshot).scan, t_s


def apart(state: np.ndarray, truth: np.ndarray, covariance: np.ndarray) -> tuple[float, float]:
    """Horizontal error m and its normalised square by dimension."""
    off = AXES[:2] @ (state[:3] - truth[:3])
    spread = AXES[:2] @ covariance[:3, :3] @ AXES[:2].T
    return float(np.hypot(*off)), 0.5 * float(off @ np.linalg.solve(spread, off))


TOWED = SonarSpec(
    lat_deg=LAT,
    lon_deg=LON,
    range_km=30.0,
    period_s=20.0,
    pd=0.95,
    sigma_azimuth_mrad=10.0,
    array="towed",
    phase_s=0.0,
    track=(
        (0.0, LAT, LON),
        (600.0, LAT + 0.0270, LON),  # north at 5 m/s
        (1_800.0, LAT + 0.0490, LON + 0.0600),  # then north-east
    ),
)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_towed_array_knows_its_side_once_the_ship_has_turned(side: float) -> None:
    where = boat(side * 9_000.0, 4_000.0, -side * 1.0, 1.5)
    tracker = NationalTracker("T", "ekf", [TOWED.declared])
    shares = {}
    for scan, t_s in watched((TOWED,), where, 1_800.0, 3):
        tracker.process(scan)
        if round(t_s) in (580, 1_780):
            (track,) = [t for t in tracker.tracks if t.confirmed]
            shares[round(t_s)] = on_side(track.filter, scan, where(t_s))
            told = tracker.report(scan.time_ns)
            assert told.environment.tolist() == [SUBSURFACE]
            _, nees = apart(told.state[0], where(t_s), told.covariance[0])
            assert nees < 5.0, "the truth is within what is told"
    assert shares[580] == pytest.approx(0.5, abs=0.1), "nothing tells port from starboard"
    assert shares[1_780] > 0.98


def on_side(filter: Any, scan: Scan, truth: np.ndarray) -> float:
    """How likely the filter holds the target on the side of the array's axis on which it is."""
    assert isinstance(filter, RangeParameterisedFilter)
    assert scan.axis_rad is not None
    right = np.array([np.cos(scan.axis_rad), -np.sin(scan.axis_rad), 0.0]) @ scan.axes
    its, share = np.sign(right @ (truth[:3] - scan.position_m)), 0.0
    for leg in filter.legs:
        sides = np.sign((leg.states[:, :3] - scan.position_m) @ right)
        share += float(np.exp(leg.log_weight) * np.exp(leg.log_weights)[sides == its].sum())
    return share


SOURCES = (
    PingSource(id="W", lat_deg=LAT, lon_deg=LON - 0.06, period_s=60.0),
    PingSource(id="E", lat_deg=LAT + 0.05, lon_deg=LON + 0.06, period_s=60.0, phase_s=30.0),
)


def ears(lat_deg: float, lon_deg: float, source: str, doppler: bool) -> MultistaticSpec:
    pitch: dict[str, Any] = {"frequency_hz": 3_000.0, "sigma_doppler_hz": 1.0} if doppler else {}
    return MultistaticSpec(
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        range_km=15.0,
        period_s=60.0,
        pd=0.7,
        sigma_range_m=100.0,
        sigma_azimuth_mrad=60.0,
        source=source,
        false_alarms_per_scan=0.05,
        **pitch,
    )


def held_by_echoes(seed: int, doppler: bool, until_s: float) -> tuple[float, float, float, float]:
    """Error m, NEES by dimension, error of the velocity m/s and number of tracks, at a time."""
    specs = tuple(
        ears(LAT + a, LON + b, s, doppler) for a in (-0.03, 0.04) for b in (-0.04, 0.05) for s in ("W", "E")
    )
    where = boat(1_500.0, -2_000.0, -2.0, 2.5)
    tracker = NationalTracker("T", "ekf", [spec.declared for spec in specs])
    for scan, _ in watched(specs, where, until_s, seed, *SOURCES):
        tracker.process(scan)
    told = tracker.report(START_NS + round(until_s * 1e9))
    truth = where(until_s)
    best = int(np.argmin(np.linalg.norm(told.state[:, :3] - truth[:3], axis=1)))
    off, nees = apart(told.state[best], truth, told.covariance[best])
    speed = float(np.linalg.norm(AXES[:2] @ (told.state[best, 3:] - truth[3:])))
    return off, nees, speed, len(told)


def test_echoes_hold_a_submarine() -> None:
    """Four receivers of two sources, ten minutes: some fifty echoes, each an ellipse of 100 m by some 300."""
    off, nees, _, tracks = np.array([held_by_echoes(seed, True, 600.0) for seed in range(10, 22)]).T
    assert np.sqrt(np.mean(off**2)) < 120.0
    assert 0.3 < nees.mean() < 1.8
    assert tracks.mean() < 1.3


def test_doppler_tells_the_speed_before_the_ways_do() -> None:
    plain, pitched = ([held_by_echoes(s, d, 180.0)[2] for s in range(10, 22)] for d in (False, True))
    assert np.sqrt(np.mean(np.square(pitched))) < 0.7 * np.sqrt(np.mean(np.square(plain)))


def test_silence_of_buoys_that_never_heard_it_ends_no_track() -> None:
    """Sixteen buoys, all of them within the declared curve of the contact; only the three nearest hear it."""
    curve = ((0.0, 1.0), (20.0, 1.0))
    specs = tuple(
        SonarSpec(
            lat_deg=LAT + a,
            lon_deg=LON + b,
            range_km=20.0,
            min_range_km=0.1,
            period_s=20.0,
            pd=0.9,
            sigma_azimuth_mrad=40.0,
            range_curve=curve,
            stations=((0.0, 1e4, LAT + a, LON + b),),
        )
        for a in (-0.03, 0.0, 0.03, 0.06)
        for b in (-0.04, 0.0, 0.04, 0.08)
    )
    where = boat(500.0, 500.0, 1.0, 1.0)
    tracker, held = NationalTracker("T", "ekf", [spec.declared for spec in specs]), []
    for scan, t_s in watched(specs, where, 900.0, 5):
        near = np.linalg.norm(scan.position_m - where(t_s)[:3]) < 3_600.0
        told = tracker.report(scan.time_ns - 1)
        tracker.process(scan if near else Scan(**_parts(scan) | {"measurement": scan.measurement[:0]}))
        if t_s > 300.0:
            held.append(1 in told.number[told.status != TRACK_STATUS_TERMINATED])
    assert all(held)
    assert len(told) == 1, "what several buoys hear is one target"


def _parts(scan: Scan) -> dict[str, Any]:
    return {name: getattr(scan, name) for name in Scan.__slots__}


@pytest.mark.parametrize(("curve", "misses"), [((), 2), (((0.0, 1.0), (20.0, 0.0)), 10)])
def test_what_is_faint_does_not_coast_for_two_misses(
    curve: tuple[tuple[float, float], ...], misses: int
) -> None:
    """How loud a contact is nobody knows: with a range curve a look in three or four may show it."""
    ears = Sonar(
        lat_deg=LAT,
        lon_deg=LON,
        range_km=20.0,
        period_s=10.0,
        pd=0.95,
        sigma_azimuth_mrad=8.0,
        range_curve=curve,
    )
    sight = Sighting(
        Look(SONAR, np.array(pymap3d.geodetic2ecef(LAT, LON, 0.0)), AXES, np.eye(1) * 1e-4), np.ones(1)
    )
    filter = along_bearing("ukf", sight, ears, np.eye(3))
    track = Track(filter, START_NS, SUBSURFACE, START_NS, START_NS, number=1, sensors={0})
    said = []
    for _ in range(12):
        track.miss(patience(ears), log_missed(ears))
        said.append(status_of(track, [ears], START_NS + 10**9, ended=False))
    assert said.index(TRACK_STATUS_DROPPING) + 1 == misses
    silent = [status_of(replace(track, misses=0), [ears], START_NS + k * 10**10, False) for k in range(1, 12)]
    assert silent.index(TRACK_STATUS_DROPPING) + 1 == max(4, misses)
