"""A missile's filter where the air begins to brake what falls: it must not fall on undisturbed."""

from __future__ import annotations

import numpy as np
import pytest

from national_kit import RADAR, nees, place, scan
from nodes.sensing.measurement import Look
from nodes.simulation.trajectory import fall
from nodes.tracking.environment import SPACE, kinematics
from nodes.tracking.filters import national_filter
from nodes.tracking.motion_models import behaviour

ENTRY = place(36.9, 127.9, 200_000.0, 900.0, 300.0, -2_600.0)


def error_in_the_air(beta_kgpm2: float, seed: int) -> tuple[float, float]:
    """Greatest error of velocity m/s between 55 and 35 km, and the median NEES there, of one fall."""
    rng = np.random.default_rng(seed)
    leg = fall(ENTRY, 0.0, beta_kgpm2, 0.0, 1e-9)
    p = np.diag([100.0**2] * 3 + [10.0**2] * 3)
    x = ENTRY + rng.multivariate_normal(np.zeros(6), p)
    how = behaviour("ekf", SPACE, kinematics(x[None], p[None]), 0, True)
    filter = national_filter("ekf", how, x, p)
    worst_mps, weighed = 0.0, []
    for t in np.arange(1.0, leg.end_s):
        k = kinematics(filter.x[None], filter.p[None])
        filter.adopt(behaviour("ekf", SPACE, k, 0, True))
        truth = leg.at(np.array([t])).T[0]
        look = scan(RADAR, float(t), [truth], rng)
        filter.step(1.0, Look.of(look), look.measurement[0])
        if 35e3 < k.altitude_m[0] < 55e3:
            error = filter.x - truth
            worst_mps = max(worst_mps, float(np.linalg.norm(error[3:])))
            weighed.append(nees(error, filter.p))
    assert len(weighed) > 4
    return worst_mps, float(np.median(weighed))


@pytest.mark.parametrize("beta_kgpm2", [600.0, 1_500.0, 6_000.0])
def test_it_follows_the_brake_of_light_and_heavy_bodies(beta_kgpm2: float) -> None:
    """NEES per degree of freedom within its noise, where a filter that waits for the air is far off."""
    found = [error_in_the_air(beta_kgpm2, seed) for seed in range(12)]
    assert np.median([weighed for _, weighed in found]) < 2.0
