"""Check a declared structure against the pattern: integers only, so it costs nothing per matrix."""

from __future__ import annotations

import numpy as np

from sparsead.errors import StructureError
from sparsead.pattern.pattern import Pattern
from sparsead.pattern.structure import Structure


def check_declared(pattern: Pattern, structure: Structure) -> None:
    """Raise `StructureError` if no values on this pattern can have the declared structure."""
    if structure.symmetric or structure.hermitian or structure.positive_definite:
        _check_square(pattern, structure)
        if not pattern.is_symmetric:
            _raise_missing_mirror(pattern, structure)
    elif structure.triangular:
        _check_square(pattern, structure)
        _check_triangle(pattern, structure)


def _check_square(pattern: Pattern, structure: Structure) -> None:
    if pattern.shape[0] != pattern.shape[1]:
        raise StructureError(
            f"matrix declared {structure.describe()} is not square",
            expected="as many rows as columns",
            got=f"shape {pattern.shape}",
            fix="drop the declaration, or correct the shape",
        )


def _check_triangle(pattern: Pattern, structure: Structure) -> None:
    cols = pattern.cols
    outside = pattern.indices < cols if structure.triangular == "lower" else pattern.indices > cols
    if outside.any():
        row, column = pattern.entry(int(np.argmax(outside)))
        raise StructureError(
            f"matrix declared {structure.describe()} has entries in the other triangle",
            expected="row >= column for every stored entry" if structure.triangular == "lower" else "row <= column",
            got=f"an entry at ({row}, {column})",
            fix="drop the declaration, or store that triangle only",
            row=row,
            column=column,
        )


def _raise_missing_mirror(pattern: Pattern, structure: Structure) -> None:
    """Name an entry whose mirror image is not stored: typical of input that holds one triangle only."""
    n = pattern.shape[0]
    cols = pattern.cols.astype(np.int64)
    there = np.isin(pattern.indices * np.int64(n) + cols, cols * n + pattern.indices)
    row, column = pattern.entry(int(np.flatnonzero(~there)[0]))
    raise StructureError(
        f"matrix declared {structure.describe()} has a pattern that is not symmetric",
        expected=f"A[{column}, {row}] stored, because A[{row}, {column}] is",
        got=f"no entry at ({column}, {row})",
        fix="pass both triangles; of one triangle, repeat the entries off the diagonal with rows and cols swapped",
        row=column,
        column=row,
    )
