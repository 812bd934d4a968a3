"""The flight that the textbook gives: impulsive, in vacuum, over a sphere that stands still.

Source: Bate, Mueller and White, *Fundamentals of Astrodynamics*, 1971, section 6.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fusion.physics.gravity import MU_M3PS2

MEAN_RADIUS_M = 6_371_008.8


@dataclass(frozen=True, slots=True)
class VacuumFlight:
    """From the surface to the surface."""

    speed_mps: float
    """At launch."""
    lean_rad: float
    """Of the velocity from the vertical, at launch."""
    flight_time_s: float


def vacuum_flight(apogee_m: float, range_m: float) -> VacuumFlight:
    """The ellipse of that apogee height and ground range, both > 0, range below half the circumference."""
    radius, apogee = MEAN_RADIUS_M, MEAN_RADIUS_M + apogee_m
    half_angle = range_m / (2.0 * radius)
    # r = a (1 - e^2) / (1 - e cos(angle from apogee)), a (1 + e) = apogee radius
    e = apogee_m / (apogee - radius * np.cos(half_angle))
    a = apogee / (1.0 + e)
    speed = np.sqrt(MU_M3PS2 * (2.0 / radius - 1.0 / a))
    sin_lean = np.sqrt(MU_M3PS2 * a * (1.0 - e * e)) / (radius * speed)
    from_perigee = np.pi - half_angle
    eccentric = 2.0 * np.arctan(np.sqrt((1.0 - e) / (1.0 + e)) * np.tan(from_perigee / 2.0))
    time = 2.0 * np.sqrt(a**3 / MU_M3PS2) * (np.pi - eccentric + e * np.sin(eccentric))
    return VacuumFlight(float(speed), float(np.arcsin(min(1.0, sin_lean))), float(time))
