"""What a sensor can be expected to see: which tracks its detections may belong to, which it has missed.

The tracker knows its own sensors' placing and limits, as any tracker does, but nothing of the targets.
"""

from __future__ import annotations

import math
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.measurement import Look, residual
from nodes.sensing.sensors import Infrared, Multistatic, Radar, Sensor, Sonar
from nodes.tracking.environment import AIR, SPACE, SUBSURFACE, SURFACE, Kinematics
from nodes.tracking.visibility import Mask, sees

BURNING_CLIMB_MPS: Final[
    Annotated[
        float,
        Chosen("m/s", "a track that climbs faster may be a burning vehicle not yet known as one", JUDGED),
    ]
] = 60.0
EXCUSE: Final[
    Annotated[
        float, Chosen("1", "a track is given up once so unlikely a run of misses has befallen it", JUDGED)
    ]
] = 1e-4
PATIENCE: Final[
    Annotated[tuple[int, int], Chosen("1", "least and greatest run of misses that ends a track", JUDGED)]
] = (4, 20)
FAINT: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "share of the declared probability with which what was heard once is expected to be heard again: "
            "too much deletes a quiet target",
            JUDGED,
        ),
    ]
] = 0.3


def eligible(spec: Sensor, environment: NDArray[np.int64], k: Kinematics) -> Mask:
    """(n,) whether a detection of this sensor may come from a track of that environment and motion."""
    if isinstance(spec, Radar):
        return np.not_equal(environment, SUBSURFACE)
    if isinstance(spec, Infrared):
        burning: Mask = np.equal(environment, AIR) & (k.climb_mps > BURNING_CLIMB_MPS)
        return burning | np.equal(environment, SPACE)
    return np.isin(environment, [SURFACE, SUBSURFACE])


def in_view(spec: Sensor, look: Look, state: Float, k: Kinematics) -> Mask:
    """(n,) whether the sensor should detect a target (were it burning) at each state (n, 6).

    Targets are taken one standard deviation lower than estimated, so that one on the horizon does not
    count as missed.
    """
    low = state[:, :3] - k.up * k.altitude_sigma_m[:, None]
    return sees(spec, look, low, k.altitude_m - k.altitude_sigma_m)


def in_view_above_clouds(spec: Infrared, look: Look, state: Float, k: Kinematics) -> Mask:
    """(n,) as ``in_view``, of targets in the clouds as if they were just above them."""
    risen_m = np.maximum(spec.min_target_alt_m + 1.0 - (k.altitude_m - k.altitude_sigma_m), 0.0)
    place = state[:, :3] + k.up * (risen_m - k.altitude_sigma_m)[:, None]
    return sees(spec, look, place, k.altitude_m - k.altitude_sigma_m + risen_m)


def unresolved(spec: Sensor, look: Look, missed: Float, detected: Float) -> Mask:
    """(n,) whether a missed track lies so near a detected one that both gave a single detection.

    ``missed`` (n, 3) and ``detected`` (m, 3) are expected measurements of a radar.
    """
    if not isinstance(spec, Radar) or spec.resolution_range_m <= 0.0 or not len(detected):
        return np.zeros(len(missed), dtype=bool)
    apart = np.abs(residual(look, missed[:, None, :], detected[None, :, :]))
    apart[..., 1] *= np.cos(missed[:, None, 2])
    angle = 1e-3 * spec.resolution_angle_mrad
    # half as much again for the predictions' own errors
    near: Mask = np.all(apart < 1.5 * np.array([spec.resolution_range_m, angle, angle]), axis=2)
    found: Mask = np.any(near, axis=1)
    return found


def loudness_counts(spec: Sensor) -> bool:
    """Whether a sensor's probability of detection depends on how loud a target is."""
    return isinstance(spec, Sonar | Multistatic) and bool(spec.range_curve)


def log_missed(spec: Sensor) -> float:
    """Log of the probability that one look of the sensor misses what it has seen before."""
    pd = spec.pd * (FAINT if loudness_counts(spec) else 1.0)
    return math.log(min(max(1.0 - pd, 1e-3), 0.99))


def patience(spec: Sensor) -> int:
    """The run of misses that the sensor's probability of detection does not excuse."""
    return int(np.clip(math.ceil(math.log(EXCUSE) / log_missed(spec)), *PATIENCE))
