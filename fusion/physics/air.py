"""Air density by height: the only place for it (the simulated truth has air of its own).

Source: *U.S. Standard Atmosphere, 1976* (NASA-TM-X-74335), eq. 18, 19, 33a, 33b and 42 below 86 km,
table I above. The density is a table at every half kilometre, joined by straight lines (0.1 % at the worst):
compiled code then needs no exponential and does the same arithmetic on every machine.
"""

from __future__ import annotations

import math

import numpy as np

from fusion.kernel import kernel

CEILING_M = 150_000.0
"""No drag is counted above this height: it would be below 1e-5 m/s² for any missile."""

_STEP_M = 500.0
_LAPSES = (
    (0.0, -6.5e-3),
    (11e3, 0.0),
    (20e3, 1e-3),
    (32e3, 2.8e-3),
    (47e3, 0.0),
    (51e3, -2.8e-3),
    (71e3, -2e-3),
)
_GM_OVER_R = 9.80665 * 0.0289644 / 8.31432  # K/m
_TOP_KM = (86.0, 90.0, 95.0, 100.0, 105.0, 110.0, 115.0, 120.0, 130.0, 140.0, 150.0)
_TOP_DENSITY = (
    6.958e-6, 3.416e-6, 1.393e-6, 5.604e-7, 2.325e-7, 9.708e-8,
    4.289e-8, 2.222e-8, 8.152e-9, 3.831e-9, 2.076e-9,
)  # fmt: skip


def _standard_density(height_m: float) -> float:
    """Density kg/m³ of the standard atmosphere at one height m up to the ceiling."""
    if height_m >= _TOP_KM[0] * 1e3:
        return math.exp(np.interp(height_m / 1e3, _TOP_KM, np.log(_TOP_DENSITY)))
    geopotential = 6356766.0 * height_m / (6356766.0 + height_m)  # eq. 18
    temperature, pressure = 288.15, 101325.0
    for i, (base, lapse) in enumerate(_LAPSES):
        top = min(geopotential, _LAPSES[i + 1][0] if i + 1 < len(_LAPSES) else geopotential)
        warmer = temperature + lapse * (top - base)
        if lapse:  # eq. 33a
            pressure *= (warmer / temperature) ** (-_GM_OVER_R / lapse)
        else:  # eq. 33b
            pressure *= math.exp(-_GM_OVER_R * (top - base) / temperature)
        temperature = warmer
        if top == geopotential:
            break
    return pressure * 0.0289644 / (8.31432 * temperature)  # eq. 42


_DENSITY = np.array(
    # twelve digits: what the machine's exp and power differ in does not reach them
    [float(f"{_standard_density(h):.11e}") for h in np.arange(0.0, CEILING_M + _STEP_M, _STEP_M)]
)


@kernel
def air_density(height_m: float) -> float:
    """Density kg/m³ at a height m above the ellipsoid; that of the ground below it, 0 above the ceiling."""
    if height_m <= 0.0:
        return float(_DENSITY[0])
    if height_m >= CEILING_M:
        return 0.0
    at = height_m / _STEP_M
    i = int(at)
    return float(_DENSITY[i] + (at - i) * (_DENSITY[i + 1] - _DENSITY[i]))
