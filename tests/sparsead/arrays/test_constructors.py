"""Constructors: SciPy's formats, extreme shapes, integer types, and what goes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse

import sparsead.numpy as sp
from sparsead.errors import PatternError, ShapeError, SingularMatrixError
from sparsead.pattern import pattern as pattern_module

FORMATS = ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")


def some(kind: Any = scipy.sparse.coo_array) -> Any:
    rows, cols = np.array([3, 0, 3, 1]), np.array([1, 2, 1, 0])
    return kind((np.array([1.0, 2.0, 4.0, 0.0]), (rows, cols)), shape=(4, 3))


@pytest.mark.parametrize("kind", [scipy.sparse.coo_array, scipy.sparse.coo_matrix])
@pytest.mark.parametrize("form", FORMATS)
def test_every_scipy_format_is_taken(form: str, kind: Any) -> None:
    assert np.array_equal(sp.to_dense(sp.from_scipy(some(kind).asformat(form))), some().toarray())


def test_stored_zero_stays_stored() -> None:
    assert sp.from_scipy(some()).stored == 3
    assert sp.to_scipy(sp.from_scipy(some())).nnz == 3


def test_scipy_gets_its_own_copy() -> None:
    matrix = sp.from_scipy(some())
    back = sp.to_scipy(matrix)
    back.data[:] = 9
    back.indices[:] = 0
    assert np.array_equal(sp.to_dense(matrix), some().toarray())


@pytest.mark.parametrize("view", ["T", "H"])
def test_view_goes_to_scipy_as_it_is_seen(view: str) -> None:
    matrix = sp.from_scipy(some() * (1 + 2j))
    expected = (some() * (1 + 2j)).toarray().T
    assert np.array_equal(sp.to_scipy(getattr(matrix, view)).toarray(), expected if view == "T" else expected.conj())


@pytest.mark.parametrize("other", [np.eye(3), scipy.sparse.coo_array([1.0, 2.0]), None, "A"])
def test_what_is_no_sparse_matrix_is_named(other: Any) -> None:
    with pytest.raises(PatternError, match=rf"got: +{type(other).__name__}"):
        sp.from_scipy(other)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint64, np.int64])
def test_any_integer_type_of_indices(dtype: Any) -> None:
    rows, cols = np.array([2, 0, 2], dtype), np.array([1, 0, 1], dtype)
    assert np.array_equal(sp.to_dense(sp.coo(rows, cols, [1.0, 2.0, 3.0], (3, 2))), [[2, 0], [0, 0], [0, 4]])


def test_long_indices_give_the_same_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers() -> list[Any]:
        matrix = sp.coo(np.r_[np.arange(5), 0], np.r_[np.arange(5), 4], np.arange(1.0, 7.0), (5, 5))
        b = np.arange(5.0)
        _, pullback = sp.vjp(sp.solve, matrix, b)
        bars = pullback(np.ones(5))
        both = matrix + matrix.T
        chosen = matrix.select([4, 0], [0, 4])
        return [matrix @ b, bars[0].values, bars[1], sp.to_dense(both), sp.to_dense(chosen), matrix.diagonal()]

    expected = answers()
    monkeypatch.setattr(pattern_module, "INT32_LIMIT", 3)
    assert sp.eye(5).pattern.indices.dtype == np.int64
    for long, short in zip(answers(), expected, strict=True):
        assert np.array_equal(long, short)


# ----------------------------------------------------------------------------------------- extreme shapes
@pytest.mark.parametrize("k", [None, 0, 2])
def test_matrix_without_unknowns(k: int | None) -> None:
    nothing = sp.coo([], [], [], (0, 0))
    b = np.zeros((0,) if k is None else (0, k))
    assert sp.solve(nothing, b).shape == b.shape
    assert (nothing @ b).shape == b.shape
    assert sp.to_dense(nothing).shape == (0, 0)


def test_matrix_without_unknowns_has_no_factors() -> None:
    with pytest.raises(ShapeError, match=r"got: +shape \(0, 0\)"):
        sp.factorize(sp.coo([], [], [], (0, 0)))


def test_pullback_without_unknowns() -> None:
    _, pullback = sp.vjp(sp.solve, sp.coo([], [], [], (0, 0)), np.zeros(0))
    matrix_bar, b_bar = pullback(np.zeros(0))
    assert (matrix_bar.stored, b_bar.shape) == (0, (0,))


@pytest.mark.parametrize("backend", [None, "superlu", "dense"])
def test_one_unknown(backend: str | None) -> None:
    matrix = sp.coo([0, 0], [0, 0], [1.0, 3.0], (1, 1))
    x, pullback = sp.vjp(lambda a, b: sp.solve(a, b, backend=backend), matrix, np.array([2.0]))
    matrix_bar, b_bar = pullback(np.array([1.0]))
    assert (x[0], matrix_bar.values[0], b_bar[0]) == (0.5, -0.125, 0.25)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 3)])
def test_matrix_without_entries(shape: tuple[int, int]) -> None:
    matrix = sp.coo([], [], [], shape)
    assert np.array_equal(matrix @ np.ones(shape[1]), np.zeros(shape[0]))
    assert np.array_equal(sp.to_dense(matrix.T), np.zeros(shape[::-1]))
    assert np.array_equal(matrix.diagonal(), np.zeros(min(shape)))


def test_square_matrix_without_entries_is_singular() -> None:
    with pytest.raises(SingularMatrixError, match=r"got: +column 0 is empty"):
        sp.solve(sp.coo([], [], [], (2, 2)), np.ones(2))


def test_identity_of_a_rectangular_shape() -> None:
    assert np.array_equal(sp.to_dense(sp.eye(2, 3)), np.eye(2, 3))


def test_same_assembler_gives_matrices_on_one_pattern() -> None:
    assemble = sp.triplets([0, 1, 0], [0, 1, 0], (2, 2))
    assert assemble(np.ones(3)).pattern is assemble(np.zeros(3)).pattern
