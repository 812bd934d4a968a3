"""Invented traffic of a recording's density, for where the recording itself is not at hand."""

from __future__ import annotations

import hashlib

import numpy as np

from fusion.physics.geodesy import ecef2geodetic, enu2ecef
from nodes.simulation.knots import Trajectory
from nodes.simulation.spec import Recorded, Synthetic
from nodes.simulation.waypoints import USUAL, waypoint_path

_LEGS = 3


def synthetic_paths(spec: Recorded, what: Synthetic, seed: int) -> dict[str, Trajectory]:
    """``what.count`` paths of three legs each, by invented object_id.

    Starts are uniform over the disc. Aircraft exist for at least a third of the duration and fly at 120
    to 260 m/s between 600 and 12,500 m; ships exist for most of it and make 0 to 12 m/s, a third of them
    lying still: as in the recordings.
    """
    digest = hashlib.sha256(spec.id.encode()).digest()
    rng = np.random.default_rng((seed, int.from_bytes(digest[:8], "big")))
    flying = spec.environment in ("AIR", "SPACE")
    paths = {}
    for number in range(1, what.count + 1):
        lasts_s = what.duration_s * rng.uniform(1.0 / 3.0 if flying else 0.8, 1.0)
        start_s = spec.start_s + rng.uniform(0.0, what.duration_s - lasts_s)
        speed = rng.uniform(120.0, 260.0) if flying else max(0.0, rng.uniform(-6.0, 12.0))
        heading = rng.uniform(0.0, 2.0 * np.pi)
        distance, angle = what.radius_km * 1e3 * np.sqrt(rng.random()), rng.uniform(0.0, 2.0 * np.pi)
        place = np.array([distance * np.sin(angle), distance * np.cos(angle)])
        alt_m = rng.uniform(600.0, 12_500.0) if flying else 0.0
        rows = []
        for leg in range(_LEGS + 1):
            # the tangent plane gives the place; the height is set on the ellipsoid afterwards
            ecef = enu2ecef([place[0], place[1], 0.0], what.lat_deg, what.lon_deg, 0.0)
            lat, lon, _ = ecef2geodetic(ecef)
            rows.append((start_s + lasts_s * leg / _LEGS, float(lat), float(lon), alt_m))
            place += speed * lasts_s / _LEGS * np.array([np.sin(heading), np.cos(heading)])
            heading += rng.normal(0.0, 0.4)
            if flying:
                alt_m = float(np.clip(alt_m + rng.normal(0.0, 700.0), 300.0, 13_000.0))
        paths[f"{number:03d}"] = waypoint_path(rows, USUAL[spec.environment])
    return paths
