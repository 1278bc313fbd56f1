"""Patterns made of patterns: sum, selection, blocks; each with the slots that carry the values over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_array, csc_array

from sparsead.pattern.kept import kept, kept_with_partner
from sparsead.pattern.pattern import Pattern
from sparsead.pattern.slots import Slots
from sparsead.pattern.triplets import from_triplets


@kept_with_partner
def union(left: Pattern, right: Pattern) -> tuple[Pattern, Slots]:
    """Return the pattern of A + B, and where the stored entries of A, then of B, land."""
    rows = np.concatenate((left.indices, right.indices))
    cols = np.concatenate((left.cols, right.cols))
    return from_triplets(rows, cols, left.shape)


@kept
def diagonal(pattern: Pattern) -> tuple[Slots, Slots]:
    """Return the stored diagonal entries, and the diagonal position of each."""
    positions = np.flatnonzero(pattern.diagonal >= 0)
    return Slots(pattern.diagonal[positions], pattern.size), Slots(positions, len(pattern.diagonal))


@kept
def dense(pattern: Pattern) -> Slots:
    """Return where each stored entry stands in the full matrix, row by row."""
    m, n = pattern.shape
    return Slots(pattern.indices.astype(np.int64) * n + pattern.cols, m * n)


@kept
def transposed(pattern: Pattern) -> tuple[Pattern, Slots]:
    """Return the pattern of the transpose, and the stored entry here of each there."""
    pattern_t, from_here = pattern.transposition
    return pattern_t, Slots(from_here, pattern.size)


@kept
def rows_and_columns(pattern: Pattern) -> tuple[Slots, Slots]:
    """Return the row and the column of each stored entry, as slots of vectors (m,) and (n,)."""
    return Slots(pattern.indices, pattern.shape[0]), Slots(pattern.cols, pattern.shape[1])


def select(pattern: Pattern, rows: NDArray[Any], cols: NDArray[Any]) -> tuple[Pattern, Slots]:
    """Return the pattern of A[rows][:, cols], and the stored entry of A that each of its entries is."""
    return _numbered(_numbers(pattern, 0)[rows][:, cols], pattern.size)


def block(blocks: Sequence[Sequence[Pattern | None]]) -> tuple[Pattern, Slots]:
    """Return the pattern of a block matrix, and for each entry its place in the concatenated blocks' values."""
    start = 0
    numbered: list[list[csc_array | None]] = []
    for row in blocks:
        numbered.append([])
        for pattern in row:
            numbered[-1].append(None if pattern is None else _numbers(pattern, start))
            start += 0 if pattern is None else pattern.size
    return _numbered(block_array(numbered, format="csc"), start)


def _numbers(pattern: Pattern, start: int) -> csc_array:
    """The pattern with the number of each stored entry, from one on, as its value: SciPy then moves the numbers."""
    numbers = np.arange(start + 1, start + pattern.size + 1)
    return csc_array((numbers, pattern.indices, pattern.indptr), shape=pattern.shape)


def _numbered(matrix: Any, size: int) -> tuple[Pattern, Slots]:
    matrix = csc_array(matrix)
    matrix.sort_indices()
    return Pattern(matrix.shape, matrix.indptr, matrix.indices), Slots(matrix.data - 1, size)
