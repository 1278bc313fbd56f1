"""Counts of eigenvalues by sign, against eigenvalues."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as ss

import sparsead.numpy as sp
from sparsead.errors import BackendError, NoDerivativeError, SingularMatrixError, StructureError
from sparsead.factors import inertia
from tests.sparsead.backends.installed import backend_or_skip

N = 40
LINE = ss.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(N, N)).tocoo()
EIGENVALUES = 2 - 2 * np.cos(np.pi * np.arange(1, N + 1) / (N + 1))


def shifted(shift: float, dtype: Any = float, **facts: bool) -> Any:
    """The Laplacian of a line less a multiple of the identity; complex with phases, which no eigenvalue sees."""
    data = LINE.data - shift * (LINE.row == LINE.col)
    if dtype is complex:
        data = data * np.exp(0.3j * (LINE.row - LINE.col))
    return sp.coo(LINE.row, LINE.col, data, LINE.shape, **facts)


@pytest.mark.parametrize("backend", [None, "superlu", "pardiso", "dense", "banded"])
@pytest.mark.parametrize("shift", [0.5, 3.0])
def test_inertia_of_the_shifted_line_counts_its_eigenvalues(backend: str | None, shift: float) -> None:
    if backend is not None:
        backend_or_skip(backend)
    below = int((EIGENVALUES < shift).sum())
    assert sp.inertia(shifted(shift, symmetric=True), backend=backend) == (N - below, below, 0)
    assert sp.inertia(shifted(shift, complex, hermitian=True), backend=backend) == (N - below, below, 0)


def test_pivots_of_two_are_counted() -> None:
    saddle = sp.coo([0, 1, 0, 2], [1, 0, 2, 0], np.array([1.0, 1.0, 2.0, 2.0]), (3, 3), symmetric=True)
    with pytest.raises(SingularMatrixError):
        sp.inertia(saddle)
    exchange = sp.coo([0, 1, 2], [1, 0, 2], np.array([2.0, 2.0, -1.0]), (3, 3), symmetric=True)
    assert sp.inertia(exchange) == (1, 2, 0)


def test_imaginary_rounding_on_a_diagonal_is_no_part_of_a_hermitian_matrix() -> None:
    rows, cols = np.repeat([0, 1], 2), np.tile([0, 1], 2)
    rounded = sp.coo(rows, cols, np.array([2 + 1e-17j, 1j, -1j, -3.0]), (2, 2), hermitian=True)
    assert sp.inertia(rounded, backend="superlu") == (1, 1, 0)


def test_positive_definite_and_empty() -> None:
    assert sp.inertia(shifted(0.0, positive_definite=True)) == (N, 0, 0)
    assert sp.inertia(sp.eye(0)) == (0, 0, 0)


def test_large_matrix_goes_to_the_library_that_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inertia, "_FEW_UNKNOWNS", N - 1)
    backend_or_skip("pardiso")
    below = int((EIGENVALUES < 0.5).sum())
    assert sp.inertia(shifted(0.5, symmetric=True), backend="superlu") == (N - below, below, 0)
    with pytest.raises(BackendError, match=r"(?s)no library tells.*got: +a Hermitian matrix of type complex128"):
        sp.inertia(shifted(0.5, complex, hermitian=True))


def test_undeclared_and_traced_matrices_are_refused() -> None:
    with pytest.raises(StructureError, match=r"(?s)got: +SparseArray\(40x40.*general\).*fix: +declare"):
        sp.inertia(shifted(0.5))
    with pytest.raises(NoDerivativeError, match=r"(?s)got: +Tracer.*fix: +count outside"):
        sp.vjp(lambda a: sp.inertia(a) and sp.logdet(a), shifted(0.5, symmetric=True))
