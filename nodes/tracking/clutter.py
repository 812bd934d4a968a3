"""How dense a sensor's false alarms lie, so that a candidate's detections can be weighed against chance.

Score of a candidate: the log of the likelihood ratio of "one target" against "false alarms all".
Source: Blackman and Popoli, *Design and Analysis of Modern Tracking Systems*, 1999, ch. 6.2.
"""

from __future__ import annotations

import math
from typing import Annotated, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.sector import width_deg
from nodes.sensing.sensors import Infrared, Multistatic, Radar, Sensor, Sonar
from nodes.tracking.visibility import rim_rad

LEAST_PER_SCAN: Final[
    Annotated[float, Chosen("1 a scan", "no sensor is trusted to give fewer false alarms", JUDGED)]
] = 1e-3
ORBIT_M: Final[
    Annotated[
        float,
        Chosen(
            "m",
            "a sensor higher up looks down at the ground",
            "the height that the Fédération Aéronautique Internationale calls space",
        ),
    ]
] = 100_000.0
BELIEVED: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "score at which a candidate is believed",
            "Wald's test: one false alarm in 20,000 grows to it (e^-10)",
        ),
    ]
] = 10.0
RATE_MPS: Final[
    Annotated[float, Chosen("m/s", "an echo's way is taken to grow or shrink by no more, by chance", JUDGED)]
] = 15.0


def log_density(spec: Sensor, z: Float) -> Float:
    """(m,) log of the expected false alarms of one scan per unit of measurement (m, rad), at each of (m, k).

    They are taken to be uniform in the volume, the solid angle or the bearings that the sensor covers.
    """
    expected = math.log(max(spec.false_alarms_per_scan, LEAST_PER_SCAN))
    width = math.radians(width_deg(spec.azimuth_limits_deg))
    if isinstance(spec, Radar):
        near, far = 1e3 * spec.min_range_km, 1e3 * spec.range_km
        volume = (far**3 - near**3) / 3.0 * width * _band(spec)
        return expected + 2.0 * np.log(z[:, 0]) + np.log(np.abs(np.cos(z[:, 2]))) - math.log(volume)
    if isinstance(spec, Infrared):
        return expected + np.log(np.abs(np.cos(z[:, 1]))) - math.log(width * _band(spec))
    if isinstance(spec, Multistatic):
        ways_m = 2e3 * (spec.range_km - spec.min_range_km)
        rates_mps = 1.0 if spec.sigma_rate_mps is None else 2.0 * RATE_MPS
        return np.full(len(z), expected - math.log(width * ways_m * rates_mps))
    if isinstance(spec, Sonar) and spec.array == "towed":
        width = math.pi
    return np.full(len(z), expected - math.log(width))


def _band(spec: Radar | Infrared) -> float:
    """Difference of the sines of the elevations between which a sensor looks."""
    low, high = math.radians(spec.min_elevation_deg), math.radians(spec.max_elevation_deg)
    rim = rim_rad(spec.alt_m)
    if spec.alt_m > ORBIT_M:
        high = min(high, rim)
    else:
        low = max(low, rim)
    return max(math.sin(high) - math.sin(low), 1e-3)
