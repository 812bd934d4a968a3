"""Equations of motion of a missile and its parts in ECEF: thrust, gravity with J2, rotation, drag, lift.

Source: Montenbruck and Gill, *Satellite Orbits*, 2000, eq. 3.97 (drag, with the air at rest in ECEF);
Regan and Anandakrishnan, *Dynamics of Atmospheric Re-Entry*, 1993, ch. 8 (ballistic coefficient).
"""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np

from fusion.constants import MODELLED, Chosen
from fusion.kernel import kernel
from fusion.physics.free_flight import free_flight_acceleration
from fusion.physics.geodesy import Float
from nodes.simulation.atmosphere import TOP_M, density_kgpm3

# The truth is an oracle to the fold's predictions: its ellipsoid, height and air are its own on purpose.
A_M = 6378137.0
B_M = 6356752.314245179
G0_MPS2 = 9.80665
LIFT_TO_DRAG: Final[Annotated[float, Chosen("1", "lift over drag in a pull-up", MODELLED)]] = 1.5
THRUST_GROWTH: Final[
    Annotated[float, Chosen("1", "thrust per mass at burnout over that at lift-off", MODELLED)]
] = 3.0
VERTICAL_SHARE: Final[
    Annotated[float, Chosen("1", "share of the burn that is a straight rise", MODELLED)]
] = 0.05


@kernel
def height_m(x: float, y: float, z: float) -> float:
    """Height above the ellipsoid along the geocentric radius; zero exactly on the ellipsoid.

    Above the geodetic height by less than 35 m at 6,000 km, far less where there is air.
    """
    r2 = x * x + y * y + z * z
    s2 = z * z / r2
    surface = A_M * B_M / np.sqrt(A_M * A_M * s2 + B_M * B_M * (1.0 - s2))
    return float(np.sqrt(r2) - surface)


@kernel
def coast_rate(state: Float, beta_kgpm2: float, pull_up_g: float) -> Float:
    """d/dt of (6,) ECEF m, m/s without thrust.

    ``beta_kgpm2`` is mass / (drag coefficient x area). ``pull_up_g`` > 0: while it falls steeply in
    air the body pulls its nose up with at most that many g, and at most LIFT_TO_DRAG times the drag.
    """
    x, y, z, vx, vy, vz = state[0], state[1], state[2], state[3], state[4], state[5]
    ax, ay, az = free_flight_acceleration(x, y, z, vx, vy, vz)
    h = height_m(x, y, z)
    if h < TOP_M:
        speed2 = vx * vx + vy * vy + vz * vz
        speed = np.sqrt(speed2)
        drag = 0.5 * density_kgpm3(h) * speed2 / beta_kgpm2
        if speed > 0.0:
            ax -= drag * vx / speed
            ay -= drag * vy / speed
            az -= drag * vz / speed
            if pull_up_g > 0.0:
                r = np.sqrt(x * x + y * y + z * z)
                sink = (x * vx + y * vy + z * vz) / (r * speed)  # sine of the flight path angle
                if sink < 0.0:
                    # full lift when steeper than 6 degrees, none when level: no sudden end
                    lift = min(pull_up_g * G0_MPS2, LIFT_TO_DRAG * drag) * min(1.0, -10.0 * sink)
                    level = np.sqrt(max(1e-12, 1.0 - sink * sink))
                    ax += lift * (x / r - sink * vx / speed) / level
                    ay += lift * (y / r - sink * vy / speed) / level
                    az += lift * (z / r - sink * vz / speed) / level
    rate = np.empty(6)
    rate[0], rate[1], rate[2], rate[3], rate[4], rate[5] = vx, vy, vz, ax, ay, az
    return rate


@kernel
def ascent_rate(
    t_s: float,
    state: Float,
    burn_s: float,
    thrust_mps2: float,
    tilt_east: float,
    tilt_north: float,
    axes: Float,
    beta_kgpm2: float,
) -> Float:
    """d/dt of (6,) ECEF m, m/s while the engine burns, ``t_s`` after launch.

    The thrust acceleration grows from ``thrust_mps2`` to THRUST_GROWTH times that as propellant burns
    off. It points straight up for the first VERTICAL_SHARE of the burn and then leans smoothly over
    until, at burnout, it makes the angle hypot(tilt_east, tilt_north) rad with the launch point's
    vertical, towards the horizontal direction (tilt_east, tilt_north). ``axes`` (3, 3): east, north,
    up of the launch point in ECEF.
    """
    u = min(1.0, t_s / burn_s)
    lean = max(0.0, (u - VERTICAL_SHARE) / (1.0 - VERTICAL_SHARE))
    tilt = np.sqrt(tilt_east * tilt_east + tilt_north * tilt_north)
    angle = tilt * lean * lean * (3.0 - 2.0 * lean)
    thrust = thrust_mps2 / (1.0 - (1.0 - 1.0 / THRUST_GROWTH) * u)
    # sin(angle) / tilt, finite where the flight is vertical
    across = np.sin(angle) / tilt if tilt > 1e-12 else lean * lean * (3.0 - 2.0 * lean)
    east, north, up = thrust * across * tilt_east, thrust * across * tilt_north, thrust * np.cos(angle)
    rate: Float = coast_rate(state, beta_kgpm2, 0.0)
    for i in range(3):
        rate[3 + i] += east * axes[0, i] + north * axes[1, i] + up * axes[2, i]
    return rate
