"""In which phase of its motion each object is, by its true states alone.

What flies in space is in boost or reentry while something but gravity moves it, before and after its summit,
else in free flight; what does not turns or is steady.
"""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np

from fusion.arrays import Float, Ints
from fusion.constants import SCORED, Chosen
from fusion.contract import AIR, SPACE
from fusion.physics.geodesy import EARTH_RATE_RADPS
from fusion.physics.gravity import MU_M3PS2
from fusion.score.tables import Truth

PHASES = ("boost", "free_flight", "reentry", "steady", "turning")
NONE = -1
FORCED_MPS2: Final[
    Annotated[
        float,
        Chosen("m/s²", "more than the flattening of the Earth and the thin air above 60 km make", SCORED),
    ]
] = 3.0
TURNING_MPS2: Final[
    Annotated[
        dict[int, float],
        Chosen("m/s²", "acceleration across the path from which an object turns, by environment", SCORED),
    ]
] = {AIR: 0.5}
SLOW_TURNING_MPS2: Final[Annotated[float, Chosen("m/s²", "the same on the water and below it", SCORED)]] = (
    0.02
)


def phases(truth: Truth) -> Ints:
    """(k, m) index into `PHASES`, or `NONE` where an object does not exist or nothing tells."""
    k, m = truth.in_view.shape
    result = np.full((k, m), NONE)
    if k < 2:
        return result
    time_s = (truth.time_ns - truth.time_ns[0]) * 1e-9
    place, velocity = truth.state[:, :, :3], truth.state[:, :, 3:]
    acceleration = np.gradient(velocity, time_s, axis=0)
    known = np.isfinite(acceleration).all(axis=2)
    climb = np.einsum("kmi,kmi->km", place, velocity)
    forced = np.linalg.norm(acceleration - _free_fall(place, velocity), axis=2) > FORCED_MPS2
    space = truth.environment == SPACE
    flight = np.where(forced, np.where(climb > 0.0, 0, 2), 1)
    limit = np.where(truth.environment == AIR, TURNING_MPS2[AIR], SLOW_TURNING_MPS2)
    other = np.where(np.linalg.norm(acceleration, axis=2) > limit, 4, 3)
    result[known] = np.where(space, flight, other)[known]
    return result


def _free_fall(place: Float, velocity: Float) -> Float:
    """Acceleration (k, m, 3) of what falls freely, in turning axes; the Earth as a sphere."""
    rate = np.array([0.0, 0.0, EARTH_RATE_RADPS])
    distance = np.linalg.norm(place, axis=2)[:, :, None]
    turning = -2.0 * np.cross(rate, velocity) - np.cross(rate, np.cross(rate, place))
    return np.asarray(-MU_M3PS2 * place / distance**3 + turning)
