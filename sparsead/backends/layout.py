"""Index arrays as a library wants them, and the values in their order.

The compressed columns of A are the compressed rows of its transpose, so
a library that reads rows gets a general matrix as it is, transposed. Of a symmetric
or Hermitian matrix libraries want one triangle: the lower one in columns is the
upper one in rows (of the conjugate).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern


class FullLayout:
    """All entries, the rows of the transpose. Shares the arrays of the pattern while the integers have its width.

    Attributes
    ----------
    n : int
        Unknowns.
    ia, ja : int array
        Start of each row, shape (n + 1,); column of each entry.
    """

    def __init__(self, pattern: Pattern, index: np.dtype) -> None:
        self.n = pattern.shape[0]
        self.index = index
        self.ia = pattern.indptr.astype(index, copy=False)
        self.ja = pattern.indices.astype(index, copy=False)
        self.nbytes = 0 if self.ja is pattern.indices else self.ia.nbytes + self.ja.nbytes

    def pack(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the values, shape (s,), without a copy if they are contiguous."""
        return np.ascontiguousarray(values)


class TriangleLayout:
    """The lower triangle in columns, with a zero stored wherever the pattern lacks a diagonal entry.

    Parameters
    ----------
    pattern : Pattern
        Both triangles.
    index : dtype
        Integers that the library is called with.
    conjugate : bool
        Whether the library reads the triangle of a Hermitian matrix as the upper one in rows.
    """

    def __init__(self, pattern: Pattern, index: np.dtype, *, conjugate: bool) -> None:
        self._pattern = pattern
        self._conjugate = conjugate
        self.n = pattern.shape[0]
        self.index = index
        lower = self._lower()
        ends = np.concatenate([[0], np.cumsum(lower, dtype=np.int64)])[pattern.indptr]
        rows = pattern.indices[lower]
        missing = np.flatnonzero(pattern.diagonal < 0)
        self._gaps = ends[missing]
        self.ja = np.insert(rows, self._gaps, missing).astype(index, copy=False)
        added = np.zeros(self.n + 1, np.int64)
        added[missing + 1] = 1
        self.ia = (ends + np.cumsum(added)).astype(index)
        self.nbytes = self.ia.nbytes + self.ja.nbytes + self._gaps.nbytes

    def pack(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the values of the triangle, a new array."""
        # Finding the triangle again costs 3 ms on 6 million entries; keeping it would cost a byte an entry.
        packed = values[self._lower()]
        if self._conjugate:
            np.conjugate(packed, out=packed)
        return np.insert(packed, self._gaps, 0) if self._gaps.size else packed

    def _lower(self) -> NDArray[np.bool_]:
        """Whether each stored entry lies on or below the diagonal, shape (s,)."""
        return self._pattern.indices >= self._pattern.cols


Layout = FullLayout | TriangleLayout


def compressed_columns(
    values: NDArray[Any], indices: NDArray[np.integer], indptr: NDArray[np.integer], n: int
) -> csc_array:
    """Return SciPy's matrix on these very arrays: nothing is checked, copied, or narrowed to 32-bit indices."""
    matrix = csc_array((n, n), dtype=values.dtype)
    matrix.data, matrix.indices, matrix.indptr = values, indices, indptr
    matrix.has_sorted_indices = matrix.has_canonical_format = True
    return matrix
