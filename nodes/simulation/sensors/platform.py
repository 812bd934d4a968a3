"""Where a sensor stands: fixed, or sailing along its track."""

from __future__ import annotations

import numpy as np

from fusion.physics.geodesy import Float, enu_axes, geodetic2ecef
from nodes.simulation.spec import SensorSpec


class Platform:
    """Position and axes of a sensor over time."""

    def __init__(self, spec: SensorSpec) -> None:
        self.alt_m = spec.alt_m
        rows = np.array(spec.track or ((0.0, spec.lat_deg, spec.lon_deg),))
        self._time_s, self._lat_deg = rows[:, 0], rows[:, 1]
        self._lon_deg = np.unwrap(rows[:, 2], period=360.0)

    def at(self, t_s: float) -> tuple[Float, Float]:
        """ECEF position (3,) m and axes (3, 3), rows east, north, up. Still before and after its track."""
        lat = float(np.interp(t_s, self._time_s, self._lat_deg))
        lon = float(np.interp(t_s, self._time_s, self._lon_deg))
        return geodetic2ecef(lat, lon, self.alt_m), enu_axes(lat, lon)
