"""LAPACK on the band: beams, chains and other matrices that stay close to their diagonal."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import lapack

from sparsead.backends.backend import Analysis, Backend, Factorization, Pivots, Trans, not_positive_definite, ratio
from sparsead.backends.shown import exchanges, phase_of
from sparsead.errors import SingularMatrixError
from sparsead.pattern.band import Band, band

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

_TRANS = {"N": 0, "T": 1, "H": 2}


@functools.cache
def _lapack(names: tuple[str, ...], dtype: np.dtype[Any]) -> Any:
    return lapack.get_lapack_funcs(names, dtype=dtype)


class Banded(Backend):
    """Band Cholesky for positive definite matrices, band LU with partial pivoting for all others."""

    name = "banded"
    releases_gil = True
    single_precision = True

    def missing(self) -> None:
        """Return None: LAPACK comes with SciPy."""

    def supports(self, structure: Structure, *, is_complex: bool) -> bool:
        """Return True: every matrix has a band, if a wide one."""
        return True

    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> BandedAnalysis:
        """Order the unknowns and return where each stored entry stands in the band."""
        return BandedAnalysis(pattern, structure.positive_definite)


class BandedAnalysis(Analysis):
    """Order, and position of every stored entry in LAPACK's band storage."""

    symbolic = False

    def __init__(self, pattern: Pattern, positive_definite: bool, *, backwards: bool = False) -> None:
        self._pattern, self._backwards = pattern, backwards
        self._band = band(pattern).reversed(pattern.shape[0]) if backwards else band(pattern)
        self._positive_definite = positive_definite
        n = pattern.shape[0]
        rows, cols = pattern.indices.astype(np.intp), pattern.cols.astype(np.intp)
        if self._band.order is not None:
            place = np.empty(n, np.intp)
            place[self._band.order] = np.arange(n)
            rows, cols = place[rows], place[cols]
        if positive_definite:
            self._stored = np.flatnonzero(rows >= cols)
            rows, cols = rows[self._stored], cols[self._stored]
            self._height = self._band.lower + 1
            above = 0
        else:
            self._stored = np.arange(pattern.size)
            self._height = 2 * self._band.lower + self._band.upper + 1
            above = self._band.lower + self._band.upper
        self._position = cols * self._height + above + rows - cols
        self._n = n
        self.nbytes = self._position.nbytes + self._stored.nbytes

    def factorize(self, values: NDArray[Any]) -> Factorization:
        """Return the band Cholesky or LU factors."""
        storage = np.zeros(self._height * self._n, values.dtype)
        storage[self._position] = values.take(self._stored)
        ab = storage.reshape((self._height, self._n), order="F")
        return BandCholesky(ab, self._band) if self._positive_definite else BandLU(ab, self._band)

    def careful(self, values: NDArray[Any]) -> BandedAnalysis | None:
        """Return the elimination from the other end: pivots that double at each step do so one way only."""
        return (
            None if self._backwards or self._positive_definite else BandedAnalysis(self._pattern, False, backwards=True)
        )


class _Ordered(Factorization):
    """Factors of a matrix whose unknowns were put in another order."""

    backward_stable = True

    def __init__(self, order: NDArray[np.integer] | None) -> None:
        self._order = order

    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x of ``op(A) x = b``, one right-hand side a row."""
        if self._order is None:
            return self._solve_ordered(b.T, trans).T
        x = np.empty_like(b)
        x[:, self._order] = self._solve_ordered(b[:, self._order].T, trans).T
        return x

    def _solve_ordered(self, b: NDArray[Any], trans: Trans) -> NDArray[Any]:
        raise NotImplementedError


class BandLU(_Ordered):
    """``P A = L U`` by LAPACK gbtrf."""

    def __init__(self, ab: NDArray[Any], of: Band) -> None:
        super().__init__(of.order)
        gbtrf, self._gbtrs = _lapack(("gbtrf", "gbtrs"), ab.dtype)
        self._lower, self._upper = of.lower, of.upper
        self._lu, self._piv, info = gbtrf(ab, of.lower, of.upper, overwrite_ab=True)
        if info > 0:
            dof = int(info) - 1 if of.order is None else int(of.order[info - 1])
            raise SingularMatrixError(
                "matrix is singular",
                expected=f"a nonsingular matrix, shape {(ab.shape[1],) * 2}",
                got=f"zero pivot at dof {dof}",
                fix="remove the dependent equation, or prescribe that dof",
                dof=dof,
            )
        self._pivots = np.abs(self._lu[of.lower + of.upper])
        self.pivots = Pivots(ratio=ratio(self._pivots))
        self.nbytes = self._lu.nbytes + self._piv.nbytes

    def _solve_ordered(self, b: NDArray[Any], trans: Trans) -> NDArray[Any]:
        # SciPy's wrapper counts the pivots up and down again in place: every call needs its own
        x, _ = self._gbtrs(self._lu, self._lower, self._upper, b, self._piv.copy(), trans=_TRANS[trans])
        return x

    def log_abs_det(self) -> float:
        """Return log |det A|."""
        return float(np.log(self._pivots).sum())

    def phase(self) -> complex:
        """Return det A / |det A|; unknowns and equations were put in the same order."""
        return exchanges(self._piv) * phase_of(self._lu[self._lower + self._upper])


class BandCholesky(_Ordered):
    """``A = L L^H`` by LAPACK pbtrf."""

    def __init__(self, ab: NDArray[Any], of: Band) -> None:
        super().__init__(of.order)
        pbtrf, self._pbtrs = _lapack(("pbtrf", "pbtrs"), ab.dtype)
        self._factor, info = pbtrf(ab, lower=True, overwrite_ab=True)
        if info > 0:
            column = int(info) - 1 if of.order is None else int(of.order[info - 1])
            raise not_positive_definite(column)
        self._diagonal = self._factor[0].real
        self.pivots = Pivots(ratio=ratio(self._diagonal) ** 2)
        self.nbytes = self._factor.nbytes

    def _solve_ordered(self, b: NDArray[Any], trans: Trans) -> NDArray[Any]:
        conjugate = trans == "T" and np.iscomplexobj(self._factor)
        x, _ = self._pbtrs(self._factor, np.conj(b) if conjugate else b, lower=True)
        return np.conj(x) if conjugate else x

    def log_abs_det(self) -> float:
        """Return log det A."""
        return float(2 * np.log(self._diagonal).sum())

    def phase(self) -> complex:
        """Return 1: the matrix is positive definite."""
        return 1

    def inertia(self) -> tuple[int, int, int]:
        """Return (n, 0, 0): the matrix is positive definite."""
        return self._factor.shape[1], 0, 0
