"""The centralised bound: one filter that has every detection of every nation, each with its true origin.

No exchange of tracks can do better than this with the same models of motion: nothing is lost, late or
mistaken for another. For each object an interacting multiple model estimator of two modes (a quiet and
a manoeuvring one, by environment) over Kalman filters in ECEF. A radar's detection is a position with its
covariance, so that what stands at the radar or above it does no harm; bearings are linearised, and left
out where their sensor is as near as the place is uncertain. Sources: Bar-Shalom, Li, Kirubarajan 2001,
sections 10.3 (EKF), 10.4 (converted measurements) and 11.6.6 (IMM), and eq. 5.2.3 for the update.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Final, NamedTuple

import numpy as np

from fusion.arrays import Float, Ints
from fusion.constants import SCORED, Chosen
from fusion.contract import AIR, INFRARED, RADAR, SONAR, SPACE, SUBSURFACE, SURFACE
from fusion.kernel import kernel
from fusion.physics.height import near_height_m
from fusion.physics.looks import azimuth_rad, elevation_rad, local_m, range_m
from fusion.physics.motion import CONSTANT_VELOCITY, FREE_FLIGHT, propagate
from fusion.physics.rays import reach_m, semi_axes_m

COAST_S: Final[
    Annotated[float, Chosen("s", "so long after an object's last detection the filter still answers", SCORED)]
] = 30.0
NEVER_NS = 2**62
_WIDTH = {RADAR: 3, INFRARED: 2, SONAR: 1}
_BASELINE_M: Final[
    Annotated[float, Chosen("m", "least baseline from which angles alone fix a position", SCORED)]
] = 500.0
_LEAST_M: Final[
    Annotated[
        float, Chosen("m", "no detection tells a place more finely than this, however near it is", SCORED)
    ]
] = 0.1


@dataclass(frozen=True, slots=True)
class Detections:
    """s scans and d detections with known origin, in the order of time."""

    time_ns: Ints
    """(s,) never falling."""
    kind: Ints
    """(s,); 0: it shows its objects and tells no place."""
    position_m: Float
    """(s, 3) ECEF of the sensor."""
    axes: Float
    """(s, 3, 3) rows east, north, up."""
    sigma: Float
    """(s, 3) standard deviations of range m, azimuth rad, elevation rad; unused ones 1."""
    scan: Ints
    """(d,) which scan, never falling."""
    object: Ints
    """(d,) column of the truth."""
    measurement: Float
    """(d, 3) range, azimuth, elevation; unused ones 0."""
    told_ns: Ints | None = None
    """(s,) when the node next reported, `NEVER_NS` where it never did; None: unknown."""
    sensor: Ints | None = None
    """(s,) a number for each sensor; None: unknown."""
    period_s: Float | None = None
    """(s,) from one look of that sensor to its next, most often."""


class Motion(NamedTuple):
    """How objects of one environment move: two white accelerations and how often each gives way."""

    model: int
    quiet_q_m2ps3: float
    busy_q_m2ps3: float
    quiet_ends_hz: float
    busy_ends_hz: float
    speed_sigma_mps: float
    """Of the velocity before anything is known of it."""
    height_sigma_m: float = 0.0
    """A radar's detection comes with the height over the sea, 0 within this; 0 where it does not."""


# A civil aircraft's turn lasts ten seconds or more, a ship's a minute; a burning stage pulls 10 to
# 60 m/s², a reentering body brakes with hundreds.
MOTION: Final[
    Annotated[
        dict[int, Motion],
        Chosen(
            "as Motion's fields",
            "how objects of each environment move",
            "least error of the filter itself on recorded traffic and on simulated flights",
        ),
    ]
] = {
    AIR: Motion(CONSTANT_VELOCITY, 0.1, 40.0, 0.005, 0.02, 200.0),
    SPACE: Motion(FREE_FLIGHT, 0.005, 3000.0, 0.0005, 0.005, 2000.0),
    SURFACE: Motion(CONSTANT_VELOCITY, 0.005, 0.2, 0.01, 0.02, 10.0, 10.0),
    SUBSURFACE: Motion(CONSTANT_VELOCITY, 0.002, 0.05, 0.005, 0.02, 6.0),
}
_HEIGHT_M: Final[
    Annotated[
        dict[int, tuple[float, float]],
        Chosen("m", "height assumed where no range is measured, by sensor: mean and sigma", SCORED),
    ]
] = {INFRARED: (15_000.0, 10_000.0), SONAR: (-100.0, 100.0)}


def centralised(
    time_ns: Ints, environment: Ints, detections: Detections, known_ns: Ints | None = None
) -> Float:
    """What the filter holds of each object at each instant.

    ``time_ns`` (k,) are the instants, ``environment`` (m,) that of each object, ``known_ns`` (s,) from when
    on the filter has the detections of a scan; None: at once. Returns (k, m, 6) ECEF m,
    m/s; NaN before an object's position is known and ``COAST_S`` after its last detection.
    """
    result = np.full((len(time_ns), len(environment), 6), np.nan)
    known_ns = detections.time_ns if known_ns is None else known_ns
    order = np.argsort(detections.object, kind="stable")
    edges = np.searchsorted(detections.object[order], np.arange(len(environment) + 1))
    for j in range(len(environment)):
        mine = order[edges[j] : edges[j + 1]]
        mine = mine[known_ns[detections.scan[mine]] < NEVER_NS]
        mine = mine[detections.kind[detections.scan[mine]] > 0]
        motion = MOTION.get(int(environment[j]), MOTION[AIR])
        fix = _first_fix(detections, mine)
        if fix is None:
            continue
        start, position, covariance = fix
        if motion.height_sigma_m > 0.0:
            up = np.empty(3)
            height_m = near_height_m(position, up)
            gain = covariance @ up / (motion.height_sigma_m**2 + up @ covariance @ up)
            position, covariance = position - gain * height_m, covariance - np.outer(gain, up @ covariance)
        state = np.concatenate([position, np.zeros(3)])
        spread = np.zeros((6, 6))
        spread[:3, :3] = covariance
        spread[3:, 3:] = np.eye(3) * motion.speed_sigma_mps**2
        mine = mine[start:]
        scan = detections.scan[mine]
        _filter(
            np.array(motion),
            state,
            spread,
            detections.time_ns[scan],
            known_ns[scan],
            detections.kind[scan],
            detections.position_m[scan],
            detections.axes[scan],
            detections.sigma[scan],
            detections.measurement[mine],
            time_ns,
            result[:, j],
        )
    return result


def _first_fix(d: Detections, mine: Ints) -> tuple[int, Float, Float] | None:
    """Which of an object's detections completes its first position, and that with its covariance."""
    for i, row in enumerate(mine):
        scan = d.scan[row]
        kind = int(d.kind[scan])
        if kind == RADAR:
            point, h, spread = d.position_m[scan].copy(), np.zeros((4, 3)), np.ones(4)
            _converted(d.axes[scan], d.sigma[scan], d.measurement[row], h, spread)
            point += d.measurement[row, 0] * h[0]
            return i, point, (h[:3].T * spread[:3] ** 2) @ h[:3]
        if kind == INFRARED:
            reach = reach_m(d.position_m[scan], _direction(d, row), _HEIGHT_M[INFRARED][0])
            if reach is not None:
                point = d.position_m[scan] + reach * _direction(d, row)
                information = _information(d, row, point) + _height_information(point, INFRARED)
                return i, point, _inverse(information)
        for earlier in mine[max(0, i - 20) : i]:
            crossing = _crossing(d, earlier, row)
            if crossing is not None:
                information = _information(d, row, crossing) + _information(d, earlier, crossing)
                return i, crossing, _inverse(information + _height_information(crossing, SONAR))
    return None


def _inverse(information: Float) -> Float:
    return np.asarray(np.linalg.inv(information), dtype=np.float64)


def _direction(d: Detections, row: int) -> Float:
    """Unit vector in ECEF along a detection; a bearing's is level."""
    _, azimuth, elevation = d.measurement[row]
    level = math.cos(elevation)
    enu = np.array([level * math.sin(azimuth), level * math.cos(azimuth), math.sin(elevation)])
    return np.asarray(enu @ d.axes[d.scan[row]])


def _information(d: Detections, row: int, point: Float) -> Float:
    """(3, 3) what one detection tells of a position."""
    scan = d.scan[row]
    z, h = np.empty(3), np.empty((3, 3))
    _measure(d.position_m[scan], d.axes[scan], point, z, h)
    told = np.zeros((3, 3))
    for i in _measured(int(d.kind[scan])):
        told += np.outer(h[i], h[i]) / d.sigma[scan, i] ** 2
    return told


def _measured(kind: int) -> range:
    return range(3) if kind == RADAR else range(1, 1 + _WIDTH[kind])


def _height_information(point: Float, kind: int) -> Float:
    up = point / np.linalg.norm(point)
    return np.outer(up, up) / _HEIGHT_M[kind][1] ** 2


def _crossing(d: Detections, first: int, second: int) -> Float | None:
    """Where two bearings from places apart cross, at the height assumed; None where they do not."""
    one, two = d.scan[first], d.scan[second]
    if d.kind[one] != SONAR or d.kind[two] != SONAR:
        return None
    origin, between = d.position_m[one], d.position_m[two] - d.position_m[one]
    u, v = _direction(d, first), _direction(d, second)
    cosine = float(u @ v)
    sine2 = 1.0 - cosine * cosine
    if float(between @ between) < _BASELINE_M**2 or sine2 < 0.01:
        return None
    along_one = float(between @ u - cosine * (between @ v)) / sine2
    along_two = float(cosine * (between @ u) - between @ v) / sine2
    if along_one <= 0.0 or along_two <= 0.0:
        return None
    point = origin + along_one * u
    axes = semi_axes_m(_HEIGHT_M[SONAR][0])
    return np.asarray(point / np.linalg.norm(point / axes))


@kernel
def _measure(origin: Float, axes: Float, point: Float, z: Float, h: Float) -> None:
    """Range, azimuth and elevation of a position into ``z`` (3,), their gradients into ``h`` (3, 3)."""
    e, n, u = local_m(origin, axes, point)
    z[0], z[1], z[2] = (
        range_m(e, n, u, axes, h[0]),
        azimuth_rad(e, n, axes, h[1]),
        elevation_rad(e, n, u, axes, h[2]),
    )


@kernel
def _converted(axes: Float, sigma: Float, measured: Float, h: Float, spread: Float) -> None:
    """A radar's detection as a position: into the first rows of ``h`` (4, 3) the unit vectors along it, to
    the right and upwards across it, in ECEF, into ``spread`` (4,) the standard deviation in m along each."""
    reach_m = measured[0]
    sin_a, cos_a = math.sin(measured[1]), math.cos(measured[1])
    sin_e, cos_e = math.sin(measured[2]), math.cos(measured[2])
    for i in range(3):
        east, north, up = axes[0, i], axes[1, i], axes[2, i]
        level = sin_a * east + cos_a * north
        h[0, i] = cos_e * level + sin_e * up
        h[1, i] = cos_a * east - sin_a * north
        h[2, i] = cos_e * up - sin_e * level
    spread[0] = sigma[0]
    spread[1] = max(reach_m * abs(cos_e) * sigma[1], _LEAST_M)
    spread[2] = max(reach_m * sigma[2], _LEAST_M)


@kernel
def _too_near(away: Float, h: Float, p: Float) -> bool:
    """Whether a place is less than two standard deviations from the sensor, of its spread along ``away``
    (3,), the level way from there, and across it: then nobody knows on which side of it, and an angle tells
    nothing. ``h`` (3,) is the azimuth's gradient."""
    square = away[0] * away[0] + away[1] * away[1] + away[2] * away[2]
    along, across = 0.0, 0.0
    for a in range(3):
        for b in range(3):
            along += away[a] * p[a, b] * away[b]
            across += h[a] * p[a, b] * h[b]
    return bool(square * square < 4.0 * (along + square * square * across))


@kernel
def _update(
    origin: Float,
    axes: Float,
    sigma: Float,
    kind: int,
    measured: Float,
    height_sigma_m: float,
    x: Float,
    p: Float,
) -> float:
    """Update of ``x`` (6,), ``p`` (6, 6) in place, one scalar after the other; its log-likelihood.

    With a radar's detection of what floats comes its height over the sea, 0.
    """
    z, h, gain = np.empty(4), np.empty((4, 3)), np.empty(6)
    spread, expected = np.empty(4), np.zeros(4)
    before = x[:3].copy()
    away = before - origin
    likelihood = 0.0
    first = 0 if kind == RADAR else 1
    last = 2 if kind == SONAR else 3
    if kind == RADAR:
        _converted(axes, sigma, measured, h, spread)
        for i in range(3):
            z[i] = h[i, 0] * away[0] + h[i, 1] * away[1] + h[i, 2] * away[2]
        expected[0] = measured[0]
        if height_sigma_m > 0.0:
            z[3], spread[3] = near_height_m(before, h[3]), height_sigma_m
            last = 4
    else:
        _measure(origin, axes, before, z, h)
        expected[1], expected[2] = measured[1], measured[2]
        level = away - (axes[2, 0] * away[0] + axes[2, 1] * away[1] + axes[2, 2] * away[2]) * axes[2]
        if _too_near(level, h[1], p):
            return 0.0
        spread[1], spread[2] = sigma[1], sigma[2]
    for i in range(first, last):
        innovation = expected[i] - z[i]
        if kind != RADAR and i == 1:
            innovation = (innovation + math.pi) % (2.0 * math.pi) - math.pi
        for j in range(3):
            innovation -= h[i, j] * (x[j] - before[j])
        for a in range(6):
            gain[a] = p[a, 0] * h[i, 0] + p[a, 1] * h[i, 1] + p[a, 2] * h[i, 2]
        s = spread[i] * spread[i] + gain[0] * h[i, 0] + gain[1] * h[i, 1] + gain[2] * h[i, 2]
        for a in range(6):
            x[a] += gain[a] * innovation / s
            for b in range(6):
                p[a, b] -= gain[a] * gain[b] / s
        likelihood -= 0.5 * (innovation * innovation / s + math.log(s))
    return likelihood


@kernel
def _predict(
    motion: Float, x: Float, p: Float, weight: Float, dt_s: float, mixed_x: Float, mixed_p: Float
) -> None:
    """IMM mixing and prediction of two modes (2, 6), (2, 6, 6) into the ``mixed`` arrays; new ``weight``."""
    rate_hz = motion[3] + motion[4]
    gone = -math.expm1(-rate_hz * dt_s)
    work, predicted = np.empty((4, 6, 6)), np.empty(2)
    for a in range(2):
        b = 1 - a
        stay = weight[a] * (1.0 - gone * motion[3 + a] / rate_hz)
        come = weight[b] * gone * motion[3 + b] / rate_hz
        predicted[a] = stay + come
        mu = come / predicted[a]
        for i in range(6):
            mixed_x[a, i] = x[a, i] + mu * (x[b, i] - x[a, i])
        for i in range(6):
            for j in range(6):
                spread = mu * (1.0 - mu) * (x[b, i] - x[a, i]) * (x[b, j] - x[a, j])
                mixed_p[a, i, j] = (1.0 - mu) * p[a, i, j] + mu * p[b, i, j] + spread
        propagate(int(motion[0]), mixed_x[a], mixed_p[a], motion[1 + a], dt_s, work)
    weight[:] = predicted


@kernel
def _step(
    motion: Float,
    dt_s: float,
    kind: int,
    origin: Float,
    axes: Float,
    sigma: Float,
    measured: Float,
    x: Float,
    p: Float,
    weight: Float,
    mixed_x: Float,
    mixed_p: Float,
) -> None:
    """Predict by ``dt_s`` and update with one detection, in place."""
    trial = np.empty(2)
    if dt_s > 0.0:
        _predict(motion, x, p, weight, dt_s, mixed_x, mixed_p)
        x[:], p[:] = mixed_x, mixed_p
    for a in range(2):
        trial[a] = _update(origin, axes, sigma, kind, measured, motion[6], x[a], p[a])
    best = max(trial[0], trial[1])
    for a in range(2):
        weight[a] = max(weight[a] * math.exp(trial[a] - best), 1e-9)
    weight /= weight[0] + weight[1]


@kernel
def _filter(
    motion: Float,
    state: Float,
    spread: Float,
    time_ns: Ints,
    known_ns: Ints,
    kind: Ints,
    origin: Float,
    axes: Float,
    sigma: Float,
    measured: Float,
    instant_ns: Ints,
    out: Float,
) -> None:
    """Run one object's detections through the filter; its combined state at the instants into ``out``.

    ``state`` and ``spread`` are what the first detection gave; the others follow. As far as all are known the
    filter goes once; from there, at every instant, anew through those known then.
    """
    x, p = np.empty((2, 6)), np.empty((2, 6, 6))
    trial_x, trial_p = np.empty((2, 6)), np.empty((2, 6, 6))
    mixed_x, mixed_p = np.empty((2, 6)), np.empty((2, 6, 6))
    weight, trial = np.array([0.5, 0.5]), np.empty(2)
    x[:], p[:] = state, spread
    coast_ns, n = int(COAST_S * 1e9), len(time_ns)
    done, now = 1, time_ns[0]
    for k in range(np.searchsorted(instant_ns, max(time_ns[0], known_ns[0])), len(instant_ns)):
        at = instant_ns[k]
        while done < n and time_ns[done] <= at and known_ns[done] <= at:
            d = done
            dt_s = (time_ns[d] - now) * 1e-9
            _step(
                motion,
                dt_s,
                kind[d],
                origin[d],
                axes[d],
                sigma[d],
                measured[d],
                x,
                p,
                weight,
                mixed_x,
                mixed_p,
            )
            now = time_ns[d]
            done += 1
        trial_x[:], trial_p[:], trial[:], newest = x, p, weight, now
        d = done
        while d < n and time_ns[d] <= at:
            if known_ns[d] <= at:
                dt_s = (time_ns[d] - newest) * 1e-9
                look = (kind[d], origin[d], axes[d], sigma[d], measured[d])
                _step(motion, dt_s, *look, trial_x, trial_p, trial, mixed_x, mixed_p)
                newest = time_ns[d]
            d += 1
        if d < n or at <= newest + coast_ns:
            _predict(motion, trial_x, trial_p, trial, (at - newest) * 1e-9, mixed_x, mixed_p)
            for i in range(6):
                out[k, i] = trial[0] * mixed_x[0, i] + trial[1] * mixed_x[1, i]
