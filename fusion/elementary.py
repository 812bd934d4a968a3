"""Elementary functions by fixed polynomials: the same bits on every machine.

The machine's own differ in the last bits between processors and libraries; what a fold decides and tells must
not. Only + - x / and square root. Errors against libm (tests/fusion/test_elementary.py): sine, cosine and
arctangent 4e-16 absolute, exponential 2e-12 relative, normal distribution 1e-10 absolute; `log_fixed` is
`fusion.linalg`'s.

Source: Muller, *Elementary Functions*, 3rd ed. 2016, ch. 11 (range reduction after Cody and Waite) and 3.3
(Taylor); Abramowitz and Stegun 1964, eq. 4.4.42 (arctangent), 7.1.6 (error function).
"""

from __future__ import annotations

import math

from fusion.kernel import kernel
from fusion.linalg import exp_fixed

_HALF_PI_HIGH, _HALF_PI_LOW = 1.5707963267948966, 6.123233995736766e-17
_PI = 3.141592653589793
_DEGREE = 57.29577951308232


@kernel
def sin_cos(angle_rad: float) -> tuple[float, float]:
    """Sine and cosine of an angle up to some thousand radians."""
    turns = math.floor(angle_rad / _HALF_PI_HIGH + 0.5)
    r = (angle_rad - turns * _HALF_PI_HIGH) - turns * _HALF_PI_LOW
    r2 = r * r
    s, c = 1.0, 1.0
    for k in range(9, 0, -1):
        s = 1.0 - s * r2 / (2.0 * k * (2.0 * k + 1.0))
        c = 1.0 - c * r2 / ((2.0 * k - 1.0) * 2.0 * k)
    s = s * r
    quarter = int(turns) % 4
    if quarter == 0:
        return s, c
    if quarter == 1:
        return c, -s
    if quarter == 2:
        return -s, -c
    return -c, s


@kernel
def atan2_fixed(y: float, x: float) -> float:
    """Angle in (-pi, pi] of the vector (x, y); 0 of none."""
    ay, ax = abs(y), abs(x)
    if ax == 0.0 and ay == 0.0:
        return 0.0
    t = ay / ax if ay <= ax else ax / ay
    for _ in range(2):
        t = t / (1.0 + math.sqrt(1.0 + t * t))
    t2, total = t * t, 0.0
    for k in range(25, 0, -2):
        total = 1.0 / k - t2 * total
    angle = 4.0 * t * total
    if ay > ax:
        angle = 0.5 * _PI - angle
    if x < 0.0:
        angle = _PI - angle
    return -angle if y < 0.0 else angle


@kernel
def exp_any(x: float) -> float:
    """e to the ``x`` of either sign, up to 700."""
    return exp_fixed(x) if x <= 0.0 else 1.0 / exp_fixed(-x)


@kernel
def normal_below(z: float) -> float:
    """Probability that a standard normal variable lies below ``z``."""
    x = abs(z) / 1.4142135623730951
    if x > 6.0:
        return 1.0 if z > 0.0 else 0.0
    term, total, k = x, x, 1
    while term > 1e-17 * total and k < 400:
        term = term * 2.0 * x * x / (2.0 * k + 1.0)
        total += term
        k += 1
    half = exp_fixed(-x * x) * total / 1.7724538509055159
    return 0.5 + half if z > 0.0 else 0.5 - half


@kernel
def degrees(angle_rad: float) -> float:
    """Radians to degrees."""
    return angle_rad * _DEGREE


@kernel
def radians(angle_deg: float) -> float:
    """Degrees to radians."""
    return angle_deg / _DEGREE
