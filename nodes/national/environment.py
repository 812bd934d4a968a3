"""In which environment a track moves, judged from its motion, and how a filter models each.

The judgement is statistical: a threshold counts as passed when the estimate is beyond it by some of
its own standard deviations, and the tracker asks for several such judgements in a row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.geodesy import Float, ecef2geodetic, enu_axes
from nodes.national.motion import CONSTANT_VELOCITY, FREE_FLIGHT, Mode
from triwatch.v1 import track_pb2

AIR = int(track_pb2.ENVIRONMENT_AIR)
SPACE = int(track_pb2.ENVIRONMENT_SPACE)
SURFACE = int(track_pb2.ENVIRONMENT_SURFACE)
SUBSURFACE = int(track_pb2.ENVIRONMENT_SUBSURFACE)

SPACE_ALTITUDE_M = 25_000.0
"""No aircraft of the exercise flies above."""
SPACE_SPEED_MPS = 1_000.0
SPACE_CLIMB_MPS = 150.0
SURFACE_ALTITUDE_M = 100.0
SURFACE_SPEED_MPS = 30.0
ATMOSPHERE_M = 100_000.0
"""Below, a falling body may be braked at any moment; above, only an engine changes its path."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a filter models an environment: modes and, where they are mixed, the rates 1/s of changing."""

    modes: tuple[Mode, ...]
    rates_hz: Float | None


# Densities: a civil aircraft mostly flies straight, turns with 0.2 g for ten seconds or more, and now
# and then pulls more; a ship turns over a minute; a burning stage pulls 10 to 60 m/s2 and a reentering
# body brakes with hundreds. Rates are one over how long each lasts.
_DENSITY = {
    AIR: (CONSTANT_VELOCITY, {"imm": (0.1, 3.0, 80.0), "ekf": (1.0, 10.0, 100.0)}),
    SURFACE: (CONSTANT_VELOCITY, {"imm": (0.005, 0.1, 3.0), "ekf": (0.02, 0.3, 5.0)}),
    SUBSURFACE: (CONSTANT_VELOCITY, {"imm": (0.002,), "ekf": (0.002,)}),
    SPACE: (FREE_FLIGHT, {"imm": (0.05, 3_000.0), "ekf": (0.05, 3_000.0)}),
}
_RATE_HZ = {
    AIR: np.array([[0.0, 0.005, 0.0005], [0.05, 0.0, 0.01], [0.05, 0.1, 0.0]]),
    SURFACE: np.array([[0.0, 0.003, 0.0003], [0.02, 0.0, 0.003], [0.02, 0.05, 0.0]]),
}
_RATE_IN_AIR_HZ = np.array([[0.0, 0.02], [0.02, 0.0]])
_RATE_ABOVE_HZ = np.array([[0.0, 0.0005], [0.02, 0.0]])
BOOST_MODE = 1
"""Index, among the modes of SPACE, of the one in which an engine burns."""


def behaviour(kind: str, environment: int, altitude_m: float) -> Behaviour:
    """How a national filter of ``kind`` models a target of ``environment`` at that height.

    Missiles are mixed by all kinds, as no innovation tells soon enough that an engine stopped.
    """
    model, densities = _DENSITY[environment]
    rates: Float | None = None
    if environment == SPACE:
        rates = _RATE_IN_AIR_HZ if altitude_m < ATMOSPHERE_M else _RATE_ABOVE_HZ
    elif kind == "imm":
        rates = _RATE_HZ.get(environment)
    return Behaviour(tuple(Mode(model, q) for q in densities["imm" if kind == "imm" else "ekf"]), rates)


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
        return np.sqrt(np.maximum(np.einsum("ni,nij,nj->n", direction, block, direction), 0.0))

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
        & (k.altitude_m < 2.0 * SURFACE_ALTITUDE_M + k.altitude_sigma_m)
        & (k.speed_mps + 2.0 * k.speed_sigma_mps < 1.5 * SURFACE_SPEED_MPS)
    )
    fast_or_high = (k.altitude_m + 2.0 * k.altitude_sigma_m > 0.8 * SPACE_ALTITUDE_M) | (
        k.speed_mps + 2.0 * k.speed_sigma_mps > 0.7 * SPACE_SPEED_MPS
    )
    air &= ~((current == SPACE) & fast_or_high)
    judged = np.where(space, SPACE, np.where(air, AIR, np.where(surface, SURFACE, current)))
    return np.where(current == SUBSURFACE, SUBSURFACE, judged)
