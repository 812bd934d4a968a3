"""A reentry vehicle that uses lift: how far it may still go.

Where the track of a reentering body turns in a way that drag does not explain, the impact of a falling
body is no longer a prediction. The ellipse then reaches as far as a glide from the present speed.

Source: Regan and Anandakrishnan, *Dynamics of Atmospheric Re-Entry*, 1993, eq. 7.42 (range of an
equilibrium glide).
"""

from __future__ import annotations

import math
from typing import Annotated, Final

import numpy as np

from fusion.arrays import Float
from fusion.constants import WARNED, Chosen
from fusion.dense import dot, norm
from fusion.linalg import log_fixed
from fusion.physics.gravity import MU_M3PS2
from fusion.physics.ground import axes_at, latitude
from fusion.warning.boost import stretched
from fusion.warning.impact import ELLIPSE_95, Crossing

LIFT_TO_DRAG: Final[
    Annotated[
        float,
        Chosen(
            "1", "lift over drag of a body that glides", "more than published slender reentry bodies have"
        ),
    ]
] = 2.0
ASIDE: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "reach to the side as a part of the reach ahead; a gliding body turns with the same lift",
            WARNED,
        ),
    ]
] = 0.5


def glide_range_m(state: Float) -> float:
    """Ground range m of an equilibrium glide from an ECEF state (6,) to rest."""
    r = norm(state[:3])
    ratio = min(0.999, dot(state[3:], state[3:]) * r / MU_M3PS2)
    return -0.5 * r * LIFT_TO_DRAG * log_fixed(1.0 - ratio)


def widen(impact: Crossing, state: Float) -> Crossing:
    """The impact of a body at ECEF state (6,) that falls, widened by what lift may do from now on.

    The point stays that of the fall; the 95 % ellipse reaches the end of the glide.
    """
    axes, (_, _, height) = axes_at(state[:3]), latitude(state[:3])
    east, north = dot(axes[0], state[3:]), dot(axes[1], state[3:])
    level = max(1e-9, math.sqrt(east * east + north * north))
    ahead, side = np.array([east, north]) / level, np.array([-north, east]) / level
    reach = (glide_range_m(state) + LIFT_TO_DRAG * max(0.0, height)) / ELLIPSE_95
    slow_s = reach / max(100.0, 0.5 * norm(state[3:]))
    return Crossing(
        impact.lat_deg,
        impact.lon_deg,
        impact.after_s,
        math.sqrt(impact.time_sigma_s * impact.time_sigma_s + slow_s * slow_s),
        impact.covariance_m2 + stretched(reach, ASIDE, ahead, side),
    )
