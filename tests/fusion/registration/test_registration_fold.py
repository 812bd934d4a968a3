"""Registration in the fold: the same at every core, whatever comes late, and worth having."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from fusion import Picture
from fusion.contract import AIR, MAINTAINING, RADAR
from fusion.registration.estimate import SensorName
from fusion.registration.kinds import AZIMUTH, EAST, HEADING, NORTH
from fusion.update.picture_table import PictureTable
from registration_kit import START_NS, Looks, Site, looks, ship, sites
from triwatch.v1 import track_pb2

BIASES = (np.array([120.0, 2e-3, -1e-3, 0.05]), np.array([-80.0, -1.5e-3, 1e-3, -0.03]), np.zeros(4))


def batches(
    radars: Sequence[Site], seen: Looks, declared: bool = True, shift_m: dict[int, float] | None = None
) -> Iterator[track_pb2.TrackBatch]:
    """A report a detection. ``shift_m`` moves all that a node says northwards."""
    sequence = dict.fromkeys((radar.node_id for radar in radars), 0)
    triangle = np.zeros(21)
    triangle[[0, 2, 5]], triangle[[9, 14, 20]] = 60.0**2, 3.0**2
    for row in range(len(seen.time_s)):
        s = int(seen.sensor[row])
        name = radars[s].node_id
        sequence[name] += 1
        state = seen.state[row].copy()
        state[2] += (shift_m or {}).get(s, 0.0)
        batch = track_pb2.TrackBatch(
            node_id=name,
            nation="USA",
            incarnation=1,
            sequence=sequence[name],
            local_number=[int(seen.target[row]) + 1],
            valid_time_ns=[START_NS + round(seen.time_s[row] * 1e9)],
            state=state.tolist(),
            covariance=triangle.tolist(),
            environment=[AIR],
            status=[MAINTAINING],
            process_noise=[1e-3],
            tracklet_information=seen.information[row].tolist(),
            tracklet_vector=seen.vector[row].tolist(),
            tracklet_told=[True],
        )
        if declared:
            for one in (radar for radar in radars if radar.node_id == name):
                batch.sensor_kind.append(track_pb2.SensorKind.ValueType(one.kind))
                batch.sensor_position.extend(one.place.tolist())
                batch.sensor_platform.append(one.platform)
                batch.bias_sensor.extend([one.number + 1] * len(one.may))
                batch.bias_kind.extend(track_pb2.BiasKind.ValueType(kind + 1) for kind, _ in one.may)
                batch.bias_sigma.extend(sigma for _, sigma in one.may)
            batch.tracklet_sensor.append(radars[s].number + 1)
        yield batch


def scene(
    *biases: np.ndarray, seed: int = 0, count: int = 12, until_s: float = 90.0
) -> tuple[list[Site], Looks]:
    radars = sites(*biases)
    return radars, looks(np.random.default_rng(seed), radars, count, until_s)


def at_sea(seed: int = 0, until_s: float = 90.0) -> tuple[list[Site], Looks]:
    """Two radars on land and a ship with two, off its course and its place."""
    radars = [*sites(*BIASES[1:]), *ship(np.array([0.0, 0.0, 0.0, 0.02, 6e-3, 350.0, -250.0, 0.0, 0.0]))]
    return radars, looks(np.random.default_rng(seed), radars, 12, until_s)


def folded(reports: Sequence[track_pb2.TrackBatch]) -> Picture:
    picture = Picture()
    for report in reports:
        picture.fold(report)
    picture.digest()
    return picture


def test_biased_sensors_are_found_and_their_tracks_become_one() -> None:
    radars, seen = scene(*BIASES)
    picture = folded(list(batches(radars, seen)))
    known = picture.registration
    order = [known.index(SensorName(f"N{k}", 0, RADAR)) for k in range(3)]
    assert sorted(order) == [0, 1, 2]
    truth = np.array(BIASES)
    truth[:, 3] -= truth[:, 3].mean()
    assert (np.abs(known.told[order, :4] - truth) < 5.0 * known.sigma()[order, :4]).all()
    assert known.used[order[:2]].any(axis=1).all()
    assert picture.live == 12
    assert folded(list(batches(radars, seen, declared=False))).live > 12


def test_rows_of_no_one_sensor_are_put_right_too() -> None:
    """What is known of a node's sensors is taken out of a row that does not tell of which it is."""
    radars, seen = scene(*BIASES, until_s=120.0)
    reports = list(batches(radars, seen))
    for report in reports:
        if report.valid_time_ns[0] >= START_NS + 90 * 10**9:
            report.tracklet_sensor[0] = 0
    told, silent = folded(list(batches(radars, seen))), folded(reports)
    assert silent.registration.used.any()
    number = {int(n): k for k, n in enumerate(told.tracks().number)}
    for k, n in enumerate(silent.tracks().number):
        apart = silent.tracks().state[k, :3] - told.tracks().state[number[int(n)], :3]
        assert np.linalg.norm(apart) < 60.0
    assert silent.live == told.live == 12


def test_a_ships_course_and_place_are_found_and_its_tracks_become_the_others() -> None:
    radars, seen = at_sea()
    picture = folded(list(batches(radars, seen)))
    known = picture.registration
    for radar in radars[2:]:
        s = known.index(radar.name)
        total = known.told[s, HEADING] + known.told[s, AZIMUTH] - radar.bias[HEADING] - radar.bias[AZIMUTH]
        assert abs(total) < 4e-4
        # metres to the side of a ship are milliradians of its course, as far as targets are about it
        off = known.told[s, [EAST, NORTH]] - radar.bias[[EAST, NORTH]]
        assert (np.abs(off) < 5.0 * known.sigma()[s, [EAST, NORTH]]).all()
        assert known.used[s, HEADING] == known.told[s, HEADING]
    assert picture.live == 12
    (first, second) = (one for one in picture.snapshot().sensor_bias if one.node_id == "DDG")
    assert list(first.declared_kind) == [5, 6, 7]
    assert list(first.declared_bias) == list(second.declared_bias)
    assert first.declared_bias[0] == known.told[known.index(radars[2].name), HEADING]
    undeclared = [replace(radar, may=(), platform=0) for radar in radars]
    assert folded(list(batches(undeclared, seen, declared=False))).live > 12


@pytest.mark.parametrize("sails", [False, True])
def test_late_repeated_and_shuffled_reports_give_the_same_picture(sails: bool) -> None:
    radars, seen = at_sea(until_s=50.0) if sails else scene(*BIASES, until_s=50.0)
    reports = list(batches(radars, seen))
    expected = folded(reports)
    assert expected.registration.used.any()
    rng = np.random.default_rng(4)
    late = sorted(range(len(reports)), key=lambda k: k + rng.exponential(60.0))
    mixed = Picture()
    for count, k in enumerate(late):
        mixed.fold(reports[k])
        if count % 97 == 0:
            mixed.digest()
            mixed.fold(reports[late[count // 2]])
    assert mixed.digest() == expected.digest()
    assert np.array_equal(mixed.registration.covariance, expected.registration.covariance)
    assert np.array_equal(mixed.registration.used, expected.registration.used)


def test_a_picture_tells_what_it_knows_of_sensors_when_that_changes() -> None:
    radars, seen = scene(*BIASES, until_s=35.0)
    picture, table, told = Picture(), PictureTable(), 0
    for sequence, report in enumerate(batches(radars, seen), 1):
        picture.fold(report)
        update = picture.delta()
        update.nation, update.incarnation, update.sequence = "USA", 1, sequence
        told += bool(update.sensor_bias)
        table.take(update)
    assert 3 <= told <= 3 + 4  # a sensor heard of, a window over
    assert [one.node_id for one in table.sensor_bias] == ["N0", "N1", "N2"]
    known = picture.registration
    for one in table.sensor_bias:
        s = known.index(SensorName(one.node_id, one.sensor - 1, one.kind))
        assert list(one.bias) == known.told[s, :4].tolist()
        assert list(one.sigma) == known.sigma()[s, :4].tolist()
        assert one.used == known.used[s].any()
    assert list(picture.snapshot().sensor_bias) == table.sensor_bias


def test_the_digest_covers_the_estimate() -> None:
    """A picture that knows something else of its sensors is another one, though its tracks are the same."""
    radars, seen = scene(np.zeros(4), np.zeros(4), until_s=15.0)
    picture = folded(list(batches(radars, seen)))
    before, known = picture.digest(), picture.registration
    picture._table.registration.value = replace(known, mean=known.mean + 1e-9)
    assert picture.digest() != before


def test_sensors_without_bias_change_no_track() -> None:
    """Declared or not, the tracks are the same bits: nothing is taken out that is not there."""
    radars, seen = scene(np.zeros(4), np.zeros(4), np.zeros(4))
    with_sensors, without = (folded(list(batches(radars, seen, declared))) for declared in (True, False))
    assert not with_sensors.registration.used.any()
    assert np.array_equal(with_sensors.tracks().state, without.tracks().state)
    assert np.array_equal(with_sensors.tracks().covariance, without.tracks().covariance)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("sails", "from_s"), [(False, 0.0), (False, 45.0), (True, 0.0), (True, 40.0)])
def test_a_member_that_shifts_all_it_says_moves_nobody_else(seed: int, sails: bool, from_s: float) -> None:
    """By 5 km, from the beginning and later: every track of the others is within a third of a sigma of where
    it is when that member says nothing from then on; so, too, where it says that it may be off its place."""
    radars, seen = scene(*BIASES, seed=seed)
    if sails:
        may = ((HEADING, 20e-3), (EAST, 1e6), (NORTH, 1e6))
        radars[0] = replace(radars[0], may=may, platform=1)
    honest = [r for r in batches(radars, seen) if r.node_id != "N0"]
    before = [r for r in batches(radars, seen) if r.node_id == "N0" and seen_at(r) < from_s]
    lies = [
        r for r in batches(radars, seen, shift_m={0: 5_000.0}) if r.node_id == "N0" and seen_at(r) >= from_s
    ]
    alone, among = folded(honest + before).tracks(), folded(honest + before + lies).tracks()
    moved_m = np.linalg.norm(alone.state[:, None, :3] - among.state[None, :, :3], axis=2).min(axis=1)
    sigma_m = np.sqrt(np.trace(alone.covariance[:, :3, :3], axis1=1, axis2=2))
    assert len(among) == 2 * len(alone)
    assert (moved_m < sigma_m / 3.0).all()


def seen_at(report: track_pb2.TrackBatch) -> float:
    """Seconds after the start."""
    return (report.valid_time_ns[0] - START_NS) * 1e-9
