"""Class and shape of a flight, against published assessments and the textbook's own relations."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fusion.physics.geodesy import WGS84_A_M as RE_M
from fusion.physics.gravity import MU_M3PS2
from fusion.warning.classify import (
    class_probability,
    classify,
    greatest_range_m,
    is_depressed,
    is_lofted,
    least_energy_apogee_m,
)

SHORT, MEDIUM, INTERMEDIATE, INTERCONTINENTAL = range(4)


def straight_up(apogee_km: float) -> np.ndarray:
    """The state at the ground of a vertical shot of that apogee."""
    speed = math.sqrt(2.0 * MU_M3PS2 * (1.0 / RE_M - 1.0 / (RE_M + 1e3 * apogee_km)))
    return np.array([RE_M, 0.0, 0.0, speed, 0.0, 0.0])


# Published apogee km of the lofted flight; range km on a flat trajectory as then assessed in public
# (Wright, Union of Concerned Scientists, 2017: about 4,500 and 6,700 to 10,000 and 13,000 km).
@pytest.mark.parametrize(
    ("apogee_km", "least_km", "most_km", "kind"),
    [
        (2111.5, 4_000.0, 4_800.0, INTERMEDIATE),
        (2802.0, 5_500.0, 10_400.0, INTERCONTINENTAL),
        (4475.0, 9_000.0, 13_500.0, INTERCONTINENTAL),
        (6040.9, 13_000.0, 20_100.0, INTERCONTINENTAL),
    ],
)
def test_lofted_flights_are_classed_by_what_they_could_reach(
    apogee_km: float, least_km: float, most_km: float, kind: int
) -> None:
    state = straight_up(apogee_km)
    assert least_km < greatest_range_m(state) / 1e3 < most_km
    assert int(np.argmax(classify(state, np.diag([100.0**2] * 3 + [5.0**2] * 3)))) == kind


def test_the_greatest_range_is_that_of_the_best_angle() -> None:
    """Against the range equation itself (Bate, Mueller, White eq. 6.2-12), maximised by brute force."""
    for apogee_km in (200.0, 1000.0, 2500.0):
        state = straight_up(apogee_km)
        q = float(state[3] ** 2) * RE_M / MU_M3PS2
        angle = np.linspace(0.01, math.pi / 2, 20_000)
        cosine = (1.0 - q * np.cos(angle) ** 2) / np.sqrt(1.0 + q * (q - 2.0) * np.cos(angle) ** 2)
        best = 2.0 * RE_M * float(np.arccos(np.clip(cosine, -1.0, 1.0)).max())
        assert greatest_range_m(state) == pytest.approx(best, rel=1e-4)


def test_the_least_energy_apogee_of_short_flights_is_a_quarter_of_the_range() -> None:
    assert least_energy_apogee_m(100e3) == pytest.approx(25e3, rel=0.01)
    assert least_energy_apogee_m(10_000e3) == pytest.approx(1_321e3, rel=0.01)


def test_an_orbit_reaches_everywhere_and_rest_nowhere() -> None:
    assert greatest_range_m(np.array([RE_M, 0, 0, 0, 7_950.0, 0])) == pytest.approx(math.pi * RE_M)
    assert greatest_range_m(np.array([RE_M, 0, 0, 0, 0.0, 0])) == 0.0


@pytest.mark.parametrize("range_km", [0.0, 10.0, 999.0, 1001.0, 2999.0, 5501.0, 19_000.0])
@pytest.mark.parametrize("log_sigma", [0.01, 0.3, 2.0])
def test_probabilities_are_probabilities(range_km: float, log_sigma: float) -> None:
    p = class_probability(1e3 * range_km, log_sigma)
    assert sum(p) == pytest.approx(1.0)
    assert min(p) >= 0.0


def test_what_is_poorly_known_is_spread_over_the_classes() -> None:
    state = straight_up(700.0)
    sharp = classify(state, np.diag([50.0**2] * 3 + [2.0**2] * 3))
    vague = classify(state, np.diag([50.0**2] * 3 + [900.0**2] * 3))
    assert max(vague) < max(sharp)


def test_shapes() -> None:
    assert is_lofted(2_111.5e3, 787e3)
    assert not is_lofted(250e3, 1_000e3)
    assert is_depressed(100e3, 1_000e3)
    assert not is_depressed(250e3, 1_000e3)
