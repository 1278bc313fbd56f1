"""UMFPACK through cvxopt: LU with threshold pivoting, and solutions that UMFPACK itself refines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.backends import cvxopt_matrices as matrices
from sparsead.backends.allocated import allocated, allocated_since
from sparsead.backends.backend import Analysis, Factorization, Pivots, Trans
from sparsead.backends.prediction import Prediction, estimated_beyond
from sparsead.errors import SingularMatrixError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern

# Entries of both factors over entries of the matrix, measured on a 3D finite-element mesh; used where
# the C library does not tell what was allocated.
_FILL = 20
_BYTES_PER_ENTRY = 18  # for both triangles, over the entries of one under minimum degree; measured 15 to 21
_SYSTEMS: dict[Trans, str] = {"N": "N", "T": "T", "H": "C"}


class LUAnalysis(Analysis):
    """UMFPACK's symbolic object, read by every factorization and changed by none.

    Parameters
    ----------
    library : module
        ``cvxopt``.
    pattern : Pattern
        Stored entries, shape (n, n).
    values : array, shape (s,)
        Values to analyze with.
    """

    def __init__(self, library: Any, pattern: Pattern, values: NDArray[Any]) -> None:
        self._library, self._pattern, self._itemsize = library, pattern, values.itemsize
        before = allocated()
        with matrices.failures(pattern.shape[0], pattern.size):
            self._template = matrices.sparse(library, pattern.indices, np.diff(pattern.indptr), values.dtype)
            self._template.V = matrices.vector(library, values)
            self._symbolic = library.umfpack.symbolic(self._template)
        least = matrices.bytes_of(pattern.size, pattern.shape[0], values.dtype)
        self.nbytes = max(allocated_since(before) or 0, least)

    def predicted(self, beyond: float = 0.0) -> Prediction | None:
        """Return an estimate by minimum degree, as UMFPACK orders here."""
        return estimated_beyond(beyond, self._pattern, _BYTES_PER_ENTRY, triangles=2, itemsize=self._itemsize)

    def factorize(self, values: NDArray[Any]) -> LUFactorization:
        """Return the LU factors."""
        matrix = matrices.with_values(self._template, matrices.vector(self._library, values))
        n = self._pattern.shape[0]
        before = allocated()
        with matrices.failures(n, self._pattern.size):
            try:
                numeric = self._library.umfpack.numeric(matrix, self._symbolic)
            except ArithmeticError as error:
                raise _singular(n) from error
        nbytes = max(allocated_since(before) or _FILL * values.nbytes, values.nbytes)
        nbytes += matrices.bytes_of(self._pattern.size, n, values.dtype)
        return LUFactorization(self._library, matrix, numeric, nbytes)


class LUFactorization(Factorization):
    """``P R A Q = L U`` with row scaling R, and the matrix, which refinement reads.

    Parameters
    ----------
    library : module
        ``cvxopt``.
    matrix : spmatrix
        A copy that belongs to this factorization.
    numeric : capsule
        UMFPACK's numeric object.
    nbytes : int
        Memory of both. Unit: [byte].
    """

    backward_stable = False  # pivots on the diagonal may be a thousand times smaller than the largest entry
    pivots = Pivots()  # cvxopt does not tell them

    def __init__(self, library: Any, matrix: Any, numeric: Any, nbytes: int) -> None:
        self._library, self._matrix, self._numeric = library, matrix, numeric
        self.nbytes = nbytes

    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x of ``op(A) x = b``, one right-hand side a row."""
        solve, system = self._library.umfpack.solve, _SYSTEMS[trans]
        with matrices.failures(b.shape[1], len(self._matrix)):
            return matrices.solve_each(
                self._library, lambda column: solve(self._matrix, self._numeric, column, system), b
            )


def _singular(n: int) -> SingularMatrixError:
    return SingularMatrixError(
        "matrix is singular",
        expected=f"a nonsingular matrix, shape {(n, n)}",
        got="a zero pivot",
        fix="remove the dependent equation, or prescribe that dof",
        dof=None,
    )
