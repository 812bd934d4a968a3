"""Whether a slow track floats, by what its radar detections alone say of its height, and by its speed.

That a ship floats tells its height better than any elevation does, and keeps neighbours' heights from being
told apart where there is nothing to tell. But a helicopter is as slow as a ship, and so is, seen from above,
a missile that has just left the ground: the three are weighed against each other by the heights that were
measured without that knowledge. It is used as soon as the track likely floats, as wide as the doubt is; that
it may be rising instead widens the track, more from scan to scan, and a scan without it speaks for that.
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
HOVERING: Final[
    Annotated[
        float, Chosen("1", "... but that so many parts of them hover or stand, as slow as ships", JUDGED)
    ]
] = 0.2
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
LIKELY: Final[
    Annotated[
        float,
        Chosen(
            "1", "probability of floating from which on the height tells it, as wide as the doubt", JUDGED
        ),
    ]
] = 0.9
SURE: Final[
    Annotated[float, Chosen("1", "probability of not floating from which on it is an aircraft", JUDGED)]
] = 0.99


@dataclass(slots=True)
class MeasuredHeight:
    """Weighted mean of the heights that detections said, those of late counting most."""

    mean_m: float = 0.0
    information: float = 0.0
    """One over the mean's variance, 1/m²."""
    risen_m: float = 0.0
    """What the mean would be of a target that left the ground at the first detection."""
    height_m: float = 0.0
    """How high such a target would be by now ..."""
    climb_mps: float = 0.0
    """... and how fast it would climb."""
    missed: float = 1.0
    """By how much likelier the misses since the last detection are of such a target than of a ship."""
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
        self._rise(age_s)
        self.missed = 1.0
        self.risen_m += (self.height_m - self.risen_m) * gained / self.information

    def miss(self, time_ns: int, pd: float) -> None:
        """Note that a radar did not find it at sea: what has risen may be out of reach of its gate."""
        self.missed = min(self.missed / (1.0 - min(pd, 0.99)), 1e12)  # beyond doubt, and finite
        self._rise(1e-9 * (time_ns - self.since_ns))

    def _rise(self, age_s: float) -> None:
        """Where and how fast a target is by now that left the ground at the first detection."""
        self.climb_mps = RISE_MPS2 * age_s
        self.height_m = 0.5 * RISE_MPS2 * age_s**2

    def weigh(self, state: Float, covariance: Float) -> tuple[float, float, float]:
        """Probabilities that the track at ``state`` (6,) floats, that it flies slowly, and that it has just
        left the ground (Bayes)."""
        sigma_m = math.hypot(1.0 / math.sqrt(self.information), self.off_m)
        at = self.mean_m / sigma_m
        below = math.erf((FLIER_CEILING_M - self.mean_m) / sigma_m / math.sqrt(2.0))
        up = height(state[:3])[1]
        level = state[3:] - up * float(up @ state[3:])
        spread = covariance[3:, 3:]
        mps2 = 0.5 * float(np.trace(spread) - up @ spread @ up)
        ship, flier = SHIP_SIGMA_MPS**2 + mps2, FLIER_SIGMA_MPS**2 + mps2
        faster = ship / flier * math.exp(min(0.5 * float(level @ level) * (1.0 / ship - 1.0 / flier), 500.0))
        within = 0.5 * (below + math.erf(at / math.sqrt(2.0))) * sigma_m / FLIER_CEILING_M
        floats = (1.0 - SLOW_FLIER - RISE) * _normal(at)
        flies = SLOW_FLIER * (HOVERING + (1.0 - HOVERING) * faster) * within
        rises = RISE * self.missed * _normal((self.mean_m - self.risen_m) / sigma_m)
        total = floats + flies + rises
        return (floats / total, flies / total, rises / total) if total > 0.0 else (0.0, 0.0, 0.0)

    def off_sea_m(self, flies: float, rises: float) -> float:
        """How far from the sea's level a detection may say once more that the track is, 1 sigma, which is
        ``flies`` and ``rises`` likely to do that: all detections together know no better than that a ship
        floats, and how far from it the track is if it is none."""
        flying_m2 = min(self.mean_m**2 + 1.0 / self.information, FLIER_CEILING_M**2 / 3.0)
        other_m2 = flies * flying_m2 + rises * self.height_m**2
        return math.sqrt(self.count * (FLOAT_SIGMA_M**2 + other_m2))

    def may_have_risen(self, rises: float, up: Float) -> Float:
        """(6, 6) m², m²/s² what a track held to float lacks, which ``rises`` likely, along ``up`` (3,): a
        mixture's spread of means. Height and climb count as unrelated: neither thrust nor launch is known.
        """
        along = rises * np.outer(up, up)
        spread = np.zeros((6, 6))
        spread[:3, :3], spread[3:, 3:] = self.height_m**2 * along, self.climb_mps**2 * along
        return spread

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
