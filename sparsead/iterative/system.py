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


class System:
    """One matrix, in rows and transposed in rows, so that no product scatters.

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
    plain, transposed : csr_array, shape (n, n)
        A and its transpose; one object where A is symmetric.
    """

    def __init__(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> None:
        self.pattern, self.structure = pattern, structure
        self.values = values.copy()
        self.transposed = csr_array((self.values, pattern.indices, pattern.indptr), shape=pattern.shape)
        self.transposed.has_canonical_format = True
        stored = csc_array((self.values, pattern.indices, pattern.indptr), shape=pattern.shape)
        self.plain = self.transposed if structure.symmetric else stored.tocsr()

    @property
    def nbytes(self) -> int:
        """Memory of the values and what was made of them. Unit: [byte]."""
        of_rows = self.plain.data.nbytes + self.plain.indices.nbytes + self.plain.indptr.nbytes
        return self.values.nbytes + (0 if self.plain is self.transposed else of_rows)

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

    def product(self, x: NDArray[Any], *, transposed: bool = False) -> NDArray[Any]:
        """Return A x, or A^T x, for each row of x, shape (k, n), by one pass over the matrix."""
        factor_cache.tally("operator_applications")
        matrix = self.transposed if transposed else self.plain
        if len(x) == 1:
            return (matrix @ x[0])[None]
        return np.ascontiguousarray((matrix @ np.ascontiguousarray(x.T)).T)
