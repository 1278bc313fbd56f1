"""Patterns from triplets and from compressed columns: checks of indices, sorting, slots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.checks import check_indices, check_shape
from sparsead.errors import PatternError
from sparsead.pattern.pattern import Pattern, index_dtype, stable_order
from sparsead.pattern.slots import Slots

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray


def from_triplets(
    rows: ArrayLike, cols: ArrayLike, shape: tuple[int, int], *, dtype: DTypeLike | None = None
) -> tuple[Pattern, Slots]:
    """Return the pattern of a set of triplets and the stored entry of each.

    Parameters
    ----------
    rows, cols : int array, shape (t,)
        Place of each triplet, in any order, with repetitions.
    shape : tuple of int
        ``(m, n)``.
    dtype : dtype, optional
        Index type; by default int32 while it fits.

    Returns
    -------
    pattern : Pattern
        The stored entries.
    slots : Slots
        Stored entry of each triplet.

    Raises
    ------
    PatternError
        If the indices are not integers, not in range, or of different lengths, or do not fit into memory.

    Examples
    --------
    >>> pattern, slots = from_triplets([0, 1, 0], [0, 1, 0], (2, 2))
    >>> pattern.size, slots.slot.tolist()
    (2, [0, 1, 0])
    """
    m, n = check_shape(shape)
    rows = check_indices("rows", rows, m, f"shape={(m, n)}")
    cols = check_indices("cols", cols, n, f"shape={(m, n)}")
    if len(rows) != len(cols):
        raise PatternError(
            "rows and cols have different lengths",
            expected=f"one column for each of the {len(rows)} rows",
            got=f"len(rows) = {len(rows)}, len(cols) = {len(cols)}",
            fix="pass one (row, col) pair for each triplet",
        )
    try:
        return _sorted(rows, cols, (m, n), dtype)
    except MemoryError as error:
        raise PatternError(
            "the index arrays of this shape do not fit into memory",
            expected="room for one integer for each row and each column",
            got=f"shape={(m, n)} with {len(rows)} triplets",
            fix="pass the shape that the indices need: (rows.max() + 1, cols.max() + 1)",
        ) from error


def _sorted(
    rows: NDArray[Any], cols: NDArray[Any], shape: tuple[int, int], dtype: DTypeLike | None
) -> tuple[Pattern, Slots]:
    m, n = shape
    by_row, _ = stable_order(rows, m)
    by_column, _ = stable_order(cols[by_row], n)
    order = by_row[by_column]
    sorted_rows, sorted_cols = rows[order], cols[order]
    is_new = np.ones(len(order), bool)
    np.logical_or(sorted_rows[1:] != sorted_rows[:-1], sorted_cols[1:] != sorted_cols[:-1], out=is_new[1:])
    dtype = np.dtype(dtype) if dtype is not None else index_dtype(max(m, n, len(order)))
    slot = np.empty(len(order), dtype)
    slot[order] = np.cumsum(is_new, dtype=dtype) - dtype.type(1)
    counts = np.bincount(sorted_cols[is_new], minlength=n)
    indptr = np.concatenate(([0], np.cumsum(counts)))
    pattern = Pattern((m, n), indptr, sorted_rows[is_new], dtype=dtype)
    return pattern, Slots(slot, pattern.size)


def from_compressed(
    indices: ArrayLike, indptr: ArrayLike, shape: tuple[int, int], *, axis: str
) -> tuple[Pattern, Slots]:
    """Return the pattern of compressed columns (``axis="col"``) or rows (``axis="row"``), and slots.

    Parameters
    ----------
    indices : int array, shape (t,)
        Row of each entry (columns compressed), or column (rows compressed); any order, repetitions add.
    indptr : int array, shape (n + 1,) or (m + 1,)
        Where each column or row starts.
    shape : tuple of int
        ``(m, n)``.
    axis : {"col", "row"}
        What is compressed.

    Returns
    -------
    pattern : Pattern
        The stored entries.
    slots : Slots
        Stored entry of each entry given.

    Raises
    ------
    PatternError
        If an index is out of range, or `indptr` does not partition the entries.
    """
    m, n = check_shape(shape)
    count, other = (n, m) if axis == "col" else (m, n)
    pointers = _check_indptr(indptr, count, np.size(indices), (m, n))
    indices = check_indices("indices", indices, other, f"shape={(m, n)}")
    counts = np.diff(pointers).astype(np.intp)  # NumPy repeats by no unsigned 64-bit integers
    compressed = np.repeat(np.arange(count, dtype=index_dtype(count)), counts)
    rows, cols = (indices, compressed) if axis == "col" else (compressed, indices)
    if axis == "col" and _is_sorted(indices, compressed):
        pattern = Pattern((m, n), pointers, indices)
        return pattern, Slots.identity(pattern.size)
    return from_triplets(rows, cols, (m, n))


def _is_sorted(indices: NDArray[np.integer], compressed: NDArray[np.integer]) -> bool:
    same_column = compressed[1:] == compressed[:-1]
    return bool((indices[1:] > indices[:-1])[same_column].all())


def _check_indptr(indptr: ArrayLike, count: int, entries: int, shape: tuple[int, int]) -> NDArray[Any]:
    pointers = check_indices("indptr", indptr, entries + 1, f"{entries} indices")
    expected = f"{count + 1} increasing pointers from 0 to {entries}, for shape={shape}"
    fix = "pass indptr with one pointer more than columns (csc) or rows (csr), the last one len(indices)"
    what = "indptr does not partition the entries"
    if len(pointers) != count + 1:
        raise PatternError(what, expected=expected, got=f"len(indptr) = {len(pointers)}", fix=fix)
    if pointers[0] != 0 or pointers[-1] != entries:
        raise PatternError(
            what, expected=expected, got=f"indptr[0] = {pointers[0]}, indptr[-1] = {pointers[-1]}", fix=fix
        )
    falling = np.flatnonzero(pointers[1:] < pointers[:-1])
    if falling.size:
        i = int(falling[0])
        raise PatternError(
            what, expected=expected, got=f"indptr[{i + 1}] = {pointers[i + 1]} < indptr[{i}] = {pointers[i]}", fix=fix
        )
    return pointers
