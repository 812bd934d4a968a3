"""What a sensor measures of a state, and how that changes with the position.

A look is one scan's geometry. Radar: slant range m, azimuth rad clockwise from north, elevation rad;
infrared: azimuth and elevation; sonar: azimuth (bearing), of a towed array the angle off its axis, on
whichever side; multistatic: an echo's way m, its bearing and, with its Doppler, the way's growth m/s; all in
the scan's east-north-up axes. What a radar measures of a ship has a fourth quantity: a ship floats, so its
height is that of the sea.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray

from fusion.arrays import Float
from fusion.constants import Chosen
from fusion.kernel import kernel
from fusion.physics.height import near_height_m
from fusion.physics.looks import azimuth_rad, elevation_rad, local_m, range_m, second_order
from nodes.sensing.scan import Scan

RADAR, INFRARED, SONAR, AFLOAT, ECHO, DOPPLER, TOWED = 0, 1, 2, 3, 4, 5, 6
CODES = {"radar": RADAR, "infrared": INFRARED, "sonar": SONAR, "multistatic": ECHO}
AZIMUTH_COLUMN = (1, 0, 0, 1, 1, 1, 0)
"""By code: which measured quantity is the azimuth, the one that wraps."""
WIDTH = (3, 2, 1, 4, 2, 3, 1)
"""By code: how many quantities are measured."""
FLOAT_SIGMA_M: Final[
    Annotated[
        float,
        Chosen(
            "m",
            "how far above or below the sea's mean level what reflects of a ship may lie, 1 sigma",
            "spring tides off Korea's west coast range over 8 m (2.5 m, 1 sigma); masts and decks: judged",
        ),
    ]
] = 5.0


@dataclass(frozen=True, slots=True)
class Look:
    """From where and how well one scan measured."""

    code: int
    position_m: Float
    """(3,) ECEF."""
    axes: Float
    """(3, 3) rows east, north, up in ECEF."""
    noise: Float
    """(k, k) covariance of what is measured."""
    each: Float | None = None
    """(m, k, k) the same of each of the scan's detections; None: all alike."""
    more: Float | None = None
    """What else a kind needs. Multistatic, (5,): where it was pinged, ECEF m; the speed of sound m/s; how
    long before the look, s. Towed array, (1,): the bearing of its axis, rad."""

    @property
    def place(self) -> Float:
        """What the kernels take: ``position_m``, and behind it ``more``."""
        return self.position_m if self.more is None else np.concatenate([self.position_m, self.more])

    @staticmethod
    def of(scan: Scan) -> Look:
        """The look of a scan."""
        code, more = CODES[scan.kind], None
        if scan.axis_rad is not None:
            code, more = TOWED, np.array([scan.axis_rad])
        if scan.ping is not None:
            code = ECHO if len(scan.sigma) == WIDTH[ECHO] else DOPPLER
            ago_s = (scan.time_ns - scan.ping.time_ns) * 1e-9
            more = np.array([*scan.ping.position_m, scan.ping.sound_mps, ago_s])
        return Look(
            code,
            np.ascontiguousarray(scan.position_m, dtype=np.float64),
            np.ascontiguousarray(scan.axes, dtype=np.float64),
            np.diag(np.asarray(scan.sigma, dtype=np.float64) ** 2),
            None
            if scan.detection_sigma is None
            else np.square(scan.detection_sigma)[:, :, None] * np.eye(len(scan.sigma)),
            more,
        )

    def at(self, detection: int) -> Look:
        """The look as one of its detections sees it: with that one's noise."""
        return self if self.each is None else replace(self, noise=self.each[detection], each=None)

    def only(self, kept: NDArray[np.bool_]) -> Look:
        """The look at some of its detections, (m,)."""
        return self if self.each is None else replace(self, each=self.each[kept])

    def afloat(self, sigma_m: float = FLOAT_SIGMA_M) -> Look:
        """A radar's look at a ship: its height over the sea, 0 within ``sigma_m``, comes fourth."""
        noise = np.diag([0.0, 0.0, 0.0, sigma_m**2])
        noise[:3, :3] = self.noise
        return replace(self, code=AFLOAT, noise=noise)

    def without_rate(self) -> Look:
        """The same of an echo without its Doppler."""
        noise = np.ascontiguousarray(self.noise[:2, :2])  # a slice would have the filters compiled again
        return replace(self, code=ECHO, noise=noise)


@kernel
def _echo_one(place: Float, axes: Float, state: Float, z: Float, jacobian: Float) -> None:
    """An echo's way and bearing, of what was at ``state`` when the ping reached it. Where the state has no
    velocity, it stays. Source: Daun and Ehlers 2010, *Tracking algorithms for multistatic sonar systems*."""
    hit, toward = np.empty(3), np.empty(3)
    e, n, u = local_m(place[3:6], axes, state)
    out_m = range_m(e, n, u, axes, toward)
    for i in range(3):
        back = (place[7] - out_m / place[6]) * state[i + 3] if len(state) > 3 else 0.0
        hit[i] = state[i] - back
    e, n, u = local_m(place[3:6], axes, hit)
    out_m = range_m(e, n, u, axes, toward)
    e, n, u = local_m(place, axes, hit)
    z[0] = out_m + range_m(e, n, u, axes, jacobian[0])
    for i in range(3):
        jacobian[0, i] += toward[i]
    z[1] = azimuth_rad(e, n, axes, jacobian[1])


@kernel
def measure_one(code: int, origin: Float, axes: Float, state: Float, z: Float, jacobian: Float) -> None:
    """Measured values of ``state`` into ``z`` (k,), derivatives by position into ``jacobian`` (k, 3).

    ``origin`` is `Look.place`. A way's growth hardly depends on the position; of a position it is 0.
    """
    if code in (ECHO, DOPPLER):
        _echo_one(origin, axes, state, z, jacobian)
        if code == DOPPLER:
            z[2] = 0.0
            for i in range(3):
                if len(state) > 3:
                    z[2] += jacobian[0, i] * state[i + 3]
                jacobian[2, i] = 0.0
        return
    e, n, u = local_m(origin, axes, state)
    row = 0
    if code in (RADAR, AFLOAT):
        z[0] = range_m(e, n, u, axes, jacobian[0])
        row = 1
    z[row] = azimuth_rad(e, n, axes, jacobian[row])
    if code == TOWED:
        off = (z[0] - origin[3] + math.pi) % (2.0 * math.pi) - math.pi
        z[0] = abs(off)
        if off < 0.0:
            for i in range(3):
                jacobian[0, i] = -jacobian[0, i]
    elif code != SONAR:
        z[row + 1] = elevation_rad(e, n, u, axes, jacobian[row + 1])
    if code == AFLOAT:
        z[3] = near_height_m(state, jacobian[3])


@kernel
def _measure_many(code: int, origin: Float, axes: Float, states: Float, z: Float, jacobian: Float) -> None:
    for i in range(states.shape[0]):
        measure_one(code, origin, axes, states[i], z[i], jacobian[i])


def height(position_m: Float) -> tuple[float, Float]:
    """Height in m over the ellipsoid of a position (3,) ECEF near it, and the direction up there (3,)."""
    up = np.empty(3)
    return near_height_m(position_m, up), up


def measure(look: Look, state: Float) -> tuple[Float, Float]:
    """Expected measurement (k,) of one state (6,) or position (3,), and its Jacobian by position (k, 3)."""
    z, jacobian = np.empty(WIDTH[look.code]), np.empty((WIDTH[look.code], 3))
    measure_one(look.code, look.place, look.axes, state, z, jacobian)
    return z, jacobian


def measure_many(look: Look, states: Float) -> tuple[Float, Float]:
    """As ``measure`` for n states: (n, k) and (n, k, 3)."""
    k = WIDTH[look.code]
    z, jacobian = np.empty((len(states), k)), np.empty((len(states), k, 3))
    _measure_many(look.code, look.place, look.axes, states, z, jacobian)
    return z, jacobian


def expected_spread(look: Look, jacobian: Float, covariance: Float) -> Float:
    """(..., k, k) covariance of what is expected of states of ``covariance`` (..., 6, 6), without noise.

    ``jacobian`` (..., k, 3) is `measure`'s; a way grows by its gradient times the velocity.
    """
    told: Float = jacobian @ covariance[..., :3, :3] @ np.swapaxes(jacobian, -1, -2)
    if look.code == DOPPLER:
        along = jacobian[..., 0, :]
        told[..., 2, 2] += np.einsum("...i,...ij,...j->...", along, covariance[..., 3:, 3:], along)
    return told


def bend(look: Look, state: Float, covariance: Float) -> Float:
    """(k, k) what the linearised measurement of a state (6,) leaves out, as noise: the second order's.

    It counts only where the position's spread, of covariance (6, 6), is not small beside the distance: as
    when a ship passes by a hydrophone. Variances ½ tr(H P H P) with the Hessians H of range, azimuth and
    elevation by what is along, across and up. Source: Bar-Shalom, Li, Kirubarajan 2001, eq. 10.3.2-13.
    """
    e, n, u = local_m(look.position_m, look.axes, state)
    left_out = second_order(e, n, u, look.axes, covariance)
    if look.code in (ECHO, DOPPLER):
        assert look.more is not None
        e, n, u = local_m(look.more[:3], look.axes, state)
        out = second_order(e, n, u, look.axes, covariance)[0]
        way = (math.sqrt(left_out[0]) + math.sqrt(out)) ** 2
        return np.diag([way, left_out[1], 0.0][: WIDTH[look.code]])
    first = AZIMUTH_COLUMN[RADAR] - AZIMUTH_COLUMN[look.code]
    return np.diag(left_out[first : first + WIDTH[look.code]])


def residual(look: Look, z: Float, expected: Float) -> Float:
    """``z`` - ``expected`` (..., k), the azimuth wrapped to [-pi, pi)."""
    difference: Float = np.subtract(z, expected)
    column = AZIMUTH_COLUMN[look.code]
    difference[..., column] = (difference[..., column] + math.pi) % (2.0 * math.pi) - math.pi
    return difference
