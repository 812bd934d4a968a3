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
from nodes.tracking.position_fix import range_edges_m


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
