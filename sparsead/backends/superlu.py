"""SuperLU through SciPy: the embedded default, always there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.linalg import splu

from sparsead.backends.backend import Analysis, Backend, Factorization, Pivots, Trans, check_positive
from sparsead.backends.prediction import Prediction, estimated_beyond
from sparsead.backends.shown import Shown, parity, phase_of
from sparsead.errors import BackendError, SingularMatrixError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

# On structurally symmetric finite-element patterns minimum degree on A^T + A with diagonal pivoting is
# three times faster than column ordering. A matrix declared positive definite needs no pivoting at all.
_SYMMETRIC_MODE: dict[str, Any] = {"permc_spec": "MMD_AT_PLUS_A", "options": {"SymmetricMode": True}}
_COLUMN_MODE: dict[str, Any] = {"permc_spec": "COLAMD"}
_BYTES_OF_INDEX = 4
_BYTES_PER_ENTRY = 2 * (8 + _BYTES_OF_INDEX)  # of one triangle, for both
# SciPy copies the factors to show their diagonal: only of factors so small is it looked at.
_SHOWN_ENTRIES = 4_000_000


class SuperLU(Backend):
    """LU with threshold pivoting; 32-bit indices."""

    name = "superlu"
    releases_gil = True
    single_precision = True
    shows = True

    def missing(self) -> None:
        """Return None: SuperLU comes with SciPy."""

    def supports(self, structure: Structure, *, is_complex: bool) -> bool:
        """Return True: every square matrix has an LU factorization with pivoting."""
        return True

    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> SuperLUAnalysis:
        """Choose the ordering; SciPy's SuperLU orders within each factorization."""
        has_diagonal = bool((pattern.diagonal >= 0).all()) and bool((values[pattern.diagonal] != 0).all())
        if not (pattern.is_symmetric and has_diagonal):
            return SuperLUAnalysis(pattern, _COLUMN_MODE, values.itemsize, definite=structure.positive_definite)
        threshold = 0.0 if structure.positive_definite else 0.1
        options = {"diag_pivot_thresh": threshold, **_SYMMETRIC_MODE}
        return SuperLUAnalysis(pattern, options, values.itemsize, definite=structure.positive_definite)


class SuperLUAnalysis(Analysis):
    """Pattern and options: symmetric mode where the diagonal can serve as pivots, else column mode.

    A matrix declared positive definite is told by its diagonal, and in symmetric mode by its pivots, if it is not;
    factors of many entries are trusted, since LU solves with an indefinite matrix too.
    """

    symbolic = False
    nbytes = 0

    def __init__(self, pattern: Pattern, options: dict[str, Any], itemsize: int, *, definite: bool = False) -> None:
        if pattern.indices.dtype != np.int32:
            raise BackendError(
                "SuperLU has 32-bit indices only",
                expected="at most 2**31 - 1 stored entries",
                got=f"{pattern.size} stored entries",
                fix='install PARDISO: pip install "sparsead[pardiso]"',
            )
        self._pattern = pattern
        self._options, self._itemsize = options, itemsize
        self._definite = definite

    def careful(self, values: NDArray[Any]) -> SuperLUAnalysis | None:
        """Return column ordering with partial pivoting after symmetric mode; None after that."""
        return None if self._options is _COLUMN_MODE else SuperLUAnalysis(self._pattern, _COLUMN_MODE, self._itemsize)

    def predicted(self, beyond: float = 0.0) -> Prediction | None:
        """Return an estimate by the order that symmetric mode uses; column mode fills more."""
        return estimated_beyond(beyond, self._pattern, _BYTES_PER_ENTRY, triangles=2, itemsize=self._itemsize)

    def factorize(self, values: NDArray[Any]) -> SuperLUFactorization:
        """Return the LU factors."""
        pattern = self._pattern
        if self._definite:
            check_positive(values.take(pattern.diagonal) * (pattern.diagonal >= 0))
        matrix = csc_array((values, pattern.indices, pattern.indptr), shape=pattern.shape)
        matrix.has_canonical_format = True
        try:
            lu = splu(matrix, **self._options)
        except MemoryError as error:
            raise BackendError(
                "SuperLU ran out of memory",
                expected="memory for the factors",
                got=f"matrix of shape {pattern.shape} with {pattern.size} stored entries",
                fix='install a library with smaller factors: pip install "sparsead[pardiso]" or "sparsead[cvxopt]"',
            ) from error
        except RuntimeError as error:
            if "singular" not in str(error):
                raise
            raise SingularMatrixError(
                "matrix is singular",
                expected=f"a nonsingular matrix, shape {pattern.shape}",
                got="a zero pivot",
                fix="remove the dependent equation, or prescribe that dof",
                dof=None,
            ) from error
        # Column mode orders rows freely: its pivots are not those of the diagonal and tell nothing.
        shown = self._definite and self._options is not _COLUMN_MODE and lu.nnz <= _SHOWN_ENTRIES
        if shown:
            pivots = np.where(lu.perm_r == lu.perm_c, lu.U.diagonal()[lu.perm_c], 0)
            check_positive(pivots)
        return SuperLUFactorization(lu, values.dtype, copies=2 if shown else 1)


class SuperLUFactorization(Factorization):
    """``Pr A Pc = L U``."""

    backward_stable = False  # the diagonal is accepted as pivot down to a tenth of the largest entry
    pivots = Pivots()  # reading the diagonal of U would copy all of U

    def __init__(self, lu: Any, dtype: np.dtype[Any], *, copies: int = 1) -> None:
        self._lu = lu
        self.nbytes = copies * int(lu.nnz) * (dtype.itemsize + _BYTES_OF_INDEX)

    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x of ``op(A) x = b``, one right-hand side a row."""
        if len(b) == 0:
            return np.empty_like(b)
        return np.ascontiguousarray(self._lu.solve(b.T, trans).T)

    def phase(self) -> complex:
        """Return det A / |det A|; copies U."""
        return parity(self._lu.perm_r) * parity(self._lu.perm_c) * phase_of(self._lu.U.diagonal())

    def shown(self) -> Shown:
        """Return L and U, as copies that SciPy makes once and keeps: the factors then take twice their memory."""
        lower, upper = csc_array(self._lu.L), csr_array(self._lu.U)
        return Shown(lower.sorted_indices(), upper, self._lu.perm_r.astype(np.int64), self._lu.perm_c.astype(np.int64))

    def log_abs_det(self) -> float:
        """Return log |det A|; copies U."""
        return float(np.log(np.abs(self._lu.U.diagonal())).sum())
