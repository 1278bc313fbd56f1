"""Factors of the augmented system of a least squares problem, scaled and refined until its solutions can be trusted.

Derivation
----------
With the residual ``r = b - A x`` least squares, ``A^H r = 0``, is a square system [1]_::

    [ I    A ] [ r ]   [ b ]
    [ A^H  0 ] [ x ] = [ 0 ]

of which the normal equations ``A^H A x = A^H b`` are what elimination of r leaves. Its pivots decide whether the
condition of A enters once or twice: with D such that the columns of A D are of size one, and c small, those of::

    [ c I      A D ]            [ sqrt(c) I              ]
    [ D A^H    0   ]  =  E K E, [            D / sqrt(c) ] = E

are taken from A first [2]_. Solutions are refined with the true matrix K, whatever E: what the corrections come to is
its error, and where they do not shrink the next library is taken, or no digit is sure. A small residual of K alone
proves nothing: where the condition of A is 1e8, an x wrong by half leaves one of 1e-16.

References
----------
.. [1] A. Bjorck, "Iterative refinement of linear least squares solutions I", BIT 7, 1967, doi:10.1007/BF01939321.
.. [2] M. Arioli, I. S. Duff, P. P. M. de Rijk, "On the augmented system approach to sparse least-squares problems",
   Numer. Math. 55, 1989, doi:10.1007/BF01389452.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array

from sparsead.backends.backend import Factorization, Pivots
from sparsead.errors import SingularMatrixError
from sparsead.factors.accuracy import Inaccurate
from sparsead.factors.delegated import DelegatedAnalysis, Delegating
from sparsead.factors.units import reciprocal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.backend import Analysis, Trans
    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

_SMALL = 1e-3  # c; of the columns' size
_ROBUST = "superlu"  # its pivots follow the scaling, those of PARDISO do not
_REFINEMENTS = 10
_SHRINKING = 0.25  # corrections that shrink by less have arrived
_ROUNDINGS = 64  # units in the last place
_LARGEST_CORRECTION = 1e-3  # of x, once corrections have arrived: the digits that are sure


@dataclass(frozen=True)
class LeastSquares(Delegating):
    """A backend that scales augmented systems, lets a library factorize them, and refines.

    Parameters
    ----------
    size : int
        Rows of the identity, m.
    library : str or None
        What factorizes; None lets the structure choose.
    """

    size: int
    library: str | None = None

    name = "least_squares"

    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> Analysis:
        """Return the analysis of the scaled system.

        Raises
        ------
        BackendError, BackendMissingError
            If the library cannot factorize it, or is not installed.
        """
        library = self.able(pattern, structure, values)
        scaled = values * _entrywise(pattern, _scales(pattern, values, self.size))
        return _Analysis(self, pattern, structure, library.name, library.analyze(pattern, structure, scaled))


class _Analysis(DelegatedAnalysis):
    """The analysis of the scaled system."""

    def __init__(
        self, backend: LeastSquares, pattern: Pattern, structure: Structure, name: str, inner: Analysis
    ) -> None:
        super().__init__(inner)
        self.backend, self.pattern, self.structure, self.name = backend, pattern, structure, name

    def careful(self, values: NDArray[Any]) -> Analysis | None:
        """Return the analysis of the library whose pivots follow the scaling, after any other."""
        if self.name == _ROBUST:
            return None
        return replace(self.backend, library=_ROBUST).analyze(self.pattern, self.structure, values)

    def factorize(self, values: NDArray[Any]) -> Factorization:
        """Return the factors.

        Raises
        ------
        Inaccurate
            If there are none: another way may still tell dependent columns from nearly dependent ones.
        """
        size = self.backend.size
        scales = _scales(self.pattern, values, size)
        try:
            factors = self.inner.factorize(values * _entrywise(self.pattern, scales))
        except SingularMatrixError as error:
            raise Inaccurate(error.got) from error
        matrix = csc_array((values.copy(), self.pattern.indices, self.pattern.indptr), shape=self.pattern.shape)
        return _Factors(factors, matrix, scales, size)


class _Factors(Factorization):
    """Factors of the scaled system, and the system itself."""

    backward_stable = True  # solutions are refined, or refused, here
    pivots = Pivots(ratio=1.0)

    def __init__(self, factors: Factorization, matrix: csc_array, scales: NDArray[Any], size: int) -> None:
        self._factors, self._matrix, self._scales, self._size = factors, matrix, scales, size
        self.nbytes = factors.nbytes + matrix.data.nbytes + scales.nbytes

    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return r and x, one right-hand side a row.

        Raises
        ------
        Inaccurate
            If corrections of x do not shrink, or the columns depend on each other to working precision.
        """
        if not self._condition < 0.1 / np.finfo(self._matrix.dtype).eps:
            raise Inaccurate(f"condition number {self._condition:.1e} or more, columns scaled")
        if trans == "T" and np.iscomplexobj(b):  # K^T = conj(K)
            return np.conj(self._refined(np.conj(b)))
        return self._refined(b)

    def _refined(self, b: NDArray[Any]) -> NDArray[Any]:
        of_b, former = _largest(b[:, : self._size]), np.full(len(b), np.inf)
        with np.errstate(all="ignore"):
            x = self._scaled_solve(b)
            for _ in range(_REFINEMENTS):
                moved = self._scaled_solve(b - (self._matrix @ x.T).T)
                x += moved
                size = np.maximum(self._size_of(x) + of_b, np.finfo(of_b.dtype).tiny)
                change = self._size_of(moved) / size
                if not (change > _ROUNDINGS * np.finfo(of_b.dtype).eps).any():
                    break
                if not (change < _SHRINKING * former).any():
                    break
                former = change
        if not (change <= _LARGEST_CORRECTION).all():
            raise Inaccurate(f"corrections that stay at {np.nanmax(change, initial=0):.1e} of the solution")
        return x

    @cached_property
    def _condition(self) -> float:
        """Of A D, or less: one over the singular value that a pseudo-random right-hand side of A^H A finds."""
        probe = np.zeros((1, len(self._scales)), self._matrix.dtype)
        probe[0, self._size :] = np.random.default_rng(0).normal(size=len(self._columns)) / self._columns
        return float(np.sqrt(self._size_of(self._refined(probe)).max(initial=0)))

    @property
    def _columns(self) -> NDArray[Any]:
        """D, shape (n,), by which x is measured."""
        return self._scales[self._size :] * self._scales[0]

    def _size_of(self, x: NDArray[Any]) -> NDArray[Any]:
        return _largest(x[:, self._size :] / self._columns)

    def _scaled_solve(self, b: NDArray[Any]) -> NDArray[Any]:
        return self._scales * self._factors.solve(np.ascontiguousarray(self._scales * b, b.dtype))


def _scales(pattern: Pattern, values: NDArray[Any], size: int) -> NDArray[Any]:
    """The diagonal of E, shape (m + n,), for a matrix whose identity may have been multiplied by a number."""
    largest = np.maximum.reduceat(np.abs(values), pattern.indptr[size:-1])
    identity = np.abs(values[pattern.diagonal[0]])
    first = np.sqrt(_SMALL / identity)
    return np.concatenate([np.full(size, first, largest.dtype), reciprocal(largest) / first])


def _entrywise(pattern: Pattern, scales: NDArray[Any]) -> NDArray[Any]:
    return scales.take(pattern.indices) * scales.take(pattern.cols)


def _largest(rows: NDArray[Any]) -> NDArray[Any]:
    return np.abs(rows).max(axis=1, initial=0.0)
