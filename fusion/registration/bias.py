"""What a bias of a sensor does to a state, kind by kind (`fusion.registration.kinds`).

With x the position, r the same seen from the sensor, v the velocity and e, n, u the sensor's geodetic east,
north and up, one unit of each bias moves what is reported by

    range       r / |r|
    azimuth     r x u                              (clockwise, |r| cos el across)
    elevation   (u |r|² - r (r u)) / |r x u|       (|r| upwards)
    clock       -v                                 (a clock that is fast dates what it sees too late)
    heading     r x u                              (as azimuth, for all sensors of a platform)
    east        z x x / ρ                          (who takes itself to be elsewhere levels itself there, too:
    north       n + r x e / (M + h)                 what it sees turns with it about the Earth's axis, and e)
    roll        n x r                              (a line of sight that is turned about north,
    pitch       e x r                               and about east; about up is its azimuth)

and its velocity by the time derivative of that. z is the Earth's axis, ρ the distance from it, M the
meridian's radius of curvature. Only + - x / and square root.
"""

from __future__ import annotations

import math

import numpy as np

from fusion.arrays import Float, Ints
from fusion.contract import INFRARED, RADAR, SONAR
from fusion.kernel import kernel
from fusion.physics.geodesy import WGS84_A_M, WGS84_E2
from fusion.registration.kinds import (
    AZIMUTH,
    BIASES,
    CLOCK,
    EAST,
    ELEVATION,
    HEADING,
    NORTH,
    RANGE,
    ROLL,
)

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
def bias_columns(kind: int, has: Ints, place: Float, state: Float, out: Float) -> None:
    """B (6, 9) into ``out``: what one unit of each bias of a sensor at ``place`` (3,) does to a state (6,).

    Kinds past the first four are looked at where ``has`` (9,) is not negative, else left as they are.
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
    for i in range(6):
        if has[HEADING] >= 0:
            out[i, HEADING] = out[i, AZIMUTH]
    for bias in range(EAST, BIASES):
        if has[bias] >= 0:
            _placed(bias, place, up, state, out[:, bias])
    for bias in range(CLOCK):
        if not measures(kind, bias):
            for i in range(6):
                out[i, bias] = 0.0


@kernel
def _placed(bias: int, place: Float, up: Float, state: Float, out: Float) -> None:
    """The column (6,) of a place or an attitude that is off: zero where the sensor is at a pole."""
    rho = math.sqrt(place[0] * place[0] + place[1] * place[1])
    if not rho > 0.0:
        for i in range(6):
            out[i] = 0.0
        return
    east, north = np.zeros(3), np.empty(3)
    east[0], east[1] = -place[1] / rho, place[0] / rho
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        north[i] = up[j] * east[k] - up[k] * east[j]
    if bias == EAST:
        for half in range(0, 6, 3):
            out[half], out[half + 1], out[half + 2] = -state[half + 1] / rho, state[half] / rho, 0.0
        return
    length, sign = 1.0, 1.0
    if bias == NORTH:
        root = math.sqrt(1.0 - WGS84_E2 * up[2] * up[2])
        level = math.sqrt(up[0] * up[0] + up[1] * up[1])
        height = rho * level + place[2] * up[2] - WGS84_A_M * root
        length, sign = WGS84_A_M * (1.0 - WGS84_E2) / (root * root * root) + height, -1.0
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        a, b = (north[j], north[k]) if bias == ROLL else (east[j], east[k])
        r, s = state[j] - place[j], state[k] - place[k]
        out[i] = sign * (a * s - b * r) / length
        out[i + 3] = sign * (a * state[k + 3] - b * state[j + 3]) / length
        if bias == NORTH:
            out[i] += north[i]


@kernel
def _half_way(has: Ints, place: Float, bias: Float) -> Float:
    """(3,) half way from where a sensor takes itself to be to where it is."""
    middle = place.copy()
    if has[EAST] >= 0 or has[NORTH] >= 0:
        up, own, column = np.empty(3), np.zeros(6), np.empty(6)
        up_at(place, up)
        own[:3] = place
        for kind in (EAST, NORTH):
            if has[kind] >= 0:
                _placed(kind, place, up, own, column)
                for i in range(3):
                    middle[i] -= 0.5 * bias[kind] * column[i]
    return middle


@kernel
def moved(kind: int, has: Ints, place: Float, state: Float, bias: Float, out: Float, columns: Float) -> None:
    """A state (6,) without the ``bias`` (9,) of its sensor into ``out`` (6,), to second order.

    The columns are taken half way: at 3 mrad and 400 km the first order alone is 2 m off. ``columns`` (6, 9)
    is scratch, and is left with them.
    """
    middle = _half_way(has, place, bias)
    bias_columns(kind, has, place, state, columns)
    for i in range(6):
        shift = 0.0
        for k in range(BIASES):
            if has[k] >= 0:
                shift += columns[i, k] * bias[k]
        out[i] = state[i] - 0.5 * shift
    bias_columns(kind, has, middle, out, columns)
    for i in range(6):
        shift = 0.0
        for k in range(BIASES):
            if has[k] >= 0:
                shift += columns[i, k] * bias[k]
        out[i] = state[i] - shift
