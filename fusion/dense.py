"""Small dense algebra of any shape in one fixed order, for what is done a few times a second.

As `fusion.linalg`, which is for what is done with every report: only + - x / and square root, every sum from
the lowest index up, no BLAS. Results are new arrays. Source: Golub and Van Loan, *Matrix Computations*, 4th
ed., algorithms 1.1.5 (product), 4.2.1 (Cholesky), 3.1.1 (substitution).
"""

from __future__ import annotations

import numpy as np

from fusion.arrays import Float
from fusion.kernel import kernel


@kernel
def dot(a: Float, b: Float) -> float:
    """Inner product of two vectors."""
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


@kernel
def norm(a: Float) -> float:
    """Length of a vector."""
    total = 0.0
    for i in range(len(a)):
        total += a[i] * a[i]
    return float(np.sqrt(total))


@kernel
def times(a: Float, v: Float) -> Float:
    """``a`` (m, n) times ``v`` (n,)."""
    out = np.zeros(a.shape[0])
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            out[i] += a[i, k] * v[k]
    return out


@kernel
def carried(f: Float, p: Float) -> Float:
    """f p fᵀ, symmetric (m, m), of ``f`` (m, n) and symmetric ``p`` (n, n)."""
    m, n = f.shape
    half = np.zeros((m, n))
    for i in range(m):
        for j in range(n):
            for k in range(n):
                half[i, j] += f[i, k] * p[k, j]
    out = np.zeros((m, m))
    for i in range(m):
        for j in range(i + 1):
            for k in range(n):
                out[i, j] += half[i, k] * f[j, k]
            out[j, i] = out[i, j]
    return out


@kernel
def spread_along(p: Float, v: Float) -> float:
    """vᵀ p v: the variance of a vector's component along ``v``; not below 0."""
    total = 0.0
    for i in range(len(v)):
        row = 0.0
        for k in range(len(v)):
            row += p[i, k] * v[k]
        total += v[i] * row
    return max(0.0, total)


@kernel
def cholesky(a: Float, lower: Float) -> bool:
    """Lower factor (n, n) of a symmetric matrix; False where it is not positive definite."""
    n = a.shape[0]
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j]
            for k in range(j):
                s -= lower[i, k] * lower[j, k]
            if i == j:
                if not s > 0.0:
                    return False
                lower[i, i] = np.sqrt(s)
            else:
                lower[i, j] = s / lower[j, j]
    return True


@kernel
def solved(a: Float, b: Float) -> tuple[bool, Float]:
    """Whether symmetric ``a`` (n, n) is positive definite, and a⁻¹ b (n,), zeros where it is not."""
    n = len(b)
    lower = np.zeros((n, n))
    if not cholesky(a, lower):
        return False, np.zeros(n)
    return True, _substituted(lower, b)


@kernel
def _substituted(lower: Float, b: Float) -> Float:
    """(L Lᵀ)⁻¹ b (n,)."""
    n = len(b)
    x = np.zeros(n)
    for i in range(n):
        s = b[i]
        for k in range(i):
            s -= lower[i, k] * x[k]
        x[i] = s / lower[i, i]
    for i in range(n - 1, -1, -1):
        s = x[i]
        for k in range(i + 1, n):
            s -= lower[k, i] * x[k]
        x[i] = s / lower[i, i]
    return x


@kernel
def inverse(a: Float) -> tuple[bool, Float]:
    """Whether symmetric ``a`` (n, n) is positive definite, and its inverse, zeros where it is not."""
    n = a.shape[0]
    lower, out, unit = np.zeros((n, n)), np.zeros((n, n)), np.zeros(n)
    if not cholesky(a, lower):
        return False, out
    for j in range(n):
        unit[:] = 0.0
        unit[j] = 1.0
        out[:, j] = _substituted(lower, unit)
    return True, out
