"""Re-entry: a body that falls freely and is slowed by the air.

Source: Montenbruck and Gill, *Satellite Orbits*, 2000, eq. 3.97, with the air turning with the Earth, so that
the Earth-fixed velocity is the airspeed.
"""

from __future__ import annotations

import math

from fusion.kernel import kernel
from fusion.physics.air import air_density
from fusion.physics.free_flight import free_flight_acceleration
from fusion.physics.height import radial_height_m


@kernel
def reentry_acceleration(
    x: float, y: float, z: float, vx: float, vy: float, vz: float, ballistic_kgpm2: float
) -> tuple[float, float, float]:
    """Acceleration m/s² in ECEF of a body that falls freely and is slowed by the air.

    `ballistic_kgpm2` is m / (Cd A).
    """
    ax, ay, az = free_flight_acceleration(x, y, z, vx, vy, vz)
    density = air_density(radial_height_m(x, y, z))
    if density > 0.0:
        k = 0.5 * density * math.sqrt(vx * vx + vy * vy + vz * vz) / ballistic_kgpm2
        return ax - k * vx, ay - k * vy, az - k * vz
    return ax, ay, az
