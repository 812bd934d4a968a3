"""One radar, what it measures of an aircraft, and its scans as its own programme would send them."""

from __future__ import annotations

import math

from fusion.physics.geodesy import Float, ecef2aer, enu_axes, geodetic2ecef
from nodes.sensing.sensors import Radar
from triwatch.v1 import sensing_pb2, track_pb2

START_NS = 1_719_446_400_000_000_000
LAT_DEG, LON_DEG, ALT_M = 33.5, 126.5, 120.0
RADAR = Radar(
    lat_deg=LAT_DEG,
    lon_deg=LON_DEG,
    alt_m=ALT_M,
    range_km=400.0,
    period_s=2.0,
    sigma_range_m=30.0,
    sigma_azimuth_mrad=1.0,
    sigma_elevation_mrad=1.0,
)
SCENARIO = f"""
[scenario]
name = "radar"
start = 2024-06-27T00:00:00Z
duration_s = 3600.0
seed = 1

[[nodes]]
id = "KOR-1"
nation = "KOR"
  [[nodes.sensors]]
  kind = "radar"
  lat_deg = {LAT_DEG}
  lon_deg = {LON_DEG}
  alt_m = {ALT_M}
  range_km = 400.0
  period_s = 2.0
  sigma_range_m = 30.0
  sigma_azimuth_mrad = 1.0
  sigma_elevation_mrad = 1.0
"""


def aircraft(t_s: float) -> Float:
    """(3,) ECEF m: eastwards at 230 m/s, 100 km north of the radar."""
    return geodetic2ecef(LAT_DEG + 0.9, LON_DEG + 230.0 * t_s / 91_800.0, 9_000.0)


def measured(target_m: Float) -> tuple[float, float, float]:
    """Range m, azimuth deg and elevation deg, without noise."""
    azimuth_deg, elevation_deg, range_m = ecef2aer(target_m, LAT_DEG, LON_DEG, ALT_M)
    return float(range_m), float(azimuth_deg), float(elevation_deg)


def scan(t_s: float, *, sensor: int = 0, node_id: str = "KOR-1") -> sensing_pb2.DetectionScan:
    """A look at the aircraft ``t_s`` after the start."""
    range_m, azimuth_deg, elevation_deg = measured(aircraft(t_s))
    return sensing_pb2.DetectionScan(
        node_id=node_id,
        sensor=sensor,
        kind=track_pb2.SENSOR_KIND_RADAR,
        time_ns=START_NS + round(t_s * 1e9),
        position=geodetic2ecef(LAT_DEG, LON_DEG, ALT_M).tolist(),
        axes=enu_axes(LAT_DEG, LON_DEG).ravel().tolist(),
        sigma=[30.0, 1e-3, 1e-3],
        measurement=[range_m, math.radians(azimuth_deg), math.radians(elevation_deg)],
    )
