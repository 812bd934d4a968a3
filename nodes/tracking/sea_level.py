"""Whether a track lies on the sea, by what its radar detections alone say of its height.

That a ship floats tells its height better than any elevation does, and keeps neighbours' heights from being
told apart where there is nothing to tell. But a helicopter is as slow as a ship: only where the
detections themselves, without that knowledge, put a track surely low is it used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Final

from fusion.constants import JUDGED, Chosen
from nodes.sensing.measurement import height
from nodes.tracking.environment import SURFACE_ALTITUDE_M
from nodes.tracking.position_fix import Sighting, radar_fix

MEMORY: Final[Annotated[float, Chosen("1", "what a detection still counts for at the next one", JUDGED)]] = (
    0.98
)


@dataclass(slots=True)
class MeasuredHeight:
    """Weighted mean of the heights that detections said, those of late counting most."""

    mean_m: float = 0.0
    information: float = 0.0
    """One over the mean's variance, 1/m²."""

    def take(self, sighting: Sighting) -> None:
        """Take one radar detection."""
        fix = radar_fix(sighting)
        height_m, up = height(fix.position_m)
        gained = 1.0 / float(up @ fix.covariance @ up)
        self.information = MEMORY * self.information + gained
        self.mean_m += (height_m - self.mean_m) * gained / self.information

    @property
    def low(self) -> bool:
        """Whether it is surely lower than anything flies."""
        if self.information == 0.0:
            return False
        return self.mean_m + 2.0 / math.sqrt(self.information) < SURFACE_ALTITUDE_M
