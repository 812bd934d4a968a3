"""What a sensor measures of a state, and how that changes with the position.

A look is one scan's geometry. Radar: slant range m, azimuth rad clockwise from north, elevation rad;
infrared: azimuth and elevation; sonar: azimuth (bearing); all in the scan's east-north-up axes. What a
radar measures of a ship has a fourth quantity: a ship floats, so its height is that of the sea.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Annotated, Final

import numpy as np

from fusion.arrays import Float
from fusion.constants import JUDGED, Chosen
from fusion.kernel import kernel
from fusion.physics.height import near_height_m
from fusion.physics.looks import azimuth_rad, elevation_rad, local_m, range_m, second_order
from nodes.sensing.scan import Scan

RADAR, INFRARED, SONAR, AFLOAT = 0, 1, 2, 3
CODES = {"radar": RADAR, "infrared": INFRARED, "sonar": SONAR}
AZIMUTH_COLUMN = (1, 0, 0, 1)
"""By code: which measured quantity is the azimuth, the one that wraps."""
WIDTH = (3, 2, 1, 4)
"""By code: how many quantities are measured."""
FLOAT_SIGMA_M: Final[
    Annotated[
        float,
        Chosen(
            "m",
            "how far above or below the sea what reflects of a ship may lie, tides and the geoid's "
            "errors with it",
            JUDGED,
        ),
    ]
] = 10.0


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

    @staticmethod
    def of(scan: Scan) -> Look:
        """The look of a scan."""
        return Look(
            CODES[scan.kind],
            np.ascontiguousarray(scan.position_m, dtype=np.float64),
            np.ascontiguousarray(scan.axes, dtype=np.float64),
            np.diag(np.asarray(scan.sigma, dtype=np.float64) ** 2),
        )

    def afloat(self) -> Look:
        """A radar's look at a ship: its height over the sea, 0 within `FLOAT_SIGMA_M`, comes fourth."""
        noise = np.diag([0.0, 0.0, 0.0, FLOAT_SIGMA_M**2])
        noise[:3, :3] = self.noise
        return replace(self, code=AFLOAT, noise=noise)


@kernel
def measure_one(code: int, origin: Float, axes: Float, state: Float, z: Float, jacobian: Float) -> None:
    """Measured values of ``state`` into ``z`` (k,), derivatives by position into ``jacobian`` (k, 3)."""
    e, n, u = local_m(origin, axes, state)
    row = 0
    if code in (RADAR, AFLOAT):
        z[0] = range_m(e, n, u, axes, jacobian[0])
        row = 1
    z[row] = azimuth_rad(e, n, axes, jacobian[row])
    if code != SONAR:
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
    measure_one(look.code, look.position_m, look.axes, state, z, jacobian)
    return z, jacobian


def measure_many(look: Look, states: Float) -> tuple[Float, Float]:
    """As ``measure`` for n states: (n, k) and (n, k, 3)."""
    k = WIDTH[look.code]
    z, jacobian = np.empty((len(states), k)), np.empty((len(states), k, 3))
    _measure_many(look.code, look.position_m, look.axes, states, z, jacobian)
    return z, jacobian


def bend(look: Look, state: Float, covariance: Float) -> Float:
    """(k, k) what the linearised measurement of a state (6,) leaves out, as noise: the second order's.

    It counts only where the position's spread, of covariance (6, 6), is not small beside the distance: as
    when a ship passes by a hydrophone. Variances ½ tr(H P H P) with the Hessians H of range, azimuth and
    elevation by what is along, across and up. Source: Bar-Shalom, Li, Kirubarajan 2001, eq. 10.3.2-13.
    """
    e, n, u = local_m(look.position_m, look.axes, state)
    first = AZIMUTH_COLUMN[RADAR] - AZIMUTH_COLUMN[look.code]
    left_out = second_order(e, n, u, look.axes, covariance)
    return np.diag(left_out[first : first + WIDTH[look.code]])


def residual(look: Look, z: Float, expected: Float) -> Float:
    """``z`` - ``expected`` (..., k), the azimuth wrapped to [-pi, pi)."""
    difference: Float = np.subtract(z, expected)
    column = AZIMUTH_COLUMN[look.code]
    difference[..., column] = (difference[..., column] + math.pi) % (2.0 * math.pi) - math.pi
    return difference
