"""A sonar hears the node's other platforms, too: they are no contacts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.measurement import SONAR, Look, measure_many, residual
from nodes.sensing.sensors import Multistatic, Sensor, Sonar
from nodes.tracking.environment import SURFACE_ALTITUDE_M

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
