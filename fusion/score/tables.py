"""What scores are computed from: the truth, and what one picture showed, at common scoring instants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np

from fusion.arrays import Bools, Float, Ints
from fusion.constants import SCORED, Chosen
from fusion.contract import AIR, SPACE, SUBSURFACE, SURFACE

ENVIRONMENTS = {"AIR": AIR, "SPACE": SPACE, "SURFACE": SURFACE, "SUBSURFACE": SUBSURFACE}

GATE_M: Final[
    Annotated[
        dict[int, float],
        Chosen(
            "m",
            "how far from an object of each environment a track may lie and still count as a track of it",
            SCORED,
        ),
    ]
] = {AIR: 3_000.0, SPACE: 10_000.0, SURFACE: 300.0, SUBSURFACE: 5_000.0}


@dataclass(frozen=True, slots=True)
class Truth:
    """m objects at k instants."""

    time_ns: Ints
    """(k,) rising."""
    object_id: tuple[str, ...]
    """(m,)."""
    state: Float
    """(k, m, 6) ECEF m, m/s; NaN where an object does not exist."""
    environment: Ints
    """(k, m)."""
    identity: Ints
    """(k, m)."""
    in_view: Bools
    """(k, m): the object exists and some sensor of the coalition sees it."""

    @property
    def gate_m(self) -> Float:
        """(k, m) gate around each object; AIR's where the environment is none of the four."""
        gate = np.full(self.environment.shape, GATE_M[AIR])
        for environment, metres in GATE_M.items():
            gate[self.environment == environment] = metres
        return gate


@dataclass(frozen=True, slots=True)
class Shown:
    """What one picture showed: r rows, each one track at one instant, carried to that instant."""

    instant: Ints
    """(r,) index into the truth's instants, never falling."""
    number: Ints
    """(r,) track numbers, each once an instant."""
    state: Float
    """(r, 6) ECEF m, m/s."""
    covariance: Float
    """(r, 6, 6)."""
    environment: Ints
    """(r,)."""
    identity: Ints
    """(r,)."""

    def bounds(self, instants: int) -> Ints:
        """(instants + 1,) where each instant's rows begin."""
        return np.searchsorted(self.instant, np.arange(instants + 1)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Assigned:
    """Which object each row of a Shown is a track of."""

    object: Ints
    """(r,) column of the truth, or -1: a track of nothing."""
    primary: Bools
    """(r,) the one row that stands for its object; the others of an object are redundant."""
    error_m: Float
    """(r,) distance to the object; NaN where there is none."""
    error_mps: Float
    """(r,) difference of velocity; NaN where there is none."""
