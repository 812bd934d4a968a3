"""What a sensor is as its owner knows it: kind, place, limits, accuracy, how often it looks.

What only the world knows of a sensor, its biases and when it really looks, is no part of it. Every field
is declared by the owner and may be wrong. Units stand last in the names.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from msgspec import Meta, Struct

from fusion.physics.geodesy import Float

Latitude = Annotated[float, Meta(ge=-90.0, le=90.0)]
Longitude = Annotated[float, Meta(ge=-180.0, le=360.0)]
Altitude = Annotated[float, Meta(ge=-12_000.0, le=1e9)]
Positive = Annotated[float, Meta(gt=0.0)]
NotNegative = Annotated[float, Meta(ge=0.0)]
Period = Annotated[float, Meta(ge=0.02, le=3_600.0)]
Count = Annotated[float, Meta(ge=0.0, le=1_000.0)]
Milliradian = Annotated[float, Meta(gt=0.0, le=1_000.0)]
Reach = Annotated[float, Meta(gt=0.0, le=1e6)]
Probability = Annotated[float, Meta(ge=0.0, le=1.0)]
Bearing = Annotated[float, Meta(ge=-360.0, le=360.0)]
SectorEdge = Annotated[float, Meta(ge=-360.0, le=720.0)]
"""A bearing, counted on past north as far as a sector may reach."""
Elevation = Annotated[float, Meta(ge=-90.0, le=90.0)]
Kind = Literal["radar", "infrared", "sonar"]


class Radar(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Measures slant range, azimuth and elevation of what is above its horizon."""

    kind: ClassVar[Kind] = "radar"

    lat_deg: Latitude
    lon_deg: Longitude
    """Where it stands; of a moving platform, where it is at first: a scan says where it was made."""
    range_km: Reach
    period_s: Period
    """From one look to the next."""
    sigma_range_m: Annotated[float, Meta(gt=0.0, le=1e5)]
    sigma_azimuth_mrad: Milliradian
    sigma_elevation_mrad: Milliradian
    alt_m: Annotated[float, Meta(ge=-500.0, le=20_000.0)] = 0.0
    """Above the ellipsoid."""
    pd: Probability = 0.9
    """Probability that one look shows a target within the limits."""
    false_alarms_per_scan: Count = 0.0
    """Expected number, of all a look covers."""
    azimuth_limits_deg: tuple[SectorEdge, SectorEdge] | None = None
    """The sector looked at, from the first clockwise to the second; None: all around."""
    min_elevation_deg: Elevation = -90.0
    max_elevation_deg: Elevation = 90.0
    min_range_km: NotNegative = 1.0
    min_target_alt_m: float = -100.0
    max_target_alt_m: Positive = 1e9
    """Heights of what it lets through."""
    refraction: bool = True
    """Whether the air bends its beam towards the ground."""
    resolution_range_m: NotNegative = 0.0
    resolution_angle_mrad: NotNegative = 0.0
    """Two targets nearer than both give a single detection; 0: never."""


class Infrared(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Measures azimuth and elevation of burning vehicles, from the ground or from orbit."""

    kind: ClassVar[Kind] = "infrared"

    lat_deg: Latitude
    lon_deg: Longitude
    period_s: Period
    sigma_azimuth_mrad: Milliradian
    sigma_elevation_mrad: Milliradian
    alt_m: Altitude = 0.0
    range_km: Reach = 1e6
    pd: Probability = 0.9
    false_alarms_per_scan: Count = 0.0
    azimuth_limits_deg: tuple[SectorEdge, SectorEdge] | None = None
    min_elevation_deg: Elevation = -90.0
    max_elevation_deg: Elevation = 90.0
    min_target_alt_m: NotNegative = 10_000.0
    """Below it the clouds hide everything."""


class Sonar(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Measures the bearing of what is on or below the surface."""

    kind: ClassVar[Kind] = "sonar"

    lat_deg: Latitude
    lon_deg: Longitude
    range_km: Reach
    period_s: Period
    sigma_azimuth_mrad: Milliradian
    alt_m: Altitude = 0.0
    pd: Probability = 0.9
    false_alarms_per_scan: Count = 0.0
    azimuth_limits_deg: tuple[SectorEdge, SectorEdge] | None = None
    min_range_km: NotNegative = 1.0
    sound_mps: Annotated[float, Meta(ge=1_300.0, le=1_700.0)] = 1_500.0
    """Of sound in the water around it."""


Sensor = Radar | Infrared | Sonar


def declared_sigma(sensor: Sensor) -> Float:
    """(k,) standard deviation of each measured quantity, m and rad."""
    angles = [1e-3 * sensor.sigma_azimuth_mrad]
    if not isinstance(sensor, Sonar):
        angles.append(1e-3 * sensor.sigma_elevation_mrad)
    return np.array([sensor.sigma_range_m, *angles] if isinstance(sensor, Radar) else angles)
