"""Triangular matrices need no factorization: forward or backward substitution by SciPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import spsolve_triangular

from sparsead.backends.backend import Analysis, Backend, Factorization, Pivots, Trans, ratio
from sparsead.backends.shown import phase_of
from sparsead.errors import SingularMatrixError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure


class Triangular(Backend):
    """Substitution, for matrices declared triangular."""

    name = "triangular"
    releases_gil = False
    single_precision = True

    def missing(self) -> None:
        """Return None: comes with SciPy."""

    def supports(self, structure: Structure, *, is_complex: bool) -> bool:
        """Return whether the matrix is declared triangular."""
        return structure.triangular is not None

    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> TriangularAnalysis:
        """Return the pattern and the triangle; there is nothing to order."""
        return TriangularAnalysis(pattern, structure.triangular == "lower")


class TriangularAnalysis(Analysis):
    """Pattern and triangle."""

    symbolic = False
    nbytes = 0

    def __init__(self, pattern: Pattern, lower: bool) -> None:
        self._pattern = pattern
        self._lower = lower

    def factorize(self, values: NDArray[Any]) -> TriangularFactorization:
        """Return the matrix itself, once its diagonal is known to have no zero."""
        pattern = self._pattern
        diagonal = values[pattern.diagonal]
        zero = np.flatnonzero(diagonal == 0)
        if zero.size:
            raise SingularMatrixError(
                "matrix is singular",
                expected="a triangular matrix without a zero on its diagonal",
                got=f"A[{zero[0]}, {zero[0]}] = 0 (dof {zero[0]})",
                fix="remove the dependent equation, or prescribe that dof",
                dof=int(zero[0]),
            )
        matrix = csc_array((values.copy(), pattern.indices, pattern.indptr), shape=pattern.shape)
        return TriangularFactorization(matrix, self._lower, diagonal)


class TriangularFactorization(Factorization):
    """A triangular matrix, which is its own factor."""

    backward_stable = True

    def __init__(self, matrix: Any, lower: bool, diagonal: NDArray[Any]) -> None:
        self._matrix = matrix
        self._lower = lower
        pivots = np.abs(diagonal)
        self._log_abs_det, self._phase = float(np.log(pivots).sum()), phase_of(diagonal)
        self.pivots = Pivots(ratio=ratio(pivots))
        self.nbytes = matrix.data.nbytes

    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x of ``op(A) x = b`` by substitution, one right-hand side a row."""
        if b.size == 0:
            return np.empty_like(b)
        if trans == "H":
            return np.conj(self.solve(np.conj(b), "T"))
        matrix, lower = (self._matrix, self._lower) if trans == "N" else (self._matrix.T, not self._lower)
        with np.errstate(all="ignore"):  # a solution out of range is for the caller to judge
            return np.ascontiguousarray(spsolve_triangular(matrix, b.T, lower=lower).T)

    def log_abs_det(self) -> float:
        """Return log |det A|."""
        return self._log_abs_det

    def phase(self) -> complex:
        """Return det A / |det A|."""
        return self._phase
