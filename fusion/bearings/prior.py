"""What the first bearing of a contact says: a filter for each interval of range along it."""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import numpy as np

from fusion.bearings.mixture import Line, Mixture
from fusion.constants import JUDGED, Chosen, constants
from fusion.contract import ENVIRONMENTS, SUBSURFACE, by_environment
from fusion.elementary import exp_any
from fusion.kernel import kernel
from fusion.linalg import log_fixed
from fusion.physics.height import near_height_m


@constants
class Unheard(NamedTuple):
    """What is assumed of a target before anything is heard of it but one bearing."""

    near_m: Annotated[float, Chosen("m", "where a bearing's intervals of range begin", JUDGED)] = 500.0
    far_m: Annotated[float, Chosen("m", "where they end, of a sensor that does not say", JUDGED)] = 60_000.0
    ratio: Annotated[
        float,
        Chosen(
            "1",
            "of the edges of an interval: its sigma is a tenth of its range",
            "python -m benchmarks.undersea, seeds 2,000 to 2,199",
        ),
    ] = 1.44
    speed_mps: Annotated[
        tuple[float, ...],
        Chosen("m/s", "standard deviation of each level component of the velocity, by environment", JUDGED),
    ] = by_environment({SUBSURFACE: 3.0}, 8.0)
    fast_mps: Annotated[
        float, Chosen("m/s", "the same of half of all: what is only heard may be a ship under way", JUDGED)
    ] = 8.0
    climb_mps: Annotated[float, Chosen("m/s", "the same upwards", JUDGED)] = 0.05
    height_m: Annotated[
        tuple[float, ...], Chosen("m", "height above the ellipsoid, by environment", JUDGED)
    ] = by_environment({SUBSURFACE: -100.0}, 0.0)
    height_sigma_m: Annotated[tuple[float, ...], Chosen("m", "and its standard deviation", JUDGED)] = (
        by_environment({SUBSURFACE: 100.0}, 30.0)
    )


UNHEARD = Unheard()


@kernel
def along(line: Line, reach_m: float, environment: int) -> Mixture:
    """Two filters for each interval of range, of a slow target and of a fast one.

    How loud it is nobody knows: half of all are as likely as the logarithm of the interval's range is wide,
    as what is quiet is heard, half as the interval is, as what is loud.

    ``reach_m`` is as far as the sensor hears, 0 where it does not say. Source: Ristic, Arulampalam, Gordon
    2004, ch. 6.4.2.
    """
    environment = environment if 0 <= environment < ENVIRONMENTS else 0
    far = max(reach_m if reach_m > 0.0 else UNHEARD.far_m, 2.0 * UNHEARD.near_m)
    wide = log_fixed(far / UNHEARD.near_m)
    count = math.ceil(wide / log_fixed(UNHEARD.ratio))
    ratio = exp_any(wide / count)
    state, covariance = np.zeros((2 * count, 6)), np.zeros((2 * count, 6, 6))
    log_weight = np.empty(2 * count)
    ahead, up, across = np.empty(3), np.empty(3), np.empty(3)
    for i in range(3):
        ahead[i] = line.sine * line.axes[0, i] + line.cosine * line.axes[1, i]
    slow2 = UNHEARD.speed_mps[environment] * UNHEARD.speed_mps[environment]
    fast2 = UNHEARD.fast_mps * UNHEARD.fast_mps
    climb2 = UNHEARD.climb_mps * UNHEARD.climb_mps
    height2 = UNHEARD.height_sigma_m[environment] * UNHEARD.height_sigma_m[environment]
    near = UNHEARD.near_m
    for k in range(count):
        distance, spread = 0.5 * (near + near * ratio), (near * ratio - near) / math.sqrt(12.0)
        log_weight[k] = log_fixed(0.25 / count + 0.25 * (near * ratio - near) / (far - UNHEARD.near_m))
        near = near * ratio
        x, p = state[k], covariance[k]
        for i in range(3):
            x[i] = line.origin[i] + distance * ahead[i]
        lift = UNHEARD.height_m[environment] - near_height_m(x, up)
        for i in range(3):
            x[i] += lift * up[i]
            across[i] = up[(i + 1) % 3] * ahead[(i + 2) % 3] - up[(i + 2) % 3] * ahead[(i + 1) % 3]
        for i in range(3):
            for j in range(3):
                same = 1.0 if i == j else 0.0
                p[i, j] = (
                    spread * spread * ahead[i] * ahead[j]
                    + distance * distance * line.variance * across[i] * across[j]
                    + height2 * up[i] * up[j]
                )
                p[i + 3, j + 3] = slow2 * (same - up[i] * up[j]) + climb2 * up[i] * up[j]
        state[count + k], covariance[count + k], log_weight[count + k] = x, p, log_weight[k]
        for i in range(3):
            for j in range(3):
                level = (1.0 if i == j else 0.0) - up[i] * up[j]
                covariance[count + k, i + 3, j + 3] += (fast2 - slow2) * level
    return Mixture(state, covariance, log_weight)
