"""Whether a slow track floats, by what its radar detections alone say of its height.

That a ship floats tells its height better than any elevation does, and keeps neighbours' heights from being
told apart where there is nothing to tell. But a helicopter is as slow as a ship, and so is, seen from above,
a missile that has just left the ground: the three are weighed against each other by the heights that were
measured without that knowledge, and it is used, or given up, where they leave little doubt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Final

from fusion.constants import JUDGED, Chosen
from nodes.sensing.measurement import height
from nodes.sensing.sensors import Radar, Sensor
from nodes.tracking.position_fix import Sighting, radar_fix

MEMORY: Final[Annotated[float, Chosen("1", "what a detection still counts for at the next one", JUDGED)]] = (
    0.98
)
HOVER: Final[Annotated[float, Chosen("1", "of what is slow so many parts are helicopters ...", JUDGED)]] = (
    0.01
)
HOVER_CEILING_M: Final[
    Annotated[
        float,
        Chosen("m", "... anywhere up to this height", "hovering out of ground effect ends at some 3 km"),
    ]
] = 3_000.0
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
    Annotated[float, Chosen("1", "probability from which on it is reckoned with that a track floats", JUDGED)]
] = 0.99


@dataclass(slots=True)
class MeasuredHeight:
    """Weighted mean of the heights that detections said, those of late counting most."""

    mean_m: float = 0.0
    information: float = 0.0
    """One over the mean's variance, 1/m²."""
    risen_m: float = 0.0
    """What the mean would be of a target that left the ground at the first detection."""
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
        self.information = MEMORY * self.information + gained
        self.mean_m += (height_m - self.mean_m) * gained / self.information
        self.risen_m += (0.5 * RISE_MPS2 * age_s**2 - self.risen_m) * gained / self.information

    @property
    def floats(self) -> float:
        """Probability that the track floats: it floats, hovers, or has just left the ground (Bayes)."""
        if self.information == 0.0:
            return 1.0 - HOVER - RISE
        sigma_m = math.hypot(1.0 / math.sqrt(self.information), self.off_m)
        at = self.mean_m / sigma_m
        afloat = _normal(at)
        below = math.erf((HOVER_CEILING_M - self.mean_m) / sigma_m / math.sqrt(2.0))
        hovers = 0.5 * (below + math.erf(at / math.sqrt(2.0))) * sigma_m / HOVER_CEILING_M
        rises = _normal((self.mean_m - self.risen_m) / sigma_m)
        weight = (1.0 - HOVER - RISE) * afloat
        total = weight + HOVER * hovers + RISE * rises
        return weight / total if total > 0.0 else 0.0

    @property
    def low(self) -> bool:
        """Whether it surely floats."""
        return self.floats > SURE

    @property
    def flies(self) -> bool:
        """Whether it surely does not."""
        return self.floats < 1.0 - SURE

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
