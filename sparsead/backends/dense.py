"""LAPACK on the full matrix: the reference in tests, and the fastest for the tiniest matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import lapack, qr, solve_triangular

from sparsead.backends.backend import Analysis, Backend, Factorization, Pivots, Trans, not_positive_definite, ratio
from sparsead.backends.shown import exchanges, phase_of
from sparsead.errors import SingularMatrixError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

_TRANS = {"N": 0, "T": 1, "H": 2}


class Dense(Backend):
    """Cholesky for positive definite matrices, LU with partial pivoting for all others, QR where that is inaccurate."""

    name = "dense"
    releases_gil = True
    single_precision = True

    def missing(self) -> None:
        """Return None: LAPACK comes with SciPy."""

    def supports(self, structure: Structure, *, is_complex: bool) -> bool:
        """Return True: any structure can be stored full."""
        return True

    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> DenseAnalysis:
        """Return where each stored entry stands in the full matrix."""
        return DenseAnalysis(pattern, structure)


class DenseAnalysis(Analysis):
    """Position of every stored entry in the column-major full matrix."""

    symbolic = False

    def __init__(self, pattern: Pattern, structure: Structure, *, orthogonal: bool = False) -> None:
        self._pattern, self._structure, self._orthogonal = pattern, structure, orthogonal
        self._n = pattern.shape[0]
        self._position = pattern.cols.astype(np.intp) * self._n + pattern.indices
        self._positive_definite = structure.positive_definite
        self.nbytes = self._position.nbytes

    def factorize(self, values: NDArray[Any]) -> Factorization:
        """Return the Cholesky, LU or QR factors."""
        full = np.zeros(self._n * self._n, values.dtype)
        full[self._position] = values
        matrix = full.reshape((self._n, self._n), order="F")
        if self._orthogonal:
            return DenseQR(matrix)
        return DenseCholesky(matrix) if self._positive_definite else DenseLU(matrix)

    def careful(self, values: NDArray[Any]) -> DenseAnalysis | None:
        """Return the way by QR: where the pivots of LU double at each step, orthogonal factors do not grow."""
        if self._orthogonal or self._positive_definite:
            return None
        return DenseAnalysis(self._pattern, self._structure, orthogonal=True)


class DenseLU(Factorization):
    """``P A = L U`` by LAPACK getrf."""

    backward_stable = True

    def __init__(self, matrix: NDArray[Any]) -> None:
        getrf, self._getrs = lapack.get_lapack_funcs(("getrf", "getrs"), (matrix,))
        self._lu, self._piv, info = getrf(matrix, overwrite_a=True)
        pivots = np.abs(np.diagonal(self._lu))
        if info > 0:
            raise SingularMatrixError(
                "matrix is singular",
                expected=f"a nonsingular matrix, shape {matrix.shape}",
                got=f"zero pivot in column {info - 1}",
                fix="remove the dependent equation, or prescribe that dof",
                dof=int(info) - 1,
            )
        self.pivots = Pivots(ratio=ratio(pivots))
        self.nbytes = self._lu.nbytes + self._piv.nbytes

    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x of ``op(A) x = b``, one right-hand side a row."""
        # SciPy's wrapper counts the pivots up and down again in place: every call needs its own
        x, _ = self._getrs(self._lu, self._piv.copy(), b.T, trans=_TRANS[trans])
        return x.T

    def log_abs_det(self) -> float:
        """Return log |det A|."""
        return float(np.log(np.abs(np.diagonal(self._lu))).sum())

    def phase(self) -> complex:
        """Return det A / |det A|."""
        return exchanges(self._piv) * phase_of(np.diagonal(self._lu))


class DenseQR(Factorization):
    """``R A C = Q U`` by LAPACK geqrf, where R and C scale rows and columns to largest entries near one."""

    backward_stable = True

    def __init__(self, matrix: NDArray[Any]) -> None:
        self._rows = _power_near_one(np.abs(matrix).max(axis=1))
        self._cols = _power_near_one(np.abs(matrix * self._rows[:, None]).max(axis=0))
        self._q, self._r = qr(matrix * self._rows[:, None] * self._cols, overwrite_a=True, check_finite=False)
        pivots = np.abs(np.diagonal(self._r))
        if not pivots.all():
            dof = int(np.argmin(pivots))
            raise SingularMatrixError(
                "matrix is singular",
                expected=f"a nonsingular matrix, shape {matrix.shape}",
                got=f"zero pivot in column {dof}",
                fix="remove the dependent equation, or prescribe that dof",
                dof=dof,
            )
        self._log_abs_det = float((np.log(pivots) - np.log(self._rows) - np.log(self._cols)).sum())
        self.pivots = Pivots(ratio=ratio(pivots))
        self.nbytes = self._q.nbytes + self._r.nbytes

    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x of ``op(A) x = b``, one right-hand side a row."""
        with np.errstate(all="ignore"):  # a solution out of range is for the caller to judge
            if trans == "N":
                y = solve_triangular(self._r, ((b * self._rows) @ self._q.conj()).T, check_finite=False)
                return np.ascontiguousarray(y.T * self._cols)
            y = solve_triangular(self._r, (b * self._cols).T, trans=_TRANS[trans], check_finite=False)
            return np.ascontiguousarray(((self._q if trans == "H" else self._q.conj()) @ y).T * self._rows)

    def log_abs_det(self) -> float:
        """Return log |det A|."""
        return self._log_abs_det


def _power_near_one(largest: NDArray[Any]) -> NDArray[Any]:
    """The powers of two that bring these numbers near one; one for zero."""
    limit = np.finfo(largest.dtype)
    powers = np.where(largest > 0, -np.frexp(largest)[1], 0)
    return np.ldexp(np.ones_like(largest), np.clip(powers, limit.minexp, limit.maxexp - 1))


class DenseCholesky(Factorization):
    """``A = L L^H`` by LAPACK potrf."""

    backward_stable = True

    def __init__(self, matrix: NDArray[Any]) -> None:
        potrf, self._potrs = lapack.get_lapack_funcs(("potrf", "potrs"), (matrix,))
        self._factor, info = potrf(matrix, lower=True, overwrite_a=True, clean=False)
        if info > 0:
            raise not_positive_definite(int(info) - 1)
        pivots = np.real(np.diagonal(self._factor)) ** 2
        self.pivots = Pivots(ratio=ratio(pivots))
        self.nbytes = self._factor.nbytes

    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x of ``op(A) x = b``, one right-hand side a row; A is Hermitian."""
        conjugate = trans == "T" and np.iscomplexobj(self._factor)
        x, _ = self._potrs(self._factor, np.conj(b.T) if conjugate else b.T, lower=True)
        return np.conj(x.T) if conjugate else x.T

    def log_abs_det(self) -> float:
        """Return log det A."""
        return float(2 * np.log(np.real(np.diagonal(self._factor))).sum())

    def phase(self) -> complex:
        """Return 1: the matrix is positive definite."""
        return 1

    def inertia(self) -> tuple[int, int, int]:
        """Return (n, 0, 0): the matrix is positive definite."""
        return len(self._factor), 0, 0
