"""A reentry vehicle that uses lift: how far it may still go.

Where the track of a reentering body turns in a way that drag does not explain, the impact of a falling
body is no longer a prediction. The ellipse then reaches as far as a glide from the present speed.

Source: Regan and Anandakrishnan, *Dynamics of Atmospheric Re-Entry*, 1993, eq. 7.42 (range of an
equilibrium glide).
"""

from __future__ import annotations

import math

import numpy as np

from fusion.arrays import Float
from fusion.physics.geodesy import ecef2geodetic, enu_axes
from fusion.physics.gravity import MU_M3PS2
from fusion.warning.impact import ELLIPSE_95, Crossing

LIFT_TO_DRAG = 2.0
"""More than published slender reentry bodies have."""
ASIDE = 0.5
"""Reach to the side as a part of the reach ahead; a gliding body turns with the same lift."""


def glide_range_m(state: Float) -> float:
    """Ground range m of an equilibrium glide from an ECEF state (6,) to rest."""
    r = float(np.linalg.norm(state[:3]))
    ratio = min(0.999, float(state[3:] @ state[3:]) * r / MU_M3PS2)
    return -0.5 * r * LIFT_TO_DRAG * math.log(1.0 - ratio)


def widen(impact: Crossing, state: Float) -> Crossing:
    """The impact of a body at ECEF state (6,) that falls, widened by what lift may do from now on.

    The point stays that of the fall; the 95 % ellipse reaches the end of the glide.
    """
    lat, lon, height = ecef2geodetic(state[:3])
    level = enu_axes(lat, lon)[:2] @ state[3:]
    ahead = level / max(1e-9, float(np.hypot(level[0], level[1])))
    side = np.array([-ahead[1], ahead[0]])
    reach = (glide_range_m(state) + LIFT_TO_DRAG * max(0.0, float(height))) / ELLIPSE_95
    spread = reach**2 * (np.outer(ahead, ahead) + ASIDE**2 * np.outer(side, side))
    slow_s = reach / max(100.0, 0.5 * float(np.linalg.norm(state[3:])))
    return Crossing(
        impact.lat_deg,
        impact.lon_deg,
        impact.after_s,
        math.hypot(impact.time_sigma_s, slow_s),
        impact.covariance_m2 + spread,
    )
