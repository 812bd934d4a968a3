"""The contract's enumerations as this version knows them: a value of a later one is taken as 0.

Source: proto/README.md, section 12. Readers take values and their names from here and nowhere else; the short
names are for compiled code, their values are the bindings'.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.arrays import Ints
from triwatch.v1 import picture_pb2, track_pb2

AIR = int(track_pb2.ENVIRONMENT_AIR)
SPACE = int(track_pb2.ENVIRONMENT_SPACE)
SURFACE = int(track_pb2.ENVIRONMENT_SURFACE)
SUBSURFACE = int(track_pb2.ENVIRONMENT_SUBSURFACE)
LAND = int(track_pb2.ENVIRONMENT_LAND)
ENVIRONMENTS = 1 + max(track_pb2.Environment.values())
"""Room for a column by environment."""

INITIATING = int(track_pb2.TRACK_STATUS_INITIATING)
MAINTAINING = int(track_pb2.TRACK_STATUS_MAINTAINING)
DROPPING = int(track_pb2.TRACK_STATUS_DROPPING)
TERMINATED = int(track_pb2.TRACK_STATUS_TERMINATED)

CONSTANT_VELOCITY = int(track_pb2.MOTION_MODEL_CONSTANT_VELOCITY)
FREE_FLIGHT = int(track_pb2.MOTION_MODEL_FREE_FLIGHT)

FRIENDS = (int(track_pb2.IDENTITY_ASSUMED_FRIEND), int(track_pb2.IDENTITY_FRIEND))
HOSTILES = (int(track_pb2.IDENTITY_SUSPECT), int(track_pb2.IDENTITY_HOSTILE))
RADAR = int(track_pb2.SENSOR_KIND_RADAR)
INFRARED = int(track_pb2.SENSOR_KIND_INFRARED)
SONAR = int(track_pb2.SENSOR_KIND_SONAR)

IDENTITIES = 1 + max(track_pb2.Identity.values())
"""Room for a column by identity."""

CORRELATED = int(picture_pb2.LINEAGE_EVENT_CORRELATED)
DECORRELATED = int(picture_pb2.LINEAGE_EVENT_DECORRELATED)
SPLIT = int(picture_pb2.LINEAGE_EVENT_SPLIT)
MERGED = int(picture_pb2.LINEAGE_EVENT_MERGED)


def fall_area(flight: picture_pb2.Flight) -> picture_pb2.GroundPoint:
    """Where a flight comes down: its impact, while that is not known its reach."""
    return flight.impact if flight.HasField("impact") else flight.reach


def known(enum: Any, value: int) -> int:
    """``value`` where the bindings' enumeration has it, else 0."""
    return value if value in enum.DESCRIPTOR.values_by_number else 0


def known_column(enum: Any, values: NDArray[Any]) -> Ints:
    """`known` of every value (n,)."""
    found = values.astype(np.int64)
    strange = (found < 0) | (found > _highest(enum))
    if strange.any():
        found[strange] = 0
    return found


def word(enum: Any, value: int) -> str:
    """The name of a value without the enumeration's own: "MAINTAINING" of ``TRACK_STATUS_MAINTAINING``."""
    name: str = enum.Name(known(enum, value))
    return name.removeprefix(_prefix(enum))


def by_environment(values: dict[int, float], others: float) -> tuple[float, ...]:
    """A column by environment: the value of each, or that of the ``others``."""
    return tuple(values.get(environment, others) for environment in range(ENVIRONMENTS))


@cache
def _highest(enum: Any) -> int:
    """The contract's values run from 0 without gaps."""
    highest: int = max(enum.DESCRIPTOR.values_by_number)
    return highest


@cache
def _prefix(enum: Any) -> str:
    """What all names of an enumeration begin with: its own in capitals."""
    own = enum.DESCRIPTOR.name
    return "".join(f"_{c}" if c.isupper() and k else c for k, c in enumerate(own)).upper() + "_"
