"""What biases that nobody knows give a row: against the geodesy's own measurements, and by drawing them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fusion.contract import INFRARED, RADAR
from fusion.linalg import pack, unpack
from fusion.registration.considered import considered, lessen
from fusion.registration.correction import Registered
from fusion.registration.estimate import Registration, SensorName, nothing_known, with_sensor
from fusion.registration.kinds import AZIMUTH, BIASES, ELEVATION, PITCH, ROLL
from registration_kit import SITES, Site

POSITION = Site("X", 35.0, 128.0, 4e5).place
STATE = np.concatenate([POSITION, [1_500.0, 2_000.0, 800.0]])
MAY = ((AZIMUTH, 1e-3), (ELEVATION, 2e-3))
LOWER = np.tril_indices(6)
RADARS = np.array([Site("X", *site).place for site in SITES[:2]])
ORBITS = np.array([Site("O", 0.0, lon, 35.8e6).place for lon in (90.0, 160.0)])


def known_of(*may: tuple[tuple[int, float], ...], kind: int = RADAR, node: str = "") -> Registration:
    """Sensors of a node each, or all of one ``node``."""
    known = nothing_known()
    for k, one in enumerate(may):
        known = with_sensor(known, SensorName(node or f"N{k}", k if node else 0, kind, 0 if node else 1, one))
    return known


def rows_of(places: np.ndarray, sensors: list[int], all_places: np.ndarray) -> Registered:
    n = len(places)
    return Registered(
        np.tile(STATE, (n, 1)), np.array(sensors), places, np.arange(len(all_places)), all_places
    )


def found(known: Registration) -> np.ndarray | None:
    """(6, 6) of the first radar's row."""
    n = len(known.sensors)
    packed = considered(known, rows_of(RADARS[:1], [0], RADARS[:n]))
    return None if packed is None else full(packed[0])


def full(packed: np.ndarray) -> np.ndarray:
    out = np.empty((6, 6))
    unpack(np.ascontiguousarray(packed), out)
    return out


def moves(k: int) -> np.ndarray:
    """(6, 9) what a unit of each bias of the k-th radar moves, by differences."""
    site, step_s = Site("X", *SITES[k]), 1.0
    here, there = (site.shift(POSITION[None] + t * STATE[3:], STATE[None, 3:])[0] for t in (0.0, step_s))
    return np.concatenate([here, (there - here) / step_s])


def test_of_a_radar_it_is_what_its_owner_declares() -> None:
    spread = found(known_of(MAY))
    sigma = np.zeros(BIASES)
    sigma[[AZIMUTH, ELEVATION]] = 1e-3, 2e-3
    expected = moves(0) * sigma**2 @ moves(0).T
    assert spread is not None
    assert spread == pytest.approx(expected, rel=2e-3, abs=1e-3 * expected.max())


def test_nobody_declares_nothing_counts() -> None:
    assert found(known_of((), ())) is None
    both = considered(known_of((), MAY), rows_of(RADARS, [0, 1], RADARS))
    assert both is not None
    assert not both[0].any()
    assert both[1].any()


def test_a_row_of_no_place_is_as_it_was() -> None:
    packed = considered(known_of(MAY), rows_of(np.array([[0.0] * 3]), [0], RADARS[:1]))
    assert packed is not None
    assert not packed.any()


def test_a_row_of_several_radars_may_be_off_as_they_are() -> None:
    """In equal shares, a radar of which nothing is declared too."""
    for other in (MAY, ()):
        known = known_of(MAY, other, node="N")
        packed = considered(known, rows_of(np.stack([*RADARS, RADARS[0]]), [0, 1, -1], RADARS))
        assert packed is not None
        assert packed[2] == pytest.approx((packed[0] + packed[1]) / 2.0)
        assert packed[2].any()


def test_a_row_of_several_lines_of_sight_is_off_as_where_they_cross() -> None:
    may = ((ROLL, 1e-4), (PITCH, 2e-4))
    known = known_of(may, may, kind=INFRARED, node="IR")
    packed = considered(known, rows_of(np.stack([*ORBITS, ORBITS[0]]), [0, 1, -1], ORBITS))
    assert packed is not None
    assert packed[0].any()
    assert packed[1] == pytest.approx(packed[0])
    assert packed[2] == pytest.approx(packed[0])


def test_what_registration_knows_better_counts_less_and_what_it_does_not_take_out_more() -> None:
    known = known_of(MAY)
    before = found(known)
    better = known.told_covariance.copy()
    better[0, AZIMUTH, AZIMUTH] = 1e-4**2
    better[0, ELEVATION, ELEVATION] = 1e-4**2
    after = found(replace(known, told_covariance=better))
    assert before is not None
    assert after is not None
    assert np.trace(after) < 0.02 * np.trace(before)
    told = known.told.copy()
    told[0, AZIMUTH] = 5e-4
    left = found(replace(known, told_covariance=better, told=told))
    taken = found(replace(known, told_covariance=better, told=told, used=told))
    assert left is not None
    assert taken == pytest.approx(after)
    assert np.trace(left) > 5.0 * np.trace(after)


def test_infrared_moves_where_its_lines_of_sight_cross() -> None:
    """Two satellites turned by errors drawn 4,000 times: where their lines then cross by least squares,
    weighed by what one angle is across, as the node's filter weighs two equal sensors.
    """
    may = ((ROLL, 1e-4), (PITCH, 2e-4))
    known = known_of(may, may, kind=INFRARED, node="IR")
    packed = considered(known, rows_of(ORBITS[1:], [1], ORBITS))
    assert packed is not None
    rng = np.random.default_rng(5)
    north = np.array([0.0, 0.0, 1.0])  # of a place on the equator
    off = np.zeros((4_000, 3))
    for draw in range(4_000):
        information, vector = np.zeros((3, 3)), np.zeros(3)
        for place in ORBITS:
            r = POSITION - place
            east = np.cross(north, place / np.linalg.norm(place))
            turn = rng.normal(0.0, 1e-4) * north + rng.normal(0.0, 2e-4) * east
            line = r + np.cross(turn, r)
            weight = (np.eye(3) - np.outer(line, line) / (line @ line)) / (r @ r)
            information += weight
            vector += weight @ (place - POSITION)
        off[draw] = np.linalg.solve(information, vector)
    expected = off.T @ off / len(off)
    assert full(packed[0])[:3, :3] == pytest.approx(expected, rel=0.1, abs=0.05 * expected.max())


def test_one_line_of_sight_is_taken_for_a_place() -> None:
    known = known_of(((ROLL, 1e-4),), kind=INFRARED, node="IR")
    packed = considered(known, rows_of(ORBITS[:1], [0], ORBITS[:1]))
    assert packed is not None
    away_m = np.linalg.norm(POSITION - ORBITS[0])
    assert 0.9e-4 * away_m < np.sqrt(np.trace(full(packed[0])[:3, :3])) < 1.01e-4 * away_m


def test_all_tracklets_of_a_node_add_up_to_what_its_bias_leaves() -> None:
    """Of what stands still: Σ G Y Gᵀ against (P + C)⁻¹, P from all detections, in small steps."""
    rng = np.random.default_rng(7)
    root = rng.normal(size=(6, 6))
    each, off = root @ root.T / 400.0, np.diag([4.0, 0.25, 0.0, 1.0, 0.0, 2.0])
    whole = np.eye(6)
    total = np.linalg.inv(np.linalg.inv(whole) + off)
    work, triangles, y = np.empty((7, 6, 6)), np.empty((6, 21)), np.zeros(6)
    for _ in range(400):
        whole = whole + each
        information, known, spread = np.empty(21), np.empty(21), np.empty(21)
        pack(each, information)
        pack(np.linalg.inv(whole), known)
        pack(off, spread)
        lessen(known, spread, information, y, work, triangles)
        total += full(information)
    assert total == pytest.approx(np.linalg.inv(np.linalg.inv(whole) + off), rel=0.05, abs=0.02)


def test_a_tracklet_of_a_sensor_that_is_aligned_is_left_alone() -> None:
    rng = np.random.default_rng(8)
    root = rng.normal(size=(6, 6))
    information, p = (root @ root.T)[LOWER], np.eye(6)[LOWER]
    vector = rng.normal(size=6)
    before = information.copy(), vector.copy()
    lessen(p, np.zeros(21), information, vector, np.empty((7, 6, 6)), np.empty((6, 21)))
    assert information == pytest.approx(before[0])
    assert vector == pytest.approx(before[1])
