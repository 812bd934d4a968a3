"""The classic case of bearings alone, and its Cramér-Rao bound, sharing no code with the tracker.

A target of 4 knots, 5 km off, is heard each minute for 40 minutes by a ship of 5 knots that turns from
140 to 20 degrees between 13 and 17 min. Source: Ristic, Arulampalam, Gordon 2004, ch. 6.4 (figure 6.2). All
in one level plane: east and north, m.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
KNOT_MPS = 1852.0 / 3600.0
PERIOD_S, LOOKS = 60.0, 41
SIGMA_RAD = math.radians(1.5)
SPEED_SIGMA_MPS = 3.0
"""Of each component of the velocity, before anything was heard."""
RANGE_SIGMA_M = 2_000.0


def _course(course_deg: float, speed_kn: float) -> Array:
    course = math.radians(course_deg)
    return speed_kn * KNOT_MPS * np.array([math.sin(course), math.cos(course)])


def own_ship() -> Array:
    """(41, 2) where the ship is at each look."""
    step_s = 5.0
    places, place = [], np.zeros(2)
    for k in range(LOOKS):
        places.append(place)
        for i in range(int(PERIOD_S / step_s)):
            minute = (k * PERIOD_S + i * step_s) / 60.0
            turned = min(max((minute - 13.0) / 4.0, 0.0), 1.0)
            place = place + _course(140.0 - 120.0 * turned, 5.0) * step_s
    return np.stack(places)


def target(turn_min: float | None = None) -> Array:
    """(41, 2) where the target is at each look; from ``turn_min`` on 90 degrees to the right."""
    bearing = math.radians(80.0)
    start = 5_000.0 * np.array([math.sin(bearing), math.cos(bearing)])
    before_s = np.arange(LOOKS) * PERIOD_S
    after_s = np.zeros(LOOKS) if turn_min is None else np.maximum(before_s - 60.0 * turn_min, 0.0)
    straight_s = before_s - after_s
    return start + np.outer(straight_s, _course(220.0, 4.0)) + np.outer(after_s, _course(310.0, 4.0))


def bound_m() -> Array:
    """(41,) the least root mean square error of a place at each look, of a target that keeps its course.

    The information of all bearings so far about where it was and how it moves, at the truth, on top of what
    is held beforehand. Source: Van Trees 1968, ch. 2.4.3; Bar-Shalom, Li, Kirubarajan 2001, eq. 2.7.2-3.
    """
    where, own = target(), own_ship()
    along = where[0] / np.linalg.norm(where[0])
    information = np.zeros((4, 4))
    information[:2, :2] = np.outer(along, along) / RANGE_SIGMA_M**2
    information[2:, 2:] = np.eye(2) / SPEED_SIGMA_MPS**2
    least = []
    for k in range(LOOKS):
        east, north = where[k] - own[k]
        slope = np.array([north, -east]) / (east * east + north * north)
        row = np.concatenate([slope, slope * k * PERIOD_S])
        information += np.outer(row, row) / SIGMA_RAD**2
        forward = np.hstack([np.eye(2), np.eye(2) * k * PERIOD_S])
        least.append(math.sqrt(np.trace(forward @ np.linalg.inv(information) @ forward.T)))
    return np.array(least)
