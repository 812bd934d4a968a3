"""What an infrared sensor that sees a plume, or none, says of an engine."""

from __future__ import annotations

import numpy as np

from nodes.tracking.environment import SPACE, Kinematics
from nodes.tracking.filters import NationalFilter
from nodes.tracking.motion_models import THRUST_MODE, braked
from nodes.tracking.scan_likelihood import SEEN_IF_NOT_BURNING
from nodes.tracking.track import Track


def may_burn(track: Track, k: Kinematics, row: int) -> bool:
    """Whether an infrared sensor's word on a track is of its engine: falling through the air it is not."""
    return track.environment == SPACE and not braked(k.altitude_m[row], k.climb_mps[row])


def weigh_burning(filter: NationalFilter, pd: float, seen: bool) -> None:
    """Weigh a filter's modes by whether an infrared sensor, of a probability of detection, saw the target."""
    likelihood = np.full(len(filter.modes), SEEN_IF_NOT_BURNING if seen else 1.0 - SEEN_IF_NOT_BURNING)
    likelihood[THRUST_MODE] = max(pd if seen else 1.0 - pd, 1e-3)
    filter.weigh(likelihood)
