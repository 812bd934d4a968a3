"""Which ascent reaches the asked apogee and impact point: root finding over whole flights."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Final

import numpy as np
from scipy.optimize import root

from fusion.constants import MODELLED, OPERATION, Chosen
from fusion.physics.geodesy import Float, ecef2geodetic, enu_axes, geodetic2ecef
from nodes.errors import BadInput
from nodes.simulation.ground import bearing_rad, ground_range_m
from nodes.simulation.trajectory import Ascent, Leg, ascend, fall
from nodes.simulation.vacuum import vacuum_flight

BETA_ASCENT_KGPM2: Final[
    Annotated[float, Chosen("kg/m²", "ballistic coefficient while rising", MODELLED)]
] = 10_000.0
NET_ACCELERATION_MPS2: Final[
    Annotated[
        float,
        Chosen(
            "m/s²",
            "mean gain of speed over the burn where no burn time is asked for",
            "with it the published lofted flights come out at their published flight times",
        ),
    ]
] = 22.2
_TOLERANCE: Final[Annotated[float, Chosen("1", "relative error of integration", OPERATION)]] = 1e-7
_FLATTEST: Final[
    Annotated[
        float,
        Chosen("1", "apogee as a share of the range below which a flight is hard to find ...", OPERATION),
    ]
] = 0.12
_HOPELESS: Final[Annotated[float, Chosen("1", "... and below which there is none", OPERATION)]] = 0.02
_LIFT_OFF_MPS2: Final[Annotated[float, Chosen("m/s²", "least thrust per mass that lifts off", MODELLED)]] = (
    10.5
)
_STRONGEST_MPS2: Final[Annotated[float, Chosen("m/s²", "greatest thrust per mass", MODELLED)]] = 150.0


def default_burn_s(apogee_km: float, range_km: float) -> float:
    """A representative burn time for a flight."""
    return vacuum_flight(apogee_km * 1e3, range_km * 1e3).speed_mps / NET_ACCELERATION_MPS2


def default_ascent(
    lat_deg: float,
    lon_deg: float,
    azimuth_deg: float,
    apogee_km: float,
    range_km: float,
    beta_kgpm2: float,
) -> Ascent:
    """``aim`` with the default burn time; a flat flight that it does not suit burns faster."""
    burn_s = default_burn_s(apogee_km, range_km)
    for share in (1.0, 0.7):
        try:
            return aim(lat_deg, lon_deg, azimuth_deg, apogee_km, range_km, share * burn_s, beta_kgpm2)
        except BadInput:
            continue
    return aim(lat_deg, lon_deg, azimuth_deg, apogee_km, range_km, 0.5 * burn_s, beta_kgpm2)


@lru_cache(maxsize=256)
def aim(
    lat_deg: float,
    lon_deg: float,
    azimuth_deg: float,
    apogee_km: float,
    range_km: float,
    burn_s: float,
    beta_kgpm2: float,
) -> Ascent:
    """The ascent whose flight has that apogee above the ellipsoid, and comes down at that ground range
    and bearing from the launch point, both within 0.01 % and 20 m. Raises BadInput where there is none.
    ``beta_kgpm2`` is the ballistic coefficient of what comes down.
    """
    if apogee_km < _HOPELESS * range_km:
        raise BadInput(_why_not(apogee_km, range_km, burn_s))
    start, axes = geodetic2ecef(lat_deg, lon_deg, 0.0), enu_axes(lat_deg, lon_deg)
    asked = vacuum_flight(apogee_km * 1e3, range_km * 1e3)
    azimuth = np.radians(azimuth_deg)

    def drive(x: Float) -> Ascent:
        return Ascent(burn_s, 10.0 * float(x[0]), float(x[1]), float(x[2]))

    def come_down(x: Float) -> tuple[float, float, float]:
        """Apogee m, range m and bearing rad of a whole flight; zeros where it does not come down."""
        leg = _reference_flight(start, axes, drive(x), beta_kgpm2)
        if not leg.lands or leg.apogee_state is None:
            return 0.0, 0.0, 0.0
        lat, lon, _ = ecef2geodetic(leg.end_state[:3])
        where = (lat_deg, lon_deg, float(lat), float(lon))
        return float(ecef2geodetic(leg.apogee_state[:3])[2]), ground_range_m(*where), bearing_rad(*where)

    def miss(x: Float) -> Float:
        """What is missing in speed and in lean, for the vacuum flight with the same apogee and impact:
        nearly linear in ``x`` however long the flight."""
        apogee_m, far_m, bearing = come_down(x)
        if apogee_m <= 0.0:
            return np.full(3, 10.0)
        got = vacuum_flight(apogee_m, far_m)
        return np.array(
            [
                got.speed_mps / asked.speed_mps - 1.0,
                got.lean_rad * np.sin(bearing) - asked.lean_rad * np.sin(azimuth),
                got.lean_rad * np.cos(bearing) - asked.lean_rad * np.cos(azimuth),
            ]
        )

    mean = asked.speed_mps / burn_s + 9.0 * np.cos(asked.lean_rad)
    lean = asked.lean_rad * (2.0 - 0.8 * asked.lean_rad)
    first = np.array([mean / 16.5, lean * np.sin(azimuth), lean * np.cos(azimuth)])
    found = _nearest_zero(miss, first)
    apogee_m, far_m, bearing = come_down(found)
    across_m = 2.0 * far_m * np.sin((bearing - azimuth) / 2.0)
    worst_m = max(abs(apogee_m - apogee_km * 1e3), abs(far_m - range_km * 1e3), abs(across_m))
    ascent = drive(found)
    if (
        worst_m > 20.0 + 0.1 * min(apogee_km, range_km)
        or not _LIFT_OFF_MPS2 < ascent.thrust_mps2 < _STRONGEST_MPS2
    ):
        raise BadInput(_why_not(apogee_km, range_km, burn_s))
    return ascent


def _why_not(apogee_km: float, range_km: float, burn_s: float) -> str:
    """What to mend where no flight was found."""
    if apogee_km < min(_FLATTEST * range_km, 1000.0):
        return (
            f"apogee_km: {apogee_km:g} km is too low for a range of {range_km:g} km;"
            f" expected about {min(_FLATTEST * range_km, 1000.0):.0f} km or more"
        )
    return (
        f"burn_s: no flight that burns for {burn_s:.0f} s has an apogee of {apogee_km:g} km and a range of"
        f" {range_km:g} km; expected about {default_burn_s(apogee_km, range_km):.0f} s"
    )


def _nearest_zero(miss: Callable[[Float], Float], start: Float) -> Float:
    """A zero of three nearly linear functions of three unknowns of order one, or the best point met.

    Powell's hybrid method, MINPACK's hybrd through scipy; its steps stay within 0.3 of each other.
    """
    best, least = start, float("inf")

    def noted(x: Float) -> Float:
        nonlocal best, least
        f = miss(x)
        if (size := float(np.max(np.abs(f)))) < least:
            best, least = x.copy(), size
        return f

    root(noted, start, method="hybr", options={"eps": 1e-6, "xtol": 1e-7, "factor": 0.3, "maxfev": 80})
    return best


def _reference_flight(start: Float, axes: Float, drive: Ascent, beta_kgpm2: float) -> Leg:
    """The fall of the whole missile as one re-entry vehicle after its ascent."""
    up = ascend(start, axes, drive, drive.burn_s, BETA_ASCENT_KGPM2, _TOLERANCE, dense=False)
    return fall(up.end_state, drive.burn_s, beta_kgpm2, 0.0, _TOLERANCE, dense=False)
