"""A node's own platforms: a sonar hears the others and not its own, and none of them is a contact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.measurement import SONAR, Look, measure_many, residual
from nodes.sensing.sensors import Multistatic, Sensor, Sonar
from nodes.tracking.environment import SURFACE, SURFACE_ALTITUDE_M
from nodes.tracking.track import Track
from nodes.tracking.visibility import Mask

OWN_SIGMAS: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "a sonar's detection this near the bearing of another of the node's platforms is that platform",
            JUDGED,
        ),
    ]
] = 4.0


HULL_M: Final[
    Annotated[
        float,
        Chosen("m", "a ship held no farther from a sensor carries it", "half of the longest warships' 333 m"),
    ]
] = 170.0


def own_ships(tracks: Sequence[Track], state: Float, covariance: Float, stands: Sequence[Float]) -> Mask:
    """(n,) which tracks, at (n, 6) and (n, 6, 6), may be the node's own ships, which carry the sensors at
    ``stands``, ECEF. Seen from aboard, a ship is in every direction: it explains whatever a sonar hears."""
    found: Mask = np.zeros(len(tracks), dtype=bool)
    surface = np.array([t.environment == SURFACE for t in tracks], dtype=bool)
    if not stands or not surface.any():
        return found
    sigma_m = np.sqrt(np.trace(covariance[:, :3, :3], axis1=1, axis2=2))
    for place in stands:
        found |= np.linalg.norm(state[:, :3] - place, axis=1) < HULL_M + OWN_SIGMAS * sigma_m
    found &= surface
    return found


def audible(spec: Sensor) -> bool:
    """Whether a sonar hears a sensor's platform: no aircraft, and nothing that hangs in the water, silent."""
    hangs = isinstance(spec, Sonar | Multistatic) and bool(spec.stations)
    return not hangs and spec.alt_m < SURFACE_ALTITUDE_M


def of_others(look: Look, measurement: Float, stands: Sequence[Float]) -> tuple[Look, Float]:
    """A look and its detections (m, k) without those of the platforms of the node's other sensors, which
    stand at ``stands`` (ECEF)."""
    if not stands or look.code != SONAR:
        return look, measurement
    apart = residual(look, measurement[:, None, :], measure_many(look, np.array(stands))[0][None, :, :])
    near = np.all(np.abs(apart) < OWN_SIGMAS * np.sqrt(np.diag(look.noise)), axis=2)
    rest = ~np.any(near, axis=1)
    return look.only(rest), measurement[rest]
