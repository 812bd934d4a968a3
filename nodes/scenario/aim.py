"""Which ascent reaches the asked apogee and impact point: root finding over whole flights."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.optimize import root

from fusion.geodesy import Float, ecef2geodetic, enu_axes, geodetic2ecef
from nodes.errors import BadInput
from nodes.scenario.ground import bearing_rad, ground_range_m
from nodes.scenario.trajectory import Ascent, Leg, ascend, fall
from nodes.scenario.vacuum import vacuum_flight

BETA_ASCENT_KGPM2 = 10_000.0
BETA_VEHICLE_KGPM2 = 6_000.0
NET_ACCELERATION_MPS2 = 22.2
"""Mean gain of speed over the burn where no burn time is asked for. With it the published lofted
flights come out at their published flight times."""
_LIFT_OFF_MPS2 = 10.5
_STRONGEST_MPS2 = 400.0


def default_burn_s(apogee_km: float, range_km: float) -> float:
    """A representative burn time for a flight."""
    return vacuum_flight(apogee_km * 1e3, range_km * 1e3).speed_mps / NET_ACCELERATION_MPS2


@lru_cache(maxsize=256)
def aim(
    lat_deg: float, lon_deg: float, azimuth_deg: float, apogee_km: float, range_km: float, burn_s: float
) -> Ascent:
    """The ascent whose flight has that apogee above the ellipsoid, and comes down at that ground range
    and bearing from the launch point, both within 0.01 %. Raises BadInput where there is none.
    """
    start, axes = geodetic2ecef(lat_deg, lon_deg, 0.0), enu_axes(lat_deg, lon_deg)
    azimuth = np.radians(azimuth_deg)
    vacuum = vacuum_flight(apogee_km * 1e3, range_km * 1e3)

    def drive(x: Float) -> Ascent:
        return Ascent(burn_s, 10.0 * float(x[0]), float(x[1]), float(x[2]))

    def miss(x: Float) -> Float:
        leg = reference_flight(start, axes, drive(x), 1e-7)[1]
        if not leg.lands or leg.apogee_state is None:
            return np.full(3, 10.0)
        lat, lon, _ = ecef2geodetic(leg.end_state[:3])
        top_km = ecef2geodetic(leg.apogee_state[:3])[2] / 1e3
        far = ground_range_m(lat_deg, lon_deg, float(lat), float(lon)) / 1e3
        bearing = bearing_rad(lat_deg, lon_deg, float(lat), float(lon))
        return np.array(
            [
                top_km / apogee_km - 1.0,
                (far * np.sin(bearing)) / range_km - np.sin(azimuth),
                (far * np.cos(bearing)) / range_km - np.cos(azimuth),
            ]
        )

    climb = np.sin(vacuum.flight_path_rad)
    mean = vacuum.speed_mps / burn_s + 9.0 * climb
    lean = 1.6 * (np.pi / 2.0 - vacuum.flight_path_rad)
    first = np.array([mean / 16.5, lean * np.sin(azimuth), lean * np.cos(azimuth)])
    solution = root(miss, first, method="hybr", options={"xtol": 1e-5, "eps": 1e-6, "maxfev": 80})
    if float(np.max(np.abs(miss(solution.x)))) > 1e-4:
        raise BadInput(
            f"no flight that burns for {burn_s:.0f} s has an apogee of {apogee_km:g} km"
            f" and a range of {range_km:g} km"
        )
    found = drive(solution.x)
    if not _LIFT_OFF_MPS2 < found.thrust_mps2 < _STRONGEST_MPS2:
        raise BadInput(f"a burn of {burn_s:.0f} s does not suit an apogee of {apogee_km:g} km")
    return found


def reference_flight(start: Float, axes: Float, drive: Ascent, tolerance: float) -> tuple[Leg, Leg]:
    """Ascent and fall of the whole missile as one re-entry vehicle."""
    up = ascend(start, axes, drive, drive.burn_s, BETA_ASCENT_KGPM2, tolerance)
    return up, fall(up.end_state, drive.burn_s, BETA_VEHICLE_KGPM2, 0.0, tolerance)
