"""Conjugate gradients: solutions to the true residual, right-hand sides in step, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.errors import BackendError, ConvergenceError, NotPositiveDefiniteError, SingularMatrixError
from sparsead.iterative import cg, jacobi
from tests.sparsead.iterative.matrices import complex_hermitian, grid, loads, membrane, relative_residual, steel_plate


@pytest.mark.parametrize("rtol", [1e-3, 1e-8, 1e-12])
def test_true_residual_is_within_the_tolerance_and_not_far_below(rtol: float) -> None:
    A = membrane()
    b = loads(A.shape[0])
    residual = relative_residual(A, sp.solve(A, b, method=cg(rtol=rtol)), b)
    assert rtol / 10 < residual <= rtol


def test_steel_in_si_units_is_solved_like_any_other() -> None:
    A = steel_plate()
    b = loads(A.shape[0])
    x = sp.solve(A, b, method=cg(jacobi(block=2), rtol=1e-11))
    assert np.allclose(x, sp.solve(A, b), rtol=0, atol=1e-8 * np.abs(x).max())  # 1e-11 times the condition


def test_right_hand_sides_go_in_step_and_each_stops_by_itself() -> None:
    A = membrane()
    b = loads(A.shape[0], 4) * np.array([1.0, 1e-9, 0.0, 1e6])
    smooth = np.linalg.eigh(sp.to_dense(A))[1][:, 0]
    b[:, 3] = smooth  # one eigenvector: a single iteration
    x = sp.solve(A, b, method=cg(rtol=1e-9))
    stats = factor_cache.stats()
    assert (relative_residual(A, x[:, [0, 1, 3]], b[:, [0, 1, 3]]) <= 1e-9).all()
    assert not x[:, 2].any()
    assert stats.operator_applications <= stats.iterations + 2
    alone = sp.solve(A, b[:, 0], method=cg(rtol=1e-9))
    assert np.allclose(x[:, 0], alone, rtol=0, atol=1e-10 * np.abs(alone).max())  # sums in another order


def test_set_up_iterations_and_products_are_counted_apart_from_factorizations() -> None:
    A = membrane()
    sp.solve(A, loads(A.shape[0]), method=cg())
    sp.solve(A, loads(A.shape[0], seed=1), method=cg())
    stats = factor_cache.stats()
    assert (stats.setups, stats.factorizations, stats.analyses, stats.solves, stats.hits) == (1, 0, 0, 2, 1)
    assert 0 < stats.iterations <= stats.operator_applications <= stats.iterations + 4


@pytest.mark.parametrize("trans", ["N", "T", "H"])
def test_complex_hermitian_matrix_its_transpose_and_its_adjoint(trans: str) -> None:
    A = complex_hermitian()
    b = loads(A.shape[0], 2, is_complex=True)
    x = sp.solve(A, b, trans=trans, method=cg(rtol=1e-11))
    op = {"N": A, "T": A.T, "H": A.H}[trans]
    assert (relative_residual(op, x, b) <= 1.1e-11).all()


def test_complex_load_of_a_real_matrix() -> None:
    A = membrane()
    b = loads(A.shape[0], is_complex=True)
    assert relative_residual(A, sp.solve(A, b, method=cg(rtol=1e-10)), b) <= 1.5e-10


def test_extreme_loads_are_scaled() -> None:
    A = membrane()
    b = loads(A.shape[0], 2) * np.array([1e-200, 1e250])
    x = sp.solve(A, b, method=cg(rtol=1e-10))
    assert np.allclose(x / np.array([1e-200, 1e250]), sp.solve(A, loads(A.shape[0], 2)), rtol=0, atol=1e-7)


def test_single_precision_values_are_solved_in_double() -> None:
    A = membrane()
    single = sp.from_scipy(sp.to_scipy(A).astype(np.float32), positive_definite=True)
    b = loads(A.shape[0]).astype(np.float32)
    x = sp.solve(single, b, method=cg(rtol=1e-10))
    assert x.dtype == np.float32
    assert np.allclose(x, sp.solve(A, b), rtol=0, atol=1e-7 * np.abs(x).max())  # half a unit of float32


# ------------------------------------------------------------------------------------------ failures
def test_limit_of_iterations_is_an_error_with_the_history() -> None:
    A = membrane()
    with pytest.raises(ConvergenceError, match=r"got:      0\.\d+ \|b\| after 7 iterations \(the limit\)") as caught:
        sp.solve(A, loads(A.shape[0]), method=cg(max_iterations=7))
    assert caught.value.iteration == 7
    assert len(caught.value.residuals) == 7


def test_worst_right_hand_side_is_named() -> None:
    A = membrane()
    b = loads(A.shape[0], 3)
    b[:, [0, 2]] = 0
    with pytest.raises(ConvergenceError, match=r"\|b\| of right-hand side 1 after 7"):
        sp.solve(A, b, method=cg(max_iterations=7))


def test_tolerance_below_rounding_is_said_to_be() -> None:
    A = steel_plate(12)
    with pytest.raises(ConvergenceError, match=r"stagnates at the rounding.*\n.*\n.*rounding leaves about"):
        sp.solve(A, loads(A.shape[0]), method=cg(rtol=1e-15))


def test_negative_curvature_names_iteration_value_and_dof() -> None:
    A = grid(10, hermitian=True) + sp.diags([np.where(np.arange(100) == 42, -3.5, 0.0)], hermitian=True)
    with pytest.raises(
        NotPositiveDefiniteError, match=r"got:      p\^H A p = -0\.\d+ p\^H p in iteration \d+; dof 42 moves"
    ) as caught:
        sp.solve(A, loads(100), method=cg())
    assert caught.value.column == 42


def test_diagonal_that_is_not_positive_needs_no_iteration() -> None:
    A = sp.diags([np.array([1.0, 2.0, -3.0])], symmetric=True)
    with pytest.raises(NotPositiveDefiniteError, match=r"p\^H A p = -3 p\^H p in iteration 0; dof 2"):
        sp.solve(A, np.ones(3), method=cg())


def test_row_of_zeros_is_singular() -> None:
    A = sp.coo([0, 1, 2, 1, 2], [0, 1, 2, 2, 1], [1.0, 0.0, 1.0, 0.0, 0.0], (3, 3), symmetric=True)
    with pytest.raises(SingularMatrixError, match="got:      a row or column of zeros at dof 1"):
        sp.solve(A, np.ones(3), method=cg())


def test_complex_symmetric_matrix_is_refused_with_the_reason() -> None:
    with pytest.raises(
        BackendError, match=r"got:      a symmetric matrix of type complex128\n.*complex\s+symmetric matrix"
    ):
        sp.solve(1j * sp.eye(3), np.ones(3), method=cg())


def test_general_matrix_is_refused() -> None:
    with pytest.raises(BackendError, match="got:      a general matrix of type float64"):
        sp.solve(grid(4), np.ones(16), method=cg())


def test_nan_instead_of_an_error_where_asked() -> None:
    A = membrane()
    b = loads(A.shape[0], 2)
    b[:, 1] = 0
    x = sp.solve(A, b, method=cg(max_iterations=3), on_singular="nan")
    assert np.isnan(x[:, 0]).all()
    assert not x[:, 1].any()
