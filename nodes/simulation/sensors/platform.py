"""Where a sensor stands: fixed, sailing along its track, or in the water at one station after another."""

from __future__ import annotations

import math
from bisect import bisect_right

import numpy as np

from fusion.physics.geodesy import Float, ecef2geodetic, enu2ecef, enu_axes, geodetic2ecef
from nodes.simulation.spec import MultistaticSpec, PingSource, SensorSpec, SonarSpec

M_PER_NAUTICAL_MILE = 1852.0


class Platform:
    """Position, axes and speed of a sensor over time."""

    def __init__(self, spec: SensorSpec | PingSource) -> None:
        self.alt_m = spec.alt_m
        self._stations = spec.stations if isinstance(spec, SonarSpec | MultistaticSpec | PingSource) else ()
        rows = np.array(spec.track or ((0.0, spec.lat_deg, spec.lon_deg),))
        self._time_s, self._lat_deg = rows[:, 0], rows[:, 1]
        self._lon_deg = np.unwrap(rows[:, 2], period=360.0)

    def at(self, t_s: float, east_m: float = 0.0, north_m: float = 0.0) -> tuple[Float, Float]:
        """ECEF position (3,) m and axes (3, 3), rows east, north, up. Still before and after its track.

        ``east_m``, ``north_m``: so far from there, at the same height.
        """
        lat, lon = self._place_deg(t_s)
        if east_m or north_m:
            there = ecef2geodetic(enu2ecef([east_m, north_m, 0.0], lat, lon, self.alt_m))
            lat, lon = float(there[0]), float(there[1])
        return geodetic2ecef(lat, lon, self.alt_m), enu_axes(lat, lon)

    def speed_kn(self, t_s: float) -> float:
        """Over the ground, knots; 0 before and after its track."""
        leg = bisect_right(self._time_s.tolist(), t_s)
        if not 0 < leg < len(self._time_s):
            return 0.0
        way_m = float(np.linalg.norm(self._way_m(leg)))
        return way_m / M_PER_NAUTICAL_MILE / float(self._time_s[leg] - self._time_s[leg - 1]) * 3_600.0

    def course_rad(self, t_s: float) -> float:
        """Clockwise from north; the next or the last one where it lies still."""
        legs = [k for k in range(1, len(self._time_s)) if np.any(self._way_m(k))]
        if not legs:
            return 0.0
        now = bisect_right(self._time_s.tolist(), t_s)
        leg = max((k for k in legs if k <= now), default=legs[0])
        east, north, _ = enu_axes(float(self._lat_deg[leg - 1]), float(self._lon_deg[leg - 1]))
        way = self._way_m(leg)
        return math.atan2(float(way @ east), float(way @ north)) % (2.0 * math.pi)

    def _way_m(self, leg: int) -> Float:
        """(3,) from the row before to that row."""
        a, b = (
            geodetic2ecef(float(self._lat_deg[i]), float(self._lon_deg[i]), self.alt_m)
            for i in (leg - 1, leg)
        )
        return np.asarray(b - a)

    def _place_deg(self, t_s: float) -> tuple[float, float]:
        if self._stations:
            at = bisect_right([row[0] for row in self._stations], t_s) - 1
            return self._stations[max(at, 0)][2:]
        return (
            float(np.interp(t_s, self._time_s, self._lat_deg)),
            float(np.interp(t_s, self._time_s, self._lon_deg)),
        )
