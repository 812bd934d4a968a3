"""The map of one contact against an exact filter that shares no line with it."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.arrays import Float
from fusion.search import search_map
from fusion.search.grid import moved, rolled
from fusion.search.search_map import SearchMap
from fusion.search.tour import TOUR, velocities_mps
from search_oracle import AXES, CENTRE, NS, ExactGrid, Looks, at_cells, field_of_buoys, total_variation

START_NS = 1_000 * NS


def area(half_m: float = 8_000.0, prior: float = 0.8) -> SearchMap:
    return search_map.area("JPN-1", 1, START_NS, START_NS * 10, CENTRE, np.full(2, half_m), prior)


def lost(sigma_m: tuple[float, float], velocity_mps: tuple[float, float], sigma_mps: float) -> SearchMap:
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = AXES.T @ np.diag([sigma_m[0] ** 2, sigma_m[1] ** 2, 100.0]) @ AXES
    covariance[3:, 3:] = AXES.T @ np.diag([sigma_mps**2, sigma_mps**2, 0.01]) @ AXES
    velocity = np.array([*velocity_mps, 0.0]) @ AXES
    return search_map.lost_contact(7, START_NS, np.concatenate([CENTRE, velocity]), covariance)


def mean_of(one: SearchMap) -> Float:
    density, middles = one.density(), one.grid.middles()
    return np.array([(density.sum(axis=0) * middles).sum(), (density.sum(axis=1) * middles).sum()])


@pytest.mark.slow
def test_sixteen_buoys_and_two_sources_as_an_exact_filter_has_it() -> None:
    buoys, sources = field_of_buoys()
    looks = [Looks(buoys, source, 0.5, 1_300.0) for source in sources]
    one, exact = area(), ExactGrid(13_000.0, TOUR.speed_mps, TOUR.leg_s, parts=(3, 16))
    inside = np.abs(exact.places).max(axis=-1) < 8_000.0
    exact.begin(inside * 1.0, one.exists)
    for k in range(30):
        one = search_map.unheard(search_map.carried(one, 60.0), looks[k % 2].reported(one.time_ns))
        exact.move(60.0)
        exact.hear_nothing(looks[k % 2])
        assert one.exists == pytest.approx(exact.exists, rel=0.05)
    ours = at_cells(one.density(), one.grid.cell_m, one.grid.middles(), exact)
    assert total_variation(ours, exact.density()) < 0.05
    assert one.exists < 0.7
    assert one.looks == 480


def test_a_contact_that_keeps_its_course_is_where_that_leads() -> None:
    """A course held is not blurred: most of the mass runs on at the velocity that the track had."""
    one = lost((600.0, 600.0), (3.0, 2.0), 0.3)
    for _ in range(10):
        one = search_map.carried(one, 60.0)
    density, middles = one.density(), one.grid.middles()
    row, column = np.unravel_index(int(density.argmax()), density.shape)
    assert middles[column] == pytest.approx(1800.0, abs=600.0)
    assert middles[row] == pytest.approx(1200.0, abs=600.0)
    assert density.sum() + one.outside == pytest.approx(1.0, abs=1e-9)


def test_a_lost_contact_begins_as_its_track_was() -> None:
    one = lost((2_000.0, 900.0), (0.0, 0.0), 3.0)
    density, middles = one.density(), one.grid.middles()
    assert mean_of(one) == pytest.approx([0.0, 0.0], abs=30.0)
    sigma = np.sqrt([(density.sum(axis=axis) * middles**2).sum() for axis in (0, 1)])
    assert sigma == pytest.approx([2_000.0, 900.0], rel=0.03)


def test_what_passes_the_edge_is_told_as_outside() -> None:
    one = area(100.0)
    for _ in range(100):
        one = search_map.carried(one, 60.0)
    assert 0.01 < one.outside < 0.9
    # planes lie up to half a cell beside the cells shown
    assert one.density().sum() + one.outside == pytest.approx(1.0, abs=1e-3)


def test_a_sector_and_the_blind_range_hear_nothing() -> None:
    one = area()
    looks = Looks(np.array([[0.0, 0.0]]), None, 0.95, 5_000.0).reported(START_NS)
    looks.sector_deg[0] = (315.0, 45.0)
    looks.blind_m[0] = 2_000.0
    before, after = one.density(), search_map.unheard(one, looks).density()
    middles = one.grid.middles()
    north, south = int(np.argmin(abs(middles - 4_000.0))), int(np.argmin(abs(middles + 4_000.0)))
    centre, near = int(np.argmin(abs(middles))), int(np.argmin(abs(middles - 1_000.0)))
    gain = after / np.where(before > 0.0, before, 1.0)
    assert gain[north, centre] < 0.5 * gain[south, centre]
    assert gain[near, centre] == pytest.approx(gain[south, centre], rel=1e-9)
    assert gain[centre, north] == pytest.approx(gain[south, centre], rel=1e-9)


def test_silence_everywhere_says_nothing_of_where() -> None:
    """What is heard equally everywhere, also outside of the map, only lowers that there is one."""
    one = area()
    looks = Looks(np.array([[0.0, 0.0]]), None, 0.5, 1e6, 16).reported(START_NS)
    after = search_map.unheard(one, looks)
    assert np.allclose(after.density(), one.density(), atol=1e-12)
    assert after.exists == pytest.approx(0.8 * 0.5 / (0.2 + 0.8 * 0.5))


def test_moves_lose_nothing_but_past_the_edge() -> None:
    mass = np.zeros((8, 8))
    mass[3, 4] = 1.0
    assert rolled(mass, 2, -1)[2, 6] == 1.0
    assert rolled(mass, 9, 0).sum() == 0.0
    shifted = moved(mass, 0.25, -0.5)
    assert shifted.sum() == pytest.approx(1.0)
    assert shifted[2, 5] == pytest.approx(0.125)


def test_parts_of_the_velocity_are_even() -> None:
    speed = np.hypot(*velocities_mps().T)
    assert velocities_mps().mean(axis=0) == pytest.approx([0.0, 0.0], abs=1e-12)
    assert speed.mean() == pytest.approx(TOUR.speed_mps / 2.0)
