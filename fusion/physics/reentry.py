"""Re-entry: a body that falls freely and is slowed by the air.

Source: Montenbruck and Gill, *Satellite Orbits*, 2000, eq. 3.97, with the air turning with the Earth, so that
the Earth-fixed velocity is the airspeed.
"""

from __future__ import annotations

import math
from typing import Annotated, Final

from fusion.arrays import Float
from fusion.constants import JUDGED, Chosen
from fusion.kernel import kernel
from fusion.physics.air import air_density
from fusion.physics.free_flight import free_flight_acceleration
from fusion.physics.height import radial_height_m

SCALE_HEIGHT_M: Final[
    Annotated[
        float, Chosen("m", "height over which the air's density falls to 1/e", "fit to ISO 2533 below 60 km")
    ]
] = 7_200.0
LIGHTEST_KGPM2: Final[
    Annotated[
        float,
        Chosen(
            "kg/m²",
            "mass over drag area of the lightest that comes down; a reentry vehicle's is ten times that",
            JUDGED,
        ),
    ]
] = 300.0
SHALLOW: Final[
    Annotated[
        float, Chosen("1", "climb over speed of what neither falls nor climbs, at most: 6 degrees", JUDGED)
    ]
] = 0.1
VEHICLE_KGPM2: Final[
    Annotated[
        float,
        Chosen(
            "kg/m²",
            "mass over drag area of a vehicle of which nothing is known: the root mean square of its inverse",
            "5,000 exp(-0.7²), of BALLISTIC_KGPM2 and BALLISTIC_LOG_SIGMA in fusion/warning/impact.py",
        ),
    ]
] = 3_060.0


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


@kernel
def brake_m2ps3(state: Float, ballistic_kgpm2: float) -> float:
    """White acceleration as which the air slows what falls or glides, m²/s³; 0 of what climbs.

    ``state`` (6,) is ECEF, m, m/s. A brake a that grows by e while a body falls through a scale height, in
    tau seconds, has changed the velocity by a tau: as much as white acceleration of density a² tau that
    grows with it. What glides is taken to sink by SHALLOW of its speed.
    """
    x, y, z, vx, vy, vz = state[0], state[1], state[2], state[3], state[4], state[5]
    climb_mps = (x * vx + y * vy + z * vz) / math.sqrt(x * x + y * y + z * z)
    shallow_mps = SHALLOW * math.sqrt(vx * vx + vy * vy + vz * vz)
    if climb_mps >= shallow_mps:
        return 0.0
    density = air_density(radial_height_m(x, y, z))
    brake_mps2 = 0.5 * density * (vx * vx + vy * vy + vz * vz) / ballistic_kgpm2
    noise: float = brake_mps2 * brake_mps2 * SCALE_HEIGHT_M / max(-climb_mps, shallow_mps, 1.0)
    return noise
