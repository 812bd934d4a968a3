"""Bearings alone: a wedge until the listener turns, then nearly as good as can be."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import undersea
from fusion.physics.geodesy import enu_axes, geodetic2ecef
from nodes.sensing.measurement import SONAR, Look
from nodes.tracking.environment import SUBSURFACE
from nodes.tracking.filters import range_parameterised
from nodes.tracking.filters.range_parameterised import LEGS, RangeParameterisedFilter
from nodes.tracking.motion_models import steady
from nodes.tracking.position_fix import Sighting, range_edges_m
from nodes.tracking.track_initiation import along_bearing


def test_intervals_of_range_grow_by_one_factor() -> None:
    edges = range_edges_m(1_000.0, 25_000.0)
    assert edges[0] == 1_000.0
    assert edges[-1] == pytest.approx(25_000.0)
    assert np.diff(np.log(edges)) == pytest.approx(np.log(25.0) / 9.0)


def test_the_classic_case_comes_near_its_bound_and_is_held_before_the_turn() -> None:
    """Thirty of the two hundred seeds that `benchmarks.undersea` reports."""
    found = undersea.measure(range(3_000, 3_030))
    assert found["over_bound"][40] < 1.4
    assert 0.5 < found["anees"][40] < 1.3
    assert found["worst_m"][40] < 500.0
    assert (found["within_95"][2:13] > 0.9).all()


def test_a_turn_of_the_contact_is_followed_better_than_without_legs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A right angle at 25 min, which the listener's own straight course hardly shows."""
    seeds = range(3_000, 3_010)
    followed = undersea.measure(seeds, turn_min=25.0)["anees"][40]
    monkeypatch.setattr(range_parameterised, "SURPRISE", np.inf)
    assert followed < 0.2 * undersea.measure(seeds, turn_min=25.0)["anees"][40]


def test_a_bearing_that_was_not_foreseen_begins_a_second_leg() -> None:
    axes, origin = enu_axes(34.0, 128.0), np.asarray(geodetic2ecef(34.0, 128.0, 0.0))
    look = Look(SONAR, origin, axes, np.array([[0.02**2]]))
    north = np.concatenate([origin + 5_000.0 * axes[1], np.zeros(3)])
    spread = np.diag([100.0**2] * 3 + [1.0] * 3)
    filter = RangeParameterisedFilter(steady("imm", SUBSURFACE), north[None], spread[None], np.ones(1))
    filter.step(60.0, look, np.array([0.01]))
    assert len(filter.legs) == 1
    filter.step(60.0, look, np.array([0.12]))
    assert len(filter.legs) == 2
    assert sum(np.exp(leg.log_weight) for leg in filter.legs) == pytest.approx(1.0)
    for _ in range(40):
        filter.step(60.0, look, np.array([0.4]))
    assert 1 <= len(filter.legs) <= LEGS
    assert np.linalg.eigvalsh(filter.p).min() > 0.0


def test_a_turn_that_two_sonars_hear_is_followed_better_than_by_surprise_alone() -> None:
    """A right angle at 10 min; four minutes later, by looks of two places 8 km apart each half minute."""
    axes = enu_axes(undersea.LAT_DEG, undersea.LON_DEG)
    origin = np.asarray(geodetic2ecef(undersea.LAT_DEG, undersea.LON_DEG, 0.0))
    places = np.array([[0.0, 0.0], [8e3, 0.0]])
    distance2: dict[bool, list[float]] = {True: [], False: []}
    for shows, found in distance2.items():
        for seed in range(8):
            rng, filter = np.random.default_rng(seed), None
            for k in range(28):
                time_s = 30.0 * k
                before_s, after_s = min(time_s, 600.0), max(time_s - 600.0, 0.0)
                where = np.array([2e3 + 3.0 * (before_s - after_s), 4e3 + 3.0 * time_s])
                for at, place_m in enumerate(places):
                    look = Look(SONAR, origin + place_m @ axes[:2], axes, np.array([[0.01**2]]))
                    z = np.array([np.arctan2(*(where - place_m)) + 0.01 * rng.standard_normal()])
                    if filter is None:
                        filter = along_bearing("imm", Sighting(look, z), undersea.SPEC, 9.0 * np.eye(3))
                        filter.turns_show = shows
                    else:
                        filter.step(0.0 if at else 30.0, look, z)
            assert filter is not None
            off, spread = axes[:2] @ (filter.x[:3] - origin) - where, axes[:2] @ filter.p[:3, :3] @ axes[:2].T
            found.append(float(off @ np.linalg.solve(spread, off)))
    assert np.mean(distance2[True]) < 0.5 * np.mean(distance2[False])
    assert np.mean(distance2[True]) < 4.0
