"""While the engine burns: where the missile would come down, from now on to the longest burn.

The point is that of an engine that stops now. The ellipse about it reaches to the impact of a burn that
goes on, at as much thrust as may be seen and along the flight, as long as any but one in twenty do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np

from fusion.arrays import Float
from fusion.constants import WARNED, Chosen
from fusion.dense import dot, norm, spread_along
from fusion.kernel import kernel
from fusion.physics.ground import axes_at, ground_range_m
from fusion.physics.integrator import midpoint_step
from fusion.physics.reentry import reentry_acceleration
from fusion.warning.classify import RANGE_LOG_SIGMA, class_probability, greatest_range_m
from fusion.warning.impact import ELLIPSE_95, Crossing, predict_fall
from fusion.warning.launch import ASCENT_KGPM2

LONGEST_BURN_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "all but one in twenty burn no longer",
            "published: three-stage solid rockets about 180 s, large liquid ones 300 s",
        ),
    ]
] = 330.0
LEAST_LEFT_S: Final[
    Annotated[float, Chosen("s", "a burn is taken to go on for so long at least", WARNED)]
] = 20.0
FARTHEST_M: Final[
    Annotated[float, Chosen("m", "greatest reach that is computed", "a quarter of the Earth's circumference")]
] = 10_000e3
GROWTH_PER_S: Final[
    Annotated[float, Chosen("1/s", "how fast thrust per mass grows while propellant burns", WARNED)]
] = 0.005
SWERVE: Final[
    Annotated[
        float,
        Chosen("1", "how far across the flight the ellipse reaches, as a part of how far along", WARNED),
    ]
] = 0.3
TURN: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "how much of the greatest range a missile that only just left the ground may reach in any "
            "direction",
            WARNED,
        ),
    ]
] = 0.5
_SAMPLES: Final[Annotated[int, Chosen("1", "burn times at which the reach is computed", WARNED)]] = 8


@dataclass(frozen=True, slots=True)
class Burning:
    """What can be said of a flight whose end of burn is not known."""

    reach: Crossing
    """About where it came down if the engine stopped now; the ellipse reaches on to the longest burn."""
    apogee_m: float
    class_probability: list[float]


@kernel
def _burning_acceleration(
    x: float, y: float, z: float, vx: float, vy: float, vz: float, thrust_mps2: float
) -> tuple[float, float, float]:
    """Acceleration m/s² in ECEF of a rising missile under a thrust along its velocity."""
    ax, ay, az = reentry_acceleration(x, y, z, vx, vy, vz, ASCENT_KGPM2)
    push = thrust_mps2 / max(1.0, math.sqrt(vx * vx + vy * vy + vz * vz))
    return ax + push * vx, ay + push * vy, az + push * vz


@kernel
def _burn_on(state: Float, thrust_mps2: float, seconds: float) -> None:
    """Carry a state (6,) in place under a thrust along the velocity that grows as propellant is spent."""
    steps = 1 + int(seconds / 2.0)
    h = seconds / steps
    for k in range(steps):
        thrust = thrust_mps2 * (1.0 + GROWTH_PER_S * (k + 0.5) * h)
        midpoint_step(_burning_acceleration, state, h, (thrust,))


def predict_burning(
    state: Float, covariance: Float, thrust_mps2: float, most_mps2: float, burnt_s: float
) -> Burning | None:
    """Prediction for a missile at ECEF state (6,) with covariance (6, 6) whose engine burns.

    `thrust_mps2` is its thrust per mass less drag, `most_mps2` what it may be at most, `burnt_s` how long it
    has burnt. None where the state alone comes down nowhere.
    """
    now = predict_fall(state, covariance)
    if now is None:
        return None
    left = max(LEAST_LEFT_S, LONGEST_BURN_S - burnt_s)
    chances = np.zeros(4)
    flown, delay = 0.0, 0.0
    usual, on = np.array(state, dtype=float), np.array(state, dtype=float)
    for k in range(_SAMPLES):
        growth = min(4.0, 1.0 + GROWTH_PER_S * left * k / _SAMPLES)
        _burn_on(usual, thrust_mps2 * growth, left / _SAMPLES)
        chances += class_probability(greatest_range_m(usual), RANGE_LOG_SIGMA)
        if flown == FARTHEST_M:
            continue
        _burn_on(on, most_mps2 * growth, left / _SAMPLES)
        later = predict_fall(on, np.zeros((6, 6)))
        if later is None:
            flown, delay = FARTHEST_M, 3600.0
            continue
        there = later.impact
        flown = max(
            flown, ground_range_m(now.impact.lat_deg, now.impact.lon_deg, there.lat_deg, there.lon_deg)
        )
        delay = max(delay, left * (k + 1) / _SAMPLES + there.after_s - now.impact.after_s)
    # what speed is still to come may be given in another direction than that of the flight so far
    gained = norm(on[3:] - state[3:])
    turned = gained / (gained + norm(state[3:]))
    reach = min(FARTHEST_M, flown + TURN * turned * greatest_range_m(on))
    point = Crossing(
        now.impact.lat_deg,
        now.impact.lon_deg,
        now.impact.after_s,
        math.sqrt(now.impact.time_sigma_s * now.impact.time_sigma_s + 0.25 * delay * delay),
        now.impact.covariance_m2 + _reach_covariance(state, covariance, reach),
    )
    return Burning(point, now.apogee_m, [float(c) for c in chances / chances.sum()])


def _reach_covariance(state: Float, covariance: Float, reach_m: float) -> Float:
    """East-north covariance (2, 2) whose 95 % ellipse reaches so far along the flight and less across."""
    axes = axes_at(state[:3])
    east, north = dot(axes[0], state[3:]), dot(axes[1], state[3:])
    speed = max(1.0, math.sqrt(east * east + north * north))
    ahead, side = np.array([east, north]) / speed, np.array([-north, east]) / speed
    sigma = math.sqrt(spread_along(covariance[3:, 3:], side[0] * axes[0] + side[1] * axes[1]))
    across = min(1.0, SWERVE + 2.0 * sigma / speed)
    return stretched(reach_m / ELLIPSE_95, across, ahead, side)


def stretched(reach_m: float, across: float, ahead: Float, side: Float) -> Float:
    """Covariance (2, 2) of a sigma of ``reach_m`` along the unit vector ``ahead`` and ``across`` times that
    along ``side``."""
    spread: Float = (reach_m * reach_m) * (
        ahead[:, None] * ahead + (across * across) * (side[:, None] * side)
    )
    return spread
