"""A sonar hears the node's other platforms, too: they are no contacts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.measurement import SONAR, Look, measure_many, residual

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


def of_others(look: Look, measurement: Float, stands: Sequence[Float]) -> Float:
    """Detections (m, k) without those of the platforms of the node's other sensors, which stand at ``stands``
    (ECEF)."""
    if not stands or look.code != SONAR:
        return measurement
    apart = residual(look, measurement[:, None, :], measure_many(look, np.array(stands))[0][None, :, :])
    near = np.all(np.abs(apart) < OWN_SIGMAS * np.sqrt(np.diag(look.noise)), axis=2)
    rest: Float = measurement[~np.any(near, axis=1)]
    return rest
