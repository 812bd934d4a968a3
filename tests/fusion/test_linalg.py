"""The compiled 6 x 6 algebra against numpy's, and its exponential and logarithm against the machine's."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion import linalg

LOWER = np.tril_indices(6)


def spread_matrix(rng: np.random.Generator, condition: float) -> np.ndarray:
    """A random symmetric positive definite (6, 6) of a given condition number."""
    basis, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    return basis * np.geomspace(1.0, condition, 6) @ basis.T


@pytest.fixture(params=[1.0, 1e3, 1e8])
def matrices(request: pytest.FixtureRequest) -> tuple[list[np.ndarray], float]:
    """Thirty matrices and their condition number."""
    rng = np.random.default_rng(11)
    return [spread_matrix(rng, request.param) for _ in range(30)], request.param


def test_packing_is_the_lower_triangle_by_rows() -> None:
    a = np.arange(36.0).reshape(6, 6)
    a = a + a.T
    packed, back = np.empty(21), np.empty((6, 6))
    linalg.pack(a, packed)
    assert (packed == a[LOWER]).all()
    linalg.unpack(packed, back)
    assert (back == a).all()


def square(packed: np.ndarray) -> np.ndarray:
    """A packed lower triangle as a lower triangular (6, 6)."""
    lower = np.zeros((6, 6))
    lower[LOWER] = packed
    return lower


def test_factors_and_inverses(matrices: tuple[list[np.ndarray], float]) -> None:
    samples, condition = matrices
    for a in samples:
        packed, factor, inverse = a[LOWER], np.empty(21), np.empty(21)
        det = linalg.factorise(packed, factor)
        assert det == pytest.approx(np.linalg.det(a), rel=1e-12 * condition + 1e-12)
        lower = square(factor)
        np.fill_diagonal(lower, 1.0 / np.diag(lower))
        np.testing.assert_allclose(lower, np.linalg.cholesky(a), rtol=1e-12, atol=1e-14 * condition)
        linalg.invert_factor(factor)
        np.testing.assert_allclose(square(factor) @ lower, np.eye(6), atol=1e-14 * condition)
        assert linalg.invert(packed, factor, inverse) == det
        full = np.empty((6, 6))
        linalg.unpack(inverse, full)
        np.testing.assert_allclose(full @ a, np.eye(6), atol=1e-14 * condition)


def test_what_is_not_definite_has_no_factor() -> None:
    a = np.diag([1.0, 2.0, 3.0, 4.0, 5.0, -1e-9])
    factor, inverse = np.empty(21), np.empty(21)
    assert linalg.factorise(a[LOWER], factor) == 0.0
    assert linalg.invert(a[LOWER], factor, inverse) == 0.0
    a[5, 5] = np.nan
    assert linalg.factorise(a[LOWER], factor) == 0.0


def test_rows_of_packed_triangles_are_judged_one_by_one() -> None:
    rng = np.random.default_rng(3)
    good = [spread_matrix(rng, 10.0 ** rng.uniform(0.0, 10.0)) for _ in range(20)]
    bad = [m - 1.01 * np.linalg.eigvalsh(m)[0] * np.eye(6) for m in good]
    singular = np.ones((6, 6))
    packed = np.array([m[LOWER] for m in [*good, *bad, singular]])
    definite = np.empty(len(packed), np.bool_)
    linalg.positive_definite(packed, definite)
    assert definite.tolist() == [True] * 20 + [False] * 21


def test_products(matrices: tuple[list[np.ndarray], float]) -> None:
    samples, condition = matrices
    rng = np.random.default_rng(5)
    for a in samples:
        f, v = rng.standard_normal((6, 6)), rng.standard_normal(6)
        out, half, w = np.empty((6, 6)), np.empty((6, 6)), np.empty(6)
        linalg.congruence(f, a, half, out)
        np.testing.assert_allclose(out, f @ a @ f.T, rtol=1e-12, atol=1e-13 * condition)
        assert (out == out.T).all()
        linalg.multiply(f, v, w)
        np.testing.assert_allclose(w, f @ v, atol=1e-13)
        linalg.multiply_transposed(f, v, w)
        np.testing.assert_allclose(w, f.T @ v, atol=1e-13)
        product = np.empty(21)
        linalg.gram(f[LOWER], product)
        np.testing.assert_allclose(product, (np.tril(f).T @ np.tril(f))[LOWER], atol=1e-13)
        linalg.multiply_packed(a[LOWER], v, w)
        np.testing.assert_allclose(w, a @ v, atol=1e-13 * condition)
        factor = np.empty(21)
        linalg.factorise(a[LOWER], factor)
        expected = v @ np.linalg.solve(a, v)
        assert linalg.mahalanobis2(factor, v, w) == pytest.approx(expected, rel=1e-14 * condition + 1e-12)


def test_the_result_may_take_the_place_of_the_argument() -> None:
    """`propagate` turns a covariance in place."""
    rng = np.random.default_rng(8)
    p, f = spread_matrix(rng, 100.0), rng.standard_normal((6, 6))
    expected = f @ p @ f.T
    linalg.congruence(f, p, np.empty((6, 6)), p)
    np.testing.assert_allclose(p, expected, rtol=1e-12)


def test_eigenvalues_and_vectors(matrices: tuple[list[np.ndarray], float]) -> None:
    samples, condition = matrices
    for a in samples:
        turned, vectors = a.copy(), np.empty((6, 6))
        linalg.jacobi_eigen(turned, vectors)
        values = np.diag(turned)
        np.testing.assert_allclose(np.sort(values), np.linalg.eigvalsh(a), rtol=1e-12, atol=1e-14 * condition)
        np.testing.assert_allclose(vectors @ vectors.T, np.eye(6), atol=1e-13)
        np.testing.assert_allclose(vectors * values @ vectors.T, a, atol=1e-13 * condition)


@pytest.mark.parametrize("a", [np.zeros((6, 6)), np.eye(6), np.diag([3.0, 3, 1, 1, 0, -2])])
def test_eigenvalues_of_diagonal_matrices_are_themselves(a: np.ndarray) -> None:
    turned, vectors = a.copy(), np.empty((6, 6))
    linalg.jacobi_eigen(turned, vectors)
    assert (turned == a).all()
    assert (vectors == np.eye(6)).all()


def test_exponential() -> None:
    worst = max(
        abs(linalg.exp_fixed(x) / math.exp(x) - 1.0) for x in np.linspace(-700.0, 0.0, 100_001).tolist()
    )
    assert worst < 1e-10
    assert linalg.exp_fixed(0.0) == 1.0
    assert linalg.exp_fixed(-700.1) == 0.0
    assert linalg.exp_fixed(-math.inf) == 0.0


@given(st.floats(min_value=1e-290, max_value=1e290))
def test_logarithm(x: float) -> None:
    assert abs(linalg.log_fixed(x) - math.log(x)) < 1e-12


@given(st.floats(min_value=-690.0, max_value=0.0))
def test_exponential_and_logarithm_undo_each_other(x: float) -> None:
    assert linalg.log_fixed(linalg.exp_fixed(x)) == pytest.approx(x, abs=2e-10)
