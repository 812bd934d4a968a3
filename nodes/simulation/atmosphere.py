"""Air density, a smooth curve through points of the standard atmosphere.

The truth's own air: it shares no code with the air that the fused picture predicts impacts through.

Source: U.S. Standard Atmosphere, 1976 (NOAA-S/T 76-1562), table I: density by geometric altitude.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

from fusion.kernel import kernel

TOP_M = 150_000.0
"""Above this the air is taken for none: the drag there is below a micrometre a second squared."""

_ALTITUDE_M = 1000.0 * np.array(
    [0, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 150], dtype=float
)
_DENSITY = np.array(
    [
        1.2250, 0.73643, 0.41351, 0.19476, 8.8910e-2, 4.0084e-2, 1.8410e-2, 3.9957e-3, 1.0269e-3,
        3.0968e-4, 8.2829e-5, 1.8458e-5, 3.416e-6, 5.604e-7, 9.708e-8, 2.222e-8, 2.076e-9,
    ]
)  # fmt: skip
_LOG_DENSITY = CubicSpline(_ALTITUDE_M, np.log(_DENSITY)).c
"""(4, 16) coefficients of the cubics, highest power first: no kinks for an integrator to stumble over."""


@kernel
def density_kgpm3(altitude_m: float) -> float:
    """Density at a geometric altitude in m; below sea level that of sea level."""
    if altitude_m >= TOP_M:
        return 0.0
    if altitude_m <= 0.0:
        return float(_DENSITY[0])
    i = np.searchsorted(_ALTITUDE_M, altitude_m, side="right") - 1
    u = altitude_m - _ALTITUDE_M[i]
    c = _LOG_DENSITY[:, i]
    return float(np.exp(((c[0] * u + c[1]) * u + c[2]) * u + c[3]))
