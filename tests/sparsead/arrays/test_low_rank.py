"""Low-rank updates on the factorization of the matrix: counts, what is lost when it is nearly singular, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.errors import BackendError, NonFiniteError, NotPositiveDefiniteError, ShapeError, SingularMatrixError
from tests.conftest import require

jax = require("jax")
sj = require("sparsead.jax")

N, R = 30, 2
_RNG = np.random.default_rng(5)
LINE = [np.full(N, 2.5), -np.ones(N - 1), -np.ones(N - 1)]
U, V, B = _RNG.normal(size=(N, R)), _RNG.normal(size=(N, R)), _RNG.normal(size=N)
C = np.array([[2.0, 0.5], [0.5, 1.0]])


def line(front: Any = sp, **declared: bool) -> Any:
    return front.diags(LINE, [0, 1, -1], **(declared or {"positive_definite": True}))


FULL = sp.to_dense(line())


def test_another_update_takes_no_factorization() -> None:
    for c in (C, 2 * C, np.zeros((R, R)), np.array([[1.0, 1.0], [1.0, 1.0]])):
        x = sp.solve_low_rank(line(), U, c, V, B)
        assert np.allclose(x, np.linalg.solve(FULL + U @ c @ V.T, B), rtol=1e-11, atol=1e-12)
        x = sp.solve_low_rank(line(), V, c, V, np.stack([B, B[::-1]], 1))
        assert np.allclose(x[:, 1], np.linalg.solve(FULL + V @ c @ V.T, B[::-1]), rtol=1e-11, atol=1e-12)
    sp.solve(line(), B)
    stats = factor_cache.stats()
    assert (stats.factorizations, stats.updates) == (1, 8)


def test_determinant_and_its_gradient_take_no_factorization_but_that_of_the_matrix() -> None:
    def log(matrix: Any, u: Any, c: Any) -> Any:
        return sp.logdet_low_rank(matrix, u, c, u, backend="superlu")

    matrix = line(symmetric=True)
    value, pullback = sp.vjp(log, matrix, U, C)
    matrix_bar, u_bar, c_bar = pullback(np.array(1.0))
    assert factor_cache.stats().factorizations == 1
    whole = FULL + U @ C @ U.T
    inverse = np.linalg.inv(whole)
    assert np.isclose(value, np.linalg.slogdet(whole)[1], rtol=1e-14)
    assert np.allclose(sp.to_dense(matrix_bar), inverse * (FULL != 0), rtol=1e-11)
    assert np.allclose(u_bar, 2 * inverse @ U @ C, rtol=1e-11)
    assert np.allclose(c_bar, U.T @ inverse @ U, rtol=1e-11)


def test_compiled_curvature_takes_one_factorization() -> None:
    def energy(t: Any) -> Any:
        return B @ sj.solve_low_rank(line(sj), U, t * C, U, B)

    found = jax.jit(jax.jacfwd(jax.grad(energy)))(1.3)
    assert factor_cache.stats().factorizations == 1
    inverse, dyads = np.linalg.inv(FULL + 1.3 * U @ C @ U.T), U @ C @ U.T
    assert np.isclose(found, 2 * B @ inverse @ dyads @ inverse @ dyads @ inverse @ B, rtol=1e-11)


def mended(digits: float, n: int = 20) -> tuple[Any, Any, Any]:
    """A matrix that is singular but for some digits, and the vector along which it is; full, in a turned basis."""
    q = np.linalg.qr(_RNG.normal(size=(n, n)))[0]
    full = q @ np.diag(np.r_[10.0**-digits, np.ones(n - 1)]) @ q.T
    return sp.coo(*np.divmod(np.arange(n * n), n), full.ravel(), (n, n)), full, q[:, :1]


@pytest.mark.parametrize("digits", [3, 6, 9, 12])
def test_what_formula_loses_is_refined_and_a_determinant_right_or_refused(digits: float) -> None:
    matrix, full, u = mended(digits)
    b, one = np.cos(np.arange(20)), np.ones((1, 1))
    whole = full + u @ u.T
    # condition one: without refinement the error would be 10^digits times rounding
    assert np.allclose(sp.solve_low_rank(matrix, u, one, u, b), np.linalg.solve(whole, b), rtol=1e-11, atol=1e-12)
    try:
        value = sp.logdet_low_rank(matrix, u, one, u)
    except (SingularMatrixError, NotPositiveDefiniteError):
        assert digits > 3
    else:
        assert np.isclose(value, np.linalg.slogdet(whole)[1], rtol=0, atol=1e-9)


@pytest.mark.parametrize("digits", [15, 18])
def test_matrix_without_sure_digits_is_an_error(digits: float) -> None:
    matrix, _, u = mended(digits)
    with pytest.raises(SingularMatrixError, match="cannot be solved on the factorization of A"):
        sp.solve_low_rank(matrix, u, np.ones((1, 1)), u, np.ones(20))


def test_views_complex_numbers_and_single_precision() -> None:
    matrix = line(symmetric=False) + sp.diags([1j * np.ones(N - 1)], [1], (N, N))
    whole = sp.to_dense(matrix).conj().T + U @ (C * 1j) @ V.T
    assert np.allclose(sp.solve_low_rank(matrix.H, U, C * 1j, V, B), np.linalg.solve(whole, B), rtol=1e-11)
    x = sp.solve_low_rank(line(), U, C, V, B, backend="superlu", precision="single")
    assert np.allclose(x, np.linalg.solve(FULL + U @ C @ V.T, B), rtol=1e-3, atol=1e-4)
    singles = [part.astype(np.float32) for part in (U, C, V, B)]
    single = sp.diags([part.astype(np.float32) for part in LINE], [0, 1, -1])
    assert sp.solve_low_rank(single, *singles).dtype == np.float32


UNIT = np.eye(3)[:, :1]


@pytest.mark.parametrize(
    ("wrong", "error", "got"),
    [
        (
            lambda: sp.solve_low_rank(sp.eye(3), UNIT, [[-1.0]], UNIT, np.ones(3)),
            SingularMatrixError,
            r"zero pivot 0 of I \+ C V\^T A\^-1 U",
        ),
        (
            lambda: sp.solve_low_rank(0.0 * sp.eye(3), UNIT, [[1.0]], UNIT, np.ones(3)),
            SingularMatrixError,
            "zero pivot",
        ),
        (
            lambda: sp.logdet_low_rank(sp.eye(3), UNIT, [[-2.0]], UNIT),
            NotPositiveDefiniteError,
            "a negative one",
        ),
        (lambda: sp.logdet_low_rank(sp.eye(3), UNIT, [[-1.0]], UNIT), SingularMatrixError, "zero pivot 0 of I"),
        (lambda: sp.solve_low_rank(line(), U * np.nan, C, V, B), NonFiniteError, r"U\[0, 0\] = nan"),
        (lambda: sp.solve_low_rank(line(), U, C, V * np.nan, B), NonFiniteError, r"\(C V\^T\)\[0, 0\] = nan"),
        (lambda: sp.solve_low_rank(line() * np.nan, U, C, V, B), NonFiniteError, r"A\[0, 0\] = nan"),
        (lambda: sp.solve_low_rank(line(), U, C, V, B * np.nan), NonFiniteError, r"b\[0\] = nan"),
        (lambda: sp.solve_low_rank(line(), U, C, V[:3], B), ShapeError, r"V of shape \(3, 2\)"),
        (lambda: sp.solve_low_rank(line(), U[:, 0], C, V, B), ShapeError, r"U of shape \(30,\)"),
        (lambda: sp.solve_low_rank(line(), U, C[0], V, B), ShapeError, r"C of shape \(2,\)"),
        (lambda: sp.solve_low_rank(line(), U, C, V, B[:3]), ShapeError, r"b of shape \(3,\)"),
        (lambda: sp.solve_low_rank(line()[:3], U, C, V, B), ShapeError, r"shape \(3, 30\)"),
        (lambda: sp.solve_low_rank(line(), U, C, V, B, backend="no"), BackendError, "backend='no'"),
    ],
)
def test_error_says_what_was_got(wrong: Callable[[], Any], error: type[Exception], got: str) -> None:
    with pytest.raises(error, match="got:      .*" + got):
        wrong()
