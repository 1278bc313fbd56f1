"""A factorization that its user holds: every view and operation, types, facts."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.errors import BackendError, NoDerivativeError, NonFiniteError, ShapeError, SingularMatrixError
from tests.sparsead.backends.installed import backend_or_skip
from tests.sparsead.programs import COLS, ROWS, N, _matrix, arrays, grid

VIEWS: dict[str, Any] = {"A": lambda a: a, "A.T": lambda a: a.T, "A.H": lambda a: a.H, "A.conj()": lambda a: a.conj()}


@pytest.mark.parametrize("columns", [None, 1, 3])
@pytest.mark.parametrize("types", ["dd", "DD", "dD", "Dd", "ff", "FF", "fd"])
@pytest.mark.parametrize("trans", ["N", "T", "H"])
@pytest.mark.parametrize("view", VIEWS)
def test_it_solves_as_solve_does(view: str, trans: Any, types: str, columns: int | None) -> None:
    values, b = (array[i] for i, array in enumerate(arrays(t, columns=columns) for t in types))
    matrix = VIEWS[view](_matrix(sp, values))
    found, expected = sp.factorize(matrix).solve(b, trans), sp.solve(matrix, b, trans=trans)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    bound = 1e-6 if found.dtype.char in "fF" else 1e-14  # a few roundings
    assert np.abs(found - expected).max() <= bound * np.abs(expected).max()


def test_views_share_one_factorization() -> None:
    values, b = arrays(np.complex128)
    held = [sp.factorize(view(_matrix(sp, values))) for view in VIEWS.values()]
    for factorized in held:
        factorized.solve(b)
    assert factor_cache.stats().factorizations == 1


def test_values_are_copied() -> None:
    values, b = arrays(np.float64)
    matrix = _matrix(sp, values)
    held = sp.factorize(matrix)
    before = held.solve(b)
    matrix.values[:] = 1.0
    values[:] = 1.0
    assert np.array_equal(held.solve(b), before)


@pytest.mark.parametrize("backend", ["dense", "banded", "pardiso", "umfpack", "cvxopt", "superlu", "cholmod"])
def test_determinant_is_right_or_not_told(backend: str) -> None:
    backend_or_skip(backend)
    rows, cols, values = grid(6)
    held = sp.factorize(sp.coo(rows, cols, 3 * values, (36, 36), positive_definite=True), backend=backend)
    full = np.zeros((36, 36))
    full[rows, cols] = 3 * values
    # rounding of 36 logarithms
    assert held.log_abs_det() == pytest.approx(np.linalg.slogdet(full)[1], rel=1e-13)
    assert held.backend == backend and held.shape == (36, 36) and held.nbytes > 0
    assert f"backend={backend!r}" in repr(held)


def test_inertia_of_an_indefinite_matrix_is_told() -> None:
    backend_or_skip("pardiso")
    rows, cols, values = grid(6)
    shifted = np.where(rows == cols, values - 2.5, values)
    held = sp.factorize(sp.coo(rows, cols, shifted, (36, 36), symmetric=True), backend="pardiso")
    full = np.zeros((36, 36))
    full[rows, cols] = shifted
    negative = int((np.linalg.eigvalsh(full) < 0).sum())
    assert held.inertia() == (36 - negative, negative, 0)


def test_what_a_backend_does_not_tell_is_an_error() -> None:
    with pytest.raises(BackendError, match=r"(?s)does not tell the inertia.*got: +backend='superlu'.*fix: "):
        sp.factorize(sp.eye(3), backend="superlu").inertia()


def test_single_precision_has_half_the_bytes() -> None:
    rows, cols, values = grid(20)
    matrix = sp.coo(rows, cols, values.astype(np.float32), (400, 400))
    single, double = (sp.factorize(matrix, backend="dense", precision=p) for p in ("single", "double"))
    assert single.nbytes < 0.6 * double.nbytes
    # rounding of single numbers times a condition number of 200
    assert np.abs(matrix @ single.solve(np.ones(400, np.float32)) - 1).max() < 1e-4


@pytest.mark.parametrize(
    ("b", "error", "got"),
    [
        (np.ones(N + 1), ShapeError, r"b of shape \(7,\)"),
        (np.ones((2, N)), ShapeError, r"b of shape \(2, 6\)"),
        (np.full(N, np.nan), NonFiniteError, r"b\[0\] = nan"),
        (np.where(np.arange(N) == 3, 1j * np.inf, 0), NonFiniteError, r"b\[3\] = .*inf.*"),
    ],
    ids=["too long", "transposed", "not finite", "imaginary part not finite"],
)
def test_wrong_load_is_named_and_leaves_it_usable(b: Any, error: Any, got: str) -> None:
    values, good = arrays(np.float64)
    held = sp.factorize(_matrix(sp, values))
    before = held.solve(good)
    with pytest.raises(error, match=rf"got: +{got}"):
        held.solve(b)
    assert np.array_equal(held.solve(good), before)


def test_singular_empty_and_traced_matrices_are_refused() -> None:
    with pytest.raises(SingularMatrixError, match=r"got: "):
        sp.factorize(sp.diags([[1.0, 0.0]]))
    with pytest.raises(ShapeError, match=r"got: +shape \(0, 0\)"):
        sp.factorize(sp.coo([], [], [], (0, 0)))
    with pytest.raises(NoDerivativeError, match=r"got: "):
        sp.vjp(lambda v: sp.factorize(sp.coo(ROWS, COLS, v, (N, N))).solve(np.ones(N)), arrays(np.float64)[0])


def test_errors_survive_another_process() -> None:
    with pytest.raises(SingularMatrixError) as caught:
        sp.factorize(sp.diags([[1.0, 0.0]]))
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value) and copy.dof == caught.value.dof == 1
