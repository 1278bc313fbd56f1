"""The matrix of a solve: what a set-up is given, and its products with blocks of vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array, csr_array

from sparsead.factors.store import factor_cache

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure


class Products:
    """Products of a matrix and of its transpose with blocks of vectors.

    Parameters
    ----------
    plain, transposed : sparse array, shape (n, n)
        A and its transpose, both in rows, so that no product scatters; one object where A is symmetric.
    """

    def __init__(self, plain: Any, transposed: Any) -> None:
        self.plain, self.transposed = plain, transposed

    @property
    def nbytes(self) -> int:
        """Memory of both. Unit: [byte]."""
        matrices = {id(matrix): matrix for matrix in (self.plain, self.transposed)}.values()
        return sum(m.data.nbytes + m.indices.nbytes + m.indptr.nbytes for m in matrices)

    def product(self, x: NDArray[Any], *, transposed: bool = False) -> NDArray[Any]:
        """Return A x, or A^T x, for each row of x, shape (k, n), by one pass over the matrix."""
        factor_cache.tally("operator_applications")
        matrix = self.transposed if transposed else self.plain
        if len(x) == 1:
            return (matrix @ x[0])[None]
        return np.ascontiguousarray((matrix @ np.ascontiguousarray(x.T)).T)


class System:
    """One matrix, as a set-up is given it.

    Parameters
    ----------
    pattern : Pattern
        Stored entries, shape (n, n).
    structure : Structure
        What was declared, with its consequences.
    values : array, shape (s,)
        Stored values; copied.

    Attributes
    ----------
    products : Products
        A and its transpose in rows.
    """

    def __init__(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> None:
        self.pattern, self.structure = pattern, structure
        self.values = values.copy()
        transposed = csr_array((self.values, pattern.indices, pattern.indptr), shape=pattern.shape)
        transposed.has_canonical_format = True
        stored = csc_array((self.values, pattern.indices, pattern.indptr), shape=pattern.shape)
        self.products = Products(transposed if structure.symmetric else stored.tocsr(), transposed)

    @property
    def diagonal(self) -> NDArray[Any]:
        """Diagonal, zero where none is stored, shape (n,)."""
        stored = self.pattern.diagonal
        return np.where(stored >= 0, self.values.take(np.maximum(stored, 0)), 0)

    def with_diagonal(self, factor: float) -> System:
        """Return the system whose diagonal is that many times as large."""
        values = self.values.copy()
        stored = self.pattern.diagonal
        values[stored[stored >= 0]] *= factor
        return System(self.pattern, self.structure, values)
