"""Matrices from diagonals and blocks, and assemblers: shapes, types, declared structure, what does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.errors import DtypeError, PatternError, ShapeError, StructureError

FULL = np.array([[4.0, 1.0], [1.0, 3.0]])


def small(**declared: Any) -> Any:
    return sp.coo([0, 0, 1, 1], [0, 1, 0, 1], FULL.ravel(), (2, 2), **declared)


# ---------------------------------------------------------------------------------------------------- diagonals
@pytest.mark.parametrize("offset", [-2, -1, 0, 1, 2])
def test_shape_is_by_default_the_smallest_that_holds_the_diagonal(offset: int) -> None:
    assert np.array_equal(sp.to_dense(sp.diags([[1.0, 2.0]], [offset])), np.diag([1.0, 2.0], offset))


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4)])
def test_every_diagonal_of_a_shape_has_its_length(shape: tuple[int, int]) -> None:
    full = np.arange(1.0, shape[0] * shape[1] + 1).reshape(shape)
    offsets = list(range(1 - shape[0], shape[1]))
    assert np.array_equal(sp.to_dense(sp.diags([np.diagonal(full, k) for k in offsets], offsets, shape)), full)


def test_diagonals_at_the_same_place_add() -> None:
    assert np.array_equal(sp.to_dense(sp.diags([[1.0, 2.0], [10.0, 20.0]], [0, 0])), np.diag([11.0, 22.0]))


def test_diagonals_beyond_the_shape_are_empty() -> None:
    assert sp.diags([[1.0, 2.0], []], [0, 7], (2, 2)).stored == 2


def test_diagonals_promote() -> None:
    assert sp.diags([np.ones(2, np.float32), np.ones(1, np.complex64)], [0, 1]).dtype == np.complex64
    assert sp.diags([np.ones(2, np.float32), np.ones(1)], [0, 1]).dtype == np.float64


def test_declared_diagonals_are_checked() -> None:
    lower = sp.diags([np.ones(2), np.ones(3)], [-1, 0], triangular="lower")
    assert lower.structure.triangular == "lower"
    with pytest.raises(StructureError, match=r"got: +no entry at \(0, 1\)"):
        sp.diags([np.ones(2), np.ones(3)], [-1, 0], symmetric=True)


@pytest.mark.parametrize(
    ("diagonals", "offsets", "error", "got"),
    [
        ([], [], ShapeError, "0 diagonals, 0 offsets"),
        ([[1.0]], [0, 1], ShapeError, "1 diagonals, 2 offsets"),
        ([[1.0, 2.0], [1.0, 2.0]], [0, 1], ShapeError, r"shape \(2,\)"),
        ([[[1.0, 2.0]]], [0], ShapeError, r"shape \(1, 2\)"),
        ([[1.0]], [True], PatternError, r"offsets\[0\] = True"),
        ([[1.0]], ["0"], PatternError, r"offsets\[0\] = '0'"),
        ([["one"]], [0], DtypeError, r"diagonals\[0\] of type <U3"),
    ],
)
def test_diagonals_that_do_not_fit_are_named(diagonals: Any, offsets: Any, error: Any, got: str) -> None:
    with pytest.raises(error, match=rf"(?s)expected: .*got: +{got}\n +fix: "):
        sp.diags(diagonals, offsets)


# ------------------------------------------------------------------------------------------------------- blocks
def test_saddle_point_of_blocks_is_solved_as_a_symmetric_matrix() -> None:
    constraint = sp.coo([0, 0], [0, 1], [1.0, 2.0], (1, 2))
    whole = sp.block([[small(), constraint.T], [constraint, None]], symmetric=True)
    full = np.array([[4.0, 1.0, 1.0], [1.0, 3.0, 2.0], [1.0, 2.0, 0.0]])
    assert whole.structure.symmetric
    # a few roundings
    assert np.allclose(sp.solve(whole, np.ones(3)), np.linalg.solve(full, np.ones(3)), rtol=1e-14, atol=0)


def test_blocks_may_be_views_and_of_different_types() -> None:
    whole = sp.block([[small() * 1j, None], [None, small().T]])
    assert whole.dtype == np.complex128
    assert np.array_equal(sp.to_dense(whole), np.block([[1j * FULL, np.zeros((2, 2))], [np.zeros((2, 2)), FULL.T]]))


def test_zeros_that_are_stored_stay_stored_in_a_block() -> None:
    zero = 0.0 * small()
    assert sp.block([[zero, None], [None, small()]]).stored == 8


@pytest.mark.parametrize(
    ("blocks", "error", "got"),
    [
        (lambda: [[None, None]], ShapeError, r"\[\[None, None\]\]"),
        (lambda: [], ShapeError, r"\[\]"),
        (lambda: [[sp.eye(2), None], [None, None]], ShapeError, r"\[\[\(2, 2\), None\], \[None, None\]\]"),
        (lambda: [[sp.eye(2), None], [sp.eye(2), None]], ShapeError, r"\[\[\(2, 2\), None\], \[\(2, 2\), None\]\]"),
        (lambda: [[sp.eye(2)], [sp.eye(3)]], ShapeError, r"\[\[\(2, 2\)\], \[\(3, 3\)\]\] .*"),
        (lambda: [[sp.eye(2), sp.eye(2)], [sp.eye(2)]], ShapeError, r".*"),
        (lambda: [[np.eye(2)]], DtypeError, r"numpy\.ndarray"),
    ],
    ids=["none in a row", "nothing", "row of none", "column of none", "widths", "ragged", "dense"],
)
def test_blocks_that_do_not_fit_are_named(blocks: Any, error: Any, got: str) -> None:
    with pytest.raises(error, match=rf"(?s)expected: .*got: +{got}\n +fix: "):
        sp.block(blocks())


# --------------------------------------------------------------------------------------------------- assemblers
def test_assembler_sorts_once_and_sums_every_time() -> None:
    assemble = sp.triplets([0, 1, 1, 0], [0, 1, 1, 0], (2, 2), positive_definite=True)
    first, second = assemble([1.0, 2.0, 3.0, 4.0]), assemble(np.array([1, 1, 1, 1]))
    assert first.pattern is second.pattern is assemble.pattern
    assert np.array_equal(sp.to_dense(first), np.diag([5.0, 5.0]))
    assert np.array_equal(sp.to_dense(second), np.diag([2.0, 2.0]))
    assert first.structure.positive_definite
    assert repr(assemble) == "triplets(2x2, 4 triplets, 2 stored)"


def test_assembler_keeps_no_values() -> None:
    assemble = sp.triplets([0, 1], [0, 1], (2, 2))
    values = np.array([2.0, 4.0])
    matrix = assemble(values)
    assert np.array_equal(sp.solve(matrix, np.ones(2)), [0.5, 0.25])
    assemble(np.array([8.0, 8.0]))
    assert np.array_equal(sp.solve(matrix, np.ones(2)), [0.5, 0.25])
    assert factor_cache.stats().factorizations == 1


def test_assemblers_of_the_same_places_share_the_pattern() -> None:
    one, other = (
        sp.triplets(rows, cols, (3, 3)) for rows, cols in (([0, 2, 1], [0, 2, 1]), ([1, 0, 2, 2], [1, 0, 2, 2]))
    )
    assert one.pattern is other.pattern


def test_declared_structure_of_an_assembler_is_checked_at_once() -> None:
    with pytest.raises(StructureError, match=r"got: +no entry at \(1, 0\)"):
        sp.triplets([0, 0, 1], [0, 1, 1], (2, 2), symmetric=True)


# ------------------------------------------------------------------------------------------------------ identity
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 3), (3, 2), (4,)])
def test_identity_is_that_of_numpy(shape: Any) -> None:
    matrix = sp.eye(*shape)
    assert np.array_equal(sp.to_dense(matrix), np.eye(*shape))
    assert matrix.structure.positive_definite == (matrix.shape[0] == matrix.shape[1])


@pytest.mark.parametrize("m", [-1, 2.5, "2", None])
def test_identity_of_no_size_is_named(m: Any) -> None:
    with pytest.raises(ShapeError, match=r"got: +shape=\("):
        sp.eye(m)
