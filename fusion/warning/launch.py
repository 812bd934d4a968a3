"""Where and when a missile was launched: its track carried back along a powered ascent to the ground.

The ascent is described by few numbers: it stands at rest on the ellipsoid, rises straight for a few
seconds, then leans over at a steady rate, under a thrust per mass that grows as propellant is spent;
after the burn it may have coasted. Broad priors on thrust and lean say what rockets do; the track says
the rest. The estimate is the maximum a posteriori by damped least squares, its covariance the inverse
of the information at the solution, so it is wide where the track was first seen late.

Source: Bar-Shalom, Li, Kirubarajan 2001, ch. 3.4 (least squares with a prior); Zarchan, *Tactical and
Strategic Missile Guidance*, 6th ed., ch. 13 (boost profiles); Levenberg-Marquardt after Nocedal and
Wright, *Numerical Optimization*, 2006, ch. 10.3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np

from fusion.arrays import Float
from fusion.constants import WARNED, Chosen
from fusion.dense import carried, dot, inverse, norm, solved, spread_along, times
from fusion.elementary import atan2_fixed, exp_any, sin_cos
from fusion.kernel import kernel
from fusion.physics.geodesy import WGS84_A_M
from fusion.physics.gravity import MU_M3PS2
from fusion.physics.ground import axes_at, place_of, point_on_ground
from fusion.physics.height import level
from fusion.physics.integrator import midpoint_step
from fusion.physics.reentry import reentry_acceleration
from fusion.warning.impact import Crossing

VERTICAL_S: Final[Annotated[float, Chosen("s", "straight rise before the lean begins", WARNED)]] = 8.0
ASCENT_KGPM2: Final[Annotated[float, Chosen("kg/m²", "ballistic coefficient while rising", WARNED)]] = (
    10_000.0
)
STEPS: Final[Annotated[int, Chosen("1", "steps of integration over a burn", WARNED)]] = 32
MISFIT_MAX: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "an ascent that fits worse than this (some 6 squared sigmas a state are expected) is not "
            "the answer",
            WARNED,
        ),
    ]
] = 60.0

# what is solved for
EAST, NORTH, BURN, LOG_THRUST, GROWTH, LEAN_EAST, LEAN_NORTH, COAST = range(8)
_STEP = np.array([10.0, 10.0, 0.05, 1e-3, 1e-5, 1e-5, 1e-5, 0.05])
_FREE: Final[Annotated[float, Chosen("1", "variance of what nothing is known of", WARNED)]] = 1e9
_THRUST_LOG: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "log of the thrust per mass that is expected at lift-off",
            "ln of 20 m/s²; published boosters leave with 1.5 to 2.5 g",
        ),
    ]
] = 2.995732273553991
_THRUST_LOG_SIGMA: Final[Annotated[float, Chosen("1", "how uncertain that is", WARNED)]] = 0.3
_THRUST_LOG_OFF_MAX: Final[
    Annotated[float, Chosen("1", "and at most off by: ten sigmas, a factor of 20", WARNED)]
] = 3.0
_COAST_MAX_S: Final[
    Annotated[float, Chosen("s", "longest coast; the loftiest flight published took 87 min", WARNED)]
] = 6000.0
_GROWTH_PER_S: Final[Annotated[float, Chosen("1/s", "rate at which thrust per mass grows", WARNED)]] = 0.0045
_GROWTH_SIGMA: Final[Annotated[float, Chosen("1/s", "how uncertain that is", WARNED)]] = 0.002
_LEAN_SIGMA_RADPS: Final[Annotated[float, Chosen("rad/s", "how uncertain the rate of lean is", WARNED)]] = (
    0.35 / 57.29577951308232
)
_NET_MPS2: Final[
    Annotated[float, Chosen("m/s²", "mean gain of speed over a burn that was not seen", WARNED)]
] = 27.0
_BURN_PART: Final[Annotated[float, Chosen("1", "the uncertain part of the burn time from it", WARNED)]] = 0.33
_PROFILE_SIGMA: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "what the true ascent strays from the family, as a part of the distance covered since launch",
            WARNED,
        ),
    ]
] = 0.06


@dataclass(frozen=True, slots=True)
class Launch:
    """The launch point; its ``after_s`` is negative: seconds from the first state back to the launch."""

    point: Crossing
    burning_s: float
    """Seconds of burn up to the last state, or to the end of the burn where that was before."""
    thrust_mps2: float
    """Thrust per mass at the last state; 0 where it had ended."""
    misfit: float
    """Squared distance of the fitted ascent from the state, in units of its covariance and the priors."""

    @property
    def area_m2(self) -> float:
        """Size of the ellipse, for choosing the best of several estimates."""
        c = self.point.covariance_m2
        return float(c[0, 0] * c[1, 1] - c[0, 1] * c[1, 0])


@kernel
def _ascent_acceleration(
    x: float, y: float, z: float, vx: float, vy: float, vz: float, tx: float, ty: float, tz: float
) -> tuple[float, float, float]:
    """Acceleration m/s² in ECEF of a rising missile under the thrust (tx, ty, tz) m/s²."""
    ax, ay, az = reentry_acceleration(x, y, z, vx, vy, vz, ASCENT_KGPM2)
    return ax + tx, ay + ty, az + tz


@kernel
def _ascend(x: Float, origin: Float, axes: Float, steps: int, state: Float) -> None:
    """State (6,) ECEF after the burn and coast that ``x`` (8,) describes.

    Second-order steps (midpoint): the error over a burn is tens of metres, far inside the priors.
    """
    for i in range(3):
        state[i] = origin[i] + x[EAST] * axes[0, i] + x[NORTH] * axes[1, i]
        state[i + 3] = 0.0
    # back on the ellipsoid: the tangent plane leaves it by the square of the offset
    scale = 1.0 / math.sqrt(level(state[0], state[1], state[2]))
    for i in range(3):
        state[i] *= scale
    a0 = exp_any(x[LOG_THRUST])
    rate = math.sqrt(x[LEAN_EAST] * x[LEAN_EAST] + x[LEAN_NORTH] * x[LEAN_NORTH])
    h = x[BURN] / steps
    for k in range(steps):
        t = (k + 0.5) * h
        lean = rate * max(0.0, t - VERTICAL_S)
        east, north = 0.0, 0.0
        over, up = sin_cos(lean)
        if rate > 0.0:
            east, north = over * x[LEAN_EAST] / rate, over * x[LEAN_NORTH] / rate
        a = a0 / max(0.05, 1.0 - x[GROWTH] * t)
        thrust = (
            a * (east * axes[0, 0] + north * axes[1, 0] + up * axes[2, 0]),
            a * (east * axes[0, 1] + north * axes[1, 1] + up * axes[2, 1]),
            a * (east * axes[0, 2] + north * axes[1, 2] + up * axes[2, 2]),
        )
        midpoint_step(_ascent_acceleration, state, h, thrust)
    if x[COAST] > 0.0:
        n = 1 + int(x[COAST] / 5.0)
        for _ in range(n):
            midpoint_step(_ascent_acceleration, state, x[COAST] / n, (0.0, 0.0, 0.0))


@kernel
def _ascend_with_slopes(
    x: Float, origin: Float, axes: Float, steps: int, state: Float, slopes: Float
) -> None:
    """The state (6,) and its derivatives (6, 8) by central differences."""
    other = np.empty(6)
    moved = x.copy()
    for j in range(8):
        moved[j] = x[j] + _STEP[j]
        _ascend(moved, origin, axes, steps, state)
        moved[j] = x[j] - _STEP[j]
        _ascend(moved, origin, axes, steps, other)
        moved[j] = x[j]
        for i in range(6):
            slopes[i, j] = (state[i] - other[i]) / (2.0 * _STEP[j])
    _ascend(x, origin, axes, steps, state)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A state of the ascent: seconds after the first one, ECEF (6,) m, m/s, covariance (6, 6)."""

    after_s: float
    state: Float
    covariance: Float


def estimate_launch(anchors: Sequence[Anchor], burning: bool) -> Launch | None:
    """Launch point and time of a missile from one or more of its states, in the order of time.

    `burning` says that the engine has burnt until the last of them; otherwise an unknown coast followed
    the burn before the first, and only that one is used. The states should lie so far apart that their
    errors have little in common. None where no ascent leads to them. The 95 % ellipse is honest for
    single and staged rockets that rise from the ground; a launch from an aircraft is not in the family.
    The launch's `after_s` counts from the first state.
    """
    anchors = anchors if burning else anchors[:1]
    first = anchors[0].state
    lat, lon, height = place_of(first[:3])
    origin, axes = point_on_ground(lat, lon), axes_at(first[:3])
    weights = [_information(a, first) for a in anchors]
    if any(w is None for w in weights):
        return None
    fit = _Fit(
        origin,
        axes,
        *_prior(burning, first),
        [(a.after_s, a.state, w) for a, w in zip(anchors, weights, strict=True) if w is not None],
    )
    found = fit.solve(_first_guess(first, axes, height, fit.mean, burning))
    if found is None:
        return None
    x, hessian, misfit = found
    if misfit > MISFIT_MAX:
        return None
    definite, spread = inverse(hessian)
    if not definite:
        return None
    place = fit.start(x)
    lat0, lon0, _ = place_of(place)
    covered = norm((place - origin) - axes[2] * dot(axes[2], place - origin))
    ground_spread = spread[:2, :2] + np.eye(2) * _squared(_PROFILE_SIGMA * (covered + 0.1 * height))
    time_sigma = math.sqrt(
        float(spread[BURN, BURN] + 2.0 * spread[BURN, COAST] + spread[COAST, COAST])
        + _squared(0.5 * _PROFILE_SIGMA * float(x[BURN]))
    )
    point = Crossing(lat0, lon0, -float(x[BURN] + x[COAST]), time_sigma, ground_spread)
    burnt_s = float(x[BURN]) + anchors[-1].after_s
    thrust = exp_any(x[LOG_THRUST]) / max(0.05, 1.0 - x[GROWTH] * burnt_s) if burning else 0.0
    return Launch(point, burnt_s, thrust, misfit)


def _first_guess(state: Float, axes: Float, height: float, mean: Float, burning: bool) -> Float:
    east, north, climb = times(axes, state[3:]).tolist()
    x = mean.copy()
    if burning:
        x[BURN] = min(400.0, max(5.0, 2.3 * max(height, 100.0) / max(climb, 20.0)))
    else:
        # the coast that vertical motion under gravity gives back to some 60 % of the burn's height
        top = 7.5 * _squared(float(x[BURN]))
        fall = max(0.0, climb * climb + 2.0 * 8.0 * (height - top))
        x[COAST] = min(3000.0, max(1.0, (math.sqrt(fall) - climb) / 8.0))
    lead = x[BURN] / 3.0 + x[COAST]
    x[EAST], x[NORTH] = -east * lead, -north * lead
    ground = max(1.0, math.sqrt(east * east + north * north))
    lean = min(0.015, atan2_fixed(ground, max(1.0, climb)) / max(10.0, x[BURN] - VERTICAL_S))
    x[LEAN_EAST], x[LEAN_NORTH] = lean * east / ground, lean * north / ground
    return x


def _information(anchor: Anchor, first: Float) -> Float | None:
    """Inverse covariance (6, 6) of an anchor, widened by what the true ascent may stray from the first."""
    flown = norm(anchor.state[:3] - first[:3])
    faster = norm(anchor.state[3:] - first[3:])
    strays = np.repeat([_squared(_PROFILE_SIGMA * flown), _squared(_PROFILE_SIGMA * faster)], 3)
    definite, information = inverse(anchor.covariance + np.diag(strays))
    return information if definite else None


def _prior(burning: bool, state: Float) -> tuple[Float, Float]:
    """Mean (8,) and information (8,) of the ascents that rockets fly."""
    r = norm(state[:3])
    ground_speed = math.sqrt(dot(state[3:], state[3:]) + 2.0 * MU_M3PS2 * max(0.0, 1.0 / WGS84_A_M - 1.0 / r))
    burn_s = min(400.0, max(40.0, ground_speed / _NET_MPS2))
    mean = np.array([0, 0, burn_s, _THRUST_LOG, _GROWTH_PER_S, 0, 0, 0], dtype=float)
    burn_sigma = 1e3 if burning else _BURN_PART * burn_s
    coast_sigma = 1e-3 if burning else 1e3
    sigma = np.array(
        [
            _FREE,
            _FREE,
            burn_sigma,
            _THRUST_LOG_SIGMA,
            _GROWTH_SIGMA,
            _LEAN_SIGMA_RADPS,
            _LEAN_SIGMA_RADPS,
            coast_sigma,
        ]
    )
    return mean, 1.0 / (sigma * sigma)


@dataclass(frozen=True, slots=True)
class _Fit:
    """Damped least squares of the ascent's eight numbers to states, with a prior."""

    origin: Float
    axes: Float
    mean: Float
    information: Float
    """(8,) of the prior."""
    states: list[tuple[float, Float, Float]]
    """Seconds after the first, state (6,), weight (6, 6)."""

    def start(self, x: Float) -> Float:
        """Position (3,) of the launch on the ellipsoid."""
        state, still = np.empty(6), x.copy()
        still[BURN] = still[COAST] = 0.0
        _ascend(still, self.origin, self.axes, 1, state)
        return state[:3].copy()

    def cost(self, x: Float) -> float:
        """Squared distance from the states and the prior."""
        p, reached = x - self.mean, np.empty(6)
        total = dot(p, self.information * p)
        for after_s, state, weight in self.states:
            _ascend(_later(x, after_s), self.origin, self.axes, STEPS, reached)
            d = state - reached
            total += spread_along(weight, d)
        return total

    def slopes(self, x: Float) -> tuple[Float, Float]:
        """Downhill gradient (8,) and information (8, 8) at ``x``."""
        gradient, hessian = -self.information * (x - self.mean), np.diag(self.information)
        reached, slopes = np.empty(6), np.empty((6, 8))
        for after_s, state, weight in self.states:
            _ascend_with_slopes(_later(x, after_s), self.origin, self.axes, STEPS, reached, slopes)
            gradient = gradient + times(slopes.T, times(weight, state - reached))
            hessian = hessian + carried(slopes.T, weight)
        return gradient, hessian

    def solve(self, x: Float) -> tuple[Float, Float, float] | None:
        """Parameters (8,), information (8, 8) and cost at the minimum near ``x``."""
        best, damping = self.cost(x), 1e-3
        gradient, hessian = self.slopes(x)
        for _ in range(40):
            definite, step = solved(hessian + np.diag(damping * np.diag(hessian)), gradient)
            if not definite:
                break
            trial = x + step
            trial[BURN] = min(600.0, max(1.0, trial[BURN]))
            trial[COAST] = min(_COAST_MAX_S, max(0.0, trial[COAST]))
            thrust = trial[LOG_THRUST] - _THRUST_LOG
            trial[LOG_THRUST] = _THRUST_LOG + min(_THRUST_LOG_OFF_MAX, max(-_THRUST_LOG_OFF_MAX, thrust))
            trial[GROWTH] = min(0.9 / (trial[BURN] + self.states[-1][0]), max(0.0, trial[GROWTH]))
            now = self.cost(trial)
            if not now < best:
                damping *= 10.0
                if damping > 1e9:
                    break
                continue
            small = best - now < 1e-2 * (1.0 + now)
            x, best, damping = trial, now, max(1e-9, damping * 0.1)
            gradient, hessian = self.slopes(x)
            if small:
                break
        return (x, hessian, best) if math.isfinite(best) else None


def _squared(x: float) -> float:
    return x * x


def _later(x: Float, after_s: float) -> Float:
    later = x.copy()
    later[BURN] += after_s
    return later
