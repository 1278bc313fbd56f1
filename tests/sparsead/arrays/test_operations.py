"""Every operation gives what dense NumPy gives, for every type of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from tests.sparsead.operations import OPERATIONS, SOLVES, Operation, rect, square

DTYPES = (np.float32, np.float64, np.complex64, np.complex128, np.int64)
MIXED = (
    (np.float64, np.complex128),
    (np.complex128, np.float64),
    (np.float32, np.float64),
    (np.float32, np.complex128),
    (np.int32, np.complex64),
)


def tolerance(dtype: Any) -> float:
    """Rounding of the result's type times sums of ten numbers and a condition number below ten."""
    kind = np.dtype(dtype)
    return 100 * float(np.finfo(kind).eps) if kind.kind in "fc" else 100 * float(np.finfo(float).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_operation_agrees_with_dense_numpy(operation: Operation, dtype: Any) -> None:
    arrays = operation.arrays(dtype)
    expected = operation.oracle(*(a.astype(np.result_type(a, np.float32)) for a in arrays))
    found = operation.f(sp, *arrays)
    assert np.shape(found) == np.shape(expected)
    bound = tolerance(dtype) * (np.abs(expected).max(initial=0) + 1)
    assert np.abs(found - expected).max(initial=0) <= bound


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_operation_keeps_the_type_of_its_arrays(operation: Operation, dtype: Any) -> None:
    if operation.name in ("A + identity", "solve of sum", "lstsq", "lstsq, wide", "solve_saddle"):
        # the identity is float64
        dtype = np.result_type(dtype, np.float64)
    assert operation.f(sp, *operation.arrays(dtype)).dtype == dtype


@pytest.mark.parametrize("types", MIXED)
@pytest.mark.parametrize("operation", [o for o in OPERATIONS if len(o.shapes) == 2], ids=lambda o: o.name)
def test_mixed_types_promote_as_numpy_does(operation: Operation, types: tuple[Any, Any]) -> None:
    first, second = (operation.arrays(dtype)[i] for i, dtype in enumerate(types))
    expected = operation.oracle(*(a if a.dtype.kind in "fc" else a.astype(float) for a in (first, second)))
    found = operation.f(sp, first, second)
    assert found.dtype == expected.dtype
    bound = tolerance(expected.dtype) * (np.abs(expected).max(initial=0) + 1)
    assert np.abs(found - expected).max(initial=0) <= bound


@pytest.mark.parametrize("operation", SOLVES, ids=lambda operation: operation.name)
def test_solve_takes_loads_stored_by_columns_or_with_gaps(operation: Operation) -> None:
    values, b = operation.arrays(np.float64)
    expected = operation.f(sp, values, b)
    for same in (np.asfortranarray(b), np.repeat(b, 2, axis=0)[::2]):
        # the same solve; an inner product of numbers with gaps may be summed in another order
        assert np.allclose(operation.f(sp, values, same), expected, rtol=1e-15, atol=1e-15)


def test_solve_leaves_its_arguments_alone() -> None:
    values, b = SOLVES[1].arrays(np.float64)
    kept = values.copy(), b.copy()
    SOLVES[1].f(sp, values, b)
    assert np.array_equal(values, kept[0]) and np.array_equal(b, kept[1])


@pytest.mark.parametrize("dtype", [np.float16, ">f8", bool])
def test_other_types_of_numbers_become_doubles_or_singles(dtype: Any) -> None:
    values = np.ones(9).astype(dtype)
    assert np.array_equal(sp.to_dense(rect(sp, values)), sp.to_dense(rect(sp, np.ones(9))))


def test_float32_is_factorized_in_double() -> None:
    rng = np.random.default_rng(0)
    hilbert = 1 / (np.arange(6)[:, None] + np.arange(6) + 1)  # condition number 1.5e7
    single = hilbert.astype(np.float32)
    rows, cols = (i.ravel() for i in np.indices((6, 6)))
    b = rng.standard_normal(6).astype(np.float32)
    exact = np.linalg.solve(single.astype(float), b.astype(float))
    x = sp.solve(sp.coo(rows, cols, single.ravel(), (6, 6)), b)
    assert x.dtype == np.float32
    # the solution is rounded once to float32; factors in float32 would lose all digits
    assert np.abs(x / exact - 1).max() < 1e-7


def test_views_share_pattern_and_values() -> None:
    matrix = square(sp, np.arange(12.0))
    assert matrix.T.values is matrix.values and matrix.H._pattern is matrix._pattern
    assert matrix.T.T.shape == matrix.shape and matrix.T.pattern is matrix.pattern.transposition[0]


@pytest.mark.parametrize(
    ("combined", "words"),
    [
        (lambda a: 2.0 * a, "positive definite"),
        (lambda a: -1.0 * a, "symmetric"),
        (lambda a: a + a, "positive definite"),
        (lambda a: a - a, "symmetric"),
        (lambda a: a * np.ones(3), "general"),
        (lambda a: a.select([0, 2], [0, 2]), "positive definite"),
        (lambda a: a.select([0, 2], [2, 0]), "general"),
        (lambda a: a.select([0, 0], [0, 0]), "general"),
        (lambda a: a.T, "positive definite"),
        (lambda a: a * a, "positive definite"),
        (lambda a: a.declare(), "general"),
    ],
)
def test_declared_structure_survives_what_keeps_it(combined: Any, words: str) -> None:
    matrix = sp.diags([np.ones(3)], positive_definite=True, symmetric=True)
    assert combined(matrix).structure.describe() == words


def test_complex_factor_ends_being_hermitian() -> None:
    matrix = sp.diags([np.ones(3) + 0j], hermitian=True)
    assert (1j * matrix).structure.describe() == "general"


def test_transposed_triangle_is_the_other() -> None:
    matrix = sp.coo([0, 1, 1], [0, 0, 1], np.ones(3), (2, 2), triangular="lower")
    assert matrix.T.structure.triangular == "upper"
    assert np.array_equal(sp.solve(matrix.T, [1.0, 1.0]), [0.0, 1.0])
