"""Solves with a matrix that differs from a factorized one by a few dyads.

Derivation
----------
``(A + U C V^T) x = b`` with U, V of r columns is, with ``z = C V^T x``, the bordered system::

    [ A      U  ] [ x ]   [ b ]
    [ C V^T  -I ] [ z ] = [ 0 ]

Elimination of x, with W = C V^T and D = -I, leaves the capacitance, of r x r numbers::

    X = A^-1 U,     M = D - W X,     M z = b_2 - W A^-1 b_1,     x = A^-1 b_1 - X z

which for b_2 = 0 is Woodbury's formula [1]_. A is factorized once, whatever U, C and V. The formula loses what A and M
lose together, though their product may be regular: A nearly singular, mended by U C V^T. So solutions are refined with
the bordered matrix itself until their residual is that of a factorization of the sum; where it stays larger, there is
no solution.

References
----------
.. [1] E. L. Yip, "A note on the stability of solving a rank-p modification of a linear system by the
   Sherman-Morrison-Woodbury formula", SIAM J. Sci. Stat. Comput. 7, 1986, doi:10.1137/0907034.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import lapack, lu_solve
from scipy.sparse import csc_array

from sparsead.backends.backend import Analysis, Backend, Factorization, Pivots
from sparsead.backends.dense import DenseAnalysis
from sparsead.factors.accuracy import Inaccurate
from sparsead.factors.options import SolveOptions
from sparsead.factors.store import factor_cache
from sparsead.pattern import combine
from sparsead.pattern.slots import Slots
from sparsead.pattern.structure import GENERAL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.backend import Trans
    from sparsead.factors.entry import Entry
    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

_ROUNDINGS = 1e4  # units in the last place of the norms: what an LU factorization of the sum might leave


@dataclass(frozen=True)
class Woodbury(Backend):
    """A backend that solves bordered systems with the stored factorization of the matrix without the border.

    Parameters
    ----------
    size : int
        Rows of A, n.
    structure : Structure
        Of A.
    library : str or None
        What factorizes A; None lets the structure choose.
    refined : bool
        Whether refinement may mend solutions. A determinant cannot be mended.
    """

    size: int
    structure: Structure
    library: str | None = None
    refined: bool = True

    name = "woodbury"
    releases_gil = False
    single_precision = True  # as far as the library has it, which is asked when A is factorized

    def missing(self) -> None:
        """Return None: that of the library is told when it is asked for."""

    def supports(self, structure: Structure, *, is_complex: bool) -> bool:
        """Return True: the bordered matrix has no structure."""
        return True

    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> Analysis:
        """Return the places of the parts."""
        along = Slots(np.arange(self.size), pattern.shape[0])
        return _Analysis(self, pattern, *combine.select(pattern, (along, along)))


class _Analysis(Analysis):
    """The places of the parts of a bordered matrix."""

    symbolic = False
    counted = "updates"
    nbytes = 0

    def __init__(self, backend: Woodbury, pattern: Pattern, inner: Pattern, slots: Slots) -> None:
        self._backend, self._pattern, self._inner, self._slots = backend, pattern, inner, slots

    def factorize(self, values: NDArray[Any]) -> Factorization:
        """Return the capacitance, and the factorization of A from the store.

        Raises
        ------
        SparseADError
            If A has none.
        Inaccurate
            If no solution, or none that is not refined where that is wanted, has the residual of a factorization.
        """
        own, n = self._backend, self._backend.size
        options = SolveOptions(
            own.structure, own.library, precision="single" if values.dtype.char in "fF" else "double"
        )
        entry = factor_cache.entry(self._inner, np.ascontiguousarray(values[self._slots.slot]), options)
        whole = csc_array((values, self._pattern.indices, self._pattern.indptr), shape=self._pattern.shape)
        made = _Factors(entry, whole[:n, n:].toarray(), whole[n:, :n].toarray(), whole[n:, n:].toarray())
        if not own.refined:
            _check_unrefined(whole, made)
        return made


class _Factors(Factorization):
    """Factors of A, and those of the capacitance."""

    backward_stable = False
    pivots = Pivots()  # not told: the condition of the sum is estimated

    def __init__(self, entry: Entry, u: NDArray[Any], w: NDArray[Any], d: NDArray[Any]) -> None:
        self._entry, self._w, self._n = entry, w, len(u)
        self._x = np.ascontiguousarray(entry.solve(np.ascontiguousarray(u.T), "N").T)
        with np.errstate(all="ignore"):
            capacitance = d - w @ self._x
        (getrf,) = lapack.get_lapack_funcs(("getrf",), (capacitance,))
        lu, pivots, info = getrf(capacitance)
        if info > 0 or not np.isfinite(lu).all():
            raise Inaccurate(f"zero pivot {info - 1} of I + C V^T A^-1 U")
        self._lu = lu, pivots
        self.nbytes = self._x.nbytes + w.nbytes + lu.nbytes

    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x and z, one right-hand side a row."""
        if trans == "H":
            return np.conj(self.solve(np.conj(b), "T"))
        upper, lower = np.ascontiguousarray(b[:, : self._n]), b[:, self._n :]
        if trans == "N":
            x = self._entry.solve(upper, "N")
            z = lu_solve(self._lu, lower.T - self._w @ x.T)
            return np.concatenate([x - (self._x @ z).T, z.T], 1)
        z = lu_solve(self._lu, lower.T - self._x.T @ upper.T, trans=1)
        return np.concatenate([self._entry.solve(np.ascontiguousarray(upper - (self._w.T @ z).T), "T"), z.T], 1)


def _check_unrefined(matrix: csc_array, factors: _Factors) -> None:
    """Raise `Inaccurate` if the formula leaves a larger residual than a factorization would."""
    probe = np.random.default_rng(0).normal(size=(1, matrix.shape[0])).astype(matrix.dtype)
    answer = factors.solve(probe)[0]
    residual = np.abs(probe[0] - matrix @ answer)
    scale = abs(matrix) @ np.abs(answer) + np.abs(probe[0])
    error = float(residual.max() / scale.max())
    if not error < _ROUNDINGS * np.finfo(matrix.dtype).eps:
        raise Inaccurate(f"backward error {error:.1e} without refinement")


@dataclass(frozen=True)
class Capacitance(Backend):
    """LAPACK for the few numbers of a capacitance, which the statistics call no factorization."""

    name = "capacitance"
    releases_gil = True
    single_precision = True

    def missing(self) -> None:
        """Return None: LAPACK comes with SciPy."""

    def supports(self, structure: Structure, *, is_complex: bool) -> bool:
        """Return True: any structure can be stored full."""
        return True

    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> Analysis:
        """Return where each stored entry stands in the full matrix."""
        return _Small(pattern, GENERAL)


class _Small(DenseAnalysis):
    counted = "updates"
