"""In which environment a track moves, judged from its motion.

The judgement is statistical: a threshold counts as passed when the estimate is beyond it by some of
its own standard deviations, and the tracker asks for several such judgements in a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float, ecef2geodetic, enu_axes
from triwatch.v1 import track_pb2

AIR = int(track_pb2.ENVIRONMENT_AIR)
SPACE = int(track_pb2.ENVIRONMENT_SPACE)
SURFACE = int(track_pb2.ENVIRONMENT_SURFACE)
SUBSURFACE = int(track_pb2.ENVIRONMENT_SUBSURFACE)

SPACE_ALTITUDE_M: Final[
    Annotated[
        float,
        Chosen(
            "m",
            "what surely flies higher is no aircraft",
            "the absolute record of an aircraft in level flight is 25,929 m (FAI, 1976)",
        ),
    ]
] = 25_000.0
SPACE_SPEED_MPS: Final[
    Annotated[
        float,
        Chosen(
            "m/s",
            "what is surely faster is no aircraft",
            "the absolute record of an aircraft is 981 m/s (FAI, 1976)",
        ),
    ]
] = 1_000.0
SPACE_CLIMB_MPS: Final[
    Annotated[float, Chosen("m/s", "what surely climbs faster is taken for a missile", JUDGED)]
] = 150.0
SURFACE_ALTITUDE_M: Final[Annotated[float, Chosen("m", "what is surely lower may be a ship", JUDGED)]] = 50.0
SURFACE_SPEED_MPS: Final[Annotated[float, Chosen("m/s", "what is surely slower may be a ship", JUDGED)]] = (
    30.0
)
AIRCRAFT_ALTITUDE_M: Final[
    Annotated[
        float,
        Chosen("m", "a track once taken for a missile is an aircraft again only if surely lower ...", JUDGED),
    ]
] = 15_000.0
AIRCRAFT_CLIMB_MPS: Final[
    Annotated[float, Chosen("m/s", "... and if it surely climbs no faster", JUDGED)]
] = 80.0


@dataclass(frozen=True, slots=True)
class Kinematics:
    """What n states say of height and speed, each (n,) with its standard deviation."""

    up: Float
    """(n, 3) ECEF."""
    altitude_m: Float
    altitude_sigma_m: Float
    speed_mps: Float
    speed_sigma_mps: Float
    climb_mps: Float
    climb_sigma_mps: Float


def kinematics(state: Float, covariance: Float) -> Kinematics:
    """Height, speed and climb of n states (n, 6) with covariances (n, 6, 6)."""
    lat, lon, alt = ecef2geodetic(state[:, :3])
    up = enu_axes(lat, lon)[:, 2]
    velocity = state[:, 3:]
    speed = np.linalg.norm(velocity, axis=1)
    ahead = velocity / np.maximum(speed, 1e-3)[:, None]

    def sigma(direction: Float, block: Float) -> Float:
        variance: Float = np.einsum("ni,nij,nj->n", direction, block, direction)
        return np.sqrt(np.maximum(variance, 0.0))

    return Kinematics(
        up,
        alt,
        sigma(up, covariance[:, :3, :3]),
        speed,
        sigma(ahead, covariance[:, 3:, 3:]),
        np.einsum("ni,ni->n", up, velocity),
        sigma(up, covariance[:, 3:, 3:]),
    )


def judge(k: Kinematics, current: NDArray[np.int64]) -> NDArray[np.int64]:
    """The environment that each motion speaks for; ``current`` (n,) where it speaks for none.

    A track below the surface came from a sonar and stays there.
    """
    space = (
        (k.altitude_m - 2.0 * k.altitude_sigma_m > SPACE_ALTITUDE_M)
        | (k.speed_mps - 2.0 * k.speed_sigma_mps > SPACE_SPEED_MPS)
        | (k.climb_mps - 2.5 * k.climb_sigma_mps > SPACE_CLIMB_MPS)
    )
    air = (k.altitude_m - 2.0 * k.altitude_sigma_m > SURFACE_ALTITUDE_M) | (
        k.speed_mps - 2.0 * k.speed_sigma_mps > SURFACE_SPEED_MPS
    )
    surface = (
        ~air
        & (k.altitude_m < SURFACE_ALTITUDE_M + k.altitude_sigma_m)
        & (k.speed_mps + 2.0 * k.speed_sigma_mps < 1.5 * SURFACE_SPEED_MPS)
    )
    missile = (k.altitude_m + 2.0 * k.altitude_sigma_m > AIRCRAFT_ALTITUDE_M) | (
        np.abs(k.climb_mps) + 2.0 * k.climb_sigma_mps > AIRCRAFT_CLIMB_MPS
    )
    stays = (current == SPACE) & missile
    judged = np.where(space | stays, SPACE, np.where(air, AIR, np.where(surface, SURFACE, current)))
    return np.where(current == SUBSURFACE, SUBSURFACE, judged)
