"""Algebraic multigrid: iterations that hardly grow, the near-null space, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.errors import (
    BackendError,
    BackendMissingError,
    NonFiniteError,
    ShapeError,
    SingularMatrixError,
)
from sparsead.iterative import amg, cg, jacobi
from sparsead.iterative.preconditioners import amg as module
from sparsead.iterative.system import System
from tests.conftest import require
from tests.sparsead.iterative.matrices import complex_hermitian, grid, loads, membrane, relative_residual

require("pyamg")


def iterations(matrix: object, method: object) -> int:
    factor_cache.clear()
    b = loads(matrix.shape[0])  # type: ignore[attr-defined]
    assert relative_residual(matrix, sp.solve(matrix, b, method=method), b) <= 1e-8
    return factor_cache.stats().iterations


def test_iterations_hardly_grow_with_the_grid_while_those_of_jacobi_double() -> None:
    few, many = (iterations(membrane(side), cg(amg())) for side in (24, 96))
    assert many <= few + 6 and many < 25
    assert iterations(membrane(96), cg(jacobi())) > 2.5 * iterations(membrane(24), cg(jacobi()))


@pytest.mark.parametrize("trans", ["N", "T"])
def test_complex_hermitian_matrix(trans: str) -> None:
    A = complex_hermitian(24)
    b = loads(A.shape[0], 2, is_complex=True)
    x = sp.solve(A, b, trans=trans, method=cg(amg(), rtol=1e-10))
    assert (relative_residual(A if trans == "N" else A.T, x, b) <= 1.1e-10).all()


def test_near_null_vector_of_a_scaled_matrix_matters() -> None:
    side = 48
    scale = np.exp(np.random.default_rng(0).uniform(-3, 3, side**2))
    A = scaled(side, scale)
    assert iterations(A, cg(amg(1 / scale[:, None]))) < iterations(A, cg(amg())) / 2


def scaled(side: int, scale: np.ndarray) -> sp.SparseArray:
    laplacian = sp.to_scipy(membrane(side)).tocoo()
    values = laplacian.data * scale[laplacian.row] * scale[laplacian.col]
    return sp.coo(laplacian.row, laplacian.col, values, laplacian.shape, positive_definite=True)


def test_vector_that_meets_no_resistance_is_singular_though_the_load_is_in_balance() -> None:
    line = np.diag(np.r_[1.0, np.full(38, 2.0), 1.0]) - np.eye(40, k=1) - np.eye(40, k=-1)
    rows, cols = np.nonzero(line)
    A = sp.coo(rows, cols, line[rows, cols], line.shape, positive_definite=True)
    b = np.zeros(40)
    b[[0, 39]] = 1.0, -1.0
    with pytest.raises(SingularMatrixError, match=r"got:      -?\d.* of that of the diagonal .*; dof \d+ moves most"):
        sp.solve(A, b, method=cg(amg()))


def test_general_matrix_is_refused() -> None:
    A = grid(6)
    system = System(A._pattern, A._structure, np.asarray(A.values))
    with pytest.raises(BackendError, match="got:      a general matrix"):
        amg().set_up(system, {})


def test_vectors_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"got:      shape \(4, 1\)"):
        sp.solve(membrane(5), np.ones(25), method=cg(amg(np.ones((4, 1)))))
    with pytest.raises(ShapeError, match=r"got:      shape \(4,\)"):
        amg(np.ones(4))
    with pytest.raises(NonFiniteError, match=r"got:      near_null\[2, 0\] = nan"):
        amg(np.array([[1.0], [1.0], [np.nan]]))
    with pytest.raises(BackendError, match="a divisor of n = 25\n  got:      block=2"):
        sp.solve(membrane(5), np.ones(25), method=cg(amg(block=2)))


def test_without_pyamg_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_pyamg", lambda: None)
    with pytest.raises(BackendMissingError, match=r'fix:      pip install "sparsead\[amg\]"'):
        sp.solve(membrane(5), np.ones(25), method=cg(amg()))


def test_set_ups_of_one_matrix_are_the_same_and_take_no_random_numbers() -> None:
    A, b = membrane(24), loads(576)
    np.random.seed(7)  # noqa: NPY002  # the generator that pyamg uses
    x = sp.solve(A, b, method=cg(amg()))
    drawn = np.random.rand()  # noqa: NPY002
    factor_cache.clear()
    assert np.array_equal(sp.solve(A, b, method=cg(amg())), x)
    np.random.seed(7)  # noqa: NPY002
    assert np.random.rand() == drawn  # noqa: NPY002
