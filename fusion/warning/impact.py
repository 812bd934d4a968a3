"""Where and when a body in free flight comes down, and how sure that is.

The state falls under gravity with J2, the Earth's rotation and drag to the WGS-84 ellipsoid; beside it
go its variations by the six components of the state and by the logarithm of the ballistic coefficient,
so that the covariance of the state becomes an ellipse on the ground and a spread of the time.

Source: Montenbruck and Gill, *Satellite Orbits*, 2000, eq. 7.42 (variational equations); the projection
on the surface is first-order: a body displaced by d at the nominal time t crosses the ground at
d - v (n.d)/(n.v), later by -(n.d)/(n.v), with n the vertical and v the velocity at the impact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np

from fusion.arrays import Float
from fusion.constants import WARNED, Chosen
from fusion.dense import carried, spread_along, times
from fusion.elementary import atan2_fixed, degrees, exp_any
from fusion.kernel import kernel
from fusion.physics.air import air_density
from fusion.physics.geodesy import EARTH_RATE_RADPS
from fusion.physics.gravity import gravity_gradient
from fusion.physics.ground import axes_at, place_of
from fusion.physics.height import radial_height_m
from fusion.physics.integrator import runge_kutta_step
from fusion.physics.reentry import reentry_acceleration

ELLIPSE_95 = 2.4477468306808161
"""Square root of the 95 % point of chi-square with two degrees of freedom."""

BALLISTIC_KGPM2: Final[
    Annotated[
        float,
        Chosen(
            "kg/m²",
            "ballistic coefficient assumed of a vehicle until its deceleration is seen",
            "published reentry vehicles: some 1,500 to 15,000",
        ),
    ]
] = 5000.0
BALLISTIC_LOG_SIGMA: Final[
    Annotated[
        float,
        Chosen(
            "1", "how uncertain that is, in its logarithm: 95 % between 1,270 and 19,700 kg/m²", "the same"
        ),
    ]
] = 0.7

LIGHT_SIGMAS: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "standard deviations lighter is the body that drag's effect is taken from: the edge of 95 %",
            WARNED,
        ),
    ]
] = 2.0

LAST_SECOND_S: Final[
    Annotated[float, Chosen("s", "a flight that is longer is taken for an orbit", WARNED)]
] = 10_800.0

_VACUUM_STEP_S: Final[Annotated[float, Chosen("s", "step of integration outside the air", WARNED)]] = 10.0
_AIR_STEP_M: Final[
    Annotated[float, Chosen("m", "step of integration in the air, along the path", WARNED)]
] = 1500.0
_DRAG_STEP: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "step of integration in the air, at most, times the rate at which drag takes the speed away",
            "above 2 the variations of second order grow without end (Hairer, Wanner 1996, IV.2)",
        ),
    ]
] = 1.6
_AIR_M: Final[Annotated[float, Chosen("m", "below this height drag is integrated", WARNED)]] = 100e3


@dataclass(frozen=True, slots=True)
class Crossing:
    """A point of the ellipsoid with the covariance of a crossing there."""

    lat_deg: float
    lon_deg: float
    after_s: float
    """Seconds from the state's time to the crossing; negative for one that was before."""
    time_sigma_s: float
    covariance_m2: Float
    """(2, 2) of the point, east and north."""

    @property
    def ellipse_95_m(self) -> tuple[float, float, float]:
        """Semi-axes m, major first, and the major axis's bearing in [0, 180) deg clockwise from north."""
        return ellipse_95(self.covariance_m2)


@dataclass(frozen=True, slots=True)
class Fall:
    """The rest of a flight under gravity and drag alone."""

    impact: Crossing
    apogee_m: float
    """Greatest height from the state onward."""
    position_m: Float
    velocity_mps: Float
    """(3,) ECEF at the impact."""


def ellipse_95(covariance_m2: Float) -> tuple[float, float, float]:
    """Semi-axes m and bearing deg of the 95 % ellipse of an east-north covariance (2, 2) in m²."""
    a, b, c = float(covariance_m2[0, 0]), float(covariance_m2[0, 1]), float(covariance_m2[1, 1])
    middle, half = 0.5 * (a + c), math.sqrt(0.25 * (a - c) * (a - c) + b * b)
    bearing = degrees(0.5 * atan2_fixed(2.0 * b, c - a)) % 180.0
    return (
        ELLIPSE_95 * math.sqrt(max(0.0, middle + half)),
        ELLIPSE_95 * math.sqrt(max(0.0, middle - half)),
        bearing,
    )


@kernel
def _vary(variation: Float, mid: Float, h: float, beta: float) -> None:
    """Carry the (6, 7) variations over ``h`` seconds, second order, with the gradient at mid-step.

    The gradient of gravity is the central one (J2's is a thousandth of it).
    """
    x, y, z, vx, vy, vz = mid[0], mid[1], mid[2], mid[3], mid[4], mid[5]
    gxx, gyy, gzz, gxy, gxz, gyz = gravity_gradient(x, y, z)
    o = EARTH_RATE_RADPS
    gxx, gyy = gxx + o * o, gyy + o * o
    gyx, gzx, gzy = gxy, gxz, gyz
    wxx, wxy, wxz = 0.0, 2.0 * o, 0.0
    wyx, wyy, wyz = -2.0 * o, 0.0, 0.0
    wzx, wzy, wzz = 0.0, 0.0, 0.0
    bx, by, bz = 0.0, 0.0, 0.0
    height = radial_height_m(x, y, z)
    density = air_density(height)
    if density > 0.0:
        r = np.sqrt(x * x + y * y + z * z)
        speed = np.sqrt(vx * vx + vy * vy + vz * vz)
        d = 0.5 * density * speed / beta
        slope = (air_density(height + 250.0) - air_density(height - 250.0)) / 500.0 / density * d / r
        gxx, gxy, gxz = gxx - slope * vx * x, gxy - slope * vx * y, gxz - slope * vx * z
        gyx, gyy, gyz = gyx - slope * vy * x, gyy - slope * vy * y, gyz - slope * vy * z
        gzx, gzy, gzz = gzx - slope * vz * x, gzy - slope * vz * y, gzz - slope * vz * z
        e = d / (speed * speed)
        wxx, wxy, wxz = wxx - d - e * vx * vx, wxy - e * vx * vy, wxz - e * vx * vz
        wyx, wyy, wyz = wyx - e * vy * vx, wyy - d - e * vy * vy, wyz - e * vy * vz
        wzx, wzy, wzz = wzx - e * vz * vx, wzy - e * vz * vy, wzz - d - e * vz * vz
        bx, by, bz = d * vx, d * vy, d * vz
    for j in range(7):
        free = 1.0 if j == 6 else 0.0
        p, q, s = variation[0, j], variation[1, j], variation[2, j]
        t, m, n = variation[3, j], variation[4, j], variation[5, j]
        ax = gxx * p + gxy * q + gxz * s + wxx * t + wxy * m + wxz * n + free * bx
        ay = gyx * p + gyy * q + gyz * s + wyx * t + wyy * m + wyz * n + free * by
        az = gzx * p + gzy * q + gzz * s + wzx * t + wzy * m + wzz * n + free * bz
        f = 0.5 * h
        p2, q2, s2 = p + f * t, q + f * m, s + f * n
        t2, m2, n2 = t + f * ax, m + f * ay, n + f * az
        variation[0, j] = p + h * t2
        variation[1, j] = q + h * m2
        variation[2, j] = s + h * n2
        variation[3, j] = t + h * (
            gxx * p2 + gxy * q2 + gxz * s2 + wxx * t2 + wxy * m2 + wxz * n2 + free * bx
        )
        variation[4, j] = m + h * (
            gyx * p2 + gyy * q2 + gyz * s2 + wyx * t2 + wyy * m2 + wyz * n2 + free * by
        )
        variation[5, j] = n + h * (
            gzx * p2 + gzy * q2 + gzz * s2 + wzx * t2 + wzy * m2 + wzz * n2 + free * bz
        )


@kernel
def _drag_hz(height: float, speed: float, beta: float) -> float:
    """Rate at which drag takes what is added to the speed along the path away again, 1/s."""
    return air_density(height) * speed / beta


@kernel
def _fall(state: Float, beta: float, variation: Float, vary: bool) -> tuple[float, float]:
    """Carry state (6,) in place to the ground and, where asked, its variations (6, 7).

    Returns the seconds it took, -1 where it does not come down, and the greatest height m.
    """
    before, mid = np.empty(6), np.empty(6)
    variation[:] = 0.0
    for i in range(6):
        variation[i, i] = 1.0
    t, apogee = 0.0, radial_height_m(state[0], state[1], state[2])
    height, climb = apogee, 0.0
    if height <= 0.0:
        return 0.0, height
    while t < LAST_SECOND_S:
        speed = np.sqrt(state[3] * state[3] + state[4] * state[4] + state[5] * state[5])
        r = np.sqrt(state[0] * state[0] + state[1] * state[1] + state[2] * state[2])
        climb = (state[0] * state[3] + state[1] * state[4] + state[2] * state[5]) / r
        h = min(2.0, _AIR_STEP_M / max(speed, 1.0), _DRAG_STEP / max(_drag_hz(height, speed, beta), 1e-3))
        if height > _AIR_M:
            to_air = _VACUUM_STEP_S if climb >= 0.0 else 0.5 * (_AIR_M - height) / climb
            h = min(_VACUUM_STEP_S, max(h, to_air))
        before[:] = state
        runge_kutta_step(reentry_acceleration, state, h, (beta,))
        after = radial_height_m(state[0], state[1], state[2])
        if after <= 0.0 and climb < 0.0:
            # shorten the last step until it ends on the ground
            low, high, below = 0.0, h, after
            for _ in range(40):
                h = low + (high - low) * height / (height - below)
                state[:] = before
                runge_kutta_step(reentry_acceleration, state, h, (beta,))
                after = radial_height_m(state[0], state[1], state[2])
                if abs(after) < 1e-4:
                    break
                if after > 0.0:
                    low, height = h, after
                else:
                    high, below = h, after
            if vary:
                mid[:] = 0.5 * (before + state)
                _vary(variation, mid, h, beta)
            return t + h, apogee
        if vary:
            mid[:] = 0.5 * (before + state)
            _vary(variation, mid, h, beta)
        fall = (state[0] * state[3] + state[1] * state[4] + state[2] * state[5]) / r
        if climb > 0.0 and fall <= 0.0:
            apogee = max(apogee, height + 0.5 * climb * climb * h / (climb - fall))
        height = after
        apogee = max(apogee, height)
        t += h
    return -1.0, apogee


@kernel
def vary_in_flight(state: Float, beta: float, dt_s: float, variation: Float) -> None:
    """Carry a state (6,) in place by ``dt_s`` >= 0 under gravity and drag, wherever it then is.

    Its variations by the state's components and by the logarithm of the ballistic coefficient go into
    ``variation`` (6, 7).
    """
    before, mid = np.empty(6), np.empty(6)
    variation[:] = 0.0
    for i in range(6):
        variation[i, i] = 1.0
    steps = (
        1 + int(dt_s / 0.5) if radial_height_m(state[0], state[1], state[2]) < _AIR_M else 1 + int(dt_s / 5.0)
    )
    whole = dt_s / steps
    for _ in range(steps):
        speed = np.sqrt(state[3] * state[3] + state[4] * state[4] + state[5] * state[5])
        rate_hz = _drag_hz(radial_height_m(state[0], state[1], state[2]), speed, beta)
        parts = 1 + int(whole * rate_hz / _DRAG_STEP)
        h = whole / parts
        for _ in range(parts):
            before[:] = state
            runge_kutta_step(reentry_acceleration, state, h, (beta,))
            mid[:] = 0.5 * (before + state)
            _vary(variation, mid, h, beta)


def predict_fall(
    state: Float,
    covariance: Float,
    ballistic_kgpm2: float = BALLISTIC_KGPM2,
    ballistic_log_sigma: float = BALLISTIC_LOG_SIGMA,
) -> Fall | None:
    """Impact of a body at ECEF state (6,) m, m/s with covariance (6, 6); None where it does not come down.

    `ballistic_log_sigma` is the standard deviation of the logarithm of the ballistic coefficient.
    Where the errors are those of the covariance, the 95 % ellipse holds 95 % of impacts as long as it is
    small beside the Earth's radius.
    """
    end, variation = np.array(state, dtype=float), np.empty((6, 7))
    after_s, apogee_m = _fall(end, ballistic_kgpm2, variation, True)
    if after_s < 0.0:
        return None
    impact = crossing(end, carried(variation[:3, :6], covariance), after_s)
    return Fall(
        _drag_open(impact, state, end[:3], ballistic_kgpm2, ballistic_log_sigma), apogee_m, end[:3], end[3:]
    )


def _drag_open(
    impact: Crossing, state: Float, end_m: Float, ballistic_kgpm2: float, log_sigma: float
) -> Crossing:
    """The impact with what is not known of the drag added to its spread.

    By the secant to a lighter body, not the slope: light bodies come down much later and shorter.
    """
    if log_sigma <= 0.0:
        return impact
    light, unused = np.array(state, dtype=float), np.empty((6, 7))
    after_s, _ = _fall(light, ballistic_kgpm2 * exp_any(-LIGHT_SIGMAS * log_sigma), unused, False)
    if after_s < 0.0:
        return impact
    east, north, _ = times(axes_at(end_m), light[:3] - end_m) / LIGHT_SIGMAS
    slow_s = (after_s - impact.after_s) / LIGHT_SIGMAS
    return Crossing(
        impact.lat_deg,
        impact.lon_deg,
        impact.after_s,
        math.sqrt(impact.time_sigma_s * impact.time_sigma_s + slow_s * slow_s),
        impact.covariance_m2 + np.array([[east * east, east * north], [east * north, north * north]]),
    )


def crossing(state: Float, spread_m2: Float, after_s: float) -> Crossing:
    """Where a body at ``state`` (6,) on the ellipsoid, its position spread by (3, 3) m², comes down."""
    lat, lon, _ = place_of(state[:3])
    axes = axes_at(state[:3])
    east, north, up = times(axes, state[3:]).tolist()
    # a body straight above a level velocity would cross anywhere: hold the slope to half a degree
    sink = min(up, -0.01 * math.sqrt(east * east + north * north) - 1.0)
    project = np.stack([axes[0] - east / sink * axes[2], axes[1] - north / sink * axes[2]])
    return Crossing(
        lat,
        lon,
        after_s,
        math.sqrt(spread_along(spread_m2, axes[2])) / abs(sink),
        carried(project, spread_m2),
    )
