"""What a bias of a sensor does to a state: range, azimuth, elevation and the node's clock.

With r the position seen from the sensor, v the velocity and u the sensor's geodetic up, one unit of each bias
moves what is reported by

    range       r / |r|
    azimuth     r x u                              (clockwise, |r| cos el across)
    elevation   (u |r|² - r (r u)) / |r x u|       (|r| upwards)
    clock       -v                                 (a clock that is fast dates what it sees too late)

and its velocity by the time derivative of that. Only + - x / and square root.
"""

from __future__ import annotations

import math

import numpy as np

from fusion.arrays import Float
from fusion.contract import INFRARED, RADAR, SONAR
from fusion.kernel import kernel
from fusion.physics.geodesy import WGS84_A_M, WGS84_E2

RANGE, AZIMUTH, ELEVATION, CLOCK = range(4)
BIASES = 4
"""Of a sensor: m, rad, rad, and of its node s."""
_LEVEL_MIN = 1e-3
"""Sine of the angle from the vertical within which azimuth and elevation are not told apart."""


@kernel
def measures(kind: int, bias: int) -> bool:
    """Whether a kind of sensor has a bias of that kind."""
    if bias == RANGE:
        return kind == RADAR
    if bias == ELEVATION:
        return kind in (RADAR, INFRARED)
    return kind in (RADAR, INFRARED, SONAR)


@kernel
def up_at(place: Float, up: Float) -> None:
    """The geodetic vertical at a place (3,) ECEF m into ``up`` (3,), to 1e-12 rad at any height.

    The fixed point of tan φ = z / (ρ (1 - e² N / (N + h))).
    """
    x, y, z = place[0], place[1], place[2]
    rho = math.sqrt(x * x + y * y)
    flat = 1.0 - WGS84_E2
    sine, cosine = 0.0, 1.0
    for _ in range(6):
        s, c = z, rho * flat
        length = math.sqrt(s * s + c * c)
        sine, cosine = s / length, c / length
        root = math.sqrt(1.0 - WGS84_E2 * sine * sine)
        height = rho * cosine + z * sine - WGS84_A_M * root
        n = WGS84_A_M / root
        flat = 1.0 - WGS84_E2 * n / (n + height)
    if rho > 0.0:
        up[0], up[1] = cosine * x / rho, cosine * y / rho
    else:
        up[0], up[1] = 0.0, 0.0
    up[2] = sine


@kernel
def bias_columns(kind: int, place: Float, state: Float, out: Float) -> None:
    """B (6, 4) into ``out``: what one unit of each bias of a sensor at ``place`` (3,) does to a state (6,).

    The column of what the kind does not measure is zero; straight above or below a sensor so are the angles'.
    """
    up, r, v, across, turning = np.empty(3), np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    up_at(place, up)
    for i in range(3):
        r[i], v[i] = state[i] - place[i], state[i + 3]
    r2, rv, ru, vu = 0.0, 0.0, 0.0, 0.0
    for i in range(3):
        r2 += r[i] * r[i]
        rv += r[i] * v[i]
        ru += r[i] * up[i]
        vu += v[i] * up[i]
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        across[i] = r[j] * up[k] - r[k] * up[j]
        turning[i] = v[j] * up[k] - v[k] * up[j]
    level2, turned = 0.0, 0.0
    for i in range(3):
        level2 += across[i] * across[i]
        turned += across[i] * turning[i]
    slant, level = math.sqrt(r2), math.sqrt(level2)
    upright = level > _LEVEL_MIN * slant
    for i in range(3):
        out[i, RANGE] = r[i] / slant
        out[i + 3, RANGE] = (v[i] - r[i] * rv / r2) / slant
        out[i, CLOCK], out[i + 3, CLOCK] = -v[i], 0.0
        if upright:
            out[i, AZIMUTH], out[i + 3, AZIMUTH] = across[i], turning[i]
            raised = (up[i] * r2 - r[i] * ru) / level
            out[i, ELEVATION] = raised
            rising = up[i] * 2.0 * rv - v[i] * ru - r[i] * vu
            out[i + 3, ELEVATION] = rising / level - raised * turned / level2
        else:
            out[i, AZIMUTH], out[i + 3, AZIMUTH] = 0.0, 0.0
            out[i, ELEVATION], out[i + 3, ELEVATION] = 0.0, 0.0
    for bias in range(CLOCK):
        if not measures(kind, bias):
            for i in range(6):
                out[i, bias] = 0.0


@kernel
def moved(kind: int, place: Float, state: Float, bias: Float, out: Float, columns: Float) -> None:
    """A state (6,) without the ``bias`` (4,) of its sensor into ``out`` (6,), to second order.

    The columns are taken half way: at 3 mrad and 400 km the first order alone is 2 m off. ``columns`` (6, 4)
    is scratch, and is left with them.
    """
    bias_columns(kind, place, state, columns)
    for i in range(6):
        shift = 0.0
        for k in range(BIASES):
            shift += columns[i, k] * bias[k]
        out[i] = state[i] - 0.5 * shift
    bias_columns(kind, place, out, columns)
    for i in range(6):
        shift = 0.0
        for k in range(BIASES):
            shift += columns[i, k] * bias[k]
        out[i] = state[i] - shift
