"""Array arithmetic with one result on every machine: element by element, and sums from the lowest index up.

numpy's own sums are pairwise and change with its version and the processor; `cumulative` sums do not.
"""

from __future__ import annotations

import numpy as np

from fusion.arrays import Float

_LEAST = -700.0


def total(values: Float) -> float:
    """Sum of all elements, in the order in which they lie."""
    return float(np.cumsum(values.ravel())[-1]) if values.size else 0.0


def exp_of(x: Float) -> Float:
    """e to the elements of ``x``, all <= 0: as `fusion.linalg.exp_fixed`."""
    y = x / 4096.0
    s = np.ones_like(x)
    for k in range(9, 0, -1):
        s = 1.0 + s * y / k
    for _ in range(12):
        s = s * s
    return np.where(x < _LEAST, 0.0, s)


def power(base: Float, exponent: int) -> Float:
    """Elements to a whole power of at least 1, by squaring."""
    out, square = None, base
    while exponent:
        if exponent & 1:
            out = square if out is None else out * square
        exponent >>= 1
        if exponent:
            square = square * square
    assert out is not None
    return out
