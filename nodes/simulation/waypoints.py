"""Platforms that go from point to point along great circles, rounding the corners as they do.

Between two waypoints the normal of the ellipsoid turns evenly and the height changes evenly. At a
waypoint the platform turns under a constant acceleration that its kind can bear, so that a corner is
cut rather than flown over ("fly-by").
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Final

import numpy as np

from fusion.constants import MODELLED, Chosen
from fusion.physics.geodesy import Float, geodetic2ecef
from nodes.simulation.dynamics import G0_MPS2
from nodes.simulation.knots import Trajectory, sampled
from nodes.simulation.spec import EnvironmentName, Turns

TURN_G: Final[
    Annotated[
        dict[Turns, float],
        Chosen(
            "g",
            "acceleration in a turn, by kind of platform: in the air the tangent of a bank of 22 and "
            "of 76 degrees; a ship's is a circle of 1 km across at 12 m/s, a submarine's one of 370 m "
            "at 6 m/s",
            MODELLED,
        ),
    ]
] = {
    "airliner": 0.4,
    "fighter": 4.0,
    "ship": 0.03,
    "submarine": 0.02,
    "spacecraft": 0.05,
}
USUAL: dict[EnvironmentName, Turns] = {
    "AIR": "airliner",
    "SURFACE": "ship",
    "SUBSURFACE": "submarine",
    "SPACE": "spacecraft",
}
"""What turns where nothing is said."""
HABITAT: dict[Turns, EnvironmentName] = {
    "airliner": "AIR",
    "fighter": "AIR",
    "ship": "SURFACE",
    "submarine": "SUBSURFACE",
    "spacecraft": "SPACE",
}
"""The environment that each kind moves in."""
_STEP_S: Final[Annotated[float, Chosen("s", "step at which a path is written", MODELLED)]] = 20.0


class Leg:
    """Motion at even speed along a great circle, from one row of t_s, lat deg, lon deg, alt m to the next."""

    def __init__(self, a: Sequence[float], b: Sequence[float]) -> None:
        self.start_s, self.end_s = a[0], b[0]
        self._alt_m = (a[3], b[3])
        self._n0, n1 = normal(np.array([a[1], b[1]]), np.array([a[2], b[2]]))
        across = n1 - self._n0 * float(self._n0 @ n1)
        size = float(np.linalg.norm(across))
        self._angle = float(np.arctan2(size, self._n0 @ n1))
        self._across = across / size if size > 0.0 else across

    def at(self, t_s: Float) -> tuple[Float, Float]:
        """Normals (k, 3) and heights (k,) m at times (k,), also beyond the leg's ends."""
        u = (t_s - self.start_s) / (self.end_s - self.start_s)
        turn = self._angle * u
        there = np.cos(turn)[:, None] * self._n0 + np.sin(turn)[:, None] * self._across
        return there, self._alt_m[0] + (self._alt_m[1] - self._alt_m[0]) * u

    def position(self, t_s: Float) -> Float:
        """ECEF (k, 3) m at times (k,), also beyond the leg's ends."""
        return place(*self.at(t_s))


def waypoint_path(waypoints: Sequence[Sequence[float]], kind: Turns) -> Trajectory:
    """The path through rows of t_s, lat deg, lon deg, alt m (at least two, times increasing).

    Where legs are too short for the turn that ``kind`` can make, it is made within 0.45 of the shorter.
    """
    legs = [Leg(a, b) for a, b in pairwise(waypoints)]
    half_turn_s = [0.0]
    for before, after in pairwise(legs):
        corner = np.array([after.start_s])
        turn = sampled(after.position, corner).state - sampled(before.position, corner).state
        change = float(np.linalg.norm(turn[0, 3:]))
        shortest = min(before.end_s - before.start_s, after.end_s - after.start_s)
        half_turn_s.append(min(change / (2.0 * TURN_G[kind] * G0_MPS2), 0.45 * shortest))
    half_turn_s.append(0.0)
    pieces: list[Trajectory] = []
    for leg, cut_in_s, cut_out_s in zip(legs, half_turn_s[:-1], half_turn_s[1:], strict=True):
        first, last = leg.start_s + cut_in_s, leg.end_s - cut_out_s
        knots = np.linspace(first, last, 1 + max(1, int(np.ceil((last - first) / _STEP_S))))
        # a straight-on waypoint has no turn: its two knots fall together
        knots = knots[1:] if pieces and first <= pieces[-1].time_s[-1] else knots
        pieces.append(sampled(leg.position, knots))
    return Trajectory(np.concatenate([p.time_s for p in pieces]), np.concatenate([p.state for p in pieces]))


def normal(lat_deg: Float, lon_deg: Float) -> Float:
    """The ellipsoid's outward unit normals (k, 3) at latitudes and longitudes (k,)."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


def place(normal: Float, alt_m: Float) -> Float:
    """ECEF (k, 3) m at heights (k,) m over where the ellipsoid's normals (k, 3), of any length, stand."""
    lat = np.degrees(np.arctan2(normal[:, 2], np.hypot(normal[:, 0], normal[:, 1])))
    lon = np.degrees(np.arctan2(normal[:, 1], normal[:, 0]))
    return geodetic2ecef(lat, lon, alt_m)
