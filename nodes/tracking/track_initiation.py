"""New candidates from detections that belong to no track."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Annotated, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float, ecef2geodetic
from nodes.sensing.measurement import DOPPLER, ECHO, INFRARED, SONAR, TOWED
from nodes.sensing.sensors import Infrared, Sensor, Sonar
from nodes.tracking.environment import AIR, SPACE, SUBSURFACE, SURFACE, SURFACE_ALTITUDE_M
from nodes.tracking.filters import NationalFilter, national_filter
from nodes.tracking.filters.range_parameterised import RangeParameterisedFilter
from nodes.tracking.motion_models import ignition, steady
from nodes.tracking.position_fix import (
    Fix,
    Height,
    Sighting,
    bearing_fix,
    crossing_fix,
    echo_fix,
    line_fix,
    radar_fix,
    range_edges_m,
)
from nodes.tracking.sea_level import elevation_off_rad
from nodes.tracking.track import Track

HIGH_M: Final[
    Annotated[float, Chosen("m", "a first detection surely above this height is taken for a missile", JUDGED)]
] = 20_000.0
SPEED_SIGMA_MPS: Final[
    Annotated[
        dict[int, float],
        Chosen("m/s", "standard deviation of each component of an unknown velocity, by environment", JUDGED),
    ]
] = {AIR: 250.0, SPACE: 3_000.0, SURFACE: 8.0, SUBSURFACE: 3.0}
LEVEL_SIGMA_MPS: Final[Annotated[float, Chosen("m/s", "the same upwards, of a submarine", JUDGED)]] = 0.3
CLIMB_SIGMA_MPS: Final[
    Annotated[
        float,
        Chosen(
            "m/s", "the same upwards of what is slow sideways, `RISE` parts of which leave the ground", JUDGED
        ),
    ]
] = 20.0
IGNITION_SPEED_SIGMA_MPS: Final[
    Annotated[float, Chosen("m/s", "the same for a vehicle that has just risen above the clouds", JUDGED)]
] = 400.0
FRESH_HEIGHT: Final[
    Annotated[
        tuple[float, float],
        Chosen("m", "height above the clouds at which a burning vehicle first shows: mean and sigma", JUDGED),
    ]
] = (1_000.0, 2_000.0)
STALE_HEIGHT: Final[
    Annotated[
        Height,
        Chosen("m", "the same where nobody watched before: it may have burned for long", JUDGED),
    ]
] = Height(60_000.0, 40_000.0)
DEPTH: Final[Annotated[Height, Chosen("m", "height of what a sonar detects: mean and sigma", JUDGED)]] = (
    Height(-100.0, 100.0)
)
NEAREST_KM: Final[
    Annotated[
        float,
        Chosen("km", "where a bearing's intervals of range begin, of a sonar that declares less", JUDGED),
    ]
] = 0.5
SEPARATION_M: Final[
    Annotated[
        float, Chosen("m", "how far what comes off a missile has moved when it is first told apart", JUDGED)
    ]
] = 1_500.0
SEPARATION_MPS: Final[Annotated[float, Chosen("m/s", "how fast it moves away", JUDGED)]] = 40.0
SEPARATION_GATE: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "squared distance (3 degrees of freedom) within which a detection may have come off a missile",
            "chi-square, 99.9 %, 3 degrees of freedom",
        ),
    ]
] = 16.0
LINES = (SONAR, INFRARED)
"""Looks that tell a direction and no range."""


@dataclass(frozen=True, slots=True)
class Missiles:
    """The missiles already tracked, at the time of a scan."""

    number: tuple[int, ...]
    """Of which what comes off each is a child (see ``Track.sheds``)."""
    state: Float
    """(n, 6)"""
    covariance: Float
    """(n, 6, 6)"""


def candidates(
    kind: str,
    sensor: int,
    spec: Sensor,
    sighting: Sighting,
    time_ns: int,
    detection: int,
    watched: bool,
    missiles: Missiles,
) -> list[Track]:
    """The candidates that one detection gives rise to: none where it gives no position, two where it may
    be a ship or a low aircraft.

    ``detection``: which of its scan's it is. ``watched``: the sensor was already looking a while ago. A
    detection beside one of the ``missiles`` is taken to have come off it and inherits its velocity.
    """
    line = sighting if sighting.look.code in LINES else None
    up = sighting.look.axes[2]

    def start(fix: Fix, environment: int, speed_sigma_mps: float | None = None) -> Track:
        speed = SPEED_SIGMA_MPS[environment] if speed_sigma_mps is None else speed_sigma_mps
        spread = np.eye(3) * speed**2
        if environment in (SURFACE, SUBSURFACE):
            level = LEVEL_SIGMA_MPS if environment == SUBSURFACE else CLIMB_SIGMA_MPS
            spread += np.outer(up, up) * (level**2 - speed**2)
        filter = _filter(kind, fix, environment, np.zeros(3), spread)
        track = Track(filter, time_ns, environment, time_ns, time_ns, line=line)
        track.hit(sensor, time_ns, detection)
        return track

    if sighting.look.code in (ECHO, DOPPLER):
        echo = echo_fix(sighting, DEPTH)
        return [] if echo is None else [start(echo, SUBSURFACE)]
    if sighting.look.code == TOWED:
        port, starboard = sides(sighting)
        track = start(bearing_fix(port, 0.0, 1e3 * spec.range_km, DEPTH), SUBSURFACE)
        velocity = track.filter.p[3:, 3:]
        both = along_bearing(kind, port, spec, velocity)
        (leg,) = along_bearing(kind, starboard, spec, velocity).legs
        both.besides(leg.states, leg.covariances, np.exp(leg.log_weights))
        track.filter = both
        return [track]
    if sighting.look.code == SONAR:
        track = start(bearing_fix(sighting, 0.0, 1e3 * spec.range_km, DEPTH), SUBSURFACE)
        track.filter = along_bearing(kind, sighting, spec, track.filter.p[3:, 3:])
        return [track]
    if line is not None:
        found = line_fix(sighting, _height(spec, watched))
        speed = IGNITION_SPEED_SIGMA_MPS if watched else SPEED_SIGMA_MPS[SPACE]
        return [] if found is None else [start(found, SPACE, speed)]
    fix = radar_fix(sighting)
    alt = ecef2geodetic(fix.position_m)[2]
    surely = float(alt) - 2.0 * float(np.sqrt(up @ fix.covariance @ up))
    if surely > HIGH_M:
        return [_off(kind, start(fix, SPACE), missiles)]
    aircraft = start(fix, AIR)
    if surely > SURFACE_ALTITUDE_M:
        return [aircraft]
    ship = start(fix, SURFACE)
    ship.height.take(sighting, time_ns, elevation_off_rad(spec))
    ship.twin, aircraft.twin = aircraft, ship
    return [ship, aircraft]


def along_bearing(kind: str, sighting: Sighting, spec: Sensor, velocity: Float) -> RangeParameterisedFilter:
    """A filter for each interval of range of a bearing, as likely each as the logarithm of its range is wide;
    their velocity is 0 with covariance ``velocity`` (3, 3)."""
    near_km = max(spec.min_range_km, NEAREST_KM) if isinstance(spec, Sonar) else NEAREST_KM
    edges = range_edges_m(1e3 * near_km, 1e3 * spec.range_km)
    fixes = [bearing_fix(sighting, near, far, DEPTH) for near, far in itertools.pairwise(edges)]
    states, covariances = np.zeros((len(fixes), 6)), np.zeros((len(fixes), 6, 6))
    for fix, x, p in zip(fixes, states, covariances, strict=True):
        x[:3], p[:3, :3], p[3:, 3:] = fix.position_m, fix.covariance, velocity
    weights = np.full(len(fixes), 1.0 / len(fixes))
    return RangeParameterisedFilter(steady(kind, SUBSURFACE), states, covariances, weights)


def sides(sighting: Sighting) -> tuple[Sighting, Sighting]:
    """The two bearings that a towed array's angle off its axis may be of."""
    look, z = sighting.look, sighting.z
    assert look.more is not None
    plain = replace(look, code=SONAR, more=None)
    return Sighting(plain, look.more - z), Sighting(plain, look.more + z)


def crossed(kind: str, track: Track, second: Sighting) -> NationalFilter | None:
    """A young candidate's filter started anew where its line of sight and that of another sensor cross; None
    for bearings: a filter for each interval of range has the crossing among them."""
    if track.line is None or second.look.code != INFRARED:
        return None
    fix = crossing_fix(track.line, second)
    if fix is None:
        return None
    velocity = track.filter.p[3:, 3:]
    return _filter(kind, fix, track.environment, track.filter.x[3:], velocity)


def _height(spec: Sensor, watched: bool) -> Height:
    if not watched or not isinstance(spec, Infrared):
        return STALE_HEIGHT
    return Height(spec.min_target_alt_m + FRESH_HEIGHT[0], FRESH_HEIGHT[1])


def _filter(kind: str, fix: Fix, environment: int, velocity: Float, covariance: Float) -> NationalFilter:
    p = np.zeros((6, 6))
    p[:3, :3], p[3:, 3:] = fix.covariance, covariance
    x = np.concatenate([fix.position_m, velocity])
    if environment == SUBSURFACE:
        return RangeParameterisedFilter(steady(kind, SUBSURFACE), x[None], p[None], np.ones(1))
    return national_filter(kind, ignition(kind) if environment == SPACE else steady(kind, environment), x, p)


def _off(kind: str, track: Track, missiles: Missiles) -> Track:
    """The candidate, as a child of the nearest missile where it can have come off one."""
    if not missiles.number:
        return track
    position, covariance = track.filter.x[:3], track.filter.p[:3, :3]
    apart = missiles.state[:, :3] - position
    spread = missiles.covariance[:, :3, :3] + covariance + np.eye(3) * SEPARATION_M**2
    distance2 = np.einsum("ni,nij,nj->n", apart, np.linalg.inv(spread), apart)
    nearest = int(np.argmin(distance2))
    if distance2[nearest] < SEPARATION_GATE:
        velocity = missiles.covariance[nearest, 3:, 3:] + np.eye(3) * SEPARATION_MPS**2
        fix = Fix(position, covariance)
        track.filter = _filter(kind, fix, SPACE, missiles.state[nearest, 3:], velocity)
        track.parent = missiles.number[nearest]
    return track
