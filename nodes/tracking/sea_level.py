"""Whether a slow track floats, by what its radar detections alone say of its height, and by its speed.

That a ship floats tells its height better than any elevation does, and keeps neighbours' heights from being
told apart where there is nothing to tell. But a helicopter is as slow as a ship, and so is, seen from above,
a missile that has just left the ground: the three are weighed against each other by the heights that were
measured without that knowledge, and it is used, or given up, where they leave little doubt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np

from fusion.arrays import Float
from fusion.constants import JUDGED, Chosen
from nodes.sensing.measurement import FLOAT_SIGMA_M, height
from nodes.sensing.sensors import Radar, Sensor
from nodes.tracking.position_fix import Sighting, radar_fix

MEMORY: Final[Annotated[float, Chosen("1", "what a detection still counts for at the next one", JUDGED)]] = (
    0.98
)
SLOW_FLIER: Final[
    Annotated[
        float,
        Chosen("1", "of what may be a ship so many parts are helicopters and light aircraft ...", JUDGED),
    ]
] = 0.1
FLIER_CEILING_M: Final[
    Annotated[
        float,
        Chosen("m", "... anywhere up to this height ...", "they mostly keep below 2,000 ft"),
    ]
] = 600.0
FLIER_SIGMA_MPS: Final[
    Annotated[
        float, Chosen("m/s", "... of this speed, by axis, 1 sigma", "light aircraft cruise at 100 kn or less")
    ]
] = 40.0
SHIP_SIGMA_MPS: Final[Annotated[float, Chosen("m/s", "the same of ships", "few ships make 30 kn")]] = 8.0
RISE: Final[
    Annotated[float, Chosen("1", "so many parts have just left the ground on the spot ...", JUDGED)]
] = 0.02
RISE_MPS2: Final[
    Annotated[
        float,
        Chosen("m/s²", "... and rise with at least this", "thrust over weight of 2, less gravity"),
    ]
] = 10.0
SURE: Final[
    Annotated[
        float, Chosen("1", "probability of floating, or of not, from which on it is reckoned with", JUDGED)
    ]
] = 0.99


@dataclass(slots=True)
class MeasuredHeight:
    """Weighted mean of the heights that detections said, those of late counting most."""

    mean_m: float = 0.0
    information: float = 0.0
    """One over the mean's variance, 1/m²."""
    risen_m: float = 0.0
    """What the mean would be of a target that left the ground at the first detection."""
    count: float = 0.0
    """So many detections it is the mean of."""
    off_m: float = 0.0
    """By how much the radar that sees it worst may be off all along, 1 sigma."""
    since_ns: int = 0

    def take(self, sighting: Sighting, time_ns: int, off_rad: float) -> None:
        """Take one detection of a radar whose owner takes its elevation to be off by ``off_rad``, 1 sigma."""
        fix = radar_fix(sighting)
        height_m, up = height(fix.position_m)
        gained = 1.0 / float(up @ fix.covariance @ up)
        if self.information == 0.0:
            self.since_ns = time_ns
        age_s = 1e-9 * (time_ns - self.since_ns)
        self.off_m = max(self.off_m, off_rad * float(sighting.z[0]))
        self.count = MEMORY * self.count + 1.0
        self.information = MEMORY * self.information + gained
        self.mean_m += (height_m - self.mean_m) * gained / self.information
        self.risen_m += (0.5 * RISE_MPS2 * age_s**2 - self.risen_m) * gained / self.information

    def sigma_m(self, floats: float) -> float:
        """How far from the sea it may be of which a detection says once more that it ``floats``: all of them
        together know no better than that it floats, and that it may not."""
        other_m2 = (1.0 - floats) * (self.mean_m**2 + 1.0 / self.information)
        return math.sqrt(self.count * (FLOAT_SIGMA_M**2 + other_m2))

    def floats(self, state: Float, covariance: Float) -> float:
        """Probability that the track at ``state`` (6,) floats: it floats, flies slowly, or has just left the
        ground (Bayes)."""
        sigma_m = math.hypot(1.0 / math.sqrt(self.information), self.off_m)
        at = self.mean_m / sigma_m
        below = math.erf((FLIER_CEILING_M - self.mean_m) / sigma_m / math.sqrt(2.0))
        up = height(state[:3])[1]
        level = state[3:] - up * float(up @ state[3:])
        spread = covariance[3:, 3:]
        mps2 = 0.5 * float(np.trace(spread) - up @ spread @ up)
        ship, flier = SHIP_SIGMA_MPS**2 + mps2, FLIER_SIGMA_MPS**2 + mps2
        faster = ship / flier * math.exp(min(0.5 * float(level @ level) * (1.0 / ship - 1.0 / flier), 500.0))
        flies = 0.5 * (below + math.erf(at / math.sqrt(2.0))) * sigma_m / FLIER_CEILING_M
        rises = _normal((self.mean_m - self.risen_m) / sigma_m)
        weight = (1.0 - SLOW_FLIER - RISE) * _normal(at)
        total = weight + SLOW_FLIER * faster * flies + RISE * rises
        return weight / total if total > 0.0 else 0.0

    def spread_m(self, altitude_m: float) -> float:
        """How far from ``altitude_m`` it may be if it does not float, 1 sigma.

        What rises evenly faster has come three times as high as it was in the mean.
        """
        return 3.0 * abs(self.mean_m - altitude_m) + 1.0 / math.sqrt(self.information)


def elevation_off_rad(spec: Sensor) -> float:
    """By how much its owner takes a radar's elevation to be off, 1 sigma."""
    said = spec.misalignment if isinstance(spec, Radar) else None
    return 0.0 if said is None else 1e-3 * said.elevation_mrad


def _normal(x: float) -> float:
    """The standard normal density."""
    return math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)
