"""A line of sight that is turned: what is measured of a direction then."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from fusion.physics.geodesy import Float


def turned(seen: Float, roll_rad: float, pitch_rad: float) -> Float:
    """(n, 2) azimuth and elevation rad of directions that are (n, 2), right-handed about north and east.

    The two are one rotation, so that of the negative angles takes it back.
    """
    level = np.cos(seen[:, 1])
    line = np.stack([np.sin(seen[:, 0]) * level, np.cos(seen[:, 0]) * level, np.sin(seen[:, 1])], axis=1)
    line = Rotation.from_rotvec([pitch_rad, roll_rad, 0.0]).apply(line)
    elevation = np.arctan2(line[:, 2], np.hypot(line[:, 0], line[:, 1]))
    return np.stack([np.arctan2(line[:, 0], line[:, 1]), elevation], axis=1)
