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
Platform = Annotated[int, Meta(ge=0, le=64)]
"""Sensors of a node with one number other than 0 stand on one platform: one heading, one place."""
Kind = Literal["radar", "infrared", "sonar", "multistatic"]
RangeCurve = tuple[tuple[NotNegative, Probability], ...]
"""Rows of km and the share of ``pd`` that is left there."""
OwnNoise = tuple[tuple[NotNegative, Annotated[float, Meta(ge=0.0, le=60.0)]], ...]
"""Rows of own speed kn and by how many dB it is louder around the sensor than at rest."""
SoundSpeed = Annotated[float, Meta(ge=1_300.0, le=1_700.0)]
Stations = tuple[tuple[NotNegative, Positive, Latitude, Longitude], ...]
"""Rows of from_s, until_s, lat_deg, lon_deg."""


class Misalignment(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """By how much its owner takes a sensor to be off, 1 sigma of each; 0: not said."""

    range_m: NotNegative = 0.0
    azimuth_mrad: NotNegative = 0.0
    elevation_mrad: NotNegative = 0.0
    clock_s: NotNegative = 0.0
    heading_mrad: NotNegative = 0.0
    """Of its platform, as is"""
    east_m: NotNegative = 0.0
    north_m: NotNegative = 0.0
    """where that takes itself to be: of one that navigates by itself."""
    roll_mrad: NotNegative = 0.0
    pitch_mrad: NotNegative = 0.0
    """Of its line of sight, about north and east where it is; its yaw is its azimuth."""

    def told(self) -> list[tuple[int, float]]:
        """What is said: values of the contract's BiasKind, and sigmas in m, rad and s."""
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        scaled = [1e-3 * value if name.endswith("_mrad") else value for name, value in values]
        return [(kind, value) for kind, value in enumerate(scaled, 1) if value > 0.0]


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
    platform: Platform = 0
    misalignment: Misalignment | None = None


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
    platform: Platform = 0
    misalignment: Misalignment | None = None


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
    sound_mps: SoundSpeed = 1_500.0
    """Of sound in the water around it."""
    range_curve: RangeCurve = ()
    """What is left of ``pd`` by range, of a contact of 0 dB and without own noise; straight between rows,
    nothing beyond the last. None: all of it as far as ``range_km``, the same for all contacts."""
    sigma_far_mrad: Milliradian | None = None
    """Sigma of what is just as loud as at ``range_km``: in between it grows as the signal fades. None: no
    growth."""
    own_noise: OwnNoise = ()
    stations: Stations = ()
    """When and where it is in the water: a buoy once, a dipping sonar several times. None: always."""
    array: Literal["hull", "towed"] = "hull"
    """A towed array measures the angle off its axis: a contact may be on either side of it."""
    platform: Platform = 0
    misalignment: Misalignment | None = None


class Multistatic(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Measures of the echo of a ping its whole way, over the target, and its bearing; where that is declared,
    by how fast the way grows. Who pings may be somebody else."""

    kind: ClassVar[Kind] = "multistatic"

    lat_deg: Latitude
    lon_deg: Longitude
    range_km: Reach
    """Half the longest way of an echo: so long it listens after a ping."""
    period_s: Period
    """From one ping to the next."""
    sigma_range_m: Annotated[float, Meta(gt=0.0, le=1e5)]
    """Of an echo's whole way."""
    sigma_azimuth_mrad: Milliradian
    alt_m: Altitude = 0.0
    pd: Probability = 0.9
    false_alarms_per_scan: Count = 0.0
    azimuth_limits_deg: tuple[SectorEdge, SectorEdge] | None = None
    min_range_km: NotNegative = 0.5
    """Half of the way by which an echo's must be longer than the ping's own to be heard behind it."""
    sound_mps: SoundSpeed = 1_500.0
    range_curve: RangeCurve = ()
    """What is left of ``pd`` by the root of the product of the target's distances from source and receiver,
    of an echo of 0 dB and without own noise. None: all of it as far as ``range_km``."""
    own_noise: OwnNoise = ()
    stations: Stations = ()
    frequency_hz: Annotated[float, Meta(gt=0.0, le=1e6)] | None = None
    """Of the ping."""
    sigma_doppler_hz: Annotated[float, Meta(gt=0.0, le=1e4)] | None = None
    """Of an echo's frequency. None: it is not measured."""
    platform: Platform = 0
    misalignment: Misalignment | None = None

    @property
    def listens_s(self) -> float:
        """How long after a ping the last echo may come."""
        return 2e3 * self.range_km / self.sound_mps

    @property
    def sigma_rate_mps(self) -> float | None:
        """Of the speed at which an echo's way grows; None: it is not measured."""
        if self.sigma_doppler_hz is None or self.frequency_hz is None:
            return None
        return self.sigma_doppler_hz * self.sound_mps / self.frequency_hz


Sensor = Radar | Infrared | Sonar | Multistatic


def in_water(sensor: Sensor, t_s: float) -> bool:
    """Whether a sensor is where it works at ``t_s`` into the scenario: of one that is dropped or dipped."""
    return in_stations(sensor.stations if isinstance(sensor, Sonar | Multistatic) else (), t_s)


def in_stations(stations: Stations, t_s: float) -> bool:
    """Whether one of them is of that time; always where there are none."""
    return not stations or any(from_s <= t_s < until_s for from_s, until_s, _, _ in stations)


def declared_sigma(sensor: Sensor) -> Float:
    """(k,) standard deviation of each measured quantity, m, rad and m/s."""
    if isinstance(sensor, Multistatic):
        rate = [] if sensor.sigma_rate_mps is None else [sensor.sigma_rate_mps]
        return np.array([sensor.sigma_range_m, 1e-3 * sensor.sigma_azimuth_mrad, *rate])
    angles = [1e-3 * sensor.sigma_azimuth_mrad]
    if not isinstance(sensor, Sonar):
        angles.append(1e-3 * sensor.sigma_elevation_mrad)
    return np.array([sensor.sigma_range_m, *angles] if isinstance(sensor, Radar) else angles)
