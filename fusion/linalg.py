"""Small dense linear algebra on 6 x 6 symmetric matrices, in one fixed order.

Only + - x / and square root, each sum from the lowest index up, no BLAS: the same bytes on every
machine. Matrices are arrays that the caller owns; results go into an argument, so that no loop over tracks
allocates. A packed triangle is the contract's column form: 21 values, the lower triangle by rows; to
invert one takes less than half the time that the same matrix takes as (6, 6).

Source: Golub and Van Loan, *Matrix Computations*, 4th ed., algorithms 4.2.1 (Cholesky), 3.1.1
(substitution) and 8.5.2 (cyclic Jacobi).
"""

from __future__ import annotations

import math

import numpy as np

from fusion.arrays import Bools, Float
from fusion.kernel import kernel

N = 6
PACKED = 21


@kernel
def pack(a: Float, out: Float) -> None:
    """Symmetric (6, 6) to its packed triangle (21,)."""
    k = 0
    for i in range(6):
        for j in range(i + 1):
            out[k] = a[i, j]
            k += 1


@kernel
def unpack(packed: Float, out: Float) -> None:
    """Packed triangle (21,) to symmetric (6, 6)."""
    k = 0
    for i in range(6):
        for j in range(i + 1):
            out[i, j] = packed[k]
            out[j, i] = packed[k]
            k += 1


@kernel
def factorise(a: Float, lower: Float) -> float:
    """Lower factor of packed ``a`` into packed ``lower``, one over each element on its diagonal; returns the
    determinant of ``a``, or 0 where ``a`` is not positive definite."""
    det = 1.0
    for i in range(6):
        bi = i * (i + 1) // 2
        for j in range(i):
            bj = j * (j + 1) // 2
            s = a[bi + j]
            for k in range(j):
                s -= lower[bi + k] * lower[bj + k]
            lower[bi + j] = s * lower[bj + j]
        s = a[bi + i]
        for k in range(i):
            s -= lower[bi + k] * lower[bi + k]
        if not s > 0.0:
            return 0.0
        det *= s
        lower[bi + i] = 1.0 / np.sqrt(s)
    return det


@kernel
def positive_definite(packed: Float, out: Bools) -> None:
    """Which rows of ``packed`` (n, 21) are positive definite with room for rounding, into ``out`` (n,) bool.

    A pivot must keep at least 1e-14 of its diagonal element.
    """
    lower = np.zeros((6, 6))
    for r in range(packed.shape[0]):
        good = True
        for i in range(6):
            row = i * (i + 1) // 2
            for j in range(i + 1):
                s = packed[r, row + j]
                for k in range(j):
                    s -= lower[i, k] * lower[j, k]
                if i == j:
                    if not s > 1e-14 * packed[r, row + i]:
                        good = False
                        s = 1.0
                    lower[i, i] = np.sqrt(s)
                else:
                    lower[i, j] = s / lower[j, j]
        out[r] = good


@kernel
def invert_factor(lower: Float) -> None:
    """The inverse of a factor as `factorise` gives it, in its place."""
    for i in range(6):
        bi = i * (i + 1) // 2
        for j in range(i):
            s = 0.0
            for k in range(j, i):
                s += lower[bi + k] * lower[k * (k + 1) // 2 + j]
            lower[bi + j] = -s * lower[bi + i]


@kernel
def gram(lower: Float, out: Float) -> None:
    """``lower``ᵀ ``lower``, both packed: with the inverted factor of a matrix, that matrix's inverse."""
    for i in range(6):
        for j in range(i + 1):
            s = 0.0
            for k in range(i, 6):
                bk = k * (k + 1) // 2
                s += lower[bk + i] * lower[bk + j]
            out[i * (i + 1) // 2 + j] = s


@kernel
def invert(a: Float, lower: Float, out: Float) -> float:
    """Inverse of a positive definite matrix, both packed; returns the determinant, or 0 where it is not
    definite. ``lower`` (21,) is scratch."""
    det = factorise(a, lower)
    if det > 0.0:
        invert_factor(lower)
        gram(lower, out)
    return det


@kernel
def multiply(a: Float, v: Float, out: Float) -> None:
    """``a`` (6, 6) times ``v`` (6,)."""
    for i in range(6):
        s = 0.0
        for j in range(6):
            s += a[i, j] * v[j]
        out[i] = s


@kernel
def multiply_packed(a: Float, v: Float, out: Float) -> None:
    """Packed ``a`` times ``v`` (6,)."""
    for i in range(6):
        s = 0.0
        for j in range(i + 1):
            s += a[i * (i + 1) // 2 + j] * v[j]
        for j in range(i + 1, 6):
            s += a[j * (j + 1) // 2 + i] * v[j]
        out[i] = s


@kernel
def multiply_transposed(a: Float, v: Float, out: Float) -> None:
    """``a``ᵀ (6, 6) times ``v`` (6,)."""
    for i in range(6):
        s = 0.0
        for j in range(6):
            s += a[j, i] * v[j]
        out[i] = s


@kernel
def congruence(f: Float, p: Float, half: Float, out: Float) -> None:
    """``f p fᵀ`` for symmetric ``p``; ``half`` is scratch."""
    for i in range(6):
        for j in range(6):
            s = 0.0
            for k in range(6):
                s += f[i, k] * p[k, j]
            half[i, j] = s
    for i in range(6):
        for j in range(i + 1):
            s = 0.0
            for k in range(6):
                s += half[i, k] * f[j, k]
            out[i, j] = s
            out[j, i] = s


@kernel
def mahalanobis2(factor: Float, v: Float, work: Float) -> float:
    """``vᵀ a⁻¹ v`` for ``a`` given by its factor as `factorise` gives it; ``work`` (6,) is scratch."""
    total = 0.0
    for i in range(6):
        bi = i * (i + 1) // 2
        s = v[i]
        for k in range(i):
            s -= factor[bi + k] * work[k]
        s *= factor[bi + i]
        work[i] = s
        total += s * s
    return total


@kernel
def jacobi_eigen(a: Float, vectors: Float) -> None:
    """Eigenvalues of symmetric ``a`` onto its diagonal, eigenvectors into the columns of ``vectors``.

    Cyclic by rows; ``a`` is destroyed. Stops when the off-diagonal part is below 1e-28 of the diagonal's
    square sum, after 12 sweeps at the most.
    """
    for i in range(6):
        for j in range(6):
            vectors[i, j] = 1.0 if i == j else 0.0
    for _ in range(12):
        off = 0.0
        diagonal = 0.0
        for i in range(6):
            diagonal += a[i, i] * a[i, i]
            for j in range(i):
                off += a[i, j] * a[i, j]
        if off <= 1e-28 * diagonal:
            return
        for p in range(5):
            for q in range(p + 1, 6):
                apq = a[p, q]
                if apq == 0.0:
                    continue
                theta = (a[q, q] - a[p, p]) / (2.0 * apq)
                if theta >= 0.0:
                    t = 1.0 / (theta + np.sqrt(1.0 + theta * theta))
                else:
                    t = -1.0 / (-theta + np.sqrt(1.0 + theta * theta))
                c = 1.0 / np.sqrt(1.0 + t * t)
                s = t * c
                for k in range(6):
                    u, v = a[k, p], a[k, q]
                    a[k, p] = c * u - s * v
                    a[k, q] = s * u + c * v
                for k in range(6):
                    u, v = a[p, k], a[q, k]
                    a[p, k] = c * u - s * v
                    a[q, k] = s * u + c * v
                for k in range(6):
                    u, v = vectors[k, p], vectors[k, q]
                    vectors[k, p] = c * u - s * v
                    vectors[k, q] = s * u + c * v


@kernel
def exp_fixed(x: float) -> float:
    """e to the ``x`` for x <= 0, by a fixed polynomial; relative error below 1e-10 down to -700, then 0.

    The machine's exp differs in the last bits between processors; likelihoods must not.
    e^x = (e^(x / 4096))^4096, the inner one by its Taylor series to order 9.
    """
    if x < -700.0:
        return 0.0
    y = x / 4096.0
    s = 1.0
    for k in range(9, 0, -1):
        s = 1.0 + s * y / k
    for _ in range(12):
        s = s * s
    return s


@kernel
def log_fixed(x: float) -> float:
    """Natural logarithm of x > 0 by a fixed series; absolute error below 1e-12.

    x = m 2^e with m in [1/2, 1), exact; ln m = 2 artanh((m - s) / (m + s)) + ln s about s = sqrt(1/2).
    """
    m, e = math.frexp(x)
    s = 0.7071067811865476
    u = (m - s) / (m + s)
    u2 = u * u
    total = 0.0
    for k in range(23, 0, -2):
        total = total * u2 + 1.0 / k
    return 2.0 * u * total + (e - 0.5) * 0.6931471805599453
