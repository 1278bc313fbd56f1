"""Determinants, selected inverses and variances: closed forms, views, counts, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as ss

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.backends.dense import DenseLU
from sparsead.errors import (
    BackendError,
    NonFiniteError,
    NotPositiveDefiniteError,
    ShapeError,
    SingularMatrixError,
    StructureError,
)
from sparsead.factors import selected
from sparsead.supernodes.chains import chain_on
from tests.sparsead.backends.installed import backend_or_skip

SIDE = 24


def grid(side: int = SIDE) -> Any:
    line = ss.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(side, side))
    eye = ss.eye_array(side)
    return ss.coo_array(ss.kron(line, eye) + ss.kron(eye, line))


GRID = grid()
LAPLACIAN = sp.triplets(GRID.row, GRID.col, GRID.shape, positive_definite=True)(GRID.data)
# eigenvalues of the grid: sums of those of its lines
LINE = 2 - 2 * np.cos(np.pi * np.arange(1, SIDE + 1) / (SIDE + 1))
SIGNED = sp.coo([0, 1, 1, 2], [1, 0, 1, 2], np.array([2.0, 5.0, 1.0, 3.0]), (3, 3))  # determinant -30
BACKENDS = ("superlu", "cholmod", "pardiso", "umfpack", "cvxopt", "banded", "dense")


@pytest.mark.parametrize("backend", BACKENDS)
def test_determinant_of_the_grid_laplacian_is_the_product_of_its_eigenvalues(backend: str) -> None:
    backend_or_skip(backend)
    expected = np.log(LINE[:, None] + LINE).sum()
    assert float(sp.logdet(LAPLACIAN, backend=backend)) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_trace_of_the_selected_inverse_of_the_grid_is_the_sum_of_inverse_eigenvalues(backend: str) -> None:
    backend_or_skip(backend)
    variances = sp.marginal_variances(LAPLACIAN, backend=backend)
    assert variances.sum() == pytest.approx((1 / (LINE[:, None] + LINE)).sum(), rel=1e-12)
    assert variances.min() > 0


@pytest.mark.parametrize("backend", [None, "superlu", "umfpack", "pardiso", "cvxopt", "dense", "banded"])
def test_sign_of_a_real_determinant(backend: str | None) -> None:
    if backend is not None:
        backend_or_skip(backend)
    sign, log = sp.slogdet(SIGNED, backend=backend)
    assert (float(sign), float(log)) == (-1.0, pytest.approx(np.log(30.0)))


def test_determinant_of_views_and_of_one_unknown_and_of_none() -> None:
    z = np.array([1.0 + 2.0j, 3.0 - 1.0j])
    of = sp.coo([0, 1], [1, 0], z, (2, 2))
    for view, full in ((of, -z[0] * z[1]), (of.T, -z[0] * z[1]), (of.H, -np.conj(z[0] * z[1]))):
        sign, log = sp.slogdet(view)
        assert sign * np.exp(log) == pytest.approx(full)
        assert np.exp(sp.logdet(view)) == pytest.approx(full)
    assert float(sp.logdet(sp.diags([np.array([7.0])]))) == pytest.approx(np.log(7))
    assert float(sp.logdet(sp.eye(0))) == 0.0


def test_determinant_of_extreme_units_does_not_overflow() -> None:
    n = 40
    matrix = sp.diags([np.full(n, 2e200), np.full(n - 1, -1e200), np.full(n - 1, -1e200)], [0, 1, -1])
    assert float(sp.logdet(matrix)) == pytest.approx(n * 200 * np.log(10) + np.log(n + 1), rel=1e-13)
    inverse = sp.selected_inverse(matrix, backend="superlu")
    assert inverse.values.max() == pytest.approx(1e-200 * (n / 2) * (n / 2 + 1) / (n + 1), rel=1e-12)


def test_single_precision_in_and_out() -> None:
    matrix = sp.diags([np.array([2.0, 5.0], np.float32)], positive_definite=True)
    assert sp.logdet(matrix).dtype == np.float32
    assert sp.selected_inverse(matrix).dtype == np.float32
    assert sp.marginal_variances(matrix, precision="single").tolist() == [0.5, pytest.approx(0.2)]


@pytest.mark.parametrize("backend", ["cholmod", "superlu"])
def test_value_gradient_and_solve_are_one_factorization(backend: str) -> None:
    backend_or_skip(backend)
    value, pullback = sp.vjp(lambda a: sp.logdet(a, backend=backend), LAPLACIAN)
    (gradient,) = pullback(1.0)
    x = sp.solve(LAPLACIAN, np.ones(GRID.shape[0]), backend=backend)
    variances = sp.marginal_variances(LAPLACIAN, backend=backend)
    stats = factor_cache.stats()
    assert (stats.factorizations, stats.solves) == (1, 1)
    assert np.array_equal(gradient.diagonal(), variances) and np.isfinite(value) and x.all()


def test_curvature_needs_no_further_factorization_and_no_solve() -> None:
    direction = np.random.default_rng(0).standard_normal(LAPLACIAN.stored)

    def gradient(a: Any) -> Any:
        return sp.vjp(lambda a: sp.logdet(a, backend="superlu"), a)[1](1.0)[0].values

    found, along = sp.jvp(gradient, (LAPLACIAN,), (direction,))
    assert (factor_cache.stats().factorizations, factor_cache.stats().solves) == (1, 0)
    full = np.linalg.inv(sp.to_dense(LAPLACIAN))
    moved = full @ ss.csc_array((direction, LAPLACIAN.pattern.indices, LAPLACIAN.pattern.indptr)) @ full
    np.testing.assert_allclose(along, -moved[LAPLACIAN.pattern.cols, LAPLACIAN.pattern.indices], atol=1e-11)
    assert found.shape == along.shape


def test_a_library_that_hides_its_factors_costs_one_factorization_more_where_the_matrix_is_large() -> None:
    backend_or_skip("cvxopt")
    large = grid(40)
    matrix = sp.triplets(large.row, large.col, large.shape, positive_definite=True)(large.data)
    variances = sp.marginal_variances(matrix, backend="cvxopt")
    assert (factor_cache.stats().factorizations, factor_cache.stats().solves) == (2, 0)
    np.testing.assert_allclose(variances, sp.marginal_variances(matrix, backend="superlu"), rtol=1e-12)


def test_selected_inverse_has_the_pattern_of_the_transpose_and_declares_what_it_is() -> None:
    assert sp.selected_inverse(SIGNED).pattern is SIGNED.T.pattern
    inverse = sp.selected_inverse(LAPLACIAN)
    assert inverse.pattern is LAPLACIAN.pattern
    assert inverse.structure.hermitian and not inverse.structure.positive_definite
    lower = sp.coo([0, 1, 1], [0, 0, 1], np.array([2.0, 1.0, 4.0]), (2, 2), triangular="lower")
    assert np.array_equal(sp.to_dense(sp.selected_inverse(lower)), np.diag([0.5, 0.25]))


SINGULAR = sp.coo([0, 0, 1, 1], [0, 1, 0, 1], np.ones(4), (2, 2))
INDEFINITE = sp.diags([np.array([1.0, -1.0])], positive_definite=True)
NAN = sp.diags([np.array([1.0, np.nan])])


@pytest.mark.parametrize("function", [sp.slogdet, sp.logdet, sp.selected_inverse])
@pytest.mark.parametrize("backend", [None, "superlu"])
@pytest.mark.parametrize(
    ("matrix", "error", "got"),
    [
        (SINGULAR, SingularMatrixError, "dof|pivot|condition"),
        (INDEFINITE, NotPositiveDefiniteError, "column 1"),
        (NAN, NonFiniteError, r"A\[1, 1\] = nan"),
        (sp.coo([0], [0], np.ones(1), (2, 2)), SingularMatrixError, "column 1 is empty"),
    ],
)
def test_unusable_matrix_is_an_error_that_says_where(
    function: Any, backend: str | None, matrix: Any, error: Any, got: str
) -> None:
    with pytest.raises(error, match=rf"(?s)got: .*({got}).*fix: "):
        function(matrix, backend=backend)


@pytest.mark.parametrize("take", [sp.selected_inverse, lambda a: sp.vjp(sp.logdet, a)[1](np.float32(1))[0]])
def test_inverse_beyond_single_precision_is_an_error_that_says_where(take: Any) -> None:
    tiny = sp.diags([np.array([2.0, 1e-39, 3.0], np.float32)])
    with pytest.raises(NonFiniteError, match=r"(?s)of float32.*got: +9.99\S*e\+38 in row 1, column 1 of the inverse"):
        take(tiny)
    assert np.isnan(sp.selected_inverse(tiny, on_singular="nan").values).all()


def test_gradient_in_single_precision_has_its_digits() -> None:
    full = (3.3 * np.eye(6) + 0.7 * np.eye(6, k=1) + np.eye(6, k=-1) / 3).astype(np.float32)
    matrix = sp.from_scipy(ss.csc_array(full))
    (bar,) = sp.vjp(lambda a: sp.logdet(a, backend="superlu", precision="single"), matrix)[1](np.float32(1))
    expected = np.where(full != 0, np.linalg.inv(full.astype(float)).T, 0)
    np.testing.assert_allclose(sp.to_dense(bar), expected, atol=1e-6)


def test_curvature_that_lost_digits_is_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    def curvature() -> Any:
        return sp.jvp(lambda a: sp.selected_inverse(a, backend="superlu"), (SIGNED,), (np.arange(4.0),))[1].values

    expected = curvature()

    def inexact(shown: Any, plan: Any, between: Any) -> Any:
        return chain_on(shown, plan, between) * (1 + 1e-6 * np.cos(np.arange(len(between[0]))))

    monkeypatch.setattr(selected, "chain_on", inexact)
    np.testing.assert_allclose(curvature(), expected, rtol=1e-13)  # by solves
    monkeypatch.setattr(selected, "_FEW_UNKNOWNS", 0)
    with pytest.raises(SingularMatrixError, match=r"got: +diagonal of A A\^-1 D A\^-1 wrong by \d\.\de-0[67]"):
        curvature()


def test_out_of_memory_is_no_reason_to_factorize_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Any) -> float:
        raise BackendError("out of memory", expected="memory", got="none", fix="buy some", fault="memory")

    monkeypatch.setattr(DenseLU, "log_abs_det", fails)
    with pytest.raises(BackendError, match="out of memory"):
        sp.slogdet(SIGNED, backend="dense")


def test_unusable_matrix_gives_nan_where_that_is_asked_for() -> None:
    for matrix in (SINGULAR, INDEFINITE, NAN):
        assert np.isnan(sp.logdet(matrix, on_singular="nan"))
        assert np.isnan(sp.slogdet(matrix, on_singular="nan")).all()
        assert np.isnan(sp.selected_inverse(matrix, on_singular="nan").values).all()


def test_logarithm_of_a_negative_determinant_is_an_error() -> None:
    with pytest.raises(NotPositiveDefiniteError, match=r"(?s)got: +det A = -exp\(3.4012\).*fix: +use slogdet"):
        sp.logdet(SIGNED)
    assert np.isnan(sp.logdet(SIGNED, on_singular="nan"))


def test_variances_need_a_declared_precision_matrix() -> None:
    with pytest.raises(StructureError, match=r"(?s)got: .*general.*fix: +declare positive_definite=True"):
        sp.marginal_variances(sp.eye(3).declare())


def test_rectangular_matrix_and_unknown_backend() -> None:
    with pytest.raises(ShapeError, match=r"(?s)got: +shape \(2, 3\).*fix: +pass a square matrix"):
        sp.logdet(sp.eye(2, 3))
    with pytest.raises(BackendError, match=r"got: +backend='nothing'"):
        sp.slogdet(sp.eye(2), backend="nothing")
