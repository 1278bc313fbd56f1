"""Patterns made of patterns: sums, parts, blocks, products; each with the slots that carry the values over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_array, csc_array
from scipy.sparse import kron as kronecker

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


@kept_with_partner
def select(pattern: Pattern, chosen: tuple[Slots, Slots]) -> tuple[Pattern, Slots]:
    """Return the pattern of A[rows][:, cols], and the stored entry of A that each of its entries is."""
    rows, cols = (places.slot for places in chosen)
    return _numbered(_numbers(pattern, 0)[rows][:, cols], pattern.size)


@kept_with_partner
def entries(pattern: Pattern, places: tuple[Slots, Slots]) -> tuple[Slots, Slots]:
    """Return which of some pairs (row, column) are stored: the stored entries, and the pair of each."""
    rows, cols = (each.slot.astype(np.int64) for each in places)
    keys, wanted = _keys(pattern), cols * pattern.shape[0] + rows
    at = np.searchsorted(keys, wanted)
    found = np.flatnonzero(np.append(keys, -1)[at] == wanted)
    return Slots(at[found], pattern.size), Slots(found, len(rows))


@kept_with_partner
def triangle(pattern: Pattern, part: tuple[int, bool]) -> tuple[Pattern, Slots]:
    """Return the pattern on and below a diagonal (or above it), and the stored entries that lie there."""
    offset, lower = part
    above = pattern.cols.astype(np.int64) - pattern.indices
    inside = np.flatnonzero(above <= offset if lower else above >= offset)
    return _of_stored(pattern, inside), Slots(inside, pattern.size)


@kept_with_partner
def intersection(left: Pattern, right: Pattern) -> tuple[Pattern, Slots, Slots]:
    """Return the pattern of what both store, and which stored entries of each that is."""
    _, of_left, of_right = np.intersect1d(_keys(left), _keys(right), assume_unique=True, return_indices=True)
    return _of_stored(left, of_left), Slots(of_left, left.size), Slots(of_right, right.size)


@kept_with_partner
def kron(left: Pattern, right: Pattern) -> tuple[Pattern, Slots, Slots]:
    """Return the pattern of all A[i, j] B, and the stored entries of A and of B that each entry is the product of."""
    numbers = _numbers(left, 0), _numbers(right, 0)
    ones = [csc_array((np.ones_like(each.data), each.indices, each.indptr), shape=each.shape) for each in numbers]
    pattern, of_left = _numbered(kronecker(numbers[0], ones[1], format="csc"), left.size)
    _, of_right = _numbered(kronecker(ones[0], numbers[1], format="csc"), right.size)
    return pattern, of_left, of_right


def block(blocks: Sequence[Sequence[Pattern | None]]) -> tuple[Pattern, Slots]:
    """Return the pattern of a block matrix, and for each entry its place in the concatenated blocks' values."""
    rows = tuple(map(tuple, blocks))
    return _block(next(pattern for row in rows for pattern in row if pattern is not None), rows)


@kept_with_partner
def _block(first: Pattern, blocks: tuple[tuple[Pattern | None, ...], ...]) -> tuple[Pattern, Slots]:
    """Of blocks, the first of which keeps the result."""
    start = 0
    numbered: list[list[csc_array | None]] = []
    for row in blocks:
        numbered.append([])
        for pattern in row:
            numbered[-1].append(None if pattern is None else _numbers(pattern, start))
            start += 0 if pattern is None else pattern.size
    return _numbered(block_array(numbered, format="csc"), start)


def _keys(pattern: Pattern) -> NDArray[np.int64]:
    """One increasing number for each stored entry, the same in all patterns of this shape."""
    return pattern.cols * np.int64(pattern.shape[0]) + pattern.indices


def _of_stored(pattern: Pattern, stored: NDArray[Any]) -> Pattern:
    """The pattern of some of the stored entries, which come in order."""
    indptr = np.searchsorted(stored, pattern.indptr)
    return Pattern(pattern.shape, indptr, pattern.indices[stored])


def _numbers(pattern: Pattern, start: int) -> csc_array:
    """The pattern with the number of each stored entry, from one on, as its value: SciPy then moves the numbers."""
    numbers = np.arange(start + 1, start + pattern.size + 1)
    return csc_array((numbers, pattern.indices, pattern.indptr), shape=pattern.shape)


def _numbered(matrix: Any, size: int) -> tuple[Pattern, Slots]:
    matrix = csc_array(matrix)
    matrix.sort_indices()
    return Pattern(matrix.shape, matrix.indptr, matrix.indices), Slots(matrix.data - 1, size)
