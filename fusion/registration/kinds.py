"""The kinds of bias: of each whose it is, what jumps with it, and how large it may be.

The first four every sensor has; the others those of which its node declares a sigma. What one unit of each
does to a state is in `fusion.registration.bias`, in the same order.
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

from fusion.constants import JUDGED, Chosen

RANGE, AZIMUTH, ELEVATION, CLOCK, HEADING, EAST, NORTH, ROLL, PITCH = range(9)
BASE = 4
"""The kinds before this one every sensor has."""
SENSOR, NODE, PLATFORM = range(3)
MEASURED, TIME, COURSE, PLACE, ATTITUDE = range(5)


class Kind(NamedTuple):
    """A row of the table."""

    name: str
    """As figures are called; with its unit."""
    of: int
    """Whose it is: all that have it in common are off alike."""
    group: int
    """What is off by itself: kinds of one group and owner jump together."""
    walk: float
    """By how much it walks at random, per root s."""
    cap: float
    """Beyond it a sensor is broken or lies: nothing is taken out."""


KINDS: Final[
    Annotated[
        tuple[Kind, ...], Chosen("m, rad, rad, s, rad, m, m, rad, rad", "walk and cap of each kind", JUDGED)
    ]
] = (
    Kind("range_m", SENSOR, MEASURED, 2e-2, 1_000.0),
    Kind("azimuth_rad", SENSOR, MEASURED, 5e-7, 12e-3),
    Kind("elevation_rad", SENSOR, MEASURED, 5e-7, 12e-3),
    Kind("clock_s", NODE, TIME, 1e-4, 1.0),
    Kind("heading_rad", PLATFORM, COURSE, 5e-7, 20e-3),
    Kind("east_m", PLATFORM, PLACE, 2e-2, 1_500.0),
    Kind("north_m", PLATFORM, PLACE, 2e-2, 1_500.0),
    Kind("roll_rad", SENSOR, ATTITUDE, 5e-7, 12e-3),
    Kind("pitch_rad", SENSOR, ATTITUDE, 5e-7, 12e-3),
)
BIASES = len(KINDS)
OWNER = tuple(kind.of for kind in KINDS)
GROUP = tuple(kind.group for kind in KINDS)
GROUPS = len(set(GROUP))
WALK = tuple(kind.walk for kind in KINDS)
CAP = tuple(kind.cap for kind in KINDS)
