"""One nation's tracker on simulated scans: tracks begin, last, change, split and end as they should."""

from __future__ import annotations

import numpy as np
import pytest

from national_kit import (
    RADAR,
    START_NS,
    Array,
    flight,
    hydrophone,
    nees,
    orbiting,
    place,
    scan,
    straight,
)
from nodes.sensing.replies import TransponderReply
from nodes.sensing.sensors import Radar
from nodes.tracking.columns import TrackColumns
from nodes.tracking.environment import AIR, SPACE, SUBSURFACE, SURFACE
from nodes.tracking.filters import FILTERPY_KINDS, KINDS
from nodes.tracking.filters.mixture import MixtureFilter
from nodes.tracking.filters.mixture_compiled import CompiledMixture
from nodes.tracking.tracker import NationalTracker
from triwatch.v1 import track_pb2

MAINTAINING = int(track_pb2.TRACK_STATUS_MAINTAINING)
DROPPING = int(track_pb2.TRACK_STATUS_DROPPING)
TERMINATED = int(track_pb2.TRACK_STATUS_TERMINATED)


PATROL = Radar(
    lat_deg=32.0,
    lon_deg=126.0,
    alt_m=3_000.0,
    range_km=200.0,
    period_s=5.0,
    pd=0.95,
    sigma_range_m=15.0,
    sigma_azimuth_mrad=1.0,
    sigma_elevation_mrad=1.0,
    min_elevation_deg=-60.0,
)


def ns(t_s: float) -> int:
    return START_NS + round(t_s * 1e9)


def watch(
    tracker: NationalTracker,
    paths: list,
    times: Array,
    seed: int = 1,
    detected: float = 0.95,
) -> list[TrackColumns]:
    """Scan the paths (functions of time giving a state or None) at ``times``; a report after each scan."""
    rng = np.random.default_rng(seed)
    reports = []
    for t in times:
        targets = [state for state in (path(t) for path in paths) if state is not None]
        tracker.process(scan(tracker.sensors[0], t, targets, rng, detected=detected))
        reports.append(tracker.report(ns(t)))
    return reports


def airliner(lat: float, lon: float, east: float, north: float):
    start = place(lat, lon, 10_000.0, east, north)
    return lambda t: straight(start, t)


@pytest.mark.parametrize("kind", KINDS)
def test_aircraft_are_confirmed_at_the_third_scan_and_kept(kind: str) -> None:
    tracker = NationalTracker("T", kind, [RADAR])
    paths = [airliner(37.5, 128.5, 220.0, 40.0), airliner(36.0, 126.5, -150.0, 150.0)]
    times = np.arange(0.0, 200.0, 4.0)
    reports = watch(tracker, paths, times, detected=0.9)
    assert [len(r) for r in reports[:2]] == [0, 0]
    assert [len(r) for r in reports[6:]] == [2] * (len(times) - 6)
    assert set(np.concatenate([r.number for r in reports]).tolist()) == {1, 2}
    final = reports[-1]
    assert set(final.environment.tolist()) == {AIR}
    for row, state in enumerate(final.state):
        truth = min((p(times[-1]) for p in paths), key=lambda s: float(np.linalg.norm(s - state)))
        assert np.linalg.norm(state[:3] - truth[:3]) < 1_000.0
        assert nees(state - truth, final.covariance[row]) < 5.0


@pytest.mark.parametrize("kind", KINDS)
def test_straight_traffic_is_reported_consistently(kind: str) -> None:
    """Twenty aircraft, 40 scans: the mean NEES of the reports stays near 1, or below as none turns."""
    rng = np.random.default_rng(3)
    paths = [
        airliner(36.7 + rng.uniform(-2, 2), 127.5 + rng.uniform(-3, 3), *rng.uniform(-200, 200, 2))
        for _ in range(20)
    ]
    tracker = NationalTracker("T", kind, [RADAR])
    times = np.arange(0.0, 160.0, 4.0)
    found = []
    for t, report in zip(times, watch(tracker, paths, times, seed=4), strict=True):
        truth = np.array([p(t) for p in paths])
        for state, p in zip(report.state, report.covariance, strict=True):
            nearest = truth[np.argmin(np.linalg.norm(truth[:, :3] - state[:3], axis=1))]
            found.append(nees(state - nearest, p))
    assert len(found) > 0.9 * 20 * 38
    assert 0.3 < np.mean(found) < 1.2


def test_a_lost_aircraft_coasts_and_is_terminated_once() -> None:
    tracker = NationalTracker("T", "ekf", [RADAR])
    path = airliner(37.5, 128.5, 220.0, 40.0)
    reports = watch(tracker, [lambda t: path(t) if t < 60.0 else None], np.arange(0.0, 120.0, 2.0))
    status = [int(r.status[0]) for r in reports if len(r)]
    assert status.count(TERMINATED) == 1
    assert status[-1] == TERMINATED
    assert DROPPING in status
    assert len(reports[-1]) == 0
    # the number is not used again
    later = watch(tracker, [path], np.arange(120.0, 140.0, 2.0), seed=5)
    assert later[-1].number.tolist() == [2]


def test_leaving_the_coverage_is_no_miss() -> None:
    """Beyond the radar's range the track coasts; a silent one inside would be gone in five scans."""
    near = Radar(
        lat_deg=36.7,
        lon_deg=127.5,
        alt_m=300.0,
        range_km=150.0,
        period_s=2.0,
        pd=0.95,
        sigma_range_m=30.0,
        sigma_azimuth_mrad=1.0,
        sigma_elevation_mrad=1.0,
    )
    tracker = NationalTracker("T", "ekf", [near])
    start = place(36.7, 128.9, 10_000.0, 250.0, 0.0)

    def path(t: float) -> Array | None:
        return straight(start, t) if t < 100.0 else None  # 150 km from the radar at 100 s

    reports = watch(tracker, [path], np.arange(0.0, 150.0, 2.0))
    assert reports[-1].status.tolist() == [DROPPING]
    assert tracker.tracks[0].misses <= 2


@pytest.mark.parametrize("sensor", [RADAR, orbiting(120.0, 0.05)], ids=["radar", "infrared"])
def test_false_alarms_alone_make_no_track(sensor: Radar) -> None:
    """Five false alarms a scan, uniform over the field, for 200 scans."""
    rng = np.random.default_rng(6)
    spec = type(sensor)(
        **{**{f: getattr(sensor, f) for f in sensor.__struct_fields__}, "false_alarms_per_scan": 5.0}
    )
    tracker = NationalTracker("T", "ekf", [spec])
    for k in range(200):
        count = int(rng.poisson(5.0))
        if isinstance(spec, Radar):
            r = 1.5e6 * np.cbrt(rng.random(count))
            extra = np.stack([r, rng.random(count) * 2 * np.pi, np.arcsin(rng.random(count))], axis=1)
        else:
            low, high = -1.0, np.sin(-np.arccos(6371.0 / (6371.0 + 35786.0)))
            el = np.arcsin(low + (high - low) * rng.random(count))
            extra = np.stack([rng.random(count) * 2 * np.pi, el], axis=1)
        tracker.process(scan(spec, 2.0 * k, [], extra=extra))
        assert len(tracker.report(ns(2.0 * k))) == 0


def missile(burn_s: float = 60.0, until_s: float = 400.0):
    """Truth of a missile: 40 m/s2 for a minute, then free flight; a function of time."""
    start = place(39.2, 128.5, 12_000.0, 180.0, -60.0, 420.0)
    up = flight(start, np.arange(0.0, burn_s + 0.5, 1.0), thrust_mps2=40.0)
    down = flight(up[-1], np.arange(1.0, until_s - burn_s, 1.0))
    table = np.concatenate([up, down])

    def path(t: float) -> Array | None:
        low = round(t)
        if low >= len(table):
            return None
        return table[low] if np.linalg.norm(table[low, :3]) > 6_371_000.0 else None

    return path


@pytest.mark.parametrize("kind", KINDS)
def test_a_missile_is_one_space_track_from_boost_to_free_flight(kind: str) -> None:
    path = missile()
    tracker = NationalTracker("T", kind, [RADAR])
    times = np.arange(0.0, 240.0, 2.0)
    reports = watch(tracker, [path], times, seed=7)
    assert set(np.concatenate([r.number for r in reports]).tolist()) == {1}
    assert all(len(r) == 1 for r in reports[5:])
    assert all(r.environment[0] == SPACE for r in reports[8:])
    assert all(r.motion_model[0] == track_pb2.MOTION_MODEL_FREE_FLIGHT for r in reports[8:])
    errors = [
        np.linalg.norm(r.state[0, :3] - path(t)[:3]) for r, t in zip(reports[8:], times[8:], strict=True)
    ]
    assert max(errors) < 4_000.0
    speed = [
        np.linalg.norm(r.state[0, 3:] - path(t)[3:]) for r, t in zip(reports[-20:], times[-20:], strict=True)
    ]
    assert np.mean(speed) < 15.0
    found = [nees(r.state[0] - path(t), r.covariance[0]) for r, t in zip(reports[8:], times[8:], strict=True)]
    assert 0.2 < np.mean(found) < 1.5
    assert reports[-1].process_noise[0] < 100.0
    assert reports[20].process_noise[0] > 500.0
    assert reports[-1].identity[0] == track_pb2.IDENTITY_HOSTILE


def test_a_missile_unseen_for_long_comes_back_as_the_same_track() -> None:
    """24 minutes above the radar's field: the track coasts in free flight and takes up where it left."""
    rose = flight(place(39.2, 129.5, 200_000.0, 100.0, 0.0, 5_500.0), np.arange(0.0, 1_560.0, 2.0))
    tracker = NationalTracker("T", "imm", [RADAR])
    seen = watch(tracker, [lambda t: rose[round(t / 2.0)]], np.arange(0.0, 60.0, 2.0), seed=13)
    assert seen[-1].number.tolist() == [1]
    for t in range(100, 1_500, 10):
        assert tracker.report(ns(t)).status.tolist() == [DROPPING]
    times = np.arange(1_500.0, 1_540.0, 2.0)
    again = watch(tracker, [lambda t: rose[round(t / 2.0)]], times, seed=14)
    assert {int(n) for r in again for n in r.number} == {1}
    assert again[-1].status.tolist() == [MAINTAINING]
    assert nees(again[-1].state[0] - rose[round(times[-1] / 2.0)], again[-1].covariance[0]) < 3.0


@pytest.mark.parametrize("kind", KINDS)
def test_two_infrared_sensors_start_a_track_by_crossing_lines(kind: str) -> None:
    path = missile()
    sensors = [orbiting(95.0), orbiting(160.0)]
    tracker = NationalTracker("T", kind, sensors)
    rng = np.random.default_rng(8)
    for k in range(30):
        for index, spec in enumerate(sensors):
            tracker.process(scan(spec, 2.0 * k, [path(2.0 * k)], rng, sensor=index, detected=0.95))
        report = tracker.report(ns(2.0 * k))
        if k >= 4:
            assert report.number.tolist() == [1]
            assert report.environment.tolist() == [SPACE]
            assert np.linalg.norm(report.state[0, :3] - path(2.0 * k)[:3]) < 8_000.0
    assert report.process_noise[0] > 1_000.0
    # the engine stops: silence says so, and the track coasts on in free flight
    for k in range(30, 45):
        for index, spec in enumerate(sensors):
            tracker.process(scan(spec, 2.0 * k, [], sensor=index))
        report = tracker.report(ns(2.0 * k))
    assert report.number.tolist() == [1]
    assert report.status.tolist() == [DROPPING]
    assert report.process_noise[0] < 10.0


def test_a_missile_whose_engine_stopped_takes_nobody_elses_plume() -> None:
    """What burns where the first is expected to be starts another track."""
    path = missile(burn_s=40.0)
    sensors = [orbiting(95.0), orbiting(160.0)]
    tracker = NationalTracker("T", "imm", sensors)
    rng = np.random.default_rng(8)
    others = set()
    for k in range(40):
        seen = [] if 20 <= k < 26 else [path(2.0 * k)]
        for index, spec in enumerate(sensors):
            tracker.process(scan(spec, 2.0 * k, seen, rng, sensor=index))
        report = tracker.report(ns(2.0 * k))
        others |= set(report.status[report.number > 1].tolist())
    assert report.status[report.number == 1].tolist() == [DROPPING]
    assert MAINTAINING in others


def test_candidates_of_a_salvo_are_put_to_the_test_as_they_stand() -> None:
    """However many may be whose a second detection is, it is taken at its word, and the next one tells."""
    tracker = NationalTracker("T", "ekf", [RADAR])
    rise = [place(39.2, 128.5 + 0.08 * i, 40_000.0, 100.0, 0.0, 1_200.0) for i in range(4)]
    rng = np.random.default_rng(3)
    for t in (0.0, 2.0):
        tracker.process(scan(RADAR, t, [straight(state, t) for state in rise], rng))
    assert len(tracker.tracks) == 4
    for track in tracker.tracks:
        assert np.sqrt(np.trace(track.filter.p[:3, :3])) < 2_000.0
    for t in (4.0, 6.0):
        tracker.process(scan(RADAR, t, [straight(state, t) for state in rise], rng))
    report = tracker.report(ns(6.0))
    for state in rise:
        assert np.linalg.norm(report.state - straight(state, 6.0), axis=1).min() < 1_500.0
    assert len(report) == 4


def test_a_candidate_out_of_sight_is_forgotten() -> None:
    tracker = NationalTracker("T", "ekf", [RADAR])
    tracker.process(scan(RADAR, 0.0, [place(39.2, 128.5, 40_000.0, 100.0, 0.0, 1_200.0)]))
    assert len(tracker.tracks) == 1
    tracker.report(ns(3.0 * RADAR.period_s))
    assert len(tracker.tracks) == 1
    tracker.report(ns(3.0 * RADAR.period_s + 1.0))
    assert tracker.tracks == []


def test_one_infrared_sensor_says_how_little_it_knows() -> None:
    path = missile()
    tracker = NationalTracker("T", "ukf", [orbiting(120.0)])
    reports = watch(tracker, [path], np.arange(0.0, 40.0, 2.0), seed=9)
    assert reports[-1].environment.tolist() == [SPACE]
    for t, r in zip(np.arange(0.0, 40.0, 2.0)[5:], reports[5:], strict=True):
        assert nees(r.state[0] - path(t), r.covariance[0]) < 4.0
        # across the line of sight it is sharp, along it long
        width = np.sqrt(np.linalg.eigvalsh(r.covariance[0, :3, :3]))
        assert width[0] < 2_000.0 < width[2]


def test_what_separates_from_a_missile_names_its_parent() -> None:
    bus = missile()
    apart = np.array([0.0, 0.0, 0.0, 60.0, -60.0, 40.0])

    def vehicle(t: float) -> Array | None:
        if t < 150.0:
            return None
        released = bus(150.0) + apart
        return flight(released, np.array([0.0, t - 150.0]))[-1] if t > 150.0 else released

    tracker = NationalTracker("T", "imm", [RADAR])
    reports = watch(tracker, [bus, vehicle], np.arange(0.0, 240.0, 2.0), seed=10, detected=1.0)
    final = reports[-1]
    assert final.number.tolist() == [1, 2]
    assert final.parent.tolist() == [0, 1]
    assert final.environment.tolist() == [SPACE, SPACE]


def test_ships_and_low_aircraft_are_told_apart() -> None:
    ship, plane = place(32.2, 126.3, 0.0, 6.0, 3.0), place(32.3, 125.8, 300.0, 90.0, 0.0)
    tracker = NationalTracker("T", "ekf", [PATROL])
    paths = [lambda t: straight(ship, t), lambda t: straight(plane, t)]
    report = watch(tracker, paths, np.arange(0.0, 120.0, 5.0), seed=11)[-1]
    assert len(report) == 2
    by_speed = np.argsort(np.linalg.norm(report.state[:, 3:], axis=1))
    assert report.environment[by_speed].tolist() == [SURFACE, AIR]


def test_ships_side_by_side_make_no_aircraft() -> None:
    """Sixty ships at anchor in a roadstead: what a wide gate finds among them is not one that flies."""
    rng = np.random.default_rng(5)
    berths = [
        place(32.2 + north, 126.3 + east, 0.0, 0.0, 0.0) for north, east in rng.uniform(-0.06, 0.06, (60, 2))
    ]
    ships = [lambda t, berth=berth: straight(berth, t) for berth in berths]
    times = np.arange(0.0, 100.0, 5.0)
    reports = watch(NationalTracker("T", "ekf", [PATROL]), ships, times, detected=0.85)
    assert {int(e) for r in reports for e in r.environment} == {SURFACE}
    assert len(reports[-1]) > 0.9 * len(ships)


def test_two_sonars_find_what_is_under_water_and_not_each_other() -> None:
    sonars = [hydrophone(32.62, 126.48), hydrophone(32.54, 126.32)]
    boat = place(32.45, 126.45, -80.0, 2.0, 1.0)
    other = [place(s.lat_deg, s.lon_deg, 0.0, 0.0, 0.0) for s in sonars]
    tracker = NationalTracker("T", "ukf", sonars)
    rng = np.random.default_rng(12)
    for k in range(40):
        t = 10.0 * k
        for index, spec in enumerate(sonars):
            heard = [straight(boat, t), other[1 - index]]
            tracker.process(scan(spec, t, heard, rng, sensor=index, detected=0.9))
        report = tracker.report(ns(t))
    assert report.environment.tolist() == [SUBSURFACE]
    assert np.linalg.norm(report.state[0, :3] - straight(boat, t)[:3]) < 2_000.0
    assert nees(report.state[0] - straight(boat, t), report.covariance[0]) < 3.0


def test_an_answer_gives_a_track_its_name_at_the_second_time() -> None:
    tracker = NationalTracker("T", "ekf", [RADAR])
    paths = [airliner(37.5, 128.5, 220.0, 40.0), airliner(36.0, 126.5, -150.0, 150.0)]
    watch(tracker, paths, np.arange(0.0, 40.0, 2.0))
    friend = int(track_pb2.IDENTITY_FRIEND)
    for t, known in ((38.0, False), (40.0, True)):
        tracker.process(scan(RADAR, t, [p(t) for p in paths], np.random.default_rng(int(t))))
        tracker.identify(ns(t), TransponderReply(("VIPER 1",), (friend,), np.array([paths[0](t)[:3]])))
        tracker.process(scan(RADAR, t + 0.5, [p(t + 0.5) for p in paths], np.random.default_rng(9)))
        report = tracker.report(ns(t + 0.5))
        assert ("VIPER 1" in report.call_sign) == known
    named = report.call_sign.index("VIPER 1")
    assert np.linalg.norm(report.state[named, :3] - paths[0](40.5)[:3]) < 1_000.0
    assert report.identity.tolist().count(friend) == 1
    assert report.identity[1 - named] == track_pb2.IDENTITY_UNKNOWN


@pytest.mark.parametrize("kind", KINDS)
def test_a_silent_missile_is_reported_as_its_receiver_predicts_it(kind: str) -> None:
    """Under thrust: what is new is the difference of two reports, and nothing was seen between these."""
    from fusion.physics.motion import propagate

    tracker = NationalTracker("T", kind, [RADAR])
    watch(tracker, [missile()], np.arange(0.0, 40.0, 2.0))
    one, two = tracker.report(ns(38.5)), tracker.report(ns(41.0))
    assert one.environment.tolist() == two.environment.tolist() == [SPACE]
    x, p = one.state[0].copy(), one.covariance[0].copy()
    propagate(int(one.motion_model[0]), x, p, float(one.process_noise[0]), 2.5, np.empty((4, 6, 6)))
    assert np.allclose(x, two.state[0], rtol=1e-9)
    sigma = np.sqrt(np.diag(p))
    assert np.all(np.abs(p - two.covariance[0]) < 1e-5 * np.outer(sigma, sigma))


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("kind", KINDS + FILTERPY_KINDS)
def test_a_filter_that_breaks_down_costs_its_own_track_only(kind: str) -> None:
    """A covariance gone bad must not stop the node, nor reach the wire."""
    tracker = NationalTracker("T", kind, [RADAR])
    paths = [airliner(37.5, 128.5, 220.0, 40.0), airliner(36.0, 126.5, -150.0, 150.0)]
    watch(tracker, paths, np.arange(0.0, 40.0, 2.0))
    filter = tracker.tracks[0].filter
    if isinstance(filter, CompiledMixture):
        filter._ps[:] = filter._p[:] = np.nan
    else:
        parts = [*filter._bank, filter._imm] if isinstance(filter, MixtureFilter) else [filter._one]
        for part in parts:
            part.P = np.full((6, 6), np.nan)
    later = watch(tracker, paths, np.arange(40.0, 60.0, 2.0), seed=15)
    assert all(np.isfinite(r.state).all() and np.isfinite(r.covariance).all() for r in later)
    assert 2 in later[-1].number.tolist()
    assert len(later[-1]) == 2  # the lost one was found again, under a new number
    assert 1 not in later[-1].number.tolist()


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of ekf, ukf, imm"):
        NationalTracker("T", "particle", [RADAR])
