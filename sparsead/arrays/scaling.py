"""Linear maps of stored values: sum, scaling, selection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from sparsead.arrays.algebra import entrywise, shared
from sparsead.checks import check_indices, concrete
from sparsead.errors import ShapeError
from sparsead.pattern import combine
from sparsead.pattern.slots import Slots
from sparsead.pattern.structure import GENERAL, Structure

if TYPE_CHECKING:
    from sparsead.arrays.stored_matrix import StoredMatrix

A = TypeVar("A", bound="StoredMatrix[Any]")


def add(left: A, right: StoredMatrix[Any]) -> A:
    """Return A + B on the union of the patterns.

    Raises
    ------
    ShapeError
        If the shapes differ.
    """
    if left.shape != right.shape:
        raise ShapeError(
            "matrices of different shapes cannot be added",
            expected=f"two matrices of shape {left.shape}",
            got=f"shapes {left.shape} and {right.shape}",
            fix="place the smaller one with block(...), or correct its shape",
        )
    binding = left.binding
    left, other = left.plain(), right.plain()
    working = np.result_type(left.dtype, other.dtype)
    values = [binding.astype(matrix.values, working) for matrix in (left, other)]
    structure = shared(left, other)
    if left.pattern is other.pattern:
        return type(left)(values[0] + values[1], left.pattern, structure)
    pattern, slots = combine.union(left.pattern, other.pattern)
    total = binding.sum_triplets(binding.xp.concatenate(values)[None], slots=slots)[0]
    return type(left)(total, pattern, structure)


def multiply(matrix: A, factor: Any) -> A:
    """Return the matrix scaled by a number, by rows (m, 1), by columns (n,) or (1, n), or entry by entry.

    Raises
    ------
    ShapeError
        If the factor has another shape.
    """
    if hasattr(factor, "pattern"):
        return entrywise(matrix, factor)
    binding = matrix.binding
    factor = binding.asarray("factor", _in_precision_of(matrix, factor))
    shape = np.shape(factor)
    if shape == ():
        return _with_structure(matrix, matrix.values * _seen(matrix, factor), _scaled(matrix, factor))
    matrix = matrix.plain()
    m, n = matrix.shape
    by_row, by_column = combine.rows_and_columns(matrix.pattern)
    if shape == (m, 1):
        scales = binding.gather(factor[:, 0][None], slots=by_row)[0]
    elif shape in ((n,), (1, n)):
        scales = binding.gather(binding.xp.reshape(factor, (1, n)), slots=by_column)[0]
    else:
        raise ShapeError(
            "factor does not fit the matrix",
            expected=f"a number, ({m}, 1) to scale rows, ({n},) or (1, {n}) to scale columns",
            got=f"a factor of shape {shape}",
            fix="for a product with vectors use A @ x",
        )
    return type(matrix)(matrix.values * scales, matrix.pattern, Structure(triangular=matrix.structure.triangular))


def divide(matrix: A, divisor: Any) -> A:
    """Return the matrix divided by a number.

    Raises
    ------
    ShapeError
        If the divisor is no number, or zero.
    """
    divisor = matrix.binding.asarray("divisor", _in_precision_of(matrix, divisor))
    known = isinstance(divisor, np.ndarray)
    if np.shape(divisor) != () or (known and divisor == 0):
        raise ShapeError(
            "divisor is not a number other than zero",
            expected="one number, not zero",
            got=f"a divisor of shape {np.shape(divisor)}" + (f" = {divisor}" if known and divisor.ndim == 0 else ""),
            fix="to scale rows or columns use A * (1 / d)",
        )
    structure = _scaled(matrix, divisor)
    return _with_structure(matrix, matrix.values / _seen(matrix, divisor), structure)


def select(matrix: A, rows: Any, cols: Any) -> A:
    """Return A[rows][:, cols] for concrete indices or masks."""
    matrix = matrix.plain()
    m, n = matrix.shape
    kept_rows = positions("rows", rows, m)
    kept_cols = positions("cols", cols, n)
    pattern, slots = combine.select(matrix.pattern, (Slots(kept_rows, m), Slots(kept_cols, n)))
    values = matrix.binding.gather(matrix.values[None], slots=slots)[0]
    same = np.array_equal(kept_rows, kept_cols) and len(np.unique(kept_rows)) == len(kept_rows)
    structure = matrix.structure if same and not matrix.structure.triangular else GENERAL
    return type(matrix)(values, pattern, structure)


def positions(name: str, chosen: Any, extent: int) -> Any:
    """Return indices along an axis from indices or a mask, known now; None is all of them."""
    if chosen is None:
        return np.arange(extent)
    chosen = concrete(name, chosen)
    if chosen.dtype == bool:
        if chosen.shape != (extent,):
            raise ShapeError(
                f"mask {name} has the wrong length",
                expected=f"shape ({extent},)",
                got=f"shape {chosen.shape}",
                fix=f"pass one truth value for each of the {extent}",
            )
        chosen = np.flatnonzero(chosen)
    return check_indices(name, chosen, extent, f"the {extent} {name} of the matrix")


def _in_precision_of(matrix: StoredMatrix[Any], factor: Any) -> Any:
    """Give a number of Python the precision of the matrix; arrays keep theirs."""
    if type(factor) not in (bool, int, float, complex):
        return factor
    return np.asarray(factor, np.result_type(np.empty(0, matrix.dtype).real.dtype, factor))


def _seen(matrix: StoredMatrix[Any], factor: Any) -> Any:
    """A factor of a conjugated view, as the factor of the stored values."""
    return matrix.binding.xp.conj(factor) if matrix._conjugated else factor


def _with_structure(matrix: A, values: Any, structure: Structure) -> A:
    scaled = matrix._with_values(values)
    scaled._structure = structure
    return scaled


def _scaled(matrix: StoredMatrix[Any], factor: Any) -> Structure:
    """Symmetry survives any factor; being Hermitian a real one; definiteness only a positive number known now."""
    structure, is_real = matrix._structure, matrix.binding.dtype(factor).kind != "c"
    try:
        positive = is_real and float(factor) > 0
    except Exception:  # a traced number: whatever its library raises, its sign is not known
        positive = False
    if positive:
        return structure
    kept = structure.without_sign()
    return kept if is_real else Structure(kept.symmetric, triangular=kept.triangular)
