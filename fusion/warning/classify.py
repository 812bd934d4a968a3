"""What kind of missile, from its energy: class by the range it could have flown, lofted or depressed.

A lofted shot lands close and is still a long-range missile, so the class goes by the greatest range that
the energy reaches, not by the range flown. Source: Bate, Mueller, White, *Fundamentals of Astrodynamics*,
1971, eq. 6.2-3, 6.2-12 and 6.2-18 (free-flight range, flight path angle of greatest range).
"""

from __future__ import annotations

import math
from typing import Annotated, Final

import numpy as np

from fusion.arrays import Float
from fusion.constants import WARNED, Chosen
from fusion.dense import dot, norm, spread_along
from fusion.elementary import atan2_fixed, normal_below, sin_cos
from fusion.linalg import log_fixed
from fusion.physics.geodesy import WGS84_A_M
from fusion.physics.gravity import MU_M3PS2

CLASS_LIMITS_M = (1_000e3, 3_000e3, 5_500e3)
"""Upper limits of range of short, medium and intermediate; beyond is intercontinental."""

RANGE_LOG_SIGMA: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "what the powered ascent, drag and the Earth's rotation leave open of the greatest range, "
            "in its logarithm",
            WARNED,
        ),
    ]
] = 0.08

SHAPE_FACTOR: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "an apogee so many times that of least energy for the same range is lofted, so many times "
            "less depressed",
            WARNED,
        ),
    ]
] = 1.6


def greatest_range_m(state: Float) -> float:
    """Ground range m of the longest flight from the surface with the energy of state (6,)."""
    return _range_of_energy(_energy(state))


def _energy(state: Float) -> float:
    """Specific energy J/kg as the turning Earth sees it: what the missile brought, wherever it was fired."""
    return 0.5 * dot(state[3:], state[3:]) - MU_M3PS2 / norm(state[:3])


def _range_of_energy(energy: float) -> float:
    # Q = v² r / mu at the surface; eq. 6.2-18: sin(half the greatest angle) = Q / (2 - Q)
    q = 2.0 * (energy + MU_M3PS2 / WGS84_A_M) * WGS84_A_M / MU_M3PS2
    if q <= 0.0:
        return 0.0
    if q >= 1.0:
        return math.pi * WGS84_A_M
    return 2.0 * WGS84_A_M * _arcsin(q / (2.0 - q))


def class_probability(range_m: float, log_sigma: float) -> list[float]:
    """Probability of short, medium, intermediate and intercontinental range for a greatest range known
    to a factor of exp(`log_sigma`)."""
    if range_m <= 0.0:
        return [1.0, 0.0, 0.0, 0.0]
    below = [normal_below(log_fixed(limit / range_m) / log_sigma) for limit in CLASS_LIMITS_M]
    return [below[0], below[1] - below[0], below[2] - below[1], 1.0 - below[2]]


def classify(state: Float, covariance: Float) -> list[float]:
    """Class probabilities (4,) of a missile in free flight at ECEF state (6,) with covariance (6, 6)."""
    r = norm(state[:3])
    slope = np.concatenate([MU_M3PS2 * state[:3] / (r * r * r), state[3:]])
    energy, sigma = _energy(state), math.sqrt(spread_along(covariance, slope))
    range_m = _range_of_energy(energy)
    if range_m <= 0.0:
        return class_probability(range_m, 1.0)
    step = max(1.0, 0.01 * abs(energy))
    log_slope = (log_fixed(max(1.0, _range_of_energy(energy + step))) - log_fixed(range_m)) / step
    return class_probability(
        range_m, math.sqrt(RANGE_LOG_SIGMA * RANGE_LOG_SIGMA + log_slope * sigma * log_slope * sigma)
    )


def least_energy_apogee_m(range_m: float) -> float:
    """Apogee m of the flight of least energy over a ground range, on a sphere without drag.

    With half angle a: eq. 6.2-18 turned to Q = 2 sin a / (1 + sin a), flight path angle (pi/2 - a) / 2.
    """
    half = min(0.5 * range_m / WGS84_A_M, 0.5 * math.pi)
    sine, _ = sin_cos(half)
    q = 2.0 * sine / (1.0 + sine)
    _, cosine = sin_cos(0.5 * (0.5 * math.pi - half))
    eccentricity2 = 1.0 - q * (2.0 - q) * cosine * cosine
    return WGS84_A_M * ((1.0 + math.sqrt(max(0.0, eccentricity2))) / (2.0 - q) - 1.0)


def is_lofted(apogee_m: float, range_m: float) -> bool:
    """Whether a flight goes much higher than its range needs."""
    return apogee_m > SHAPE_FACTOR * least_energy_apogee_m(range_m)


def is_depressed(apogee_m: float, range_m: float) -> bool:
    """Whether a flight stays much lower than the least energy would have it."""
    return apogee_m < least_energy_apogee_m(range_m) / SHAPE_FACTOR


def _arcsin(x: float) -> float:
    return atan2_fixed(x, math.sqrt(1.0 - x * x))
