"""Checks of stored values before a library sees them: finite, and of the declared structure."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from sparsead.errors import NonFiniteError, SingularMatrixError, StructureError
from sparsead.factors.equilibrated import sizes
from sparsead.factors.squares import sum_of_squares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

# Sums of the same element contributions in another order differ by a few units in the last place.
_SYMMETRY_ROUNDING = 1e3
_CHUNK = 1 << 15  # entries at a time: the temporaries stay in the cache


def all_finite(array: NDArray[Any]) -> bool:
    """Return whether no value is NaN or infinite: one sum, a second look only if that is not finite."""
    return math.isfinite(sum_of_squares(array)) or bool(np.isfinite(array).all())


def check_finite_values(pattern: Pattern, values: NDArray[Any]) -> None:
    """Raise `NonFiniteError` with row and column of the first value that is NaN or infinite."""
    if all_finite(values):
        return
    stored = int(np.flatnonzero(~np.isfinite(values))[0])
    row, column = pattern.entry(stored)
    raise NonFiniteError(
        "matrix value is not finite",
        expected="finite values",
        got=f"A[{row}, {column}] = {values[stored]} (stored entry {stored})",
        fix="look at what computes the values of that row; a NaN often comes from 0/0 or sqrt of a negative",
        row=row,
        column=column,
        index=stored,
        of="matrix",
        value=values[stored].item(),
    )


def check_finite_rhs(b: NDArray[Any], parts: int = 1) -> None:
    """Raise `NonFiniteError` with the place of the first right-hand side entry, shape (k * parts, n), not finite."""
    if all_finite(b):
        return
    part, row = (int(i[0]) for i in np.nonzero(~np.isfinite(b)))
    column = part // parts
    place = f"b[{row}]" if len(b) == parts else f"b[{row}, {column}]"
    raise NonFiniteError(
        "right-hand side is not finite",
        expected="finite values in b",
        got=f"{place} = {b[part, row]}",
        fix="look at what computes that load",
        row=row,
        column=column,
        of="right-hand side",
        value=b[part, row].item(),
    )


def check_structure(pattern: Pattern, structure: Structure, values: NDArray[Any]) -> None:
    """Raise `StructureError` at the first pair of entries that breaks the symmetry declared; the pattern has it."""
    if not (structure.symmetric or structure.hermitian):
        return
    scale, mirror = _Scale(pattern, values), pattern.transposition[1]
    for start in range(0, len(values), _CHUNK):
        here = values[start : start + _CHUNK]
        there = values.take(mirror[start : start + _CHUNK], mode="clip")
        if structure.hermitian and np.iscomplexobj(values):
            np.conjugate(there, out=there)
        if (here == there).all():
            continue
        broken = _broken(pattern, scale, start, here, there)
        if broken is not None:
            _raise_asymmetric(pattern, structure, values, broken)


def _broken(pattern: Pattern, scale: _Scale, start: int, here: NDArray[Any], there: NDArray[Any]) -> int | None:
    """First stored entry that differs from its mirror image by more than rounding.

    That is, a few units in the last place of the two or of their diagonal entries; in a matrix whose diagonal says
    nothing, as of an indefinite one, of the entries of their rows.
    """
    with np.errstate(over="ignore"):
        difference = np.abs(here - there)
    tolerance = _SYMMETRY_ROUNDING * np.finfo(difference.dtype).eps
    suspects = np.flatnonzero(difference > tolerance * scale.diagonal.min(initial=np.inf))
    if not suspects.size:
        return None
    rows, cols = pattern.indices[start + suspects], pattern.columns_of(start + suspects)
    of_pair = np.maximum(np.abs(here[suspects]), np.abs(there[suspects]))
    size = np.maximum(of_pair, np.sqrt(scale.diagonal[rows]) * np.sqrt(scale.diagonal[cols]))
    wrong = difference[suspects] > tolerance * size
    if not wrong.any():
        return None
    suspects, rows, cols = suspects[wrong], rows[wrong], cols[wrong]
    broken = suspects[difference[suspects] > tolerance * scale.rows[rows] * scale.rows[cols]]
    return start + int(broken[0]) if broken.size else None


class _Scale:
    """What rounding in an entry is measured by; computed where it is asked for."""

    def __init__(self, pattern: Pattern, values: NDArray[Any]) -> None:
        self._pattern, self._values = pattern, values

    @cached_property
    def diagonal(self) -> NDArray[Any]:
        """Magnitudes of the diagonal, zero where none is stored, shape (n,)."""
        stored, values = self._pattern.diagonal, self._values
        if (stored >= 0).all():
            return np.abs(values.take(stored))
        return np.where(stored >= 0, np.abs(values.take(np.maximum(stored, 0))), 0)

    @cached_property
    def rows(self) -> NDArray[np.float64]:
        """Sizes of the rows, shape (n,)."""
        return sizes(self._pattern, self._values)


def _raise_asymmetric(pattern: Pattern, structure: Structure, values: NDArray[Any], stored: int) -> None:
    row, column = pattern.entry(stored)
    kind = "symmetric" if structure.symmetric else "Hermitian"
    image = values[pattern.transposition[1][stored]]
    raise StructureError(
        f"matrix declared {structure.describe()} is not {kind}",
        expected=f"A[{row}, {column}] = {'' if structure.symmetric else 'conj '}A[{column}, {row}]",
        got=f"A[{row}, {column}] = {values[stored]}, A[{column}, {row}] = {image}",
        fix="declare what holds, or correct the assembly of that pair",
        row=row,
        column=column,
    )


def check_structural_rank(pattern: Pattern) -> None:
    """Raise `SingularMatrixError` if no permutation puts stored entries on the whole diagonal.

    Integers only: depends on the pattern, never on the values.
    """
    if (pattern.diagonal >= 0).all():
        return
    n = pattern.shape[0]
    marks = csr_array((np.ones(pattern.size, np.int8), pattern.indices, pattern.indptr), shape=(n, n))
    row_of_column = maximum_bipartite_matching(marks, perm_type="column")
    if (row_of_column >= 0).all():
        return
    column = int(np.flatnonzero(row_of_column < 0)[0])
    unmatched = np.ones(n, bool)
    unmatched[row_of_column[row_of_column >= 0]] = False
    row = int(np.flatnonzero(unmatched)[0])
    if pattern.counts[column] and (pattern.indices != row).all():
        got = f"row {row} is empty (and column {column} has no pivot left)"
    else:
        why = "dependent on other columns whatever the values" if pattern.counts[column] else "empty"
        got = f"column {column} is {why} (and row {row} has no pivot left)"
    raise SingularMatrixError(
        "matrix is structurally singular",
        expected="stored entries that can cover the whole diagonal after a permutation",
        got=got,
        fix="store the missing entries, or remove that row and column",
        dof=column,
        row=row,
        column=column,
    )
