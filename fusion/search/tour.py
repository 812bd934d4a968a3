"""How a contact that nobody hears moves: Washburn's random tour.

It holds a course and a speed, and after a time that is exponentially distributed takes others, the course
uniform, the speed uniform up to a bound. Source: Washburn, *Probability density of a moving particle*,
Operations Research 17(5), 1969; Stone, Royset, Washburn, *Optimal Search for Moving Targets*, 2016, ch. 6.
"""

from __future__ import annotations

import functools
from typing import Annotated, NamedTuple

import numpy as np

from fusion.arrays import Float
from fusion.constants import JUDGED, Chosen, constants
from fusion.elementary import sin_cos


@constants
class Tour(NamedTuple):
    """A submarine that means not to be heard."""

    speed_mps: Annotated[float, Chosen("m/s", "it goes at most so fast: some 9 knots", JUDGED)] = 4.5
    leg_s: Annotated[float, Chosen("s", "how long it holds a course, on average", JUDGED)] = 1200.0
    speeds: Annotated[
        int,
        Chosen(
            "1",
            "parts of equal width into which the speeds are cut",
            "python -m benchmarks.search; 8 x 32 differ by 0.01",
        ),
    ] = 3
    courses: Annotated[
        int,
        Chosen(
            "1",
            "parts of equal width into which the courses are cut",
            "python -m benchmarks.search; 8 x 32 differ by 0.01",
        ),
    ] = 16


TOUR = Tour()


PARTS = TOUR.speeds * TOUR.courses
"""K: all are equally probable after a change, the speed being uniform."""


@functools.cache
def velocities_mps() -> Float:
    """(K, 2) east and north: the middle of each part."""
    found = []
    for s in range(TOUR.speeds):
        speed = TOUR.speed_mps * (s + 0.5) / TOUR.speeds
        for c in range(TOUR.courses):
            # every other ring is turned by half a part, so that the middles lie evenly
            turn = (c + 0.5 * (s % 2)) / TOUR.courses
            sine, cosine = sin_cos(6.283185307179586 * turn)
            found.append((speed * sine, speed * cosine))
    return np.array(found)


@functools.cache
def spread_mps() -> Float:
    """(K, 2) standard deviations of velocity within a part, by axis."""
    radial = TOUR.speed_mps / TOUR.speeds
    out = np.empty((PARTS, 2))
    for k in range(PARTS):
        e, n = map(float, velocities_mps()[k])
        speed2 = e * e + n * n
        across = 6.283185307179586 / TOUR.courses
        along2, across2 = radial * radial / 12.0, across * across * speed2 / 12.0
        out[k, 0] = np.sqrt((along2 * e * e + across2 * n * n) / speed2)
        out[k, 1] = np.sqrt((along2 * n * n + across2 * e * e) / speed2)
    return out


def changed(dt_s: float) -> float:
    """Probability that it took another course within so long."""
    return dt_s / (TOUR.leg_s + dt_s)
