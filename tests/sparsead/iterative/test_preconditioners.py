"""Incomplete factorizations and preconditioners of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.errors import BackendError, NonFiniteError, ShapeError, SingularMatrixError, StructureError
from sparsead.iterative import cg, gmres, ichol, ilu, jacobi, minres, user
from tests.sparsead.iterative.matrices import (
    complex_hermitian,
    grid,
    loads,
    membrane,
    relative_residual,
    steel_plate,
)


def counted(matrix: Any, method: Any, *, is_complex: bool = False) -> int:
    factor_cache.clear()
    b = loads(matrix.shape[0], is_complex=is_complex)
    assert relative_residual(matrix, sp.solve(matrix, b, method=method), b) <= 1.01e-8
    return factor_cache.stats().iterations


# --------------------------------------------------------------------------------------- incomplete
@pytest.mark.parametrize("matrix", [membrane(40), steel_plate(12)], ids=["membrane", "plate"])
def test_ichol_spares_iterations_the_more_the_less_it_drops(matrix: Any) -> None:
    counts = [counted(matrix, cg(preconditioner)) for preconditioner in (jacobi(), ichol(1e-2), ichol(1e-4))]
    assert counts[1] < counts[0] / 4 and counts[2] < counts[1]


def test_ichol_that_drops_nothing_is_the_whole_factorization() -> None:
    assert counted(membrane(20), cg(ichol(0))) == 1
    assert counted(complex_hermitian(20), cg(ichol(0)), is_complex=True) == 1


def test_ichol_whose_pivots_turn_negative_shifts_the_diagonal() -> None:
    rng, n = np.random.default_rng(0), 40  # of this definite matrix what is left after dropping is not definite
    half = rng.standard_normal((n, n)) * (rng.random((n, n)) < 0.2)
    full = half @ half.T + 1e-3 * np.eye(n)
    rows, cols = np.nonzero(full)
    A = sp.coo(rows, cols, full[rows, cols], full.shape, positive_definite=True)
    assert counted(A, cg(ichol(0.5))) <= 2 * n


def test_ilu_spares_iterations() -> None:
    assert counted(grid(40), gmres(ilu(1e-2))) < counted(grid(40), gmres(restart=200)) / 3


def test_zero_pivot_of_ilu_is_an_error() -> None:
    A = sp.coo([0, 0, 1, 1, 2], [0, 1, 0, 1, 2], [1.0, 1.0, 1.0, 1.0, 1.0], (3, 3))
    with pytest.raises(SingularMatrixError, match=r"got:      a zero pivot"):
        sp.solve(A, np.ones(3), method=gmres(ilu(0)))


def test_ilu_is_not_for_cg() -> None:
    with pytest.raises(StructureError, match="preconditioner is not Hermitian, which cg needs"):
        sp.solve(membrane(40), loads(1600), method=cg(ilu(1e-2)))


def test_ichol_of_a_general_matrix_is_refused() -> None:
    with pytest.raises(BackendError, match="got:      a general matrix"):
        sp.solve(grid(5), np.ones(25), method=gmres(ichol()))


@pytest.mark.parametrize(
    ("make", "got"),
    [
        (lambda: ilu(drop=1.5), r"drop=1\.5"),
        (lambda: ilu(drop=-1e-3), r"drop=-0\.001"),
        (lambda: ilu(fill=0.5), r"fill=0\.5"),
        (lambda: ichol(drop=1), "drop=1"),
        (lambda: ichol(drop=float("nan")), "drop=nan"),
        (lambda: user("M"), "apply='M'"),
        (lambda: user(abs, 3), "transpose=3"),
    ],
)
def test_impossible_option_is_refused(make: Any, got: str) -> None:
    with pytest.raises(BackendError, match=f"\n  got:      {got}\n"):
        make()


# ----------------------------------------------------------------------------------------- Jacobi
def test_blocks_of_nodes_spare_iterations() -> None:
    A = steel_plate(12)
    assert counted(A, cg(jacobi(block=2))) < counted(A, cg(jacobi()))


def test_jacobi_of_an_indefinite_matrix_is_definite() -> None:
    stiffness = np.diag(np.r_[4.0, 5.0, 6.0, 0.0])
    stiffness[3, 0] = stiffness[0, 3] = 1.0
    rows, cols = np.nonzero(stiffness)
    A = sp.coo(rows, cols, stiffness[rows, cols], (4, 4), symmetric=True)
    for block in (1, 2, 4):
        counted(A, minres(jacobi(block)))


def test_singular_block_is_named() -> None:
    full = np.array([[1.0, 1.0, 0.0, 0.5], [1.0, 1.0, 0.5, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.5, 0.0, 1.0]])
    rows, cols = np.nonzero(full)
    A = sp.coo(rows, cols, full[rows, cols], (4, 4))
    with pytest.raises(SingularMatrixError, match="got:      dofs 0 to 1"):
        sp.solve(A, np.ones(4), method=gmres(jacobi(2)))
    with pytest.raises(SingularMatrixError, match="got:      zero on the diagonal at dof 1"):
        sp.solve(sp.coo([0, 1, 1, 2], [0, 0, 2, 1], np.ones(4), (3, 3)), np.ones(3), method=gmres())


# ------------------------------------------------------------------------------------- one's own
def test_function_of_ones_own_and_its_transpose() -> None:
    A = grid(12)
    lower = np.tril(sp.to_dense(A))
    own = user(lambda r: np.linalg.solve(lower, r), lambda r: np.linalg.solve(lower.T, r))
    b, w = loads(144, 2), loads(144)
    x, pullback = sp.vjp(lambda b: sp.solve(A, b, method=gmres(own)), b)
    assert (relative_residual(A, x, b) <= 1.01e-8).all()
    lam = sp.solve(A, w, trans="T", method=gmres(own))
    assert relative_residual(A.T, lam, w) <= 1.01e-8
    (b_bar,) = pullback(np.stack([w, w], 1))
    assert np.allclose(b_bar[:, 0], lam, rtol=0, atol=1e-6 * np.abs(lam).max())


def test_transpose_that_is_missing_is_asked_for() -> None:
    with pytest.raises(ShapeError, match=r"got:      user\(half\), and the adjoint of a matrix that is not Hermitian"):
        sp.solve(grid(5), np.ones(25), trans="T", method=gmres(user(half)))
    sp.solve(grid(5, symmetric=True), np.ones(25), trans="T", method=gmres(user(half)))


def half(r: Any) -> Any:
    return r / 2


def test_what_is_not_finite_names_the_call_and_the_dof() -> None:
    calls = []

    def spoilt(r: Any) -> Any:
        calls.append(r)
        z = r / 4
        z[7] = np.nan if len(calls) == 5 else z[7]  # two calls are the check of symmetry
        return z

    with pytest.raises(NonFiniteError, match=r"got:      nan at dof 7 in call 4 of user\(.*spoilt") as caught:
        sp.solve(membrane(5), loads(25), method=cg(user(spoilt)))
    assert caught.value.call == 4  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("function", "got"),
    [
        (lambda r: r[:-1], r"shape \(24,\) from <lambda>"),
        (lambda r: r[:, None], r"shape \(25, 1\) from <lambda>"),
        (lambda r: 1j * r, "an array of type complex128 from <lambda>"),
    ],
)
def test_wrong_result_of_ones_own_function(function: Any, got: str) -> None:
    with pytest.raises(ShapeError, match=f"\n  got:      {got}\n"):
        sp.solve(membrane(5), loads(25), method=gmres(user(function)))


def test_function_that_writes_into_its_argument_does_no_harm() -> None:
    def careless(r: Any) -> Any:
        r /= 4
        return r

    assert counted(membrane(12), cg(user(careless))) == counted(membrane(12), cg(user(lambda r: r / 4)))


@pytest.mark.parametrize("trans", ["N", "T", "H"])
@pytest.mark.parametrize("preconditioner", [jacobi(2), ilu(0), ilu(0, fill=20)], ids=repr)
def test_transposed_solves_use_the_transposed_preconditioner(preconditioner: Any, trans: Any) -> None:
    blocks = np.random.default_rng(0).standard_normal((20, 2, 2)) + 1j * np.eye(2)
    first = 2 * np.arange(20)[:, None, None]
    rows, cols = np.broadcast_arrays(first + np.arange(2)[:, None], first + np.arange(2))
    A = sp.coo(rows.ravel(), cols.ravel(), blocks.ravel(), (40, 40))
    sp.solve(A, loads(40, is_complex=True), trans=trans, method=gmres(preconditioner))
    assert factor_cache.stats().iterations == 1  # exact for these blocks, if it is the right one of the two
